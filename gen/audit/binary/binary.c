/*
 * The column "built": the sites of the audited providers in programs, shared libraries and processes. Notes and operands are read
 * by the tracer's own code, so what is said to be readable here is what tracers read.
 *
 *     file -> notes (usdt/note.c) -> sites, operands (usdt/operand.c) -> functions (function.c) -> source lines (symbolize.c)
 *
 * The files are not trusted. Everything here takes time and memory in proportion to the file at most, has limits where that would
 * be too much, and the most dangerous part, debug information, is read in a process of its own.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "audit/binary/binary.h"
#include "audit/binary/function.h"
#include "audit/binary/symbolize.h"
#include "audit/binary/needed.h"
#include "common/safe.h"
#include "usdt/operand.h"
#include "usdt/target.h"

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

#define MAX_SITES 262144 /* of one file */
#define MAX_OPERANDS 64  /* of one site: sys/sdt.h has macros for 12 */
#define MAX_OTHERS 8     /* names of other providers in a message */

/* One input: a file with its libraries, or a process. */
typedef struct st_reader_t {
    audit_t *audit;
    size_t num_sites; /* of the audited providers in all its files */
    size_t num_notes, num_broken;
    const char *others[MAX_OTHERS]; /* providers that are not audited */
    unsigned num_others;
    int is_late; /* debug information took too long once, so no more of it is read */
} reader_t;

/* A site before it is in the table. */
typedef struct st_found_t {
    const note_t *note;
    audit_row_t *row;
    audit_site_t *site;
} found_t;

/* One file that is being read. */
typedef struct st_file_t {
    notes_t *notes;
    symbolize_file_t debugged;
    audit_binary_t *binary;
    found_t *found;
    size_t num;
} file_t;

/* ---- sites ---- */

static void note_other(reader_t *reader, const char *provider)
{
    for (unsigned i = 0; i < reader->num_others; ++i) {
        if (strcmp(reader->others[i], provider) == 0)
            return;
    }
    if (reader->num_others < MAX_OTHERS)
        reader->others[reader->num_others++] = arena_strdup(reader->audit->arena, str_of(provider)).p;
}

static int compare_found(const void *a, const void *b)
{
    const found_t *x = a, *y = b;

    if (x->note->pc != y->note->pc)
        return x->note->pc < y->note->pc ? -1 : 1;
    int order = strcmp(x->note->provider, y->note->provider);
    if (order == 0)
        order = strcmp(x->note->name, y->note->name);
    if (order == 0)
        order = x->note < y->note ? -1 : x->note > y->note; /* as in the file */
    return order;
}

/* Finds the notes of audited providers, and their rows, in the order of the file, which is that of rows that are made. @return 0,
 * or -1 */
static int collect(reader_t *reader, file_t *file)
{
    const notes_t *notes = file->notes;

    reader->num_notes += notes->num;
    reader->num_broken += notes->num_broken + notes->num_refused;
    if ((file->found = malloc((notes->num + 1) * sizeof(*file->found))) == NULL) {
        audit_fail(reader->audit, "%s: out of memory", file->debugged.name);
        return -1;
    }
    for (size_t i = 0; i < notes->num; ++i) {
        const note_t *note = &notes->list[i];
        audit_row_t *row;
        if (!audit_has_provider(reader->audit, str_of(note->provider))) {
            note_other(reader, note->provider);
        } else if ((row = audit_row(reader->audit, str_of(note->provider), str_of(note->name))) == NULL) {
            ++file->binary->num_dropped;
        } else if (file->num == MAX_SITES) {
            audit_fail(reader->audit, "%s has more than %d sites of these providers", file->debugged.name, MAX_SITES);
            return -1;
        } else {
            file->found[file->num++] = (found_t){.note = note, .row = row};
        }
    }
    return 0;
}

/* A site that the notes of a file have twice counts once. */
static void sort_sites(file_t *file)
{
    size_t num = 0;

    qsort(file->found, file->num, sizeof(*file->found), compare_found);
    for (size_t i = 0; i < file->num; ++i) {
        if (num == 0 || file->found[num - 1].row != file->found[i].row || file->found[num - 1].note->pc != file->found[i].note->pc)
            file->found[num++] = file->found[i];
    }
    file->num = num;
}

/* ---- operands ---- */

