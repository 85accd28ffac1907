/*
 * Which variable a name means. The text of an operand has no relocation: it names what the compiler named when it compiled one
 * source file, and in the linked file other source files may have variables of that name, too.
 *
 * Symbols that are local to a source file follow its STT_FILE symbol. So when the site is in a function that is local, its file is
 * known, and what that file has of this name is meant, or else the global one. Of a global function the file is not known: then the
 * name must be the only one of the table. That is worth nothing when the table has lost its local symbols (ld -x, strip -x; the
 * dynamic one never had any): the only `level` that is left may be another than the `level` that was discarded.
 * That an object file lost its own before it was linked (`strip -x a.o`) is not noticed if others have theirs.
 *
 * What is in doubt then, debug information may decide: see variable_dwarf.c.
 *
 * What ends as local though it was global in its source file (hidden, or a version script has it so) belongs to no file here, or
 * maybe to none: some linkers put it after a nameless STT_FILE symbol.
 */
#include <stdlib.h>
#include <string.h>
#include "usdt/debugfile.h"
#include "usdt/symbol.h"
#include "usdt/variable.h"

enum { FILE_NONE, FILE_MAYBE_NONE, FILE_FIRST };

/* more of one name are too many to be looked at: they are ambiguous */
#define MAX_OF_ONE_NAME 1024

/* each costs a process, so what a file can ask of its debug information is limited, and so are the symbols that it can confirm */
#define MAX_QUESTIONS 64
#define MAX_CANDIDATES 64

/* Sorted by name, then by value. They are not hashed, since the file chooses them and could make all collide. */
typedef struct st_symbol_t {
    const char *name;
    size_t name_len; /* without a version: "@GLIBC_2.2.5" */
    uint64_t value;
    const char *fault; /* why it has no address that could be read; NULL: it has */
    unsigned file;     /* whose own it is */
} symbol_t;

/* A function that is local to a source file. Sorted by start; they should not overlap. */
typedef struct st_function_t {
    uint64_t start, end;
    unsigned file;
} function_t;

struct st_variables_t {
    debugfile_t debugfile; /* that has the table, if it is not in the file itself */
    symbol_t *list;
    function_t *functions;
    size_t num, num_functions;
    variables_place_t place;
    unsigned num_questions; /* that debug information was asked */
    int is_complete;        /* it has local symbols of source files */
    int is_there;           /* there is a table */
};

static const char none[] = "its operand names a symbol that the file does not have";
static const char stripped[] =
    "its operand names a symbol, and the file is stripped: what it names is known with a debug file only";
static const char no_locals[] =
    "its operand names a symbol, and the file has lost its local symbols: a static variable of that name may be meant";
static const char ambiguous[] =
    "its operand names a symbol, and the file has more than one of that name: which of them is meant is not known";
static const char of_another_file[] =
    "its operand names a symbol, and the only one of that name is the static one of another source file";

static int compare_names(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare_symbols(const void *a, const void *b)
{
    const symbol_t *x = a, *y = b;
    int order = compare_names(x->name, x->name_len, y->name, y->name_len);

    return order != 0 ? order : (x->value > y->value) - (x->value < y->value);
}

static int compare_functions(const void *a, const void *b)
{
    const function_t *x = a, *y = b;

    return (x->start > y->start) - (x->start < y->start);
}

static const char *find_fault(const GElf_Sym *symbol)
{
    int type = GELF_ST_TYPE(symbol->st_info);

    if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_COMMON)
        return "its operand names a symbol of another file";
    if (type == STT_TLS)
        return "its operand names a thread-local variable";
    if (type == STT_GNU_IFUNC)
        return "its operand names a function that is chosen when the program starts (IFUNC)";
    return symbol->st_shndx == SHN_ABS ? "its operand names a symbol without an address" : NULL;
}

/* The source file whose own a symbol is; `last` is that of the last STT_FILE symbol. */
static unsigned file_of(const GElf_Sym *symbol, unsigned last)
{
    int visibility = GELF_ST_VISIBILITY(symbol->st_other);

    if (GELF_ST_BIND(symbol->st_info) != STB_LOCAL || visibility == STV_HIDDEN || visibility == STV_INTERNAL)
        return FILE_NONE;
    return last;
}

/* Whether it is the name of what was static when it was compiled, whoever asks: gcc's start files are in nearly every file, and it
 * numbers static variables of functions: `calls.0`. Tables without STT_FILE symbols (strip -g) show by these that they are whole.
 */
