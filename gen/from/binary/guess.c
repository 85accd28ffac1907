/*
 * Debug information is read in a worker (see audit/binary/symbolize.c for why), which sends what it finds for each operand, and
 * once for each struct its members. What it sends is looked at again here: definitions are made of it.
 */
#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/chars.h"
#include "common/worker.h"
#include "common/die.h"
#include "from/binary/guess.h"
#include "from/binary/names.h"
#include "from/binary/spell.h"
#include "from/binary/variable.h"
#include "syntax/ctype.h"
#include "usdt/debugfile.h"

#define MAX_CPU_SECONDS 20
#define MAX_SECONDS 60
#define MAX_MEMORY ((uint64_t)1 << 30)
/* structs whose members are sent, and members of each */
#define MAX_STRUCTS 64
#define MAX_MEMBERS 16

typedef enum en_message_kind_t { MESSAGE_BEGIN, MESSAGE_OPERAND, MESSAGE_MEMBER, MESSAGE_END, MESSAGE_NUM_KINDS } message_kind_t;

typedef struct st_message_t {
    uint32_t kind, site, operand, origin;
    uint32_t size, is_signed, is_float, is_pointer;
    char name[NAMES_MAX + 1]; /* of the variable, or of the member */
    char type[SPELL_MAX];
    char of[SPELL_MAX]; /* MESSAGE_MEMBER: the struct */
} message_t;

/* ---- worker ---- */

typedef struct st_question_t {
    const symbolize_file_t *debugged;
    notes_t *notes;
    const note_t *const *list;
    size_t num;
    FILE *pipe;
    char structs[MAX_STRUCTS][SPELL_MAX]; /* that were sent */
    unsigned num_structs;
} question_t;

static void send_message(const question_t *question, const message_t *message)
{
    if (fwrite(message, sizeof(*message), 1, question->pipe) != 1)
        _exit(1);
}

static void put(char *to, size_t size, const char *text)
{
    /* what is cut is no longer the name */
    if (text != NULL && strlen(text) < size)
        strcpy(to, text);
}

static void send_members(question_t *question, const spelled_t *of)
{
    Dwarf_Die type = of->pointee, member, member_type;
    unsigned num = 0;

    for (unsigned i = 0; i < question->num_structs; ++i) {
        if (strcmp(question->structs[i], of->struct_name) == 0)
            return;
    }
    if (question->num_structs == MAX_STRUCTS || dwarf_hasattr(&type, DW_AT_declaration) || dwarf_child(&type, &member) != 0)
        return;
    strcpy(question->structs[question->num_structs++], of->struct_name);
    do {
        message_t message = {.kind = MESSAGE_MEMBER};
        spelled_t spelled;
        uint64_t offset;
        if (dwarf_tag(&member) != DW_TAG_member || member_offset(&member, &offset) != 0 || die_type(&member, &member_type) != 0 ||
            spell_type(&member_type, &spelled) != 0 || (spelled.is_pointer && strstr(spelled.text, "char *") == NULL))
            continue;
        put(message.name, sizeof(message.name), dwarf_diename(&member));
        strcpy(message.type, spelled.text);
        strcpy(message.of, of->struct_name);
        send_message(question, &message);
        ++num;
    } while (num != MAX_MEMBERS && die_next(&member));
}

static void send_operand(question_t *question, size_t site, unsigned number, const variable_t *variable)
{
    message_t message = {.kind = MESSAGE_OPERAND, .site = (uint32_t)site, .operand = number, .origin = variable->origin};
    Dwarf_Die type = variable->type;
    spelled_t spelled = {.text = ""};

    put(message.name, sizeof(message.name), variable->name);
    if (variable->has_type && spell_type(&type, &spelled) == 0) {
        strcpy(message.type, spelled.text);
        message.size = spelled.size;
        message.is_signed = (uint32_t)spelled.is_signed;
        message.is_float = (uint32_t)spelled.is_float;
        message.is_pointer = (uint32_t)spelled.is_pointer;
    }
    send_message(question, &message);
    if (spelled.struct_name[0] != '\0')
        send_members(question, &spelled);
}

