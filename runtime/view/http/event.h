#ifndef RUNTIME_VIEW_HTTP_EVENT_H
#define RUNTIME_VIEW_HTTP_EVENT_H

#include "view/value.h"

/** What a record says of HTTP. Its text and address are the record's. */
typedef struct st_http_event_t {
    enum en_catalog_http_event_t kind;
    unsigned probe;
    int is_wanted; /* it is as an event of what is shown has to be */
    uint64_t time; /* ns, CLOCK_MONOTONIC */
    uint32_t tid, tgid;
    uint64_t numbers[CATALOG_NUM_HTTP_FIELDS]; /* by CATALOG_HTTP_* */
    unsigned has;                              /* bits of those that are not null */
    value_text_t name, value, server, peer;
    const struct pg_address *address; /* of the peer; NULL: it is text, or none */
} http_event_t;

static inline int http_event_has(const http_event_t *event, enum en_catalog_http_field_t field)
{
    return (event->has >> field & 1) != 0;
}

/** @return 0: it says nothing of HTTP */
int http_event_read(http_event_t *event, const struct pg_head *record, uint32_t show);

#endif
