#ifndef RUNTIME_DESTINATION_H
#define RUNTIME_DESTINATION_H

#include "options/options.h"
#include "view/feed.h"

/** What events are written to; all of it is the caller's. */
typedef struct st_destination_t {
    const tracer_options_t *options;
    feed_t *feed;           /* its output is opened */
    keylog_t *keylog;       /* opened, and the feed's, if there is to be one */
    interrupt_t *interrupt; /* ends waiting for a reader; it may be opened later */
} destination_t;

/** Opens files with the rights of the user whom root becomes; standard output is open. @return 0, or -1 with a reason */
int destination_open(const destination_t *to, reason_t *reason);

#endif