static int is_static(const char *name)
{
    static const char *const of_start_files[] = {"deregister_tm_clones", "frame_dummy", "__do_global_dtors_aux"};
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; i < sizeof(of_start_files) / sizeof(of_start_files[0]); ++i) {
        if (strcmp(name, of_start_files[i]) == 0)
            return 1;
    }
    return dot != NULL && dot != name && dot[1] != '\0' && strspn(dot + 1, "0123456789") == strlen(dot + 1);
}

static void add_symbol(variables_t *symbols, const char *name, const GElf_Sym *symbol, unsigned file)
{
    symbol_t *to = symbols->list + symbols->num++;

    *to = (symbol_t){name, strcspn(name, "@"), symbol->st_value, find_fault(symbol), file};
    if (to->fault != NULL || GELF_ST_BIND(symbol->st_info) != STB_LOCAL)
        return;
    symbols->is_complete |= file >= FILE_FIRST || (file == FILE_MAYBE_NONE && is_static(name));
    if (file >= FILE_FIRST && GELF_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_size <= UINT64_MAX - symbol->st_value)
        symbols->functions[symbols->num_functions++] = (function_t){symbol->st_value, symbol->st_value + symbol->st_size, file};
}

static void add_symbols(variables_t *symbols, const symtab_t *table)
{
    unsigned last = FILE_MAYBE_NONE, num_files = 0;

    for (size_t i = 0; i < table->num; ++i) {
        GElf_Sym symbol = {.st_name = 0};
        const char *name = symtab_get(table, i, &symbol);
        int type = GELF_ST_TYPE(symbol.st_info);
        if (type == STT_FILE)
            last = name != NULL && name[0] != '\0' ? FILE_FIRST + num_files++ : FILE_MAYBE_NONE;
        else if (name != NULL && type != STT_SECTION)
            add_symbol(symbols, name, &symbol, file_of(&symbol, last));
    }
    qsort(symbols->list, symbols->num, sizeof(*symbols->list), compare_symbols);
    if (symbols->num_functions != 0)
        qsort(symbols->functions, symbols->num_functions, sizeof(*symbols->functions), compare_functions);
}

static int has_files(const symtab_t *table)
{
    for (size_t i = 0; i < table->num; ++i) {
        GElf_Sym symbol = {.st_name = 0};
        if (symtab_get(table, i, &symbol) != NULL && GELF_ST_TYPE(symbol.st_info) == STT_FILE)
            return 1;
    }
    return 0;
}

/* The best table that there is: one that knows source files, of the file itself or its debug file; else that of the file. */
static int open_table(variables_t *symbols, symtab_t *table, Elf *elf, const variables_place_t *place)
{
    int has_own = symtab_open(table, elf, SHT_SYMTAB) == 0;
    symtab_t other;

    if ((!has_own || !has_files(table)) && place->path != NULL && place->name != NULL &&
        debugfile_find(&symbols->debugfile, place->path, place->name, place->root, DEBUGFILE_SYMBOLS | DEBUGFILE_DWARF, NULL) ==
            0 &&
        symtab_open(&other, symbols->debugfile.elf, SHT_SYMTAB) == 0) {
        *table = other;
        return 1;
    }
    return has_own;
}

variables_t *variables_open(Elf *elf, const variables_place_t *place)
{
    variables_t *symbols = calloc(1, sizeof(*symbols));
    symtab_t table;

    if (symbols == NULL)
        return NULL;
    symbols->debugfile.fd = -1;
    symbols->place = *place;
    symbols->is_there = open_table(symbols, &table, elf, place);
    if (!symbols->is_there || table.num == 0)
        return symbols;
    symbols->list = calloc(table.num, sizeof(*symbols->list));
    symbols->functions = calloc(table.num, sizeof(*symbols->functions));
    if (symbols->list == NULL || symbols->functions == NULL) {
        variables_close(symbols);
        return NULL;
    }
    add_symbols(symbols, &table);
    return symbols;
}

void variables_close(variables_t *symbols)
{
    if (symbols == NULL)
        return;
    debugfile_close(&symbols->debugfile);
    free(symbols->functions);
    free(symbols->list);
    free(symbols);
}

/* ---- what is meant ---- */

