#include <stdlib.h>
#include "stat/counts.h"
#include "targets/counting.h"

/* @param paths of the site's file */
static void lift(assemble_count_t *count, const struct pg_path *paths, assemble_site_t *site)
{
    const catalog_field_t *by = count->by;

    count->path = paths + by->path;
    count->lifts[site->num_lifts++] =
        (assemble_lift_t){.path = count->path, .arg = by->arg, .bit = COUNT_BIT, .word = PG_VALUE_WORD, .is_shown = 1};
    if (by->length_kind == CATALOG_LENGTH_PATH)
        count->lifts[site->num_lifts++] = (assemble_lift_t){.path = paths + catalog.paths[by->path].length,
                                                            .arg = by->arg,
                                                            .bit = COUNT_LENGTH_BIT,
                                                            .word = PG_VALUE_LENGTH_WORD,
                                                            .is_shown = 1};
}

static void describe(assemble_count_t *count, const catalog_probe_t *probe, const struct pg_path *paths, assemble_site_t *site)
{
    const catalog_field_t *by = count->by;

    site->count = count;
    site->lifts = count->lifts;
    site->num_lifts = 0;
    site->needs = by != NULL ? 1u << by->arg : 0;
    if (by != NULL && by->length_kind == CATALOG_LENGTH_ARG) {
        site->needs |= 1u << by->length;
        count->length = probe->args + by->length;
    }
    if (by != NULL && by->path >= 0)
        lift(count, paths, site);
}

assemble_count_t *counting_describe(assemble_site_t *sites, const survey_t *survey, const stat_wish_t *wish, int counts_fd)
{
    const sites_t *of = &survey->sites;
    assemble_count_t *counts = calloc(of->num + 1, sizeof(*counts));
    const struct pg_path *paths = survey->fields.paths;

    for (size_t i = 0; counts != NULL && i < of->num; ++i) {
        const catalog_probe_t *probe = of->list[i].probe;
        uint32_t number = (uint32_t)(probe - catalog.probes);
        if (i != 0 && of->list[i].module != of->list[i - 1].module && paths != NULL)
            paths += catalog.num_paths;
        counts[i] = (assemble_count_t){.counts_fd = counts_fd,
                                       .probe = number,
                                       .fired = COUNTS_FIRED * catalog.num_probes + number,
                                       .others = COUNTS_OTHERS * catalog.num_probes + number,
                                       .histograms = counts_histogram(number),
                                       .by = wish->fields != NULL ? wish->fields[number] : NULL};
        describe(counts + i, probe, paths, sites + i);
    }
    return counts;
}

int counting_needs_fields(const stat_wish_t *wish)
{
    for (unsigned i = 0; wish->fields != NULL && i < catalog.num_probes; ++i) {
        if (wish->fields[i] != NULL && wish->fields[i]->path >= 0)
            return 1;
    }
    return 0;
}

uint32_t *counting_reads(const tracer_options_t *options)
{
    uint32_t *reads = calloc(catalog.num_probes + 1, sizeof(*reads));

    for (unsigned i = 0; reads != NULL && i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        const catalog_field_t *by = options->stat.fields != NULL ? options->stat.fields[i] : NULL;
        const condition_t *condition = choose_condition(&options->choose, probe);
        if (by != NULL)
            reads[i] |= 1u << by->arg | (by->length_kind == CATALOG_LENGTH_ARG ? 1u << by->length : 0);
        if (condition != NULL)
            reads[i] |= condition_args(condition);
    }
    return reads;
}
