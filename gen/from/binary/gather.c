/*
 * From files to the table: notes (usdt/note.c) -> probes and sites, operands (usdt/operand.c) -> functions and lines
 * (audit/binary) -> names and types (guess.c). The files are not trusted; limits stand where a file could ask for more than its
 * size.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "audit/binary/function.h"
#include "audit/binary/needed.h"
#include "audit/binary/symbolize.h"
#include "from/binary/gather.h"
#include "from/binary/guess.h"
#include "from/binary/names.h"
#include "common/safe.h"
#include "usdt/operand.h"
#include "usdt/target.h"

/* names of other providers, and files, in a message or comment */
#define MAX_LISTED 8

/* One file that is being read: parallel arrays, by ascending address. */
typedef struct st_file_t {
    notes_t *notes;
    symbolize_file_t debugged;
    const note_t **list;
    gathered_site_t **sites;
    size_t num;
} file_t;

static void add_to_list(arena_t *arena, str_t *list, unsigned num, str_t name)
{
    if (num < MAX_LISTED)
        *list = arena_printf(arena, "%.*s%s%.*s", STR_ARG(*list), num != 0 ? ", " : "", STR_ARG(name));
    else if (num == MAX_LISTED)
        *list = arena_printf(arena, "%.*s, ...", STR_ARG(*list));
}

/* ---- notes ---- */

static int is_wanted(const gathered_t *gathered, str_t provider)
{
    for (size_t i = 0; i < gathered->num_wanted; ++i) {
        if (str_is(provider, gathered->wanted[i]))
            return 1;
    }
    return gathered->num_wanted == 0;
}

static void note_other(gathered_t *gathered, str_t provider)
{
    if (table_get(&gathered->providers, provider) != NULL)
        return;
    str_t kept = arena_strdup(gathered->arena, provider);
    table_put(&gathered->providers, kept, (void *)kept.p);
    add_to_list(gathered->arena, &gathered->others, gathered->num_others++, kept);
}

static void note_odd(gathered_t *gathered, str_t provider, str_t name)
{
    gathered_odd_t *odd = gathered->odd;

    while (odd != NULL && !(str_eq(odd->provider, provider) && str_eq(odd->name, name)))
        odd = odd->next;
    if (odd != NULL || gathered->num_odd++ >= GATHERED_MAX_ODD)
        return;
    odd = arena_alloc(gathered->arena, sizeof(*odd));
    *odd = (gathered_odd_t){.provider = arena_strdup(gathered->arena, provider), .name = arena_strdup(gathered->arena, name)};
    *gathered->next_odd = odd;
    gathered->next_odd = &odd->next;
}

static gathered_probe_t *probe_of(gathered_t *gathered, str_t provider, str_t name)
{
    str_t key = arena_printf(gathered->arena, "%.*s:%.*s", STR_ARG(provider), STR_ARG(name));
    gathered_probe_t *probe = table_get(&gathered->by_key, key);

    if (probe == NULL) {
        probe = arena_alloc(gathered->arena, sizeof(*probe));
        *probe = (gathered_probe_t){.provider = arena_strdup(gathered->arena, provider), .name = name, .next_site = &probe->sites};
        table_put(&gathered->by_key, key, probe);
        gathered->probes =
            arena_grow(gathered->arena, gathered->probes, &gathered->capacity, gathered->num_probes, sizeof(gathered->probes[0]));
        gathered->probes[gathered->num_probes++] = probe;
    }
    return probe;
}

static void read_operands(gathered_t *gathered, gathered_site_t *site, const note_t *note, unsigned machine)
{
    const char *pos = note->args;
    operand_t operand;
    unsigned num = 0;

    while (num != GATHERED_MAX_OPERANDS && operand_next(&pos, note->syntax, &operand))
        ++num;
    site->operands = arena_alloc(gathered->arena, num * sizeof(*site->operands));
    for (pos = note->args; site->num_operands != num && operand_next(&pos, note->syntax, &operand);)
        site->operands[site->num_operands++] = (gathered_operand_t){.size = operand.size,
                                                                    .is_signed = operand.is_signed,
                                                                    .is_float = operand.is_float,
                                                                    .is_constant = operand_is_constant(&operand, machine),
                                                                    .reason = operand_is_known(machine) ? operand.reason : NULL};
}

