#include <errno.h>
#include <string.h>
#include "destination.h"

int destination_open(output_t *output, const tracer_options_t *options, interrupt_t *interrupt, reason_t *reason)
{
    const output_wish_t wish = {.path = options->file,
                                .is_private = options->show != 0,
                                .truncates = options->truncates,
                                .rotation = options->rotation,
                                .magic = options->view->magic};
    const char *path = options->file;
    user_t user = options->user;

    if (path != NULL && user_begin(&user) != 0)
        return reason_set(reason, "cannot become user %s: %s", user.name, strerror(errno));
    errno = 0;
    int failed = output_open(output, &wish, interrupt, reason) != 0;
    if (failed && user.is_other && errno == EACCES) {
        reason_t why = *reason;
        reason_set(reason,
                   "%s: files are written with the rights of user %s; name one where that user may write, name another user "
                   "(--user), let the shell open it (> FILE), or keep root (-r)",
                   why.text, user.name);
    }
    if (path != NULL && user_end(&user) != 0)
        failed = reason_set(reason, "cannot be root again: %s", strerror(errno));
    return failed ? -1 : 0;
}
