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

static size_t num_left(const detach_t *detach)
{
    return detach->attach->num_fds / ATTACH_FDS_PER_EVENT;
}

static void show(detach_t *detach)
{
    if (!detach->is_terminal || num_left(detach) == detach->left || clock_now() - detach->shown < PROGRESS_EVERY)
        return;
    detach->shown = clock_now();
    detach->left = num_left(detach);
    detach->is_in_line = 1;
    fprintf(stderr, "\r%s: detached from %zu of %zu site%s", catalog.tracer, detach->num_sites - num_left(detach),
            detach->num_sites, say_s(detach->num_sites));
}

static void end_line(detach_t *detach)
{
    if (detach->is_in_line)
        fputc('\n', stderr);
    detach->is_in_line = 0;
}

static void begin(detach_t *detach)
{
    detach->is_terminal = isatty(STDERR_FILENO);
    detach->num_sites = num_left(detach);
    detach->shown = clock_now() + PROGRESS_AFTER - PROGRESS_EVERY;
    tracer_note("detaching from %zu site%s, which takes this kernel a while; please wait", detach->num_sites,
                say_s(detach->num_sites));
}

int detach_step(detach_t *detach)
{
    if (detach->num_sites == 0 && num_left(detach) != 0)
        begin(detach);
    int has_undone = attach_undo_one(detach->attach);
    if (has_undone)
        show(detach);
    if (detach->attach->num_fds == 0)
        end_line(detach);
    return has_undone;
}

void detach_slowly(detach_t *detach, interrupt_t *interrupt)
{
    if (interrupt_is_pending(interrupt))
        interrupt_take(interrupt); /* it came before */
    while (detach_step(detach)) {
        if (interrupt_is_pending(interrupt)) {
            interrupt_take(interrupt);
            end_line(detach);
            tracer_say("still detaching from %zu site%s; killed now, it would leave breakpoints in the target, which end that",
                       num_left(detach), say_s(num_left(detach)));
        }
    }
}
