#ifndef RUNTIME_STAT_WISH_H
#define RUNTIME_STAT_WISH_H

#include "common/catalog.h"
#include "rights/user.h"

/** How counts are printed. */
typedef struct st_stat_format_t {
    const char *name, *help;
    const struct st_format_ops_t *ops; /* see format.h */
    int replaces;                      /* it writes a file of its own in place of that of the output */
} stat_format_t;

/** What is wanted. */
typedef struct st_stat_wish_t {
    uint64_t interval;              /* ns; 0: events are shown, not counted */
    const stat_format_t *format;    /* NULL: a table on a terminal, JSON otherwise */
    const char *by;                 /* a field that they are counted by, as somebody named it; NULL: none */
    const catalog_field_t **fields; /* that one of each probe: see by_find() */
    uint64_t top;                   /* so many values at most are printed */
} stat_wish_t;

/** What the counts come from; a view_run_t has it. */
typedef struct st_stat_source_t {
    const stat_wish_t *wish;
    const char *is_selected;         /* by index in the catalog */
    const volatile uint64_t *counts; /* see counts.h */
    int values_fd;
    const user_t *user;
} stat_source_t;

#endif
