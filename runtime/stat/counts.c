#include <stdlib.h>
#include <string.h>
#include "assemble/assemble.h"
#include "bpf/bcc.h"
#include "stat/counts.h"

/* of the index: a power of 2, so large that it is half empty at least */
#define INDEX_SIZE (COUNTS_MAX_VALUES * 2)

unsigned counts_num_durations(const catalog_probe_t *probe)
{
    unsigned num = 0;

    for (unsigned i = 0; i < probe->num_fields; ++i)
        num += probe->fields[i].pair != 0;
    return num;
}

/* They stand behind the counters of the groups. */
uint32_t counts_histogram(unsigned probe)
{
    uint32_t first = COUNTS_GROUPS * (catalog.num_probes + 1);

    for (unsigned i = 0; i < probe; ++i)
        first += counts_num_durations(catalog.probes + i) * COUNT_HISTOGRAM;
    return first;
}

size_t counts_size(void)
{
    return (size_t)counts_histogram(catalog.num_probes) * sizeof(uint64_t);
}

int counts_open(counts_t *counts, const volatile uint64_t *kernel, const account_t *account, int values_fd)
{
    int failed = 0;

    *counts = (counts_t){.kernel = kernel, .account = account, .values_fd = values_fd};
    for (int i = 0; i < COUNTS_ALL; ++i)
        failed |= (counts->probes[i] = calloc(catalog.num_probes + 1, sizeof(counter_t))) == NULL;
    if (values_fd == -1)
        return failed ? -1 : 0;
    counts->values = calloc(COUNTS_MAX_VALUES, sizeof(*counts->values));
    counts->index = calloc(INDEX_SIZE, sizeof(*counts->index));
    counts->keys = malloc(COUNTS_MAX_VALUES * sizeof(struct pg_value));
    counts->numbers = malloc(COUNTS_MAX_VALUES * sizeof(*counts->numbers));
    failed |= counts->values == NULL || counts->index == NULL || counts->keys == NULL || counts->numbers == NULL;
    return failed ? -1 : 0;
}

void counts_look(counts_t *counts)
{
    for (unsigned group = 0; group < COUNTS_GROUPS; ++group) {
        for (unsigned i = 0; i < catalog.num_probes; ++i)
            counts->probes[group][i].now = counts->kernel[group * catalog.num_probes + i];
    }
    for (unsigned i = 0; i < catalog.num_probes; ++i)
        counts->probes[COUNTS_FILTERED][i].now = account_filtered(counts->account, i);
}

/* FNV-1a, of words */
static uint32_t hash_of(const struct pg_value *key)
{
    uint64_t words[sizeof(*key) / 8], hash = 0xcbf29ce484222325;

    memcpy(words, key, sizeof(words));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i)
        hash = (hash ^ words[i]) * 0x100000001b3;
    return (uint32_t)(hash ^ hash >> 32);
}

/* @return the value's number of events; NULL: there are more than the kernel has room for, which cannot be */
static counter_t *find(counts_t *counts, const struct pg_value *key)
{
    uint32_t at = hash_of(key) % INDEX_SIZE;

    while (counts->index[at] != 0) {
        counted_value_t *value = counts->values + counts->index[at] - 1;
        if (memcmp(&value->key, key, sizeof(*key)) == 0)
            return &value->count;
        at = (at + 1) % INDEX_SIZE;
    }
    if (counts->num_values == COUNTS_MAX_VALUES)
        return NULL;
    counts->values[counts->num_values] = (counted_value_t){.key = *key};
    counts->index[at] = (uint32_t)++counts->num_values;
    return &counts->values[counts->num_values - 1].count;
}

int counts_look_at_values(counts_t *counts)
{
    long num = counts->values_fd != -1 ? bcc_get_all(counts->values_fd, counts->keys, counts->numbers, COUNTS_MAX_VALUES) : 0;

    for (long i = 0; i < num; ++i) {
        struct pg_value key;
        memcpy(&key, counts->keys + (size_t)i * sizeof(key), sizeof(key));
        counter_t *count = find(counts, &key);
        if (count != NULL)
            count->now = counts->numbers[i];
    }
    return num < 0 ? -1 : 0;
}

void counts_begin_interval(counts_t *counts)
{
    for (unsigned group = 0; group < COUNTS_ALL; ++group) {
        for (unsigned i = 0; i < catalog.num_probes; ++i)
            counts->probes[group][i].before = counts->probes[group][i].now;
    }
    for (size_t i = 0; i < counts->num_values; ++i)
        counts->values[i].count.before = counts->values[i].count.now;
}

void counts_dispose(counts_t *counts)
{
    for (int i = 0; i < COUNTS_ALL; ++i)
        free(counts->probes[i]);
    free(counts->values);
    free(counts->index);
    free(counts->keys);
    free(counts->numbers);
    *counts = (counts_t){.values_fd = -1};
}
