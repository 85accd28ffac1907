#include "view/http/event.h"

static int read_field(http_event_t *event, enum en_catalog_http_field_t what, const catalog_field_t *field,
                      const struct pg_head *record, uint32_t show)
{
    switch (what) {
    case CATALOG_HTTP_NAME:
        return value_text(field, record, show, &event->name);
    case CATALOG_HTTP_VALUE:
        return value_text(field, record, show, &event->value);
    case CATALOG_HTTP_SERVER:
        return value_text(field, record, show, &event->server);
    case CATALOG_HTTP_PEER:
        if (field->value != CATALOG_VALUE_ADDRESS)
            return value_text(field, record, show, &event->peer);
        event->address = value_address(field, record, show);
        return event->address != NULL;
    default:
        return value_number(field, record, show, &event->numbers[what]);
    }
}

int http_event_read(http_event_t *event, const struct pg_head *record, uint32_t show)
{
    const catalog_probe_t *probe = catalog.probes + record->probe;

    if (probe->http == NULL)
        return 0;
    *event = (http_event_t){
        .kind = probe->http->event, .probe = record->probe, .time = record->time, .tid = record->tid, .tgid = record->tgid};
    for (unsigned i = 0; i < CATALOG_NUM_HTTP_FIELDS; ++i) {
        int n = probe->http->fields[i];
        if (n != 0 && read_field(event, i, probe->fields + n - 1, record, show))
            event->has |= 1u << i;
    }
    return 1;
}
