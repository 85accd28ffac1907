/*
 * How many events one core prints: records of h2o:send_response_header, as the ring holds them, to JSON in a file. Usage: json FILE
 * COUNT; prints "EVENTS_PER_SECOND BYTES_PER_EVENT", of CPU time, since other programs may have the core meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "common/catalog.h"
#include "events.h"
#include "json_events.h"
#include "output/output.h"

#define SLOT 64
#define NUM_RECORDS 4096 /* more than fit into the first-level cache, as in life */

struct record {
    struct ev_h2o_send_response_header event;
    char slots[2][SLOT];
};

static void fill(struct record *record, unsigned i)
{
    static const char *const names[] = {"content-type", "content-length", "cache-control", "strict-transport-security"};
    static const char *const values[] = {"text/html; charset=utf-8", "1048576", "public, max-age=31536000",
                                         "max-age=63072000; preload"};
    struct ev_h2o_send_response_header *event = &record->event;

    event->head = (struct pg_head){.time = 123456789ull * (i + 1), .tid = 4711, .slot = SLOT};
    event->conn_id = 1000 + i;
    event->req_id = i % 7;
    event->name_len = strlen(names[i % 4]);
    event->value_len = strlen(values[i % 4]);
    event->name = (struct pg_span){.len = event->name_len, .got = event->name_len};
    event->value = (struct pg_span){.len = event->value_len, .got = event->value_len};
    memcpy(record->slots[0], names[i % 4], event->name_len);
    memcpy(record->slots[1], values[i % 4], event->value_len);
}

static double cpu_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct record *records = calloc(NUM_RECORDS, sizeof(*records));
    json_t json = {.epoch = 1700000000ull * 1000000000, .show = PG_SHOW_APPDATA};
    unsigned long count, bytes = 0;
    output_t output;
    reason_t reason;

    if (argc != 3 || records == NULL || output_open(&output, &(output_wish_t){.path = argv[1]}, NULL, &reason) != 0)
        return 2;
    count = strtoul(argv[2], NULL, 10);
    for (unsigned i = 0; i < NUM_RECORDS; ++i)
        fill(records + i, i);
    const catalog_probe_t *probe = catalog.probes;
    while (probe->json != json_h2o_send_response_header)
        ++probe;

    double begin = cpu_now();
    for (unsigned long i = 0; i < count; ++i) {
        struct record *record = records + i % NUM_RECORDS;
        char *p = output_room(&output, json_bound(probe, &record->event.head, &json));
        char *end = probe->json(p, record, &json);
        bytes += end - p;
        output_advance(&output, end);
    }
    if (output_close(&output) != 0)
        return 1;
    double seconds = cpu_now() - begin;
    printf("%.0f %.0f\n", count / seconds, (double)bytes / count);
    return 0;
}