static void look_at_site(question_t *question, debug_t *debug, Dwarf_Die *unit, size_t site)
{
    const note_t *note = question->list[site];
    const char *pos = note->args;
    scopes_t scopes;
    operand_t operand;
    variable_t variable;

    if (scopes_find(&scopes, unit, note->pc) != 0)
        return;
    for (unsigned i = 0; i != GATHERED_MAX_OPERANDS && operand_next(&pos, note->syntax, &operand); ++i) {
        if (variable_find(debug, &scopes, note->pc, &operand, &variable) == 0)
            send_operand(question, site, i, &variable);
    }
    free(scopes.list);
    fflush(question->pipe);
}

/*
 * The sites of a unit; code that the linker removed is left at address 0.
 * @param unit what has its addresses
 * @param whole what has all of it: another one when the larger part is in a .dwo file
 */
static void look_at_unit(question_t *question, debug_t *debug, Dwarf_Die *unit, Dwarf_Die *whole)
{
    Dwarf_Addr base, start, end;

    for (ptrdiff_t at = 0; (at = dwarf_ranges(unit, at, &base, &start, &end)) > 0;) {
        size_t low = 0, high = question->num;
        while (low != high) {
            size_t middle = low + (high - low) / 2;
            if (question->list[middle]->pc < start)
                low = middle + 1;
            else
                high = middle;
        }
        for (; start != 0 && low != question->num && question->list[low]->pc < end; ++low)
            look_at_site(question, debug, whole, low);
    }
}

static void look_at_units(question_t *question, debug_t *debug)
{
    Dwarf_CU *cu = NULL;
    Dwarf_Die die, sub;
    uint8_t type;

    while (dwarf_get_units(debug->dwarf, cu, &cu, NULL, &type, &die, &sub) == 0) {
        if (dwarf_tag(&sub) == DW_TAG_compile_unit)
            look_at_unit(question, debug, &die, &sub);
        else if (dwarf_tag(&die) == DW_TAG_compile_unit)
            look_at_unit(question, debug, &die, &die);
    }
}

static void answer(FILE *pipe, void *arg)
{
    question_t *question = arg;
    const symbolize_file_t *debugged = question->debugged;
    debug_t debug = {.notes = question->notes};
    debugfile_t file;

    question->pipe = pipe;
    if (debugfile_find(&file, debugged->path, debugged->name, debugged->root, DEBUGFILE_DWARF, NULL) == 0 &&
        debugfile_has_dwarf(&file)) {
        worker_limit_memory(MAX_MEMORY);
        send_message(question, &(message_t){.kind = MESSAGE_BEGIN});
        fflush(pipe);
        if ((debug.dwarf = dwarf_begin_elf(file.elf, DWARF_C_READ, NULL)) != NULL) {
            debug.frames = dwarf_getcfi(debug.dwarf);
            debug.eh_frames = dwarf_getcfi_elf(question->notes->elf);
            look_at_units(question, &debug);
        }
    }
    send_message(question, &(message_t){.kind = MESSAGE_END});
}

/* ---- in our process ---- */

static int takes_away(str_t *text, const char *start)
{
    size_t n = strlen(start);

    if (text->n < n || memcmp(text->p, start, n) != 0)
        return 0;
    *text = (str_t){text->p + n, text->n - n};
    return 1;
}

/* What spell_type() writes, and nothing else: "const struct st_conn *", "unsigned int". */
static int is_definable_type(const char *text)
{
    str_t rest = str_of(text);

    takes_away(&rest, "const ");
    while (rest.n != 0 && rest.p[rest.n - 1] == '*')
        --rest.n;
    if (rest.n != 0 && rest.p[rest.n - 1] == ' ')
        --rest.n;
    if (takes_away(&rest, "struct ") || takes_away(&rest, "union ") || takes_away(&rest, "enum "))
        return is_definable(rest);
    takes_away(&rest, "unsigned ");
    return is_definable(rest) || (rest.n != 0 && ctype_token_of(rest) == CTYPE_TOKEN_BASIC);
}