/* What an assembler of a machine that is not known writes before a constant; a text; NULL: constants look like registers. */
static const char *mark_of_constants(unsigned machine)
{
    switch (machine) {
    case EM_386:
        return "$";
    case EM_ARM:
        return "#";
    case EM_RISCV:
    case EM_S390:
    case EM_LOONGARCH:
        return "";
    default:
        return NULL; /* 4@9 is a register of PowerPC, 4@$9 one of MIPS */
    }
}

/* The value as the size and the sign of the operand say. */
static int64_t extend(uint64_t value, const audit_operand_t *operand)
{
    unsigned unused = operand->size != 0 && operand->size < 8 ? 64 - 8 * operand->size : 0;

    value <<= unused;
    return operand->is_signed ? (int64_t)value >> unused : (int64_t)(value >> unused);
}

/* "-4@$1": the text is in the arena, so it ends in a NUL or a blank. */
static void find_constant(audit_operand_t *operand, unsigned machine)
{
    const char *mark = mark_of_constants(machine), *at = memchr(operand->text.p, '@', operand->text.n);
    char *end;

    if (mark == NULL || at == NULL || operand->is_float || operand->size == 0)
        return;
    if (mark[0] != '\0' && at[1] != mark[0])
        return;
    at += 1 + strlen(mark);
    if (!(at[0] >= '0' && at[0] <= '9') && !(at[0] == '-' && at[1] >= '0' && at[1] <= '9'))
        return;
    uint64_t value = strtoull(at, &end, 0);
    operand->is_constant = end == operand->text.p + operand->text.n;
    operand->value = operand->is_constant ? extend(value, operand) : 0;
}

static void add_operand(const file_t *file, const note_t *note, audit_site_t *site, const operand_t *operand)
{
    audit_operand_t *to = &site->operands[site->num_operands++];
    uint64_t value;

    *to = (audit_operand_t){.size = operand->size, .is_signed = operand->is_signed, .is_float = operand->is_float};
    to->text = (str_t){operand->text, operand->text_len};
    if (operand_is_constant(operand, file->notes->machine)) {
        to->is_constant = 1;
        to->value = extend((uint64_t)operand->how.disp, to);
    } else if (!operand_is_known(file->notes->machine)) {
        find_constant(to, file->notes->machine);
    }
    if (!file->binary->is_readable)
        return;
    to->reason = operand->reason;
    if (to->reason == NULL)
        to->reason = notes_address(file->notes, note, operand, &value);
}

static void fill_site(audit_t *audit, const file_t *file, const note_t *note, audit_site_t *site)
{
    const char *args = arena_strdup(audit->arena, str_of(note->args)).p, *pos = args;
    operand_t operand;
    unsigned num = 0;

    while (num != MAX_OPERANDS && operand_next(&pos, note->syntax, &operand))
        ++num;
    *site = (audit_site_t){.binary = file->binary, .address = note->pc, .has_semaphore = note->semaphore_offset != 0};
    site->operands = arena_alloc(audit->arena, num * sizeof(*site->operands));
    for (pos = args; site->num_operands != num && operand_next(&pos, note->syntax, &operand);)
        add_operand(file, note, site, &operand);
}

/* ---- functions and lines ---- */

static void find_functions(audit_t *audit, file_t *file, audit_site_t *sites)
{
    str_t last = {NULL, 0}, kept = {NULL, 0};

    file->binary->has_functions = functions_find(file->notes->elf, SHT_SYMTAB, sites, file->num);
    file->binary->has_functions |= functions_find(file->notes->elf, SHT_DYNSYM, sites, file->num);
    for (size_t i = 0; i < file->num; ++i) {
        if (sites[i].function.p == NULL)
            continue;
        if (sites[i].function.p != last.p) {
            last = sites[i].function;
            kept = arena_strdup(audit->arena, last);
        }
        sites[i].function = kept;
    }
}

static void find_lines(reader_t *reader, file_t *file, audit_site_t *sites)
{
    symbolize_result_t result =
        reader->is_late ? SYMBOLIZE_NONE : symbolize(reader->audit->arena, &file->debugged, sites, file->num);

    file->binary->has_functions |= result != SYMBOLIZE_NONE;
    if (result == SYMBOLIZE_CRASHED || result == SYMBOLIZE_TOO_LONG)
        safe_say(stderr, "probegen", "the debug information of %.*s cannot be read (%s): source lines are missing",
                 STR_ARG(file->binary->path), result == SYMBOLIZE_CRASHED ? "it is malformed" : "it takes too long");
    reader->is_late |= result == SYMBOLIZE_TOO_LONG;
}

