/*
 * Operands in Intel's syntax, which gcc and clang write with -masm=intel:
 *
 *     eax   5   DWORD PTR -20[rbp]   DWORD PTR [rbp-20]   [rbp - 20]   WORD PTR table[rax+rcx*2]   QWORD PTR counter[rip+8]
 *     OFFSET FLAT:counter+4
 *
 * "eax" and "5" are in AT&T's syntax a variable of that name and memory at that address, so they are read only if the note is known
 * to be in this one. All others cannot be in that one.
 */
#include <elf.h>
#include <string.h>
#include <strings.h>
#include "usdt/operand_int.h"
#include "usdt/regs.h"

static const char two_indices[] = "an address of more than two registers is not supported";

static int is_word_char(int c)
{
    return cursor_is_symbol(c) || ('0' <= c && c <= '9') || c == '$';
}

/* The length of the name that is next; 0: none is. */
static size_t word_len(const cursor_t *at)
{
    size_t len = 0;

    if (!cursor_is_symbol(cursor_peek(at)))
        return 0;
    while (at->p + len != at->end && is_word_char((unsigned char)at->p[len]))
        ++len;
    return len;
}

/* Of any kind, also one that cannot be read. */
static int is_register(const cursor_t *at, size_t len)
{
    return len != 0 && reg_is_name(at->machine, at->p, len);
}

static int accept_word(cursor_t *at, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(at->end - at->p) < len || strncasecmp(at->p, word, len) != 0)
        return 0;
    at->p += len;
    return 1;
}

/* "DWORD PTR ", whatever the size: that of the note counts */
static int accept_pointer(cursor_t *at)
{
    cursor_t ahead = *at;

    ahead.p += word_len(at);
    if (ahead.p == at->p || !accept_word(&ahead, " PTR "))
        return 0;
    at->p = ahead.p;
    return 1;
}

int operand_is_intel(const cursor_t *at)
{
    cursor_t ahead = *at;
    size_t len = at->end - at->p;

    if (memchr(at->p, '%', len) != NULL || cursor_peek(at) == '$')
        return 0;
    if (memchr(at->p, '[', len) != NULL || accept_pointer(&ahead) || accept_word(&ahead, "OFFSET FLAT:"))
        return 1;
    if (!at->is_intel || memchr(at->p, '(', len) != NULL)
        return 0;
    return is_register(at, len) || cursor_peek(at) == '-' || ('0' <= cursor_peek(at) && cursor_peek(at) <= '9');
}

/* ---- memory ---- */

static void add_register(cursor_t *at, uint64_t scale, int is_scaled)
{
    struct pg_operand *how = &at->operand->how;
    uint8_t none = reg_none(at->machine), word = cursor_address_register(at);
    reg_t sp;

    cursor_skip_blanks(at);
    if (!is_scaled && cursor_accept(at, "*")) {
        cursor_skip_blanks(at);
        scale = cursor_number(at);
        is_scaled = 1;
    }
    if (!(scale == 1 || scale == 2 || scale == 4 || scale == 8)) {
        cursor_fail(at, "the scale is none of 1, 2, 4, 8");
        return;
    }
    if (!is_scaled && how->base == none) {
        how->base = word;
        return;
    }
    if (how->index != none) {
        cursor_fail(at, two_indices);
        return;
    }
    /* no instruction can have the stack pointer as an index: of two registers without a scale it is the base */
    if (reg_find(at->machine, "rsp", 3, &sp) == NULL && word == sp.word) {
        if (is_scaled || how->base == sp.word)
            cursor_fail(at, OPERAND_MALFORMED);
        uint8_t base = how->base;
        how->base = word;
        word = base;
    }
    how->index = word;
    how->shift = __builtin_ctz(scale);
}

/* One term: a register, scaled or not, a number, a symbol, the instruction pointer. Returns whether it is the latter. */
static int parse_term(cursor_t *at, int is_negative)
{
    operand_t *operand = at->operand;
    size_t len = word_len(at);

    if (len == 3 && memcmp(at->p, "rip", 3) == 0 && !is_negative) {
        at->p += len;
        return 1;
    }
    if (is_register(at, len) && !is_negative) {
        add_register(at, 1, 0);
    } else if (len != 0 && !is_negative) {
        cursor_symbol(at);
    } else if (len != 0) {
        cursor_fail(at, OPERAND_MALFORMED);
    } else {
        uint64_t number = cursor_number(at);
        cursor_skip_blanks(at);
        if (!cursor_accept(at, "*")) {
            operand->how.disp += is_negative ? -number : number;
        } else {
            cursor_skip_blanks(at);
            if (is_negative || !is_register(at, word_len(at)))
                cursor_fail(at, OPERAND_MALFORMED);
            else
                add_register(at, number, 1);
        }
    }
    return 0;
}

/* what is in brackets: "rbp - 20", "rip+4", "8*rax + table" */
static void parse_brackets(cursor_t *at)
{
    int is_relative = 0, is_negative = 0;

    do {
        cursor_skip_blanks(at);
        if (cursor_accept(at, "-")) /* "rsp + -4" */
            is_negative = !is_negative;
        cursor_skip_blanks(at);
        is_relative |= parse_term(at, is_negative);
        cursor_skip_blanks(at);
        is_negative = cursor_peek(at) == '-';
    } while (cursor_accept(at, "+") || cursor_accept(at, "-"));
    cursor_expect(at, "]");
    /* the address is that of the symbol: only the encoding is relative to the next instruction */
    if (is_relative && at->operand->symbol == NULL)
        cursor_fail(at, "an address relative to the instruction pointer without a symbol is not supported");
    if (is_relative && (at->operand->how.base != reg_none(at->machine) || at->operand->how.index != reg_none(at->machine)))
        cursor_fail(at, OPERAND_MALFORMED);
}

static void parse_memory(cursor_t *at)
{
    operand_t *operand = at->operand;

    operand->how.flags |= PG_OPERAND_DEREF;
    if (accept_word(at, "fs:") || accept_word(at, "gs:"))
        cursor_fail(at, "a segment register (thread-local storage) is not supported");
    accept_word(at, "ds:");
    if (cursor_peek(at) != '[')
        cursor_sum(at);
    if (cursor_accept(at, "["))
        parse_brackets(at);
    else if (operand->symbol == NULL)
        cursor_fail(at, "an address that is a number is not supported");
}

/* ---- the operand ---- */

void operand_parse_intel(cursor_t *at)
{
    int has_brackets = memchr(at->p, '[', at->end - at->p) != NULL;

    at->operand->is_intel = 1;
    if (is_register(at, at->end - at->p)) {
        at->operand->is_bare_register = 1;
        cursor_value_register(at);
    } else if (accept_word(at, "OFFSET FLAT:")) {
        cursor_sum(at);
    } else if (accept_pointer(at) || has_brackets) {
        parse_memory(at);
    } else {
        cursor_sum(at);
        if (at->operand->symbol != NULL)
            cursor_fail(at, OPERAND_MALFORMED);
    }
}
