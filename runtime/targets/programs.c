/* The BPF programs for all sites: few, since each takes links of its own; but what takes long to verify is verified in parallel. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "assemble/disassemble.h"
#include "common/grow.h"
#include "common/say.h"
#include "connection/ways.h"
#include "targets/counting.h"
#include "targets/pairs.h"
#include "targets/programs.h"
#include "usdt/operand.h"
#include "usdt/regs.h"

/* see weight_of(); of what is worth a program of its own */
#define MIN_WEIGHT 80

typedef struct st_loader_t {
    programs_t *programs;
    const object_t *object;
    const survey_t *survey;
    const tracer_options_t *options;
    const assemble_site_t *sites;
    int state_fd;
    bcc_kind_t kind;
    reason_t *reason;
} loader_t;

/* The programs that are loaded at the same time. */
typedef struct st_parts_t {
    program_t *programs;
    int *fds;       /* -1: not loaded */
    size_t *firsts; /* numbers of the first site of each; after the last one: the number of all sites */
    size_t num;
} parts_t;

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
static assemble_site_t *describe_sites(const survey_t *survey, const assemble_connection_t *ways, const told_t *told,
                                       uint64_t first_path, const tracer_options_t *options, assemble_lift_t **lifts)
{
    const sites_t *sites = &survey->sites;
    assemble_site_t *list = calloc(sites->num + 1, sizeof(*list));
    size_t num_lifts = 0;
    uint64_t paths = 0;
    uint32_t show = options->show;

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
                                    .paths = first_path + paths,
                                    .lifts = *lifts + num_lifts,
                                    .num_lifts = probe->num_lifts,
                                    .condition = choose_condition(&options->choose, probe),
                                    .file_paths = survey->fields.paths + paths,
                                    .connection = ways != NULL ? ways + i : NULL,
                                    .is_silent = !options->is_shown[sites->list[i].how.probe]};
        if (told != NULL && told[i].connection.num_ways != 0) {
            list[i].told = &told[i].connection;
            list[i].told_number = told[i].number;
        }
        if (survey->fields.paths != NULL)
            describe_lifts(*lifts + num_lifts, probe, survey->fields.paths + paths, show);
        num_lifts += probe->num_lifts;
    }
    return *lifts != NULL ? list : NULL;
}

/* @param fd is the list's, or closed. Returns 0, or -1 with a reason */
static int add(const loader_t *loader, int fd, size_t first, size_t end)
{
    programs_t *programs = loader->programs;
    struct st_loaded_t *list = grow_list(programs->list, &programs->capacity, programs->num, sizeof(*list));

    if (list == NULL) {
        close(fd);
        return reason_set(loader->reason, "out of memory");
    }
    programs->list = list;
    list[programs->num++] = (struct st_loaded_t){fd, first, end};
    return 0;
}

/* ---- what -dd says ---- */

/* "site 3", or the name of a function of the object */
static void say_function(const program_t *program, size_t at)
{
    for (size_t i = 0; i < program->num_sites; ++i) {
        if (program->places[i] == at)
            fprintf(stderr, " <site %zu>", i);
    }
    for (size_t i = 0; i < program->num_functions; ++i) {
        if (program->functions[i].at == at)
            fprintf(stderr, " <%s>", program->functions[i].name);
    }
}

static void say_code(const program_t *program, size_t from, size_t end)
{
    for (size_t at = from, num; at < end; at += num) {
        const struct bpf_insn *insn = program->insns + at;
        char text[DISASSEMBLE_MAX];
        num = disassemble(insn, text);
        fprintf(stderr, "%8zu: %s", at, text);
        if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL)
            say_function(program, (size_t)((long)at + insn->imm + 1));
        putc('\n', stderr);
    }
}

static void say_operands(const site_t *site, uint32_t needs)
{
    const char *pos = site->args;
    operand_t operand;

    for (unsigned i = 0; i < site->how.num_args; ++i) {
        int is_passed = operand_next(&pos, OWN_MACHINE, &operand);
        tracer_say("  argument %u: %.*s%s%s%s", i, is_passed ? (int)operand.text_len : 0, is_passed ? operand.text : "",
                   is_passed ? "" : "not passed", site->how.args[i].flags & PG_OPERAND_READABLE ? "" : ", null",
                   needs & 1u << i ? "" : ", not needed");
    }
}

static void say_read(const program_read_t *read)
{
    char list[PG_MAX_ARGS * 4] = "";

    for (unsigned i = 0, len = 0; i < PG_MAX_ARGS; ++i) {
        if (read->args & 1u << i)
            len += (unsigned)snprintf(list + len, sizeof(list) - len, " %u", i);
    }
    tracer_say("  read at once: %u byte%s, for argument%s%s", read->size, say_s(read->size),
               read->args & (read->args - 1) ? "s" : "", list);
}

