#include <stdlib.h>
#include <string.h>
#include "stat/rows.h"

/* qsort_r() takes it along */
typedef struct st_sorter_t {
    const catalog_field_t *const *fields;
    rows_order_t order;
} sorter_t;

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_probes(unsigned a, unsigned b)
{
    const catalog_probe_t *x = catalog.probes + a, *y = catalog.probes + b;
    int result = strcmp(x->provider, y->provider);

    return result != 0 ? result : strcmp(x->name, y->name);
}

static int compare_values(const catalog_field_t *field, const struct pg_value *a, const struct pg_value *b)
{
    int is_string =
        field->value == CATALOG_VALUE_TEXT || field->value == CATALOG_VALUE_BYTES || field->value == CATALOG_VALUE_ADDRESS;
    uint64_t top = field->is_signed ? 1ull << 63 : 0; /* negative ones come first */

    if ((a->flags ^ b->flags) & PG_VALUE_NULL)
        return a->flags & PG_VALUE_NULL ? -1 : 1;
    return is_string ? memcmp(a->bytes, b->bytes, sizeof(a->bytes)) : compare(a->bytes[0] ^ top, b->bytes[0] ^ top);
}

static int compare_names(const sorter_t *sorter, const row_t *a, const row_t *b)
{
    int result = compare_probes(a->probe, b->probe);

    if (result != 0 || a->value == NULL || b->value == NULL)
        return result;
    return compare_values(sorter->fields[a->probe], &a->value->key, &b->value->key);
}

static int compare_rows(const void *a, const void *b, void *arg)
{
    const sorter_t *sorter = arg;
    const row_t *x = a, *y = b;
    int result = sorter->order == ROWS_BY_COUNT  ? compare(y->count, x->count)
                 : sorter->order == ROWS_BY_RATE ? compare(y->gained, x->gained)
                                                 : 0;

    return result != 0 ? result : compare_names(sorter, x, y);
}

static void add(row_t *list, size_t *num, unsigned probe, const counted_value_t *value, const counter_t *counter,
                const counter_t *filtered)
{
    if (counter->now != 0 || filtered->now != 0)
        list[(*num)++] = (row_t){
            .probe = probe, .value = value, .count = counter->now, .gained = counter_gained(counter), .filtered = *filtered};
}

int rows_make(rows_t *rows, const counts_t *counts, const catalog_field_t *const *fields)
{
    static const counter_t none = {0, 0};

    rows_dispose(rows);
    rows->probes = malloc((catalog.num_probes + 1) * sizeof(*rows->probes));
    rows->values = malloc((counts->num_values + 1) * sizeof(*rows->values));
    if (rows->probes == NULL || rows->values == NULL)
        return -1;
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const counter_t *fired = counts->probes[COUNTS_FIRED] + i, *others = counts->probes[COUNTS_OTHERS] + i,
                        *filtered = counts->probes[COUNTS_FILTERED] + i;
        add(rows->probes, &rows->num_probes, i, NULL, fired, filtered);
        rows->count += fired->now;
        rows->gained += counter_gained(fired);
        rows->filtered.now += filtered->now;
        rows->filtered.before += filtered->before;
        rows->others += others->now;
        rows->others_gained += counter_gained(others);
    }
    for (size_t i = 0; i < counts->num_values; ++i) {
        const counted_value_t *value = counts->values + i;
        if (value->key.probe < catalog.num_probes && fields[value->key.probe] != NULL)
            add(rows->values, &rows->num_values, value->key.probe, value, &value->count, &none);
    }
    return 0;
}

void rows_sort(rows_t *rows, const catalog_field_t *const *fields, rows_order_t order)
{
    sorter_t sorter = {fields, order};

    qsort_r(rows->probes, rows->num_probes, sizeof(*rows->probes), compare_rows, &sorter);
    qsort_r(rows->values, rows->num_values, sizeof(*rows->values), compare_rows, &sorter);
}

void rows_dispose(rows_t *rows)
{
    free(rows->probes);
    free(rows->values);
    *rows = (rows_t){.num_probes = 0};
}
