#include <elf.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "usdt/operand.h"
#include "sites.h"

#ifdef __aarch64__
#define OWN_MACHINE EM_AARCH64
#else
#define OWN_MACHINE EM_X86_64
#endif

typedef struct st_finder_t {
    sites_t *sites;
    const module_t *module;
    notes_t *notes;
    const char *is_selected;
    uint32_t show;
    sites_message_fn warn, debug;
    uint32_t *warned; /* by probe: a bit for each argument that was complained about */
    char *err;
    size_t err_size;
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
    size_t n;

    if (elf_getphdrnum(notes->elf, &n) != 0)
        return -1;
    for (size_t i = 0; i < n; ++i) {
        GElf_Phdr segment;
        /* the mapping begins at the page that the segment begins in */
        if (gelf_getphdr(notes->elf, i, &segment) != NULL && segment.p_type == PT_LOAD &&
            module->offset + 0x1000 > segment.p_offset && module->offset < segment.p_offset + segment.p_filesz) {
            *bias = module->start - module->offset - (segment.p_vaddr - segment.p_offset);
            return 0;
        }
    }
    return -1;
}

/* "provider:probe argument 2 (name)" */
static const char *describe(char *buffer, size_t size, const catalog_probe_t *probe, unsigned arg)
{
    const char *name = arg < probe->num_args ? probe->args[arg].name : NULL;

    snprintf(buffer, size, "%s:%s argument %u%s%s%s", probe->provider, probe->name, arg, name != NULL ? " (" : "",
             name != NULL ? name : "", name != NULL ? ")" : "");
    return buffer;
}

static void complain(finder_t *finder, const catalog_probe_t *probe, unsigned arg, const char *reason, const char *text,
                     size_t text_len)
{
    uint32_t *warned = finder->warned + (probe - catalog.probes);
    char who[256], line[512];

    if (*warned & 1u << arg)
        return;
    *warned |= 1u << arg;
    snprintf(line, sizeof(line), "%s will be null: %s%s%.*s%s", describe(who, sizeof(who), probe, arg), reason,
             text_len != 0 ? " (" : "", (int)text_len, text, text_len != 0 ? ")" : "");
    finder->warn(line);
}

static void add_symbol(finder_t *finder, operand_t *operand)
{
    uint64_t bias, value;

    if (operand->symbol == NULL || operand->reason != NULL)
        return;
    if (notes_symbol(finder->notes, operand->symbol, operand->symbol_len, &value) != 0)
        operand->reason = "its operand names a symbol that the file does not have";
    else if (load_bias(finder->notes, finder->module, &bias) != 0)
        operand->reason = "its operand names a symbol, and where the file is loaded cannot be told";
    else
        operand->how.disp += bias + value;
    if (operand->reason != NULL)
        operand->how.flags &= ~PG_OPERAND_READABLE;
}

/* The bits of a floating-point number mean something else to an integer, and the other way round. */
static void check_kind(const catalog_arg_t *declared, operand_t *operand)
{
    if (operand->reason != NULL)
        return;
    if (operand->is_float && !declared->is_float)
        operand->reason = "its operand is a floating-point number, the definition has none";
    else if (!operand->is_float && declared->is_float)
        operand->reason = "the definition has a floating-point number, its operand is none";
    else if (operand->is_float && operand->how.size != declared->size)
        operand->reason = "its operand is a floating-point number of another size than the definition has";
    if (operand->reason != NULL)
        operand->how.flags &= ~PG_OPERAND_READABLE;
}

static void compare_types(finder_t *finder, const catalog_probe_t *probe, unsigned arg, const operand_t *operand)
{
    const catalog_arg_t *declared = probe->args + arg;
    int is_signed = (operand->how.flags & PG_OPERAND_SIGNED) != 0;
    char who[256], line[512];

    if (finder->debug == NULL || operand->reason != NULL ||
        (operand->how.size == declared->size && is_signed == declared->is_signed))
        return;
    snprintf(line, sizeof(line), "%s is declared as '%s', but %.*s reads %u bytes, %s", describe(who, sizeof(who), probe, arg),
             declared->declaration, (int)operand->text_len, operand->text, operand->how.size, is_signed ? "signed" : "unsigned");
    finder->debug(line);
}