/* @return NULL: no definition can have it, or there are too many */
static gathered_site_t *add_site(gathered_t *gathered, const note_t *note, unsigned machine)
{
    str_t provider = str_of(note->provider), name = probe_name_of(gathered->arena, str_of(note->name));

    if (!is_definable(provider) || name.n == 0) {
        note_odd(gathered, provider, str_of(note->name));
        return NULL;
    }
    if (gathered->num_sites == GATHERED_MAX_SITES)
        return NULL;
    gathered_probe_t *probe = probe_of(gathered, provider, name);
    gathered_site_t *site = arena_alloc(gathered->arena, sizeof(*site));
    *site = (gathered_site_t){.has_semaphore = note->semaphore_offset != 0};
    read_operands(gathered, site, note, machine);
    if (site->num_operands > probe->num_args)
        probe->num_args = site->num_operands;
    *probe->next_site = site;
    probe->next_site = &site->next;
    ++probe->num_sites;
    ++gathered->num_sites;
    return site;
}

static int compare_notes(const void *a, const void *b)
{
    const note_t *x = *(const note_t *const *)a, *y = *(const note_t *const *)b;

    if (x->pc != y->pc)
        return x->pc < y->pc ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void collect(gathered_t *gathered, file_t *file)
{
    const notes_t *notes = file->notes;
    const note_t **sorted = arena_alloc(gathered->arena, notes->num * sizeof(*sorted));

    file->list = sorted;
    file->sites = arena_alloc(gathered->arena, notes->num * sizeof(*file->sites));
    for (size_t i = 0; i < notes->num; ++i)
        sorted[i] = notes->list + i;
    qsort(sorted, notes->num, sizeof(*sorted), compare_notes);
    for (size_t i = 0; i < notes->num; ++i) {
        const note_t *note = sorted[i];
        gathered_site_t *site;
        ++gathered->num_notes;
        if (!is_wanted(gathered, str_of(note->provider)))
            note_other(gathered, str_of(note->provider));
        else if ((site = add_site(gathered, note, notes->machine)) != NULL) {
            file->list[file->num] = note;
            file->sites[file->num++] = site;
        }
    }
    gathered->num_broken += notes->num_broken;
}

/* ---- functions and lines ---- */

/* @return 0, or -1 when some of what there is was not found */
static int find_lines(gathered_t *gathered, const file_t *file)
{
    audit_site_t *sites = arena_alloc(gathered->arena, file->num * sizeof(*sites));

    for (size_t i = 0; i < file->num; ++i)
        sites[i].address = file->list[i]->pc;
    functions_find(file->notes->elf, SHT_SYMTAB, sites, file->num);
    functions_find(file->notes->elf, SHT_DYNSYM, sites, file->num);
    symbolize_result_t result = symbolize(gathered->arena, &file->debugged, sites, file->num);
    for (size_t i = 0; i < file->num; ++i) {
        file->sites[i]->function = arena_strdup(gathered->arena, sites[i].function);
        file->sites[i]->file = sites[i].file;
        file->sites[i]->line = sites[i].line;
    }
    return result == SYMBOLIZE_CRASHED || result == SYMBOLIZE_TOO_LONG ? -1 : 0;
}

/* ---- files ---- */

/* Nobody can trace these sites, so their probes are not written if they have no others. */
static void tell_refused(const notes_t *notes, const char *path)
{
    const note_t *first = notes->refused;

    if (notes->num_refused != 0)
        safe_say(stderr, "probegen", "%zu sites of %s are left out; the first one, of %s:%s at 0x%" PRIx64 ": %s",
                 notes->num_refused, path, first->provider, first->name, first->pc, first->fault);
}

/* @return whether it has probes that are wanted */
static int read_file(gathered_t *gathered, notes_t *notes, const char *path, const symbolize_file_t *debugged)
{
    file_t file = {.notes = notes, .debugged = *debugged};
    int is_partial;

    tell_refused(notes, path);
    collect(gathered, &file);
    if (file.num == 0)
        return 0;
    add_to_list(gathered->arena, &gathered->files, gathered->num_files++, str_of(path));
    is_partial = find_lines(gathered, &file) != 0;
    is_partial |= guess(gathered, debugged, notes, file.list, file.sites, file.num) != 0;
    if (is_partial)
        safe_say(stderr, "probegen",
                 "the debug information of %s cannot be read to its end: some names, types and source lines are missing", path);
    return 1;
}

static void add_named(void *arg, const char *path, notes_t *notes)
{
    gathered_t *with = arg;

    if (notes->num != 0)
        add_to_list(with->arena, &with->files, with->num_files++, str_of(path));
}

/* "nothing found" must say where there may be something. */
static void report_none(gathered_t *gathered, const char *path, const notes_t *notes)
{
    gathered_t libraries = {.arena = gathered->arena, .files = STR("")};
    needed_t needed = {.arena = gathered->arena, .found = add_named, .arg = &libraries, .missing = STR("")};

    tell_refused(notes, path);
    needed_find(&needed, path, notes);
    if (notes->num_broken != 0 && notes->num == 0)
        diag_report(gathered->diag, E_FILE, (span_t){.src = NULL},
                    "'%s' has no stapsdt notes but %zu that are malformed ('readelf -n' shows them)", path, notes->num_broken);
    else if (notes->num_refused != 0)
        diag_report(gathered->diag, E_FILE, (span_t){.src = NULL}, "'%s' has no site that can be traced", path);
    else if (libraries.files.n != 0)
        diag_report(gathered->diag, E_FILE, (span_t){.src = NULL},
                    "'%s' has no USDT probes of its own; these libraries that it needs have some: %.*s", path,
                    STR_ARG(libraries.files));
    else
        diag_report(gathered->diag, E_FILE, (span_t){.src = NULL},
                    "'%s' has no USDT probes ('readelf -n' shows no stapsdt notes): it was built without them", path);
}

void gather_file(gathered_t *gathered, const char *path)
{
    notes_t notes;
    reason_t reason;
    char *real;

    if (notes_read(&notes, path, &reason) != 0) {
        diag_report(gathered->diag, E_FILE, (span_t){.src = NULL}, "%s", reason.text);
        return;
    }
    real = realpath(path, NULL);
    if (notes.num == 0)
        report_none(gathered, path, &notes);
    else
        read_file(gathered, &notes, path, &(symbolize_file_t){.path = path, .name = real != NULL ? real : path});
    free(real);
    notes_dispose(&notes);
}

void gather_process(gathered_t *gathered, pid_t pid)
{
    target_t target;
    reason_t reason;
    char root[64];

    snprintf(root, sizeof(root), "/proc/%d/root", (int)pid);
    if (target_open(&target, pid, &reason) != 0) {
        diag_report(gathered->diag, E_FILE, (span_t){.src = NULL}, "%s", reason.text);
        return;
    }
    for (size_t i = 0; i < target.num_modules; ++i) {
        const module_t *module = &target.modules[i];
        notes_t notes;
        /* a process may execute what is no ELF file */
        if (notes_read_module(&notes, module, &reason) != 0)
            continue;
        read_file(gathered, &notes, module->name, &(symbolize_file_t){.path = module->path, .name = module->name, .root = root});
        notes_dispose(&notes);
    }
    if (gathered->num_notes == 0)
        diag_report(gathered->diag, E_FILE, (span_t){.src = NULL},
                    "process %d has no USDT probes: no file that it executes has stapsdt notes", (int)pid);
    target_close(&target);
}

/* ---- beginning and end ---- */

void gather_begin(gathered_t *gathered, arena_t *arena, diag_t *diag, const char *const *wanted, size_t num_wanted)
{
    *gathered = (gathered_t){.arena = arena,
                             .diag = diag,
                             .wanted = wanted,
                             .num_wanted = num_wanted,
                             .by_key = {.arena = arena},
                             .next_struct = &gathered->structs,
                             .next_odd = &gathered->odd,
                             .providers = {.arena = arena},
                             .others = STR(""),
                             .files = STR("")};
}

static int compare_str(str_t a, str_t b)
{
    int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

    return order != 0 ? order : a.n < b.n ? -1 : a.n > b.n;
}

static int compare_probes(const void *a, const void *b)
{
    const gathered_probe_t *x = *(gathered_probe_t *const *)a, *y = *(gathered_probe_t *const *)b;
    int order = compare_str(x->provider, y->provider);

    return order != 0 ? order : compare_str(x->name, y->name);
}

void gather_finish(gathered_t *gathered)
{
    if (gathered->num_probes > 1)
        qsort(gathered->probes, gathered->num_probes, sizeof(gathered->probes[0]), compare_probes);
}
