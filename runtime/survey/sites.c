/*
 * The sites of the selected probes. The notes of every module of the target are read; a note of a selected probe is a site, and
 * each of its operands becomes a struct pg_operand, the way in which that argument is read there. The definitions and
 * the target need not agree: the target may be another version of the program, or compiled by other means. So each argument is
 * compared with its definition, and in doubt it will be null (the operand loses PG_OPERAND_READABLE) and that is said once, since a
 * missing value does no harm and a wrong one does. What agrees well enough (another width, more arguments) is only remarked.
 *
 * The list is in the order of modules, since one link attaches to all sites of a program in a file.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/grow.h"
#include "survey/differences.h"
#include "usdt/note.h"
#include "usdt/operand.h"
#include "usdt/regs.h"
#include "survey/sites.h"

/* bytes of an operand that a message shows at most: notes are not trusted */
#define MAX_SHOWN 256

/* sites that are left out and named */
#define MAX_NAMED 64

typedef struct st_finder_t {
    sites_t *sites;
    const module_t *module; /* that is read, and its notes */
    notes_t *notes;
    const char *is_selected, *root; /* root: opens that of the target's file system */
    uint32_t show;
    const uint32_t *reads; /* by probe: bits of the arguments that are read; NULL: all */
    say_fn warn, debug;
    uint32_t *warned; /* by probe: a bit for each argument that was complained about */
    differences_t differences;
    reason_t *reason;
} finder_t;

static const catalog_probe_t *find_probe(const note_t *note)
{
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        if (strcmp(probe->name, note->name) == 0 && strcmp(probe->provider, note->provider) == 0)
            return probe;
    }
    return NULL;
}

/* "provider:probe argument 2 (name)" */
static const char *describe(char *buffer, size_t size, const catalog_probe_t *probe, unsigned arg)
{
    const char *name = probe->args[arg].name;

    snprintf(buffer, size, "%s:%s argument %u%s%s%s", probe->provider, probe->name, arg, name != NULL ? " (" : "",
             name != NULL ? name : "", name != NULL ? ")" : "");
    return buffer;
}

static int shown_len(const operand_t *operand)
{
    return operand->text_len < MAX_SHOWN ? operand->text_len : MAX_SHOWN;
}

/* Says once for each argument why it will be null. */
static void complain(finder_t *finder, const catalog_probe_t *probe, unsigned arg, const operand_t *operand)
{
    uint32_t *warned = finder->warned + (probe - catalog.probes);
    char who[256];

    if ((*warned & 1u << arg) || (finder->reads != NULL && !(finder->reads[probe - catalog.probes] & 1u << arg)))
        return;
    *warned |= 1u << arg;
    describe(who, sizeof(who), probe, arg);
    finder->warn("%s will be null: %s (%.*s)", who, operand->reason, shown_len(operand), operand->text);
}

/*
 * Adds the address of its symbol to an operand. Returns NULL, or why that is not possible.
 *
 * A library can be unloaded and come back elsewhere, and its uprobes come with it. So an address is worked out when the site is
 * reached, from where the site is then: the distance of two places in a file stays.
 */
static const char *add_symbol(finder_t *finder, const note_t *note, operand_t *operand)
{
    notes_t *notes = finder->notes;
    struct pg_operand *how = &operand->how;
    const char *reason;
    uint64_t value;

    if ((reason = notes_address(notes, note, operand, &value)) != NULL || operand->symbol == NULL)
        return reason;
    how->disp += notes->is_fixed ? value : value - note->pc;
    if (notes->is_fixed)
        return NULL;
    if (how->base == PG_REG_NONE) {
        how->base = reg_ip(OWN_MACHINE);
    } else if (how->index == PG_REG_NONE) {
        how->index = reg_ip(OWN_MACHINE);
        how->shift = 0;
    } else {
        return "its operand adds two registers to an address that is not known before the file is loaded";
    }
    return NULL;
}

/* The bits of a floating-point number mean something else to an integer, and the other way round. Returns NULL, or what is wrong.
 */
static const char *compare_kind(const catalog_arg_t *declared, const operand_t *operand)
{
    if (operand->is_float && !declared->is_float)
        return "its operand is a floating-point number, the definition has none";
    if (!operand->is_float && declared->is_float)
        return "the definition has a floating-point number, its operand is none";
    return NULL;
}

static void compare_types(finder_t *finder, const catalog_probe_t *probe, unsigned arg, const operand_t *operand)
{
    const catalog_arg_t *declared = probe->args + arg;
    int is_signed = (operand->how.flags & PG_OPERAND_SIGNED) != 0;
    char who[256];

    if (finder->debug == NULL || operand->reason != NULL ||
        (operand->how.size == declared->size && is_signed == declared->is_signed))
        return;
    finder->debug("%s is declared as '%s', but %.*s reads %u bytes, %s", describe(who, sizeof(who), probe, arg),
                  declared->declaration, shown_len(operand), operand->text, operand->how.size,
                  operand->is_float ? "a floating-point number"
                  : is_signed       ? "signed"
                                    : "unsigned");
}