/* Bits of the arguments that the code of a site reads, whatever for. */
static uint32_t args_of(const assemble_site_t *site)
{
    uint32_t bits = site->is_silent ? 0 : site->needs;

    if (site->condition != NULL)
        bits |= condition_args(site->condition);
    if (site->connection != NULL && site->connection->num_ways != 0)
        bits |= 1u << site->connection->arg;
    return bits;
}

static const catalog_path_t *path_of(const catalog_probe_t *probe, const assemble_site_t *site, unsigned lift)
{
    if (site->count == NULL)
        return catalog.paths + probe->lifts[lift].path;
    const catalog_path_t *by = catalog.paths + site->count->by->path;
    return lift == 0 ? by : catalog.paths + by->length;
}

/* Where each field is: offsets, the last one from where the pointers before it lead to. */
static void say_lifts(const catalog_probe_t *probe, const assemble_site_t *site)
{
    for (unsigned i = 0; i < site->num_lifts; ++i) {
        const catalog_path_t *path = path_of(probe, site, i);
        const assemble_lift_t *lift = site->lifts + i;
        const struct pg_path *found = lift->path;
        char way[PG_MAX_HOPS * 16] = "";
        for (unsigned hop = 0, len = 0; hop < found->num_hops; ++hop)
            len += (unsigned)snprintf(way + len, sizeof(way) - len, "%s%u", hop != 0 ? " -> " : "", found->offsets[hop]);
        if (!lift->is_shown || found->num_hops == 0)
            tracer_say("  lifted from argument %u: %s %s, %s", lift->arg, path->type, path->path,
                       lift->is_shown ? "null" : "not shown");
        else
            tracer_say("  lifted from argument %u: %s %s, %u bytes at %s", lift->arg, path->type, path->path, found->size, way);
    }
}

static void say_program(const loader_t *loader, const program_t *program, size_t first)
{
    size_t read = 0, end = program->num_functions != 0 ? program->functions[0].at : program->num_insns;

    tracer_say("program for %zu site%s: %zu instructions, and %zu in %zu functions that they call", program->num_sites,
               say_s(program->num_sites), end, program->num_insns - end, program->num_functions);
    say_code(program, 0, program->places[0]);
    for (size_t i = 0; i < program->num_sites; ++i) {
        const site_t *site = loader->survey->sites.list + first + i;
        tracer_say("site %zu: %s:%s at 0x%llx of %s", i, site->probe->provider, site->probe->name,
                   (unsigned long long)site->address, site->module->name);
        say_operands(site, args_of(loader->sites + first + i));
        for (; read < program->num_reads && program->reads[read].site == i; ++read)
            say_read(program->reads + read);
        say_lifts(site->probe, loader->sites + first + i);
        say_code(program, program->places[i], program->bodies[i]);
        if (loader->sites[first + i].count != NULL)
            tracer_say("  counted:");
        else
            tracer_say("  %s():", site->probe->function);
        say_code(program, program->bodies[i], program->places[i + 1]);
    }
}

/* ---- one after the other ---- */

/* @return how many sites the program is for, at most `num`; -1 with a reason */
static long make(const loader_t *loader, program_t *program, size_t first, size_t num)
{
    long done = assemble(program, loader->object, loader->state_fd, loader->sites + first, num, loader->reason);

    if (done > 0 && !loader->kind.can_sleep)
        program_make_nonsleepable(program);
    return done;
}

/* Loads one program, for sites from `first` on, at most `num`. Returns how many it is for, -1 with a reason. */
static long load(const loader_t *loader, size_t first, size_t num)
{
    program_t program;
    long done = make(loader, &program, first, num);
    int fd = -1;

    if (done > 0) {
        fd = bcc_load(&loader->kind, &program, loader->reason);
        int is_too_much = fd < 0 && errno == E2BIG && done > 1; /* steps to verify: less of it may do */
        if (!is_too_much && loader->options->debug >= 2)
            say_program(loader, &program, first);
        if (fd < 0)
            done = is_too_much ? load(loader, first, (size_t)done / 2) : -1;
    }
    program_dispose(&program);
    return fd >= 0 && add(loader, fd, first, first + (size_t)done) != 0 ? -1 : done;
}

static int load_range(const loader_t *loader, size_t first, size_t end)
{
    for (long done; first < end; first += (size_t)done) {
        if ((done = load(loader, first, end - first)) < 0)
            return -1;
    }
    return 0;
}

/* ---- all of them ---- */

/* About how long a site takes to verify: a record with slots is followed for each of their sizes. */
static size_t weight_of(const site_t *site)
{
    return site->probe->num_slots != 0 ? 3 : 1;
}

/*
 * How many programs there are to be. They are verified at the same time if there are processors for that, so there is the same
 * number for each of those; but every program has a link, and to close one takes about as long as to verify MIN_WEIGHT.
 */
