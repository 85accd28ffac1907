/*
 * Counts as a table. On a terminal it is a screen that is drawn after each interval, and at once when a key is pressed or the
 * window gets another size; when the trace ends, the last table stays. Elsewhere it is one table after the other.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "common/safe.h"
#include "common/say.h"
#include "stat/format.h"
#include "stat/value.h"

#define COLUMNS 80 /* of no terminal */
/* columns of numbers: those of each come after those of the ones before */
#define COUNT 12
#define RATE 13
#define SHARE 8
#define FILTERED 13 /* if anything was */
#define MIN_NAME 12
#define BEFORE_BAR 38 /* columns of a bucket */

#define BOLD "\033[1m"
#define REVERSE "\033[7m"
#define PLAIN "\033[m"
#define HOME "\033[H"
#define TO_END_OF_LINE "\033[K"
#define TO_END_OF_SCREEN "\033[J"

typedef struct st_page_t {
    const stat_t *stat;
    FILE *out;
    int is_screen;
    int is_of_probes; /* this part of it */
    unsigned columns;
    size_t rows_left; /* of a screen; else more than there can be */
} page_t;

/* ---- lines ---- */

static void begin_line(page_t *page, const char *style)
{
    if (page->is_screen)
        fputs(style, page->out);
}

static void end_line(page_t *page)
{
    fputs(page->is_screen ? PLAIN TO_END_OF_LINE "\n" : "\n", page->out);
    page->rows_left -= page->rows_left != 0;
}

/* Text that is safe, in so many columns: cut or filled up. A character is taken to have one. */
static void print_in(page_t *page, const char *text, unsigned width)
{
    unsigned used = 0;

    for (; *text != '\0'; ++text) {
        used += (*text & 0xc0) != 0x80;
        if (used > width)
            break;
        fputc(*text, page->out);
    }
    for (; used < width; ++used)
        fputc(' ', page->out);
}

static int has_filter(const page_t *page)
{
    return page->stat->run->account->filtered != NULL;
}

/* What numbers take: as many as there is room for beside a name, from the left, and the count in any case. */
static unsigned numbers_width(const page_t *page)
{
    const unsigned widths[] = {RATE, SHARE, has_filter(page) ? FILTERED : 0};
    unsigned sum = COUNT;

    for (unsigned i = 0; i < 3 && sum + widths[i] + MIN_NAME <= page->columns; ++i)
        sum += widths[i];
    return sum;
}

static unsigned name_width(const page_t *page)
{
    unsigned numbers = numbers_width(page);

    return page->columns > numbers + MIN_NAME ? page->columns - numbers : MIN_NAME;
}

static void print_header(page_t *page, const char *name)
{
    unsigned width = numbers_width(page);

    begin_line(page, REVERSE);
    print_in(page, name, name_width(page));
    fprintf(page->out, "%*s", COUNT, "COUNT");
    if (width >= COUNT + RATE)
        fprintf(page->out, "%*s", RATE, "PER SECOND");
    if (width >= COUNT + RATE + SHARE)
        fprintf(page->out, "%*s", SHARE, "SHARE");
    if (has_filter(page) && width >= COUNT + RATE + SHARE + FILTERED)
        fprintf(page->out, "%*s", FILTERED, page->is_of_probes ? "FILTERED" : "");
    end_line(page);
}

static void print_numbers(page_t *page, const row_t *row, uint64_t all)
{
    unsigned width = numbers_width(page);

    fprintf(page->out, "%*" PRIu64, COUNT, row->count);
    if (width >= COUNT + RATE)
        fprintf(page->out, "%*.1f", RATE, stat_rate(page->stat, row));
    if (width >= COUNT + RATE + SHARE)
        fprintf(page->out, "%*.1f %%", SHARE - 2, all != 0 ? 100.0 * (double)row->count / (double)all : 0);
    if (has_filter(page) && page->is_of_probes && width >= COUNT + RATE + SHARE + FILTERED)
        fprintf(page->out, "%*" PRIu64, FILTERED, row->filtered.now);
    end_line(page);
}

/* ---- names ---- */