/*
 * Whether a site of another version may have at the place of one argument what another one, which is not to be shown, was: it
 * passes another number of them.
 */
static int is_shifted(const finder_t *finder, const catalog_probe_t *probe, size_t num_passed)
{
    if (num_passed == probe->num_args)
        return 0;
    for (unsigned i = 0; i < probe->num_args; ++i) {
        if ((probe->args[i].gate & ~finder->show) != 0)
            return 1;
    }
    return 0;
}

/* Compares an operand with the argument of the definition that it is. */
static void compare_argument(finder_t *finder, site_t *site, unsigned arg, operand_t *operand, int is_shifted)
{
    const catalog_probe_t *probe = site->probe;

    if (operand->reason == NULL)
        operand->reason = compare_kind(probe->args + arg, operand);
    if (operand->reason == NULL && is_shifted && probe->args[arg].is_copied && (probe->args[arg].gate & ~finder->show) == 0)
        operand->reason = "the target passes another number of arguments, so this may be what is not to be shown";
    if (operand->reason != NULL)
        complain(finder, probe, arg, operand);
    compare_types(finder, probe, arg, operand);
    if (probe->args[arg].is_text && operand->reason == NULL && (probe->args[arg].gate & ~finder->show) == 0)
        operand->how.flags |= PG_OPERAND_TEXT;
    if (operand->is_float && operand->how.size == 4)
        operand->how.flags |= PG_OPERAND_FLOAT;
}

static void parse_operands(finder_t *finder, const note_t *note, site_t *site)
{
    const catalog_probe_t *probe = site->probe;
    const char *pos = site->args;
    operand_t operand;
    size_t n = 0, num_passed = 0;

    while (operand_next(&pos, note->syntax, &operand))
        ++num_passed;
    for (pos = site->args; operand_next(&pos, note->syntax, &operand); ++n) {
        if (n >= PG_MAX_ARGS)
            continue;
        if (operand.reason == NULL)
            operand.reason = add_symbol(finder, note, &operand);
        if (n < probe->num_args)
            compare_argument(finder, site, n, &operand, is_shifted(finder, probe, num_passed));
        if (operand.reason != NULL)
            operand.how.flags &= ~PG_OPERAND_READABLE;
        site->how.args[n] = operand.how;
    }
    differences_add_site(&finder->differences, site->how.probe, n);
    /* arguments that the site does not pass are without PG_OPERAND_READABLE, and so null */
    if (n < probe->num_args)
        n = probe->num_args;
    site->how.num_args = n < PG_MAX_ARGS ? n : PG_MAX_ARGS;
}

static int add_note(finder_t *finder, const note_t *note)
{
    const catalog_probe_t *probe = find_probe(note);
    sites_t *sites = finder->sites;

    if (probe == NULL)
        return differences_add_unknown(&finder->differences, note) == 0 ? 0 : reason_set(finder->reason, "out of memory");
    sites->is_there[probe - catalog.probes] = 1;
    if (!finder->is_selected[probe - catalog.probes])
        return 0;
    if (sites->num == PG_MAX_SITES)
        return reason_set(finder->reason, "the target has more than %d sites", PG_MAX_SITES);
    site_t site = {.probe = probe,
                   .module = finder->module,
                   .address = note->pc,
                   .offset = note->offset,
                   .semaphore_offset = note->semaphore_offset,
                   .how.probe = probe - catalog.probes};
    if (sites_add(sites, &site, note->args) != 0)
        return reason_set(finder->reason, "out of memory");
    parse_operands(finder, note, sites->list + sites->num - 1);
    return 0;
}

void sites_say_left_out(say_fn say, const site_t *site, const char *reason)
{
    say("%s:%s is left out at 0x%llx of %s: %s", site->probe->provider, site->probe->name, (unsigned long long)site->address,
        site->module->name, reason);
}

/* A site with a fault is none. It is named; if there are very many, not all of them. */
static void add_refused(finder_t *finder, const note_t *note)
{
    const catalog_probe_t *probe = find_probe(note);
    site_t site = {.probe = probe, .module = finder->module, .address = note->pc};

    if (probe == NULL || !finder->is_selected[probe - catalog.probes])
        return;
    finder->differences.is_there[probe - catalog.probes] = 1;
    if (finder->sites->num_refused++ < MAX_NAMED)
        sites_say_left_out(finder->warn, &site, note->fault);
}

