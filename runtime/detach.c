/*
 * Detaching that takes long.
 *
 * The kernel waits until nobody can be in a probe any more, for each perf event anew. That cannot be left to the end of the
 * process: it takes as long there, and who has seen the tracer end relies on it that nothing is left. A process that is killed
 * meanwhile cannot write into its target any more, so its breakpoints stay there, and the next one to be hit ends the target. So a
 * signal is answered, but does not end it.
 */
#include <stdio.h>
#include <unistd.h>
#include "common/catalog.h"
#include "common/clock.h"
#include "common/say.h"
#include "detach.h"

#define PROGRESS_AFTER 1.0 /* seconds */
#define PROGRESS_EVERY 0.2

typedef struct st_progress_t {
    size_t num_sites, num_left;
    double shown; /* when it was shown last */
    int is_begun; /* a line without its end is on the terminal */
} progress_t;

static void show(progress_t *progress)
{
    if (clock_now() - progress->shown < PROGRESS_EVERY)
        return;
    progress->shown = clock_now();
    progress->is_begun = 1;
    fprintf(stderr, "\r%s: detached from %zu of %zu sites", catalog.tracer, progress->num_sites - progress->num_left,
            progress->num_sites);
}

static void end_line(progress_t *progress)
{
    if (progress->is_begun)
        fputc('\n', stderr);
    progress->is_begun = 0;
}

void detach_slowly(attach_t *attach, interrupt_t *interrupt)
{
    progress_t progress = {.num_sites = attach->num_fds / ATTACH_FDS_PER_EVENT,
                           .shown = clock_now() + PROGRESS_AFTER - PROGRESS_EVERY};
    int is_terminal = isatty(STDERR_FILENO);

    if (attach->num_fds == 0)
        return;
    tracer_say("detaching from %zu sites, which takes this kernel a while; please wait", progress.num_sites);
    if (interrupt_is_pending(interrupt))
        interrupt_take(interrupt); /* it came before */
    while (attach_undo_one(attach)) {
        progress.num_left = attach->num_fds / ATTACH_FDS_PER_EVENT;
        if (is_terminal)
            show(&progress);
        if (interrupt_is_pending(interrupt)) {
            interrupt_take(interrupt);
            end_line(&progress);
            tracer_say("still detaching from %zu sites; killed now, it would leave breakpoints in the target, which end that",
                       progress.num_left);
        }
    }
    end_line(&progress);
}
