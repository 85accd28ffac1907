/*
 * Counts in the text format of Prometheus, for node_exporter's textfile collector: a file that is replaced as a whole, since
 * somebody may read it at any time. The new one stands beside it first, under a name that the collector does not look at.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "stat/format.h"
#include "stat/value.h"

/* ---- the text ---- */

/* Names of metrics begin with that of the tracer, as far as they may have its characters. */
static void print_metric(FILE *out, const char *name)
{
    for (const char *p = catalog.tracer; *p != '\0'; ++p)
        fputc(isalpha((unsigned char)*p) || (isdigit((unsigned char)*p) && p != catalog.tracer) ? *p : '_', out);
    fprintf(out, "_%s", name);
}

static void print_head_of(FILE *out, const char *name, const char *type, const char *help)
{
    fputs("# HELP ", out);
    print_metric(out, name);
    fprintf(out, " %s\n# TYPE ", help);
    print_metric(out, name);
    fprintf(out, " %s\n", type);
}

static void print_head(FILE *out, const char *name, const char *help)
{
    print_head_of(out, name, "counter", help);
}

static void print_escaped(FILE *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        if (text[i] == '\n')
            fputs("\\n", out);
        else if (text[i] == '"' || text[i] == '\\')
            fprintf(out, "\\%c", text[i]);
        else
            fputc(text[i], out);
    }
}

/* The label is another one where the text is not the value, so that no two values have the same labels: also where one was cut
 * within a character, and shows no more than another one that has the same characters before. */
static void print_label(FILE *out, const sample_text_t *text, const struct pg_value *value)
{
    char hex[2 * PG_MAX_VALUE + 1];
    size_t n = strlen(text->json), is_quoted = text->json[0] == '"';
    int is_hex = text->is_hex || (text->text_size != 0 && text->text_size < value->got);

    if (text->none != NULL) {
        fprintf(out, ",none=\"%s\"", text->none);
        return;
    }
    fputs(is_hex ? ",hex=\"" : ",value=\"", out);
    value_print_hex(hex, value);
    if (is_hex)
        fputs(hex, out);
    else if (text->text_size != 0)
        print_escaped(out, (const char *)value->bytes, text->text_size);
    else
        print_escaped(out, text->json + is_quoted, n - 2 * is_quoted);
    fputs(text->is_cut ? "...\"" : "\"", out);
    if (text->text_size == 0 && strcmp(text->json, "\"NaN\"") == 0) /* there are many, which look the same */
        fprintf(out, ",bits=\"%016llx\"", (unsigned long long)value->bytes[0]);
}

static void print_probe(FILE *out, const char *metric, unsigned probe)
{
    print_metric(out, metric);
    fputs("{provider=\"", out);
    print_escaped(out, catalog.probes[probe].provider, strlen(catalog.probes[probe].provider));
    fputs("\",probe=\"", out);
    print_escaped(out, catalog.probes[probe].name, strlen(catalog.probes[probe].name));
    fputc('"', out);
}

static void print_values(const stat_t *stat, FILE *out)
{
    const rows_t *rows = &stat->rows;

    print_head(out, "values_total", "Events by the value of a field.");
    for (size_t i = 0; i < rows->num_values && i < stat->wish->top; ++i) {
        const row_t *row = rows->values + i;
        sample_text_t text;
        value_print(&text, catalog.probes + row->probe, stat->wish->fields[row->probe], &row->value->key);
        print_probe(out, "values_total", row->probe);
        fprintf(out, ",field=\"%s\"", stat->wish->fields[row->probe]->name);
        print_label(out, &text, &row->value->key);
        fprintf(out, "} %" PRIu64 "\n", row->count);
    }
    print_head(out, "values_others_total", "Events with a value that there was no room for.");
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (stat->wish->fields[i] == NULL)
            continue;
        print_probe(out, "values_others_total", i);
        fprintf(out, ",field=\"%s\"} %" PRIu64 "\n", stat->wish->fields[i]->name, stat->counts.probes[COUNTS_OTHERS][i].now);
    }
}

static void print_filtered(const stat_t *stat, FILE *out)
{
    print_head(out, "filtered_total", "Events of a probe that were not wanted.");
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (!stat->source->is_selected[i])
            continue;
        print_probe(out, "filtered_total", i);
        fprintf(out, "} %" PRIu64 "\n", stat->counts.probes[COUNTS_FILTERED][i].now);
    }
}