static size_t count_programs(size_t num_sites, size_t weight)
{
    size_t at_once = bcc_num_at_once(), least = (num_sites - 1) / ASSEMBLE_MAX_SITES + 1, num = weight / MIN_WEIGHT;

    if (num > at_once)
        num = (least + at_once - 1) / at_once * at_once;
    return num < least ? least : num;
}

static int open_parts(const loader_t *loader, parts_t *parts)
{
    size_t most = loader->survey->sites.num;

    parts->programs = calloc(most, sizeof(*parts->programs));
    parts->fds = calloc(most, sizeof(*parts->fds));
    parts->firsts = calloc(most + 1, sizeof(*parts->firsts));
    return parts->programs != NULL && parts->fds != NULL && parts->firsts != NULL ? 0 : reason_set(loader->reason, "out of memory");
}

/* Programs for all sites, each as heavy as the others. */
static int make_all(const loader_t *loader, parts_t *parts)
{
    const sites_t *sites = &loader->survey->sites;
    size_t weight = 0;

    for (size_t i = 0; i < sites->num; ++i)
        weight += weight_of(sites->list + i);
    size_t each = weight / count_programs(sites->num, weight) + 1;
    for (size_t first = 0, end = 0; first < sites->num; first = end) {
        for (size_t so_far = 0; end < sites->num && so_far < each; ++end)
            so_far += weight_of(sites->list + end);
        long done = make(loader, parts->programs + parts->num, first, end - first);
        parts->fds[parts->num++] = -1;
        if (done < 0)
            return -1;
        parts->firsts[parts->num] = end = first + (size_t)done;
    }
    return 0;
}

/* Takes what was loaded. What was not is loaded alone, to know why, or as more than one program. */
static int take_all(const loader_t *loader, parts_t *parts)
{
    for (size_t i = 0; i < parts->num; ++i) {
        size_t first = parts->firsts[i], end = parts->firsts[i + 1];
        int fd = parts->fds[i];
        parts->fds[i] = -1;
        if (fd >= 0 && loader->options->debug >= 2)
            say_program(loader, parts->programs + i, first);
        if ((fd >= 0 ? add(loader, fd, first, end) : load_range(loader, first, end)) != 0)
            return -1;
    }
    return 0;
}

static void dispose(parts_t *parts)
{
    for (size_t i = 0; i < parts->num; ++i) {
        program_dispose(parts->programs + i);
        if (parts->fds[i] >= 0)
            close(parts->fds[i]);
    }
    free(parts->programs);
    free(parts->fds);
    free(parts->firsts);
}

int programs_load(programs_t *programs, const object_t *object, const maps_t *maps, const survey_t *survey, unsigned first_file,
                  const tracer_options_t *options, const kernel_t *kernel, reason_t *reason)
{
    int by_connection = options->wanted.chosen.by != 0, is_counting = options->stat.interval != 0;
    int times = (options->show & PG_SHOW_DURATIONS) != 0;
    assemble_connection_t *ways =
        by_connection ? ways_make(survey, &options->wanted, (unsigned)options->choose.patterns.num, tracer_say, reason) : NULL;
    assemble_lift_t *lifts;

    if (by_connection && ways == NULL)
        return -1;
    told_t *told = options->tells_connections ? ways_tell(survey, options->is_http || options->debug ? tracer_say : NULL) : NULL;
    assemble_site_t *sites = describe_sites(survey, ways, told, (uint64_t)first_file * catalog.num_paths, options, &lifts);
    assemble_count_t *counts =
        sites != NULL && is_counting ? counting_describe(sites, survey, &options->stat, maps->counts_fd) : NULL;
    assemble_pairs_t *pairs = sites != NULL && times ? pairs_describe(sites, survey, options, maps->begun_fds) : NULL;
    loader_t loader = {
        .programs = programs,
        .object = object,
        .survey = survey,
        .options = options,
        .sites = sites,
        .state_fd = maps_fd(maps, "pg_state"),
        .kind = {.license = object->license, .name = catalog.tracer, .is_multi = kernel->has_multi, .can_sleep = kernel->can_sleep},
        .reason = reason};
    parts_t parts = {.num = 0};
    int result = -1;

    if (sites == NULL || (is_counting && counts == NULL) || (times && pairs == NULL)) {
        reason_set(reason, "out of memory");
    } else if (open_parts(&loader, &parts) == 0 && make_all(&loader, &parts) == 0) {
        bcc_load_all(&loader.kind, parts.programs, parts.fds, parts.num);
        result = take_all(&loader, &parts);
    }
    dispose(&parts);
    free(sites);
    free(counts);
    free(pairs);
    free(lifts);
    free(ways);
    free(told);
    return result;
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
