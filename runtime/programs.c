/* The BPF programs for all sites: as few as there can be, since each takes links of its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/grow.h"
#include "programs.h"

typedef struct st_loader_t {
    programs_t *programs;
    const object_t *object;
    const assemble_site_t *sites;
    int state_fd;
    const kernel_t *kernel;
    reason_t *reason;
} loader_t;

static int needs_text(const catalog_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        if (probe->args[i].is_text)
            return 1;
    }
    return 0;
}

static void describe_lifts(assemble_lift_t *lifts, const catalog_probe_t *probe, const struct pg_path *paths, uint32_t show)
{
    for (unsigned i = 0; i < probe->num_lifts; ++i) {
        const catalog_lift_t *lift = probe->lifts + i;
        lifts[i] = (assemble_lift_t){.path = paths + lift->path,
                                     .arg = lift->arg,
                                     .bit = lift->bit,
                                     .word = lift->word,
                                     .is_shown = (lift->gate & ~show) == 0};
    }
}

/* @param lifts of all of them, one after the other: the caller's */
static assemble_site_t *describe_sites(const survey_t *survey, uint32_t show, assemble_lift_t **lifts)
{
    const sites_t *sites = &survey->sites;
    assemble_site_t *list = calloc(sites->num + 1, sizeof(*list));
    size_t num_lifts = 0;
    uint64_t paths = 0;

    for (size_t i = 0; i < sites->num; ++i)
        num_lifts += sites->list[i].probe->num_lifts;
    *lifts = calloc(num_lifts + 1, sizeof(**lifts));
    num_lifts = 0;
    for (size_t i = 0; list != NULL && *lifts != NULL && i < sites->num; ++i) {
        const catalog_probe_t *probe = sites->list[i].probe;
        if (i != 0 && sites->list[i].module != sites->list[i - 1].module)
            paths += catalog.num_paths;
        list[i] = (assemble_site_t){.how = &sites->list[i].how,
                                    .function = probe->function,
                                    .needs = probe->needs[show & 3],
                                    .has_text = needs_text(probe),
                                    .paths = paths,
                                    .lifts = *lifts + num_lifts,
                                    .num_lifts = probe->num_lifts};
        describe_lifts(*lifts + num_lifts, probe, survey->fields.paths + paths, show);
        num_lifts += probe->num_lifts;
    }
    return *lifts != NULL ? list : NULL;
}

static int add(programs_t *programs, int fd, size_t first, size_t end)
{
    struct st_loaded_t *list = grow_list(programs->list, &programs->capacity, programs->num, sizeof(*list));

    if (list == NULL)
        return -1;
    programs->list = list;
    list[programs->num++] = (struct st_loaded_t){fd, first, end};
    return 0;
}

/* Loads one program, for sites from `first` on, at most `num`. Returns how many it is for, -1 with a reason. */
static long load(const loader_t *loader, size_t first, size_t num)
{
    program_t program;
    long done = assemble(&program, loader->object, loader->state_fd, loader->sites + first, num, loader->reason);
    int fd = -1;

    if (done > 0) {
        if (!loader->kernel->can_sleep)
            program_make_nonsleepable(&program);
        fd = bcc_load(&program, loader->object->license, catalog.tracer, loader->kernel->has_multi, loader->kernel->can_sleep,
                      loader->reason);
        /* too many steps to verify: less of it may do */
        if (fd < 0)
            done = errno == E2BIG && done > 1 ? load(loader, first, (size_t)done / 2) : -1;
    }
    program_dispose(&program);
    if (fd >= 0 && add(loader->programs, fd, first, first + (size_t)done) != 0) {
        close(fd);
        return reason_set(loader->reason, "out of memory");
    }
    return done;
}

int programs_load(programs_t *programs, const object_t *object, int state_fd, const survey_t *survey, uint32_t show,
                  const kernel_t *kernel, reason_t *reason)
{
    assemble_lift_t *lifts;
    assemble_site_t *sites = describe_sites(survey, show, &lifts);
    loader_t loader = {
        .programs = programs, .object = object, .sites = sites, .state_fd = state_fd, .kernel = kernel, .reason = reason};
    long done = 0;

    if (sites == NULL) {
        free(lifts);
        return reason_set(reason, "out of memory");
    }
    for (size_t first = 0; done >= 0 && first < survey->sites.num; first += (size_t)(done > 0 ? done : 0))
        done = load(&loader, first, survey->sites.num - first);
    free(sites);
    free(lifts);
    return done >= 0 ? 0 : -1;
}

uint64_t programs_num_missed(const programs_t *programs)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < programs->num; ++i)
        sum += bcc_num_missed(programs->list[i].fd);
    return sum;
}

void programs_dispose(programs_t *programs)
{
    for (size_t i = 0; i < programs->num; ++i)
        close(programs->list[i].fd);
    free(programs->list);
    *programs = (programs_t){0};
}