/* ---- durations ---- */

/* These bounds are printed, whatever comes: a program that reads them expects the same ones each time. About 1 us, and a minute. */
enum { FIRST_BUCKET = 10, LAST_BUCKET = 36 };

static void print_seconds(FILE *out, uint64_t ns)
{
    fprintf(out, "%" PRIu64 ".%09" PRIu64, ns / 1000000000, ns % 1000000000);
}

/* What a bucket has is less than where the next one begins, and bounds are among what they bound. */
static void print_histogram(FILE *out, const histogram_t *histogram)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < COUNT_BUCKETS; ++i) {
        sum += histogram_value(histogram, i, 1);
        if (i < FIRST_BUCKET || (i > LAST_BUCKET && i + 1 < COUNT_BUCKETS))
            continue;
        print_probe(out, "duration_seconds_bucket", histogram->probe);
        fprintf(out, ",field=\"%s\",le=\"", histogram->field->name);
        if (i <= LAST_BUCKET)
            print_seconds(out, histogram_from(i + 1) - 1);
        else
            fputs("+Inf", out);
        fprintf(out, "\"} %" PRIu64 "\n", sum);
    }
    print_probe(out, "duration_seconds_sum", histogram->probe);
    fprintf(out, ",field=\"%s\"} ", histogram->field->name);
    print_seconds(out, histogram_value(histogram, COUNT_SUM, 1));
    fputc('\n', out);
    print_probe(out, "duration_seconds_count", histogram->probe);
    fprintf(out, ",field=\"%s\"} %" PRIu64 "\n", histogram->field->name, sum);
}

static void print_durations(const stat_t *stat, FILE *out)
{
    const histograms_t *histograms = &stat->histograms;

    print_head_of(out, "duration_seconds", "histogram", "How long it took what an event ends.");
    for (size_t i = 0; i < histograms->num; ++i)
        print_histogram(out, histograms->list + i);
    print_head(out, "duration_unknown_total", "Events that end something of which it is not known when it began.");
    for (size_t i = 0; i < histograms->num; ++i) {
        print_probe(out, "duration_unknown_total", histograms->list[i].probe);
        fprintf(out, ",field=\"%s\"} %" PRIu64 "\n", histograms->list[i].field->name,
                histogram_value(histograms->list + i, COUNT_UNKNOWN, 1));
    }
}

static void print_all(const stat_t *stat, FILE *out)
{
    print_head(out, "events_total", "Events of a probe.");
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (!stat->source->is_selected[i])
            continue;
        print_probe(out, "events_total", i);
        fprintf(out, "} %" PRIu64 "\n", stat->counts.probes[COUNTS_FIRED][i].now);
    }
    if (stat->run->account->filtered != NULL)
        print_filtered(stat, out);
    if (stat->wish->by != NULL)
        print_values(stat, out);
    if (stat->histograms.num != 0)
        print_durations(stat, out);
}

/* ---- the file ---- */

/* What others may read, they may; what -a and --secrets show is not for them. */
static FILE *open_new(const char *path, int is_private)
{
    unlink(path); /* of a tracer that was killed */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, is_private ? 0600 : 0644);
    FILE *out = fd != -1 ? fdopen(fd, "w") : NULL;

    if (fd != -1 && out == NULL)
        close(fd);
    return out;
}

/* @return 0, or an errno */
static int replace(const stat_t *stat)
{
    const char *path = stat->run->output->file.path;
    char *beside;
    int error = 0;

    if (asprintf(&beside, "%s.new", path) < 0)
        return ENOMEM;
    errno = 0;
    FILE *out = open_new(beside, (stat->run->json.show & PG_SHOW_PRIVATE) != 0);
    if (out != NULL)
        print_all(stat, out);
    if (out == NULL || ferror(out) || fclose(out) != 0 || rename(beside, path) != 0)
        error = errno != 0 ? errno : EIO;
    if (error != 0 && out != NULL)
        unlink(beside);
    free(beside);
    return error;
}

static void print(stat_t *stat)
{
    int error = replace(stat);

    if (error != 0 && stat->run->output->error == 0)
        stat->run->output->error = error;
}

/* The file is there as soon as there is anything to count. */
static int begin(stat_t *stat, reason_t *reason)
{
    (void)reason;
    print(stat);
    return 0;
}

const format_ops_t format_prometheus = {.begin = begin, .print = print};
