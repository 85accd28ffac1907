/* Each event as it is, a JSON object a line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "view/view.h"

static int make_head(view_run_t *run, const describe_start_t *start, int describes)
{
    if (!describes)
        return 0;
    if ((run->head.bytes = describe_start(start)) == NULL)
        return -1;
    run->head.size = strlen(run->head.bytes);
    return 0;
}

static void print_event(view_run_t *run, const struct pg_head *record, size_t size)
{
    const catalog_probe_t *probe = catalog.probes + record->probe;
    char *p = output_room(run->output, json_bound(probe, record, &run->json));

    (void)size;
    if (p != NULL)
        output_advance(run->output, probe->json(p, record, &run->json));
}

static void print_losses(view_run_t *run, uint64_t time)
{
    uint64_t epoch = run->json.epoch;
    char *p = output_room(run->output, account_bound());

    if (p != NULL)
        output_advance(run->output, account_report(run->account, p, time + epoch, epoch));
}

static void print_end(view_run_t *run, const describe_end_t *end, int describes)
{
    char *line;

    if (!describes || run->output->error != 0)
        return;
    if ((line = describe_end(end, run->account)) == NULL)
        run->output->error = ENOMEM;
    else
        output_put(run->output, line, strlen(line));
    free(line);
}

const view_t view_events = {.name = "events", .head = make_head, .event = print_event, .lost = print_losses, .end = print_end};