static void make_sites(reader_t *reader, file_t *file)
{
    audit_site_t *sites = arena_alloc(reader->audit->arena, file->num * sizeof(*sites));

    for (size_t i = 0; i < file->num; ++i) {
        file->found[i].site = sites + i;
        fill_site(reader->audit, file, file->found[i].note, sites + i);
    }
    find_functions(reader->audit, file, sites);
    find_lines(reader, file, sites);
}

/* ---- the table ---- */

static int compare_rows(const void *a, const void *b)
{
    const found_t *x = a, *y = b;

    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return compare_found(a, b);
}

/* Adds the sites to those that their rows have from other files. The end of each list is looked for once. */
static void put_into_rows(file_t *file)
{
    audit_site_t **end = NULL;

    qsort(file->found, file->num, sizeof(*file->found), compare_rows);
    for (size_t i = 0; i < file->num; ++i) {
        audit_row_t *row = file->found[i].row;
        if (i == 0 || row != file->found[i - 1].row) {
            for (end = &row->sites; *end != NULL; end = &(*end)->next)
                ;
            ++file->binary->num_probes;
        }
        *end = file->found[i].site;
        end = &file->found[i].site->next;
        ++row->num_sites;
    }
    file->binary->num_sites = (unsigned)file->num;
}

static void put_into_audit(audit_t *audit, audit_binary_t *binary)
{
    audit_binary_t **end = &audit->binaries;

    while (*end != NULL)
        end = &(*end)->next;
    *end = binary;
}

/* ---- files ---- */

/* Machines that people build probes for; others have only a number: https://www.sco.com/developers/gabi/latest/ch4.eheader.html */
static const struct {
    unsigned machine;
    const char *name;
} machine_names[] = {
    {EM_X86_64, "x86-64"}, {EM_AARCH64, "aarch64"},     {EM_386, "i386"},  {EM_ARM, "arm"}, {EM_PPC64, "ppc64"}, {EM_PPC, "ppc"},
    {EM_RISCV, "riscv"},   {EM_LOONGARCH, "loongarch"}, {EM_MIPS, "mips"},
};

static str_t machine_name(arena_t *arena, const notes_t *notes)
{
    if (notes->machine == EM_S390)
        return notes->is_64 ? STR("s390x") : STR("s390");
    for (size_t i = 0; i < sizeof(machine_names) / sizeof(machine_names[0]); ++i) {
        if (machine_names[i].machine == notes->machine)
            return arena_printf(arena, "%s", machine_names[i].name);
    }
    return arena_printf(arena, "machine %u", notes->machine);
}

static const audit_binary_t *find_known(const audit_t *audit, const struct stat *st)
{
    const audit_binary_t *binary = audit->binaries;

    while (binary != NULL && !(binary->device == st->st_dev && binary->inode == st->st_ino))
        binary = binary->next;
    return binary;
}

static audit_binary_t *make_binary(audit_t *audit, const notes_t *notes, const char *path, const struct stat *st)
{
    audit_binary_t *binary = arena_alloc(audit->arena, sizeof(*binary));

    *binary = (audit_binary_t){.path = arena_strdup(audit->arena, str_of(path)),
                               .machine = machine_name(audit->arena, notes),
                               .bits = notes->is_64 ? 64 : 32,
                               .is_readable = notes->is_64 && !notes->is_big_endian && operand_is_known(notes->machine),
                               .num_notes = (unsigned)notes->num,
                               .num_broken = (unsigned)(notes->num_broken + notes->num_refused),
                               .refused = STR(""),
                               .device = st->st_dev,
                               .inode = st->st_ino};
    if (notes->num_refused != 0)
        binary->refused = arena_printf(audit->arena, "%s:%s at 0x%" PRIx64 ": %s", notes->refused->provider, notes->refused->name,
                                       notes->refused->pc, notes->refused->fault);
    return binary;
}