/* The source file of the local function there; FILE_NONE: it is not known. */
static unsigned file_at(const variables_t *symbols, uint64_t address)
{
    size_t low = 0, high = symbols->num_functions;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (symbols->functions[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || address >= symbols->functions[low - 1].end)
        return FILE_NONE;
    /* the linker may have made one function of two that are the same */
    const function_t *found = symbols->functions + low - 1;
    if (low > 1 && found[-1].end > address && found[-1].file != found->file)
        return FILE_NONE;
    return found->file;
}

/* The first symbol of that name, and how many there are, up to one more than MAX_OF_ONE_NAME. */
static const symbol_t *find_name(const variables_t *symbols, const char *name, size_t name_len, size_t *num)
{
    size_t low = 0, high = symbols->num;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const symbol_t *symbol = symbols->list + middle;
        if (compare_names(symbol->name, symbol->name_len, name, name_len) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (*num = 0; low + *num < symbols->num && *num <= MAX_OF_ONE_NAME; ++*num) {
        const symbol_t *symbol = symbols->list + low + *num;
        if (compare_names(symbol->name, symbol->name_len, name, name_len) != 0)
            break;
    }
    return symbols->list + low;
}

int variables_has(const variables_t *symbols, const char *name, size_t name_len)
{
    size_t num;

    find_name(symbols, name, name_len, &num);
    return num != 0;
}

/* Of the symbols of one name, those that can be meant by a source file: its own, else those of none. FILE_NONE: all of them. */
static const char *choose(const symbol_t *list, size_t num, unsigned file, const symbol_t **chosen)
{
    int has_own = 0;

    if (num > MAX_OF_ONE_NAME)
        return ambiguous;
    *chosen = NULL;
    for (size_t i = 0; i < num; ++i)
        has_own |= file != FILE_NONE && list[i].file == file;
    for (size_t i = 0; i < num; ++i) {
        if (file != FILE_NONE && (has_own ? list[i].file != file : list[i].file >= FILE_FIRST))
            continue;
        if (*chosen != NULL && ((*chosen)->value != list[i].value || ((*chosen)->fault == NULL) != (list[i].fault == NULL)))
            return ambiguous;
        *chosen = list + i;
    }
    return *chosen == NULL ? of_another_file : (*chosen)->fault;
}

/* What symbols say. */
static const char *ask_symbols(const variables_t *symbols, const symbol_t *list, size_t num, uint64_t site, uint64_t *value)
{
    const symbol_t *chosen;
    const char *reason;

    if (!symbols->is_there)
        return stripped;
    if (num == 0)
        return symbols->is_complete ? none : no_locals;
    if ((reason = choose(list, num, file_at(symbols, site), &chosen)) != NULL)
        return reason;
    if (!symbols->is_complete)
        return no_locals;
    *value = chosen->value;
    return NULL;
}

/* The address of the only symbol that source files can share. */
static int find_shared(const symbol_t *list, size_t num, uint64_t *value)
{
    const symbol_t *found = NULL;

    for (size_t i = 0; i < num; ++i) {
        if (list[i].file != FILE_NONE)
            continue;
        if (list[i].fault != NULL || (found != NULL && found->value != list[i].value))
            return -1;
        found = list + i;
    }
    if (found == NULL)
        return -1;
    *value = found->value;
    return 0;
}

/* What the debug information says where symbols leave doubt. */
static int ask_debug_info(variables_t *symbols, const char *name, const symbol_t *list, size_t num, uint64_t site, uint64_t *value)
{
    uint64_t candidates[MAX_CANDIDATES];
    variable_question_t question = {&symbols->place, name, site, candidates, 0};
    variable_answer_t answer;

    if (num > MAX_CANDIDATES || symbols->num_questions == MAX_QUESTIONS)
        return -1;
    for (size_t i = 0; i < num; ++i) {
        if (list[i].fault == NULL)
            candidates[question.num_candidates++] = list[i].value;
    }
    ++symbols->num_questions;
    if (variable_ask_debug_info(&question, &answer) != 0)
        symbols->num_questions = MAX_QUESTIONS;
    if (answer.kind == VARIABLE_EXTERNAL)
        return find_shared(list, num, value);
    *value = answer.address;
    return answer.kind == VARIABLE_AT ? 0 : -1;
}

const char *variables_find(variables_t *symbols, const char *name, size_t name_len, uint64_t site, uint64_t *value)
{
    char copy[SYMBOL_MAX_NAME + 1];
    const symbol_t *list;
    const char *reason;
    size_t num;

    if (name_len == 0 || name_len > SYMBOL_MAX_NAME)
        return none;
    list = find_name(symbols, name, name_len, &num);
    if ((reason = ask_symbols(symbols, list, num, site, value)) == NULL)
        return NULL;
    if (reason != ambiguous && reason != no_locals && reason != of_another_file && reason != stripped)
        return reason;
    memcpy(copy, name, name_len);
    copy[name_len] = '\0';
    return ask_debug_info(symbols, copy, list, num, site, value) == 0 ? NULL : reason;
}
