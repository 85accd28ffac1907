/*
 * From files to the table: notes (usdt/note.c) -> probes and sites, operands (usdt/operand.c) -> functions and lines
 * (audit/binary) -> names and types (guess.c). The files are not trusted; limits stand where a file could ask for more than its
 * size.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "audit/binary/function.h"
#include "audit/binary/needed.h"
#include "audit/binary/symbolize.h"
#include "from/binary/found.h"
#include "from/binary/guess.h"
#include "from/binary/names.h"
#include "usdt/operand.h"
#include "usdt/target.h"

/* names of other providers, and files, in a message or comment */
#define MAX_LISTED 8

/* One file that is being read: parallel arrays, by ascending address. */
typedef struct st_file_t {
    notes_t *notes;
    symbolize_file_t debugged;
    const note_t **list;
    found_site_t **sites;
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

static int is_wanted(const found_t *found, str_t provider)
{
    for (size_t i = 0; i < found->num_wanted; ++i) {
        if (str_is(provider, found->wanted[i]))
            return 1;
    }
    return found->num_wanted == 0;
}

static void note_other(found_t *found, str_t provider)
{
    if (table_get(&found->providers, provider) != NULL)
        return;
    str_t kept = arena_strdup(found->arena, provider);
    table_put(&found->providers, kept, (void *)kept.p);
    add_to_list(found->arena, &found->others, found->num_others++, kept);
}

static void note_odd(found_t *found, str_t provider, str_t name)
{
    found_odd_t *odd = found->odd;

    while (odd != NULL && !(str_eq(odd->provider, provider) && str_eq(odd->name, name)))
        odd = odd->next;
    if (odd != NULL || found->num_odd++ >= FOUND_MAX_ODD)
        return;
    odd = arena_alloc(found->arena, sizeof(*odd));
    *odd = (found_odd_t){.provider = arena_strdup(found->arena, provider), .name = arena_strdup(found->arena, name)};
    *found->next_odd = odd;
    found->next_odd = &odd->next;
}

static found_probe_t *probe_of(found_t *found, str_t provider, str_t name)
{
    str_t key = arena_printf(found->arena, "%.*s:%.*s", STR_ARG(provider), STR_ARG(name));
    found_probe_t *probe = table_get(&found->by_key, key);

    if (probe == NULL) {
        probe = arena_alloc(found->arena, sizeof(*probe));
        *probe = (found_probe_t){.provider = arena_strdup(found->arena, provider), .name = name, .next_site = &probe->sites};
        table_put(&found->by_key, key, probe);
        found->probes = arena_grow(found->arena, found->probes, &found->capacity, found->num_probes, sizeof(found->probes[0]));
        found->probes[found->num_probes++] = probe;
    }
    return probe;
}

static void read_operands(found_t *found, found_site_t *site, const char *args, unsigned machine)
{
    const char *pos = args;
    operand_t operand;
    unsigned num = 0;

    while (num != FOUND_MAX_OPERANDS && operand_next(&pos, machine, &operand))
        ++num;
    site->operands = arena_alloc(found->arena, num * sizeof(*site->operands));
    for (pos = args; site->num_operands != num && operand_next(&pos, machine, &operand);)
        site->operands[site->num_operands++] = (found_operand_t){
            .size = operand.size,
            .is_signed = operand.is_signed,
            .is_float = operand.is_float,
            .is_constant = operand.reason == NULL && operand.symbol == NULL && (operand.how.flags & PG_OPERAND_DEREF) == 0 &&
                           operand.text_len != 0 && memchr(operand.text, '%', operand.text_len) == NULL &&
                           memchr(operand.text, '$', operand.text_len) != NULL,
            .reason = operand_is_known(machine) ? operand.reason : NULL};
}

/* @return NULL: no definition can have it, or there are too many */
static found_site_t *add_site(found_t *found, const note_t *note, unsigned machine)
{
    str_t provider = str_of(note->provider), name = probe_name_of(found->arena, str_of(note->name));

    if (!is_definable(provider) || name.n == 0) {
        note_odd(found, provider, str_of(note->name));
        return NULL;
    }
    if (found->num_sites == FOUND_MAX_SITES)
        return NULL;
    found_probe_t *probe = probe_of(found, provider, name);
    found_site_t *site = arena_alloc(found->arena, sizeof(*site));
    *site = (found_site_t){.has_semaphore = note->semaphore_offset != 0};
    read_operands(found, site, note->args, machine);
    if (site->num_operands > probe->num_args)
        probe->num_args = site->num_operands;
    *probe->next_site = site;
    probe->next_site = &site->next;
    ++probe->num_sites;
    ++found->num_sites;
    return site;
}

static int compare_notes(const void *a, const void *b)
{
    const note_t *x = *(const note_t *const *)a, *y = *(const note_t *const *)b;

    if (x->pc != y->pc)
        return x->pc < y->pc ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void collect(found_t *found, file_t *file)
{
    const notes_t *notes = file->notes;
    const note_t **sorted = arena_alloc(found->arena, notes->num * sizeof(*sorted));

    file->list = sorted;
    file->sites = arena_alloc(found->arena, notes->num * sizeof(*file->sites));
    for (size_t i = 0; i < notes->num; ++i)
        sorted[i] = notes->list + i;
    qsort(sorted, notes->num, sizeof(*sorted), compare_notes);
    for (size_t i = 0; i < notes->num; ++i) {
        const note_t *note = sorted[i];
        found_site_t *site;
        ++found->num_notes;
        if (!is_wanted(found, str_of(note->provider)))
            note_other(found, str_of(note->provider));
        else if ((site = add_site(found, note, notes->machine)) != NULL) {
            file->list[file->num] = note;
            file->sites[file->num++] = site;
        }
    }
    found->num_broken += notes->num_broken;
}

/* ---- functions and lines ---- */

static void find_lines(found_t *found, const file_t *file)
{
    audit_site_t *sites = arena_alloc(found->arena, file->num * sizeof(*sites));

    for (size_t i = 0; i < file->num; ++i)
        sites[i].address = file->list[i]->pc;
    functions_find(file->notes->elf, SHT_SYMTAB, sites, file->num);
    functions_find(file->notes->elf, SHT_DYNSYM, sites, file->num);
    symbolize(found->arena, &file->debugged, sites, file->num);
    for (size_t i = 0; i < file->num; ++i) {
        file->sites[i]->function = arena_strdup(found->arena, sites[i].function);
        file->sites[i]->file = sites[i].file;
        file->sites[i]->line = sites[i].line;
    }
}

/* ---- files ---- */

/* @return whether it has probes that are wanted */
static int read_file(found_t *found, notes_t *notes, const char *path, const symbolize_file_t *debugged)
{
    file_t file = {.notes = notes, .debugged = *debugged};

    collect(found, &file);
    if (file.num == 0)
        return 0;
    add_to_list(found->arena, &found->files, found->num_files++, str_of(path));
    find_lines(found, &file);
    if (guess(found, debugged, notes, file.list, file.sites, file.num) != 0)
        fprintf(stderr, "probegen: the debug information of %s cannot be read to its end: some names and types are missing\n",
                path);
    return 1;
}

static void add_named(void *arg, const char *path, notes_t *notes)
{
    found_t *with = arg;

    if (notes->num != 0)
        add_to_list(with->arena, &with->files, with->num_files++, str_of(path));
}

/* "nothing found" must say where there may be something. */
static void report_none(found_t *found, const char *path, const notes_t *notes)
{
    found_t libraries = {.arena = found->arena, .files = STR("")};
    needed_t needed = {.arena = found->arena, .found = add_named, .arg = &libraries, .missing = STR("")};

    needed_find(&needed, path, notes);
    if (notes->num_broken != 0 && notes->num == 0)
        diag_report(found->diag, E_FILE, (span_t){.src = NULL},
                    "'%s' has no stapsdt notes but %zu that are malformed ('readelf -n' shows them)", path, notes->num_broken);
    else if (libraries.files.n != 0)
        diag_report(found->diag, E_FILE, (span_t){.src = NULL},
                    "'%s' has no USDT probes of its own; these libraries that it needs have some: %.*s", path,
                    STR_ARG(libraries.files));
    else
        diag_report(found->diag, E_FILE, (span_t){.src = NULL},
                    "'%s' has no USDT probes ('readelf -n' shows no stapsdt notes): it was built without them", path);
}

void found_add_file(found_t *found, const char *path)
{
    notes_t notes;
    reason_t reason;
    char *real;

    if (notes_read(&notes, path, &reason) != 0) {
        diag_report(found->diag, E_FILE, (span_t){.src = NULL}, "%s", reason.text);
        return;
    }
    real = realpath(path, NULL);
    if (notes.num == 0)
        report_none(found, path, &notes);
    else
        read_file(found, &notes, path, &(symbolize_file_t){.path = path, .name = real != NULL ? real : path});
    free(real);
    notes_dispose(&notes);
}

void found_add_process(found_t *found, pid_t pid)
{
    target_t target;
    reason_t reason;
    char root[64];

    snprintf(root, sizeof(root), "/proc/%d/root", (int)pid);
    if (target_open(&target, pid, &reason) != 0) {
        diag_report(found->diag, E_FILE, (span_t){.src = NULL}, "%s", reason.text);
        return;
    }
    for (size_t i = 0; i < target.num_modules; ++i) {
        const module_t *module = &target.modules[i];
        notes_t notes;
        /* a process may execute what is no ELF file */
        if (notes_read(&notes, module->path, &reason) != 0)
            continue;
        read_file(found, &notes, module->name, &(symbolize_file_t){.path = module->path, .name = module->name, .root = root});
        notes_dispose(&notes);
    }
    if (found->num_notes == 0)
        diag_report(found->diag, E_FILE, (span_t){.src = NULL},
                    "process %d has no USDT probes: no file that it executes has stapsdt notes", (int)pid);
    target_close(&target);
}

/* ---- beginning and end ---- */

void found_init(found_t *found, arena_t *arena, diag_t *diag, const char *const *wanted, size_t num_wanted)
{
    *found = (found_t){.arena = arena,
                       .diag = diag,
                       .wanted = wanted,
                       .num_wanted = num_wanted,
                       .by_key = {.arena = arena},
                       .next_struct = &found->structs,
                       .next_odd = &found->odd,
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
    const found_probe_t *x = *(found_probe_t *const *)a, *y = *(found_probe_t *const *)b;
    int order = compare_str(x->provider, y->provider);

    return order != 0 ? order : compare_str(x->name, y->name);
}

void found_finish(found_t *found)
{
    if (found->num_probes > 1)
        qsort(found->probes, found->num_probes, sizeof(found->probes[0]), compare_probes);
}
