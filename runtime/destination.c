#include <errno.h>
#include <string.h>
#include "destination.h"

static int open_events(const destination_t *to, reason_t *reason)
{
    const tracer_options_t *options = to->options;
    const output_wish_t wish = {.path = options->file,
                                .is_private = (options->show & PG_SHOW_PRIVATE) != 0,
                                .truncates = options->truncates,
                                .rotation = options->rotation,
                                .magic = options->view->magic};

    return output_open(&to->feed->output, &wish, to->interrupt, reason);
}

static int open_keylog(const destination_t *to, reason_t *reason)
{
    to->feed->keylog = to->keylog;
    return keylog_open(to->keylog, to->options->keylog, reason);
}

/* With the rights of the user, but for standard output, which is open. @param path NULL: that */
static int open_as_user(const destination_t *to, const char *path, int (*open)(const destination_t *, reason_t *), reason_t *reason)
{
    user_t user = to->options->user;

    if (path != NULL && user_begin(&user) != 0)
        return reason_set(reason, "cannot become user %s: %s", user.name, strerror(errno));
    errno = 0;
    int failed = open(to, reason) != 0;
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

int destination_open(const destination_t *to, reason_t *reason)
{
    if (open_as_user(to, to->options->file, open_events, reason) != 0)
        return -1;
    if (to->options->keylog == NULL || open_as_user(to, to->options->keylog, open_keylog, reason) == 0)
        return 0;
    output_abandon(&to->feed->output);
    return -1;
}