static int compare_sites(const void *a, const void *b)
{
    const site_t *x = a, *y = b;

    if (x->module != y->module)
        return x->module < y->module ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->probe < y->probe ? -1 : x->probe > y->probe;
}

/* A file can have two notes of one site, which would fire twice. */
static void remove_duplicates(sites_t *sites)
{
    size_t n = 0;

    if (sites->num != 0)
        qsort(sites->list, sites->num, sizeof(*sites->list), compare_sites);
    for (size_t i = 0; i < sites->num; ++i) {
        site_t *site = sites->list + i, *last = n != 0 ? sites->list + n - 1 : NULL;
        if (last != NULL && compare_sites(last, site) == 0) {
            --sites->of_probe[site->how.probe];
            free(site->args);
        } else {
            sites->list[n++] = *site;
        }
    }
    sites->num = n;
}

/* An emulator has files of another machine mapped, in which the processor executes nothing. */
static int read_notes(finder_t *finder, notes_t *notes, reason_t *reason)
{
    if (notes_read_module(notes, finder->module, reason) != 0)
        return -1;
    if (notes->machine == OWN_MACHINE && notes->is_64 && !notes->is_big_endian)
        return 0;
    notes_dispose(notes);
    return reason_set(reason, "it is of another machine");
}

static int add_module(finder_t *finder, const module_t *module)
{
    notes_t notes;
    reason_t reason;
    int failed = 0;

    finder->module = module;
    finder->notes = &notes;
    if (read_notes(finder, &notes, &reason) != 0) {
        if (finder->debug != NULL)
            finder->debug("%s is passed over: %s", module->name, reason.text);
        return 0;
    }
    notes.place = (variables_place_t){module->path, module->name, finder->root};
    for (size_t i = 0; !failed && i < notes.num; ++i)
        failed = add_note(finder, notes.list + i);
    for (size_t i = 0; !failed && i < notes.num_refused; ++i)
        add_refused(finder, notes.refused + i);
    notes_dispose(&notes);
    return failed;
}

/* ---- public ---- */

int sites_init(sites_t *sites)
{
    *sites = (sites_t){.of_probe = calloc(catalog.num_probes + 1, sizeof(*sites->of_probe)),
                       .is_there = calloc(catalog.num_probes + 1, 1)};
    return sites->of_probe != NULL && sites->is_there != NULL ? 0 : -1;
}

int sites_add(sites_t *sites, const site_t *site, const char *args)
{
    site_t *list = grow_list(sites->list, &sites->capacity, sites->num, sizeof(*list));
    char *copy;

    if (list == NULL)
        return -1;
    sites->list = list;
    if ((copy = strdup(args)) == NULL)
        return -1;
    list[sites->num] = *site;
    list[sites->num++].args = copy;
    ++sites->of_probe[site->how.probe];
    return 0;
}

int sites_find(sites_t *sites, const target_t *target, const char *is_selected, uint32_t show, const uint32_t *reads, say_fn warn,
               say_fn debug, reason_t *reason)
{
    finder_t finder = {
        .sites = sites, .is_selected = is_selected, .show = show, .reads = reads, .warn = warn, .debug = debug, .reason = reason};
    int failed;

    finder.root = target->root[0] != '\0' ? target->root : NULL;
    failed = sites_init(sites);
    finder.warned = calloc(catalog.num_probes + 1, sizeof(*finder.warned));
    if (differences_init(&finder.differences) != 0 || failed || finder.warned == NULL)
        failed = reason_set(reason, "out of memory");
    for (size_t i = 0; !failed && i < target->num_modules; ++i)
        failed = add_module(&finder, target->modules + i);
    if (!failed) {
        remove_duplicates(sites);
        if (sites->num_refused > MAX_NAMED)
            warn("%zu more %s left out", sites->num_refused - MAX_NAMED,
                 sites->num_refused - MAX_NAMED == 1 ? "site is" : "sites are");
        if (target->is_part)
            memset(finder.differences.is_there, 1, catalog.num_probes);
        if (sites->num != 0)
            differences_say(&finder.differences, is_selected, debug != NULL, warn);
    }
    differences_dispose(&finder.differences);
    free(finder.warned);
    return failed;
}

size_t sites_end_of_file(const sites_t *sites, size_t first)
{
    size_t end = first;

    while (end < sites->num && sites->list[end].module == sites->list[first].module)
        ++end;
    return end;
}

void sites_dispose(sites_t *sites)
{
    for (size_t i = 0; i < sites->num; ++i)
        free(sites->list[i].args);
    free(sites->list);
    free(sites->of_probe);
    free(sites->is_there);
    *sites = (sites_t){0};
}
