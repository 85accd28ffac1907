/*
 * The sites of the selected probes. The notes of every module of the target are read; a note of a selected probe is a site, and
 * each of its operands becomes a struct pg_operand, the way in which the BPF program reads that argument there. The definitions and
 * the target need not agree: the target may be another version of the program, or compiled by other means. So each argument is
 * compared with its definition, and in doubt it will be null (the operand loses PG_OPERAND_READABLE) and that is said once, since a
 * missing value does no harm and a wrong one does. What agrees well enough (another width, more arguments) is only remarked.
 *
 * The index of a site in the list is its number in the map pg_sites and the cookie of its uprobe. The list is in the order of
 * modules, since one link attaches to all sites of a file.
 */
#include <elf.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/grow.h"
#include "usdt/operand.h"
#include "sites.h"

/* bytes of an operand that a message shows at most: notes are not trusted */
#define MAX_SHOWN 256

#ifdef __aarch64__
#define OWN_MACHINE EM_AARCH64
#else
#define OWN_MACHINE EM_X86_64
#endif

typedef struct st_finder_t {
    sites_t *sites;
    size_t capacity;
    const module_t *module; /* that is read, and its notes */
    notes_t *notes;
    const char *is_selected;
    uint32_t show;
    sites_message_fn warn, debug;
    uint32_t *warned; /* by probe: a bit for each argument that was complained about */
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

/* What has to be added to a virtual address of the file to get the address in the target. */
static int load_bias(const notes_t *notes, const module_t *module, uint64_t *bias)
{
    GElf_Phdr segment;

    for (int i = 0; gelf_getphdr(notes->elf, i, &segment) != NULL; ++i) {
        /* the mapping begins at the page that the segment begins in */
        if (segment.p_type == PT_LOAD && module->offset + 0x1000 > segment.p_offset &&
            module->offset < segment.p_offset + segment.p_filesz) {
            *bias = module->start - module->offset - (segment.p_vaddr - segment.p_offset);
            return 0;
        }
    }
    return -1;
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

    if (*warned & 1u << arg)
        return;
    *warned |= 1u << arg;
    describe(who, sizeof(who), probe, arg);
    if (operand != NULL)
        finder->warn("%s will be null: %s (%.*s)", who, operand->reason, shown_len(operand), operand->text);
    else
        finder->warn("%s will be null: the target passes fewer arguments than the definition has", who);
}

/* Adds the address of its symbol to an operand. Returns NULL, or why that is not possible. */
static const char *add_symbol(finder_t *finder, operand_t *operand)
{
    uint64_t bias, value;

    if (operand->symbol == NULL)
        return NULL;
    if (notes_symbol(finder->notes, operand->symbol, operand->symbol_len, &value) != 0)
        return "its operand names a symbol that the file does not have";
    if (load_bias(finder->notes, finder->module, &bias) != 0)
        return "its operand names a symbol, and where the file is loaded is not known";
    operand->how.disp += bias + value;
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

static void parse_operands(finder_t *finder, site_t *site)
{
    const catalog_probe_t *probe = site->probe;
    const char *pos = site->args;
    operand_t operand;
    unsigned n = 0;

    while (n < PG_MAX_ARGS && operand_next(&pos, finder->notes->machine, &operand)) {
        if (operand.reason == NULL)
            operand.reason = add_symbol(finder, &operand);
        if (n < probe->num_args) {
            if (operand.reason == NULL)
                operand.reason = compare_kind(probe->args + n, &operand);
            if (operand.reason != NULL)
                complain(finder, probe, n, &operand);
            compare_types(finder, probe, n, &operand);
            if (probe->args[n].is_text && operand.reason == NULL && (probe->args[n].gate & ~finder->show) == 0)
                operand.how.flags |= PG_OPERAND_TEXT;
            if (operand.is_float && operand.how.size == 4)
                operand.how.flags |= PG_OPERAND_FLOAT;
            site->how.has_text |= (operand.how.flags & PG_OPERAND_TEXT) != 0;
            site->how.has_float |= (operand.how.flags & PG_OPERAND_FLOAT) != 0;
        }
        if (operand.reason != NULL)
            operand.how.flags &= ~PG_OPERAND_READABLE;
        site->how.args[n++] = operand.how;
    }
    /* arguments that the site does not pass are without PG_OPERAND_READABLE, and so null */
    for (unsigned i = n; i < probe->num_args; ++i)
        complain(finder, probe, i, NULL);
    if (n > probe->num_args && finder->debug != NULL)
        finder->debug("%s:%s passes %u arguments, but the definition has %u", probe->provider, probe->name, n, probe->num_args);
    site->how.num_args = n > probe->num_args ? n : probe->num_args;
}

static int add_note(finder_t *finder, const note_t *note)
{
    const catalog_probe_t *probe = find_probe(note);
    sites_t *sites = finder->sites;
    site_t *list;

    if (probe == NULL || !finder->is_selected[probe - catalog.probes])
        return 0;
    if (sites->num == PG_MAX_SITES)
        return reason_set(finder->reason, "the target has more than %d sites", PG_MAX_SITES);
    if ((list = grow_list(sites->list, &finder->capacity, sites->num, sizeof(*list))) == NULL)
        return reason_set(finder->reason, "out of memory");
    sites->list = list;
    site_t *site = list + sites->num++;
    *site = (site_t){.probe = probe, .module = finder->module, .offset = note->offset, .semaphore_offset = note->semaphore_offset};
    site->how.probe = probe - catalog.probes;
    if ((site->args = strdup(note->args)) == NULL)
        return reason_set(finder->reason, "out of memory");
    if (sites->of_probe[site->how.probe]++ == 0)
        ++sites->num_probes;
    parse_operands(finder, site);
    return 0;
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

static void remark_missing(const finder_t *finder)
{
    for (unsigned i = 0; finder->debug != NULL && i < catalog.num_probes; ++i) {
        if (finder->is_selected[i] && finder->sites->of_probe[i] == 0)
            finder->debug("the target does not have %s:%s", catalog.probes[i].provider, catalog.probes[i].name);
    }
}

/* An emulator has files of another machine mapped, in which the processor executes nothing. */
static int read_notes(finder_t *finder, notes_t *notes, reason_t *reason)
{
    if (notes_read(notes, finder->module->path, reason) != 0)
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
    for (size_t i = 0; !failed && i < notes.num; ++i)
        failed = add_note(finder, notes.list + i);
    notes_dispose(&notes);
    return failed;
}

int sites_find(sites_t *sites, const target_t *target, const char *is_selected, uint32_t show, sites_message_fn warn,
               sites_message_fn debug, reason_t *reason)
{
    finder_t finder = {.sites = sites, .is_selected = is_selected, .show = show, .warn = warn, .debug = debug, .reason = reason};
    int failed = 0;

    *sites = (sites_t){.of_probe = calloc(catalog.num_probes + 1, sizeof(*sites->of_probe))};
    finder.warned = calloc(catalog.num_probes + 1, sizeof(*finder.warned));
    if (sites->of_probe == NULL || finder.warned == NULL)
        failed = reason_set(reason, "out of memory");
    for (size_t i = 0; !failed && i < target->num_modules; ++i)
        failed = add_module(&finder, target->modules + i);
    if (!failed) {
        remove_duplicates(sites);
        remark_missing(&finder);
    }
    free(finder.warned);
    return failed;
}

void sites_dispose(sites_t *sites)
{
    for (size_t i = 0; i < sites->num; ++i)
        free(sites->list[i].args);
    free(sites->list);
    free(sites->of_probe);
    *sites = (sites_t){0};
}