static char *safe_text(const char *text, size_t n)
{
    char *safe = NULL;
    size_t size;
    FILE *to = open_memstream(&safe, &size);

    if (to != NULL) {
        safe_print(to, text, n);
        fclose(to);
    }
    return safe;
}

static void print_safe(page_t *page, const char *text, size_t n, unsigned width)
{
    char *safe = safe_text(text, n);

    print_in(page, safe != NULL ? safe : "", width);
    free(safe);
}

static void print_probe(page_t *page, unsigned probe, unsigned width)
{
    char name[512];

    snprintf(name, sizeof(name), "%s:%s", catalog.probes[probe].provider, catalog.probes[probe].name);
    print_safe(page, name, strlen(name), width);
}

/* Text without its quotes; what is longer ends with "...". */
static void print_value(page_t *page, const row_t *row, unsigned width)
{
    const struct pg_value *value = &row->value->key;
    sample_text_t text;
    char whole[VALUE_MAX_JSON + 4];

    value_print(&text, catalog.probes + row->probe, page->stat->wish->fields[row->probe], value);
    const char *bytes = text.text_size != 0 ? (const char *)value->bytes : text.none != NULL ? text.none : text.json;
    size_t n = text.text_size != 0 ? text.text_size : strlen(bytes), is_quoted = bytes == text.json && bytes[0] == '"';
    snprintf(whole, sizeof(whole), "%.*s%s", (int)(n - 2 * is_quoted), bytes + is_quoted, text.is_cut ? "..." : "");
    print_safe(page, whole, strlen(whole), width);
}

/* ---- the parts ---- */

static void print_summary(page_t *page)
{
    const stat_t *stat = page->stat;
    const row_t all = {.count = stat->rows.count, .gained = stat->rows.gained};

    begin_line(page, BOLD);
    fprintf(page->out, "%s: %" PRIu64 " event%s of %zu probe%s in %.1f s, %.1f a second", catalog.tracer, stat->rows.count,
            say_s(stat->rows.count), stat->rows.num_probes, say_s(stat->rows.num_probes), stat->total_seconds,
            stat_rate(stat, &all));
    end_line(page);
}

/* @param most lines that there is room for, if not for all rows: then the last one says how many are missing */
static size_t rows_that_fit(size_t num, size_t most)
{
    return num <= most ? num : most != 0 ? most - 1 : 0;
}

static void print_missing(page_t *page, size_t num)
{
    if (num == 0)
        return;
    fprintf(page->out, "... and %zu more", num);
    end_line(page);
}

static void print_probes(page_t *page, size_t most)
{
    const rows_t *rows = &page->stat->rows;
    size_t num = rows_that_fit(rows->num_probes, most);

    page->is_of_probes = 1;
    print_header(page, "PROBE");
    for (size_t i = 0; i < num; ++i) {
        print_probe(page, rows->probes[i].probe, name_width(page) - 1);
        fputc(' ', page->out);
        print_numbers(page, rows->probes + i, rows->count);
    }
    if (most != 0)
        print_missing(page, rows->num_probes - num);
}

/* Columns for the names of probes beside values; 0: all values are of one probe, which the header names. */
static unsigned probe_width(const page_t *page)
{
    const rows_t *rows = &page->stat->rows;
    unsigned longest = 0, room = name_width(page) - MIN_NAME;
    int are_several = 0;

    for (size_t i = 0; i < rows->num_values; ++i) {
        const catalog_probe_t *probe = catalog.probes + rows->values[i].probe;
        unsigned n = (unsigned)(strlen(probe->provider) + strlen(probe->name)) + 2;
        longest = n > longest ? n : longest;
        are_several |= rows->values[i].probe != rows->values[0].probe;
    }
    return !are_several ? 0 : longest < room ? longest : room;
}