/* @return 0 for a file that is in the table already, since it was reached in another way; and for one that cannot be looked at */
static int add_file(reader_t *reader, notes_t *notes, const char *path, const symbolize_file_t *debugged, int is_library)
{
    audit_t *audit = reader->audit;
    const audit_binary_t *known;
    struct stat st;

    if (fstat(notes->fd, &st) != 0) {
        audit_fail(audit, "cannot read '%s': %s", path, strerror(errno));
        return 0;
    }
    if ((known = find_known(audit, &st)) != NULL) {
        reader->num_sites += known->num_sites + known->num_dropped;
        return 0;
    }
    notes->place = (variables_place_t){debugged->path, debugged->name, debugged->root};
    file_t file = {.notes = notes, .debugged = *debugged, .binary = make_binary(audit, notes, path, &st)};
    if (collect(reader, &file) == 0) {
        reader->num_sites += file.num + file.binary->num_dropped;
        if (!is_library || file.num + file.binary->num_dropped + file.binary->num_broken != 0)
            put_into_audit(audit, file.binary);
        sort_sites(&file);
        make_sites(reader, &file);
        put_into_rows(&file);
    }
    free(file.found);
    return 1;
}

static void add_library(void *arg, const char *path, notes_t *notes)
{
    char *real = realpath(path, NULL);
    symbolize_file_t debugged = {.path = path, .name = real != NULL ? real : path};

    add_file(arg, notes, path, &debugged, 1);
    free(real);
}

/* ---- nothing to be audited ---- */

/* "nothing found" must not look like "nothing wrong". */
static void check_any(const reader_t *reader, const char *what, const needed_t *needed)
{
    str_t names = STR(""), missing = STR("");

    if (reader->num_sites != 0)
        return;
    for (unsigned i = 0; i < reader->num_others; ++i)
        names = arena_printf(reader->audit->arena, "%.*s%s%s", STR_ARG(names), i != 0 ? ", " : "", reader->others[i]);
    if (needed != NULL && needed->num_missing != 0)
        missing = arena_printf(reader->audit->arena, "; libraries that it needs were not found: %.*s%s", STR_ARG(needed->missing),
                               needed->num_missing > NEEDED_MAX_SHOWN ? ", ..." : "");
    if (reader->num_notes != 0)
        audit_fail(reader->audit, "%s has notes of other providers only: %.*s%s%.*s", what, STR_ARG(names),
                   reader->num_others == MAX_OTHERS ? ", ..." : "", STR_ARG(missing));
    else if (reader->num_broken != 0)
        audit_fail(reader->audit,
                   "%s has no stapsdt notes but %zu that are malformed or name no place for a breakpoint ('readelf -n' shows "
                   "them)%.*s",
                   what, reader->num_broken, STR_ARG(missing));
    else
        audit_fail(reader->audit, "%s has no stapsdt notes ('readelf -n' shows none): it was built without probes%.*s", what,
                   STR_ARG(missing));
}

/* ---- public ---- */

void audit_binary(audit_t *audit, const char *path)
{
    reader_t reader = {.audit = audit};
    needed_t needed = {.arena = audit->arena, .found = add_library, .arg = &reader, .missing = STR("")};
    notes_t notes;
    reason_t reason;
    char *real;

    if (notes_read(&notes, path, &reason) != 0) {
        audit_fail(audit, "%s", reason.text);
        return;
    }
    real = realpath(path, NULL);
    symbolize_file_t debugged = {.path = path, .name = real != NULL ? real : path};
    if (add_file(&reader, &notes, path, &debugged, 0)) {
        needed_find(&needed, path, &notes);
        check_any(&reader, path, &needed);
    }
    free(real);
    notes_dispose(&notes);
}

void audit_process(audit_t *audit, pid_t pid)
{
    reader_t reader = {.audit = audit};
    target_t target;
    reason_t reason;
    char what[64], root[64];

    snprintf(what, sizeof(what), "process %d", (int)pid);
    snprintf(root, sizeof(root), "/proc/%d/root", (int)pid);
    if (target_open(&target, pid, &reason) != 0) {
        audit_fail(audit, "%s", reason.text);
        return;
    }
    for (size_t i = 0; i < target.num_modules; ++i) {
        const module_t *module = &target.modules[i];
        symbolize_file_t debugged = {.path = module->path, .name = module->name, .root = root};
        notes_t notes;
        /* a process may execute what is no ELF file, but its program is one */
        if (notes_read_module(&notes, module, &reason) != 0) {
            if (i == 0)
                audit_fail(audit, "%s: %s", what, reason.text);
            continue;
        }
        add_file(&reader, &notes, module->name, &debugged, i != 0);
        notes_dispose(&notes);
    }
    check_any(&reader, what, NULL);
    target_close(&target);
}
