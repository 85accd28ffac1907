/* Counts as JSON: an object a line. Its keys are listed in the man page. */
#include <inttypes.h>
#include <string.h>
#include "stat/format.h"
#include "stat/value.h"

/* Names of probes are those of C. */
static void print_name(FILE *out, unsigned probe)
{
    fprintf(out, "\"%s:%s\"", catalog.probes[probe].provider, catalog.probes[probe].name);
}

/* @param gained in the interval, which is what its lines are about; the last line is about all */
static uint64_t count_of(const stat_t *stat, uint64_t count, uint64_t gained)
{
    return stat->is_end ? count : gained;
}

static void print_count(const stat_t *stat, FILE *out, const row_t *row)
{
    fprintf(out, "\"count\":%" PRIu64 ",\"rate\":%.3f", count_of(stat, row->count, row->gained), stat_rate(stat, row));
    if (stat->run->account->filtered != NULL && row->value == NULL)
        fprintf(out, ",\"filtered\":%" PRIu64, count_of(stat, row->filtered.now, counter_gained(&row->filtered)));
}

static void print_probes(const stat_t *stat, FILE *out)
{
    const char *comma = "";

    fputs(",\"probes\":{", out);
    for (size_t i = 0; i < stat->rows.num_probes; ++i) {
        const row_t *row = stat->rows.probes + i;
        if (count_of(stat, row->count + row->filtered.now, row->gained + counter_gained(&row->filtered)) == 0)
            continue;
        fputs(comma, out);
        print_name(out, row->probe);
        fputs(":{", out);
        print_count(stat, out, row);
        fputc('}', out);
        comma = ",";
    }
    fputc('}', out);
}

static void print_value(const stat_t *stat, FILE *out, const row_t *row)
{
    char hex[2 * PG_MAX_VALUE + 1];
    sample_text_t text;

    value_print(&text, catalog.probes + row->probe, stat->wish->fields[row->probe], &row->value->key);
    fputs("{\"probe\":", out);
    print_name(out, row->probe);
    fprintf(out, ",\"value\":%s,", text.json);
    print_count(stat, out, row);
    if (text.is_cut)
        fputs(",\"truncated\":true", out);
    if (text.is_hex) {
        value_print_hex(hex, &row->value->key);
        fprintf(out, ",\"hex\":\"%s\"", hex);
    }
    if (text.none != NULL && strcmp(text.none, "null") != 0)
        fprintf(out, ",\"%s\":true", text.none);
    fputc('}', out);
}

/* What is not among the top is summed up. */
static void print_values(const stat_t *stat, FILE *out)
{
    const rows_t *rows = &stat->rows;
    uint64_t num = 0, num_more = 0, more = 0;
    const char *dot = strrchr(stat->wish->by, '.');

    /* the name of a field, which is that of a JSON key; patterns of probes may have any character */
    fprintf(out, ",\"by\":\"%s\",\"values\":[", dot != NULL ? dot + 1 : stat->wish->by);
    for (size_t i = 0; i < rows->num_values; ++i) {
        uint64_t count = count_of(stat, rows->values[i].count, rows->values[i].gained);
        if (count == 0)
            continue;
        if (num == stat->wish->top) {
            ++num_more;
            more += count;
            continue;
        }
        fputs(num++ != 0 ? "," : "", out);
        print_value(stat, out, rows->values + i);
    }
    fprintf(out, "],\"more\":{\"values\":%" PRIu64 ",\"count\":%" PRIu64 "},\"others\":%" PRIu64, num_more, more,
            count_of(stat, rows->others, rows->others_gained));
}

static void print_ms(FILE *out, uint64_t ns)
{
    fprintf(out, "%" PRIu64 ".%06" PRIu64, ns / 1000000, ns % 1000000);
}

/* How long something took, as often as that was. */
static void print_buckets(const stat_t *stat, FILE *out, const histogram_t *histogram)
{
    const char *comma = "";

    fputs(",\"buckets\":[", out);
    for (unsigned i = 0; i < COUNT_BUCKETS; ++i) {
        uint64_t count = histogram_value(histogram, i, stat->is_end);
        if (count == 0)
            continue;
        fprintf(out, "%s{\"from\":", comma);
        print_ms(out, histogram_from(i));
        fputs(",\"below\":", out);
        print_ms(out, i + 1 < COUNT_BUCKETS ? histogram_from(i + 1) : UINT64_MAX);
        fprintf(out, ",\"count\":%" PRIu64 "}", count);
        comma = ",";
    }
    fputc(']', out);
}

static void print_durations(const stat_t *stat, FILE *out)
{
    const char *comma = "";

    fputs(",\"durations\":[", out);
    for (size_t i = 0; i < stat->histograms.num; ++i) {
        const histogram_t *histogram = stat->histograms.list + i;
        uint64_t count = histogram_count(histogram, stat->is_end),
                 unknown = histogram_value(histogram, COUNT_UNKNOWN, stat->is_end);
        if (count + unknown == 0)
            continue;
        fprintf(out, "%s{\"probe\":", comma);
        print_name(out, histogram->probe);
        fprintf(out, ",\"field\":\"%s\",\"count\":%" PRIu64 ",\"unknown\":%" PRIu64 ",\"sum\":", histogram->field->name, count,
                unknown);
        print_ms(out, histogram_value(histogram, COUNT_SUM, stat->is_end));
        print_buckets(stat, out, histogram);
        fputc('}', out);
        comma = ",";
    }
    fputc(']', out);
}

static void print_line(stat_t *stat, FILE *out)
{
    const row_t all = {.count = stat->rows.count, .gained = stat->rows.gained, .filtered = stat->rows.filtered};
    uint64_t us = stat->time / 1000;

    fprintf(out, "{\"module\":\"%s\",\"type\":\"%s\",\"time\":%" PRIu64 ".%03" PRIu64 ",\"seconds\":%.3f,", catalog.tracer,
            stat->is_end ? "stat_total" : "stat", us / 1000, us % 1000, stat->is_end ? stat->total_seconds : stat->seconds);
    print_count(stat, out, &all);
    print_probes(stat, out);
    if (stat->wish->by != NULL)
        print_values(stat, out);
    if (stat->histograms.num != 0)
        print_durations(stat, out);
    fputs("}\n", out);
}

/* In an interval the top is that of the interval. */
static int begin(stat_t *stat, reason_t *reason)
{
    (void)reason;
    stat->order = ROWS_BY_RATE;
    return 0;
}

static void print(stat_t *stat)
{
    if (stat->is_end)
        rows_sort(&stat->rows, (const catalog_field_t *const *)stat->wish->fields, ROWS_BY_COUNT);
    stat_write(stat, print_line);
}

const format_ops_t format_json = {.begin = begin, .print = print};