static void print_value_header(page_t *page, unsigned of_probe)
{
    const stat_t *stat = page->stat;
    char name[512];

    if (of_probe != 0 || stat->rows.num_values == 0) {
        const char *dot = strrchr(stat->wish->by, '.');
        snprintf(name, sizeof(name), "%s", dot != NULL ? dot + 1 : stat->wish->by);
    } else {
        const catalog_probe_t *probe = catalog.probes + stat->rows.values[0].probe;
        snprintf(name, sizeof(name), "%s of %s:%s", stat->wish->fields[stat->rows.values[0].probe]->name, probe->provider,
                 probe->name);
    }
    page->is_of_probes = 0;
    print_header(page, name);
}

/* How many events have a value, or none: the share is of these. */
static uint64_t count_with_field(const stat_t *stat)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < stat->rows.num_probes; ++i)
        sum += stat->wish->fields[stat->rows.probes[i].probe] != NULL ? stat->rows.probes[i].count : 0;
    return sum;
}

static void print_values(page_t *page, size_t most)
{
    const stat_t *stat = page->stat;
    const rows_t *rows = &stat->rows;
    size_t extra = rows->others != 0, num = rows_that_fit(rows->num_values, most > extra ? most - extra : 0);
    unsigned of_probe = probe_width(page), of_value = name_width(page) - of_probe;
    uint64_t all = count_with_field(stat);

    if (num > stat->wish->top)
        num = stat->wish->top;
    print_value_header(page, of_probe);
    for (size_t i = 0; i < num; ++i) {
        print_value(page, rows->values + i, of_value - 1);
        fputc(' ', page->out);
        if (of_probe != 0) {
            print_probe(page, rows->values[i].probe, of_probe - 1);
            fputc(' ', page->out);
        }
        print_numbers(page, rows->values + i, all);
    }
    print_missing(page, rows->num_values - num);
    if (rows->others != 0) {
        print_in(page, "others, which there was no room for", name_width(page));
        print_numbers(page, &(row_t){.count = rows->others, .gained = rows->others_gained}, all);
    }
}

/* ---- durations ---- */

/* "1.05 ms": three digits, the rest is not known any better. */
static void put_time(char text[16], uint64_t ns)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    double x = (double)ns;
    size_t unit = 0;

    for (; x >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0]); ++unit)
        x /= 1000;
    snprintf(text, 16, x < 10 && unit != 0 ? "%.2f %s" : x < 100 && unit != 0 ? "%.1f %s" : "%.0f %s", x, units[unit]);
}

static void print_bucket(page_t *page, const histogram_t *histogram, unsigned bucket, uint64_t most)
{
    unsigned room = page->columns > BEFORE_BAR + MIN_NAME ? page->columns - BEFORE_BAR : MIN_NAME;
    uint64_t count = histogram_value(histogram, bucket, 1), bar = most != 0 ? (uint64_t)((double)count / (double)most * room) : 0;
    char from[16], below[16];

    put_time(from, histogram_from(bucket));
    put_time(below, histogram_from(bucket + 1));
    fprintf(page->out, "[%8s, %8s) %12" PRIu64 " |", from, below, count);
    for (unsigned i = 0; i < room; ++i)
        fputc(i < bar ? '@' : ' ', page->out);
    fputc('|', page->out);
    end_line(page);
}

static void print_histogram_header(page_t *page, const histogram_t *histogram, uint64_t count)
{
    const catalog_probe_t *probe = catalog.probes + histogram->probe;
    uint64_t unknown = histogram_value(histogram, COUNT_UNKNOWN, 1);
    char name[512], mean[16];

    put_time(mean, count != 0 ? histogram_value(histogram, COUNT_SUM, 1) / count : 0);
    snprintf(name, sizeof(name), "%s of %s:%s: %" PRIu64 ", mean %s", histogram->field->name, probe->provider, probe->name, count,
             count != 0 ? mean : "none");
    begin_line(page, REVERSE);
    print_safe(page, name, strlen(name), (unsigned)strlen(name));
    if (unknown != 0)
        fprintf(page->out, ", %" PRIu64 " unknown", unknown);
    end_line(page);
}

