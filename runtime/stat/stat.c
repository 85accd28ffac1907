/*
 * The view of counts. No records come: it looks at counters when it is its time. A look costs the target nothing, so the sums that
 * others ask for (account_t) are always those of now; what is printed is that of the end of an interval.
 */
#include <errno.h>
#include <stdlib.h>
#include "common/clock.h"
#include "stat/format.h"
#include "stat/stat.h"

#define FORMAT(name, replaces, help) {#name, help, &format_##name, replaces},
const stat_format_t stat_formats[] = {
#include "stat/formats.def"
    {NULL, NULL, NULL, 0},
};
#undef FORMAT

static const catalog_field_t *const *fields_of(const stat_t *stat)
{
    return (const catalog_field_t *const *)stat->wish->fields;
}

void stat_write(stat_t *stat, void (*print)(stat_t *stat, FILE *out))
{
    output_t *output = stat->run->output;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out != NULL)
        print(stat, out);
    if (out == NULL || fclose(out) != 0)
        output->error = output->error != 0 ? output->error : ENOMEM;
    else if (output->error == 0)
        output_put(output, text, size);
    free(text);
}

double stat_rate(const stat_t *stat, const row_t *row)
{
    double seconds = stat->is_end ? stat->total_seconds : stat->seconds;

    return seconds > 0 ? (double)(stat->is_end ? row->count : row->gained) / seconds : 0;
}

/* What there is by now, sorted. */
static void look(stat_t *stat)
{
    output_t *output = stat->run->output;

    counts_begin_interval(&stat->counts);
    /* values first: each of them is a part of what has fired by then */
    int error = counts_look_at_values(&stat->counts) != 0 ? errno : 0;
    counts_look(&stat->counts);
    histograms_look(&stat->histograms, stat->source->counts);
    if (error == 0 && rows_make(&stat->rows, &stat->counts, fields_of(stat)) != 0)
        error = ENOMEM;
    if (error == 0)
        rows_sort(&stat->rows, fields_of(stat), stat->order);
    else if (output->error == 0)
        output->error = error;
    stat->time = clock_ns(CLOCK_REALTIME);
}

/* The sums that others ask for. */
static void update_account(const stat_t *stat)
{
    account_t *account = stat->run->account;

    account->num_printed = 0;
    for (unsigned i = 0; i < catalog.num_probes; ++i)
        account->num_printed += account->printed[i] = stat->source->counts[COUNTS_FIRED * catalog.num_probes + i];
}

/* ---- the view ---- */

static int begin(view_run_t *run, reason_t *reason)
{
    const stat_source_t *source = run->stat;
    stat_t *stat = calloc(1, sizeof(*stat));
    int is_screen = terminal_is_ours(run->output->file.fd);

    if ((run->state = stat) == NULL)
        return reason_set(reason, "out of memory");
    *stat = (stat_t){.run = run, .source = source, .wish = source->wish, .order = ROWS_BY_COUNT};
    stat->ops = source->wish->format != NULL ? source->wish->format->ops : is_screen ? &format_table : &format_json;
    if (counts_open(&stat->counts, source->counts, run->account, source->values_fd) != 0 ||
        ((run->json.show & PG_SHOW_DURATIONS) != 0 && histograms_open(&stat->histograms, source->is_selected) != 0))
        return reason_set(reason, "out of memory");
    return stat->ops->begin != NULL ? stat->ops->begin(stat, reason) : 0;
}

static void tick(view_run_t *run, uint64_t time)
{
    stat_t *stat = run->state;
    double now = clock_now(), interval = (double)stat->wish->interval / 1e9;

    (void)time;
    update_account(stat);
    if (stat->next == 0) {
        stat->begun = now;
        stat->next = now + interval;
    }
    if (now >= stat->next && !stat->is_end) {
        stat->seconds = now - stat->begun;
        stat->total_seconds += stat->seconds;
        look(stat);
        stat->ops->print(stat);
        stat->begun = now;
        stat->next += interval;
        if (stat->next < now)
            stat->next = now + interval; /* we stood still */
    }
    if (stat->ops->tick != NULL && !stat->is_end)
        stat->ops->tick(stat);
}

/* The totals. */
static void end(view_run_t *run, const describe_end_t *how, int describes)
{
    stat_t *stat = run->state;

    (void)describes;
    stat->is_end = 1;
    stat->total_seconds = how->seconds;
    update_account(stat);
    look(stat);
    if (run->output->error == 0)
        stat->ops->print(stat);
}

static void close_stat(view_run_t *run)
{
    stat_t *stat = run->state;

    if (stat == NULL)
        return;
    terminal_close(&stat->terminal);
    rows_dispose(&stat->rows);
    counts_dispose(&stat->counts);
    histograms_dispose(&stat->histograms);
    free(stat);
}

const view_t view_stat = {.name = "stat", .begin = begin, .tick = tick, .end = end, .close = close_stat};