static gathered_struct_t *struct_of(gathered_t *gathered, str_t type)
{
    gathered_struct_t *at = gathered->structs;

    while (at != NULL && !str_eq(at->type, type))
        at = at->next;
    if (at == NULL) {
        at = arena_alloc(gathered->arena, sizeof(*at));
        *at = (gathered_struct_t){.type = arena_strdup(gathered->arena, type), .next_member = &at->members};
        *gathered->next_struct = at;
        gathered->next_struct = &at->next;
    }
    return at;
}

static int has_member(const gathered_struct_t *of, str_t name)
{
    const gathered_member_t *member = of->members;

    while (member != NULL && !str_eq(member->name, name))
        member = member->next;
    return member != NULL;
}

static void take_member(gathered_t *gathered, const message_t *message)
{
    str_t name = str_of(message->name);

    if (!is_definable(name) || !is_definable_type(message->type) || !is_definable_type(message->of))
        return;
    gathered_struct_t *of = struct_of(gathered, str_of(message->of));
    if (has_member(of, name))
        return;
    gathered_member_t *member = arena_alloc(gathered->arena, sizeof(*member));
    *member = (gathered_member_t){.type = arena_strdup(gathered->arena, str_of(message->type)),
                                  .name = arena_strdup(gathered->arena, name)};
    *of->next_member = member;
    of->next_member = &member->next;
}

static void take_operand(gathered_t *gathered, const message_t *message, gathered_operand_t *operand)
{
    operand->origin = (gathered_origin_t)message->origin;
    if (is_definable(str_of(message->name)))
        operand->name = arena_strdup(gathered->arena, str_of(message->name));
    if (message->type[0] != '\0' && is_definable_type(message->type))
        operand->type = (gathered_type_t){.text = arena_strdup(gathered->arena, str_of(message->type)),
                                          .size = message->size,
                                          .is_signed = message->is_signed != 0,
                                          .is_float = message->is_float != 0,
                                          .is_pointer = message->is_pointer != 0};
}

/* @return 0 when no other one is expected */
static int take_message(gathered_t *gathered, FILE *pipe, gathered_site_t **sites, size_t num, int *has_ended)
{
    message_t message;

    if (fread(&message, sizeof(message), 1, pipe) != 1 || message.kind >= MESSAGE_NUM_KINDS ||
        message.name[sizeof(message.name) - 1] != '\0' || message.type[sizeof(message.type) - 1] != '\0' ||
        message.of[sizeof(message.of) - 1] != '\0')
        return 0;
    switch (message.kind) {
    case MESSAGE_BEGIN:
        gathered->has_names = 1;
        break;
    case MESSAGE_OPERAND:
        if (message.site >= num || message.operand >= sites[message.site]->num_operands || message.origin > ORIGIN_MEMBER)
            return 0;
        take_operand(gathered, &message, &sites[message.site]->operands[message.operand]);
        break;
    case MESSAGE_MEMBER:
        take_member(gathered, &message);
        break;
    default:
        *has_ended = 1;
        return 0;
    }
    return 1;
}

int guess(gathered_t *gathered, const symbolize_file_t *debugged, notes_t *notes, const note_t *const *list,
          gathered_site_t **sites, size_t num)
{
    question_t question = {.debugged = debugged, .notes = notes, .list = list, .num = num};
    worker_t worker;
    int has_ended = 0;

    if (num == 0)
        return 0;
    if (worker_start(&worker, MAX_CPU_SECONDS, MAX_SECONDS, answer, &question) != 0)
        return -1;
    while (take_message(gathered, worker.answer, sites, num, &has_ended))
        ;
    worker_end(&worker);
    return has_ended ? 0 : -1;
}