static void parse_operands(finder_t *finder, site_t *site)
{
    const catalog_probe_t *probe = site->probe;
    const char *pos = site->args;
    operand_t operand;
    unsigned n = 0;

    while (n < PG_MAX_ARGS && operand_next(&pos, finder->notes->machine, &operand)) {
        add_symbol(finder, &operand);
        if (n < probe->num_args) {
            check_kind(probe->args + n, &operand);
            if (operand.reason != NULL)
                complain(finder, probe, n, operand.reason, operand.text, operand.text_len);
            compare_types(finder, probe, n, &operand);
            if (probe->args[n].is_text && operand.reason == NULL && (probe->args[n].gate & ~finder->show) == 0)
                operand.how.flags |= PG_OPERAND_TEXT;
            site->how.has_text |= (operand.how.flags & PG_OPERAND_TEXT) != 0;
        }
        site->how.args[n++] = operand.how;
    }
    /* arguments that the site does not pass have no READABLE flag and so are null */
    for (unsigned i = n; i < probe->num_args; ++i)
        complain(finder, probe, i, "the target passes fewer arguments than the definition has", "", 0);
    if (n > probe->num_args && finder->debug != NULL) {
        char line[256];
        snprintf(line, sizeof(line), "%s:%s passes %u arguments, but the definition has %u", probe->provider, probe->name, n,
                 probe->num_args);
        finder->debug(line);
    }
    site->how.num_args = n > probe->num_args ? n : probe->num_args;
}

static int add_note(finder_t *finder, const note_t *note)
{
    const catalog_probe_t *probe = find_probe(note);
    sites_t *sites = finder->sites;
    site_t *list;

    if (probe == NULL || !finder->is_selected[probe - catalog.probes])
        return 0;
    if (sites->num == PG_MAX_SITES) {
        snprintf(finder->err, finder->err_size, "the target has more than %d sites", PG_MAX_SITES);
        return -1;
    }
    if ((list = realloc(sites->list, (sites->num + 1) * sizeof(*list))) == NULL) {
        snprintf(finder->err, finder->err_size, "out of memory");
        return -1;
    }
    sites->list = list;
    site_t *site = list + sites->num++;
    *site = (site_t){.probe = probe, .module = finder->module, .offset = note->offset, .semaphore_offset = note->semaphore_offset};
    site->how.probe = probe - catalog.probes;
    if ((site->args = strdup(note->args)) == NULL) {
        snprintf(finder->err, finder->err_size, "out of memory");
        return -1;
    }
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
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* A site that a file tells twice would fire twice. */
static void remove_duplicates(sites_t *sites)
{
    size_t n = 0;

    if (sites->num != 0)
        qsort(sites->list, sites->num, sizeof(*sites->list), compare_sites);
    for (size_t i = 0; i < sites->num; ++i) {
        if (n > 0 && compare_sites(sites->list + n - 1, sites->list + i) == 0 && sites->list[n - 1].probe == sites->list[i].probe)
            free(sites->list[i].args);
        else
            sites->list[n++] = sites->list[i];
    }
    sites->num = n;
}

static void tell_missing(const finder_t *finder)
{
    if (finder->debug == NULL)
        return;
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        char line[256];
        if (!finder->is_selected[i] || finder->sites->of_probe[i] != 0)
            continue;
        snprintf(line, sizeof(line), "the target does not have %s:%s", catalog.probes[i].provider, catalog.probes[i].name);
        finder->debug(line);
    }
}

/* An emulator has files of another machine mapped, in which the processor executes nothing. */
static int read_notes(finder_t *finder, char *err, size_t err_size)
{
    const notes_t *notes = finder->notes;

    if (notes_read(finder->notes, finder->module->path, err, err_size) != 0)
        return -1;
    if (notes->machine == OWN_MACHINE && notes->is_64 && notes_are_native(notes))
        return 0;
    snprintf(err, err_size, "it is of another machine");
    notes_dispose(finder->notes);
    return -1;
}

int sites_find(sites_t *sites, const target_t *target, const char *is_selected, uint32_t show, sites_message_fn warn,
               sites_message_fn debug, char *err, size_t err_size)
{
    finder_t finder = {
        .sites = sites, .is_selected = is_selected, .show = show, .warn = warn, .debug = debug, .err = err, .err_size = err_size};
    int failed = 0;

    *sites = (sites_t){.of_probe = calloc(catalog.num_probes + 1, sizeof(*sites->of_probe))};
    if (sites->of_probe == NULL || (finder.warned = calloc(catalog.num_probes + 1, sizeof(*finder.warned))) == NULL) {
        snprintf(err, err_size, "out of memory");
        failed = 1;
    }
    for (size_t i = 0; !failed && i < target->num_modules; ++i) {
        notes_t notes;
        char reason[256];
        finder.module = target->modules + i;
        finder.notes = &notes;
        if (read_notes(&finder, reason, sizeof(reason)) != 0) {
            char line[512];
            snprintf(line, sizeof(line), "%s is passed over: %s", finder.module->name, reason);
            if (debug != NULL)
                debug(line);
            continue;
        }
        for (size_t j = 0; !failed && j < notes.num; ++j)
            failed = add_note(&finder, notes.list + j) != 0;
        notes_dispose(&notes);
    }
    if (!failed) {
        remove_duplicates(sites);
        tell_missing(&finder);
    }
    free(finder.warned);
    return failed ? -1 : 0;
}

void sites_dispose(sites_t *sites)
{
    for (size_t i = 0; i < sites->num; ++i)
        free(sites->list[i].args);
    free(sites->list);
    free(sites->of_probe);
    *sites = (sites_t){0};
}
