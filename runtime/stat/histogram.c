#include <stdlib.h>
#include "stat/histogram.h"

int histograms_open(histograms_t *histograms, const char *is_selected)
{
    unsigned num = 0;

    *histograms = (histograms_t){.num = 0};
    for (unsigned i = 0; i < catalog.num_probes; ++i)
        num += is_selected[i] ? counts_num_durations(catalog.probes + i) : 0;
    histograms->list = calloc(num + 1u, sizeof(*histograms->list));
    for (unsigned i = 0; histograms->list != NULL && i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        uint32_t first = counts_histogram(i);
        for (unsigned j = 0; is_selected[i] && j < probe->num_fields; ++j) {
            if (probe->fields[j].pair == 0)
                continue;
            histograms->list[histograms->num++] = (histogram_t){.probe = i, .field = probe->fields + j, .first = first};
            first += COUNT_HISTOGRAM;
        }
    }
    return histograms->list != NULL ? 0 : -1;
}

void histograms_look(histograms_t *histograms, const volatile uint64_t *kernel)
{
    for (size_t i = 0; i < histograms->num; ++i) {
        histogram_t *histogram = histograms->list + i;
        for (unsigned n = 0; n < COUNT_HISTOGRAM; ++n) {
            histogram->counters[n].before = histogram->counters[n].now;
            histogram->counters[n].now = kernel[histogram->first + n];
        }
    }
}

uint64_t histogram_value(const histogram_t *histogram, unsigned counter, int is_all)
{
    return is_all ? histogram->counters[counter].now : counter_gained(histogram->counters + counter);
}

uint64_t histogram_count(const histogram_t *histogram, int is_all)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < COUNT_BUCKETS; ++i)
        sum += histogram_value(histogram, i, is_all);
    return sum;
}

uint64_t histogram_from(unsigned bucket)
{
    return bucket == 0 ? 0 : 1ull << (bucket - 1);
}

void histograms_dispose(histograms_t *histograms)
{
    free(histograms->list);
    *histograms = (histograms_t){.num = 0};
}