/* From the least to the largest that there was; what does not fit is left out. */
static void print_histogram(page_t *page, const histogram_t *histogram)
{
    uint64_t count = histogram_count(histogram, 1), most = 0;
    unsigned first = COUNT_BUCKETS, last = 0;

    if (count + histogram_value(histogram, COUNT_UNKNOWN, 1) == 0 || page->rows_left < 2)
        return;
    end_line(page);
    print_histogram_header(page, histogram, count);
    for (unsigned i = 0; i + 1 < COUNT_BUCKETS; ++i) {
        uint64_t n = histogram_value(histogram, i, 1);
        most = n > most ? n : most;
        first = n != 0 && i < first ? i : first;
        last = n != 0 ? i : last;
    }
    for (unsigned i = first; i <= last && page->rows_left != 0; ++i)
        print_bucket(page, histogram, i, most);
}

/* ---- pages ---- */

static void print_counts(page_t *page)
{
    const stat_t *stat = page->stat;

    print_summary(page);
    if (stat->wish->by == NULL) {
        print_probes(page, page->rows_left > 1 ? page->rows_left - 1 : 0);
        return;
    }
    /* two headers, a line between; what probes do not need is for values */
    print_probes(page, page->rows_left > 3 ? (page->rows_left - 3) / 2 : 0);
    if (page->rows_left > 2) {
        end_line(page);
        print_values(page, page->rows_left - 1);
    }
}

static void print_page(page_t *page)
{
    const stat_t *stat = page->stat;

    print_counts(page);
    for (size_t i = 0; i < stat->histograms.num; ++i)
        print_histogram(page, stat->histograms.list + i);
}

/* What the tracer had to say last, or which keys there are. */
static void print_last_line(stat_t *stat, page_t *page)
{
    char *said = terminal_last_line(&stat->terminal);
    const char *keys = stat->terminal.has_keys ? "q ends; sorted by: n name, c count, r rate" : "Ctrl-C ends";
    unsigned width = page->columns > 1 ? page->columns - 1 : 1;

    fprintf(page->out, TO_END_OF_SCREEN "\033[%u;1H" TO_END_OF_LINE, stat->terminal.rows);
    print_in(page, keys, width);
    if (said != NULL) {
        fputc('\r', page->out);
        print_in(page, said, width);
    }
    free(said);
}

/* A window is as large as it is: its last line has no end, or all would move up. */
static void print_screen(stat_t *stat, FILE *out)
{
    page_t page = {
        .stat = stat, .out = out, .is_screen = 1, .columns = stat->terminal.columns, .rows_left = stat->terminal.rows - 1};

    fputs(HOME, out);
    if (stat->terminal.rows > 3)
        print_page(&page);
    print_last_line(stat, &page);
}

static void print_plain(stat_t *stat, FILE *out)
{
    page_t page = {.stat = stat, .out = out, .columns = COLUMNS, .rows_left = SIZE_MAX / 2};

    print_page(&page);
    if (!stat->is_end)
        fputc('\n', out);
}

/* ---- the format ---- */

static int begin(stat_t *stat, reason_t *reason)
{
    int fd = stat->run->output->file.fd;

    return terminal_is_ours(fd) ? terminal_open(&stat->terminal, fd, stat->source->user, reason) : 0;
}

static void print(stat_t *stat)
{
    if (stat->is_end)
        terminal_close(&stat->terminal);
    stat_write(stat, stat->terminal.guard != 0 ? print_screen : print_plain);
}

static void tick(stat_t *stat)
{
    int key = 0, is_new = 0;

    if (stat->terminal.guard == 0)
        return;
    while ((key = terminal_key(&stat->terminal)) != 0) {
        if (key == 'q')
            stat->run->is_to_end = 1;
        if (key == ROWS_BY_NAME || key == ROWS_BY_COUNT || key == ROWS_BY_RATE) {
            stat->order = (rows_order_t)key;
            is_new = 1;
        }
    }
    if (is_new)
        rows_sort(&stat->rows, (const catalog_field_t *const *)stat->wish->fields, stat->order);
    is_new |= terminal_has_changed(&stat->terminal);
    if (is_new)
        stat_write(stat, print_screen);
}

const format_ops_t format_table = {.begin = begin, .print = print, .tick = tick};
