#ifndef RUNTIME_STAT_FORMAT_H
#define RUNTIME_STAT_FORMAT_H

#include "stat/counts.h"
#include "stat/histogram.h"
#include "stat/rows.h"
#include "stat/terminal.h"
#include "stat/wish.h"
#include "view/view.h"

/** Counting, and what of it has been printed. */
typedef struct st_stat_t {
    view_run_t *run;
    const stat_source_t *source;
    const stat_wish_t *wish;
    const struct st_format_ops_t *ops;
    counts_t counts;
    histograms_t histograms; /* empty, if durations are of no interest */
    rows_t rows;
    rows_order_t order;
    uint64_t time;        /* of the last look: ns since the epoch */
    double seconds;       /* of the last interval */
    double total_seconds; /* of all */
    double begun, next;   /* see clock_now(): when the interval began; when it is to end; 0: not yet */
    int is_end;           /* the totals are printed */
    terminal_t terminal;
} stat_t;

/** A format; members may be NULL but for `print`. */
typedef struct st_format_ops_t {
    /** Before there is anything. @return 0, or -1 with a reason */
    int (*begin)(stat_t *stat, reason_t *reason);
    /** An interval has ended, or the trace has (is_end). Errors are those of the output. */
    void (*print)(stat_t *stat);
    /** Some times a second. */
    void (*tick)(stat_t *stat);
} format_ops_t;

#define FORMAT(name, replaces, help) extern const format_ops_t format_##name;
#include "stat/formats.def"
#undef FORMAT

/** Writes what a function prints into the output. */
void stat_write(stat_t *stat, void (*print)(stat_t *stat, FILE *out));
/** Events a second: of the interval, at the end of all. */
double stat_rate(const stat_t *stat, const row_t *row);

#endif
