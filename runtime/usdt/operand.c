/*
 * An operand is "N@OP": N is the size in bytes, negative for a signed value, followed by "f" for a floating-point one; OP is what
 * the compiler would have written into an instruction of that machine. All cursor_* and parse_* functions advance the cursor;
 * cursor_fail() says why the operand cannot be read. The rule for all that is in doubt: a reason, since a missing value does no
 * harm and a wrong one does.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "usdt/operand.h"
#include "usdt/operand_int.h"
#include "usdt/regs.h"

static const char trailing[] = "there is unexpected text after the operand";
static const char two_symbols[] = "an expression of more than one symbol is not supported";
static const char no_symbols[] = "a symbol is not supported on aarch64";
static const char extended[] = "an extended index register is not supported";
static const char bad_number[] = "a number in the operand is malformed or out of range";

static int is_blank(int c)
{
    return c == ' ' || c == '\t';
}

static int is_digit(int c)
{
    return '0' <= c && c <= '9';
}

/* it can begin one */
int cursor_is_symbol(int c)
{
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || c == '_' || c == '.';
}

int cursor_peek(const cursor_t *at)
{
    return at->p != at->end ? (unsigned char)*at->p : -1;
}

int cursor_accept(cursor_t *at, const char *text)
{
    size_t len = strlen(text);

    if ((size_t)(at->end - at->p) < len || memcmp(at->p, text, len) != 0)
        return 0;
    at->p += len;
    return 1;
}

void cursor_skip_blanks(cursor_t *at)
{
    while (is_blank(cursor_peek(at)))
        ++at->p;
}

/* Only the first reason counts. Nothing is left to be read after it, so that who goes on parsing does no harm. */
void cursor_fail(cursor_t *at, const char *reason)
{
    if (at->operand->reason == NULL)
        at->operand->reason = reason;
    at->p = at->end;
}

void cursor_expect(cursor_t *at, const char *text)
{
    if (!cursor_accept(at, text))
        cursor_fail(at, OPERAND_MALFORMED);
}

/* As the assembler reads them: 0x is hexadecimal, 0 octal. */
uint64_t cursor_number(cursor_t *at)
{
    char *end;
    int base = cursor_peek(at) != '0' ? 10 : (at->p[1] | 0x20) == 'x' ? 16 : 8;

    if (!is_digit(cursor_peek(at))) {
        cursor_fail(at, bad_number);
        return 0;
    }
    errno = 0;
    uint64_t value = strtoull(at->p, &end, base);
    at->p = end;
    /* "1f" and "1b" are local labels, "0xg" and "08" are nothing */
    if (errno != 0 || cursor_is_symbol(cursor_peek(at)) || is_digit(cursor_peek(at)))
        cursor_fail(at, bad_number);
    return value;
}

void cursor_symbol(cursor_t *at)
{
    operand_t *operand = at->operand;

    if (operand->symbol != NULL)
        cursor_fail(at, two_symbols);
    operand->symbol = at->p;
    while (cursor_is_symbol(cursor_peek(at)) || is_digit(cursor_peek(at)) || cursor_peek(at) == '$')
        ++at->p;
    operand->symbol_len = at->p - operand->symbol;
    if (cursor_peek(at) == '@')
        cursor_fail(at, "a symbol with a relocation (@GOT, @TPOFF, ...) is not supported");
}

/* numbers and at most one symbol, added and subtracted: "-0x20", "counter+8", "16+counter" */
void cursor_sum(cursor_t *at)
{
    uint64_t sum = 0;

    do {
        int is_negative = cursor_accept(at, "-");
        if (!is_negative)
            cursor_accept(at, "+");
        if (is_digit(cursor_peek(at)))
            sum += is_negative ? -cursor_number(at) : cursor_number(at);
        else if (!cursor_is_symbol(cursor_peek(at)))
            cursor_fail(at, OPERAND_MALFORMED);
        else if (is_negative)
            cursor_fail(at, two_symbols);
        else
            cursor_symbol(at);
    } while (cursor_peek(at) == '+' || cursor_peek(at) == '-');
    at->operand->how.disp = sum;
}

static reg_t parse_register(cursor_t *at)
{
    const char *start = at->p, *reason;
    reg_t reg;

    while (('a' <= cursor_peek(at) && cursor_peek(at) <= 'z') || is_digit(cursor_peek(at)))
        ++at->p;
    if ((reason = reg_find(at->machine, start, at->p - start, &reg)) != NULL)
        cursor_fail(at, reason);
    return reg;
}

/* The register holds the value itself. */
void cursor_value_register(cursor_t *at)
{
    reg_t reg = parse_register(at);

    /* What the upper bytes hold would be a guess, see "the byte-width governs" in sys/sdt.h. A wider register is no problem. */
    if (reg.size < at->operand->how.size)
        cursor_fail(at, "the register is narrower than the value");
    at->operand->how.base = reg.word;
}

/* A register that takes part in an address. Returns its word. */
uint8_t cursor_address_register(cursor_t *at)
{
    reg_t reg = parse_register(at);

    if (reg.size != 8)
        cursor_fail(at, "an address of less than 64 bits is not supported");
    if (reg.word == reg_none(at->machine))
        cursor_fail(at, OPERAND_MALFORMED);
    return reg.word;
}

/* No instruction can have the stack pointer as an index. */
static uint8_t parse_index_register(cursor_t *at, const char *stack_pointer)
{
    uint8_t word = cursor_address_register(at);
    reg_t sp;

    if (reg_find(at->machine, stack_pointer, strlen(stack_pointer), &sp) == NULL && word == sp.word)
        cursor_fail(at, OPERAND_MALFORMED);
    return word;
}

/* ---- x86-64, AT&T syntax ---- */

/* what is between the parentheses: "%rbp", "%rbp,%rdx", "%rbp,%rdx,8" or ",%rdx,4" */
static void parse_x86_64_registers(cursor_t *at)
{
    struct pg_operand *how = &at->operand->how;

    if (cursor_peek(at) != ',') {
        cursor_expect(at, "%");
        how->base = cursor_address_register(at);
    }
    if (!cursor_accept(at, ","))
        return;
    cursor_expect(at, "%");
    how->index = parse_index_register(at, "rsp");
    if (cursor_accept(at, ",")) {
        uint64_t scale = cursor_number(at);
        if (!(scale == 1 || scale == 2 || scale == 4 || scale == 8))
            cursor_fail(at, "the scale is none of 1, 2, 4, 8");
        else
            how->shift = __builtin_ctz(scale);
    }
}

static void parse_x86_64_memory(cursor_t *at)
{
    operand_t *operand = at->operand;
    reg_t reg;

    operand->how.flags |= PG_OPERAND_DEREF;
    if (cursor_peek(at) != '(') {
        cursor_sum(at);
        /* In Intel's syntax "rax" is a register and "5" a constant; here a symbol of that name and an address, both memory. Which
         * is meant is not known. */
        if (operand->symbol != NULL && reg_find(EM_X86_64, operand->symbol, operand->symbol_len, &reg) == NULL)
            cursor_fail(at, "a register without %, where others have one (Intel syntax?), is not supported");
        if (at->p == at->end) {
            if (operand->symbol == NULL)
                cursor_fail(at, "a number without $ (Intel syntax?), where nothing else shows the syntax, is not supported");
            return;
        }
    }
    if (!cursor_accept(at, "("))
        cursor_fail(at, trailing);
    if (cursor_accept(at, "%rip)")) {
        /* Only the encoding is relative to the next instruction: the address is that of the symbol. Without a symbol, the place of
         * that instruction would have to be known. */
        if (operand->symbol == NULL)
            cursor_fail(at, "an address relative to the instruction pointer without a symbol is not supported");
    } else {
        parse_x86_64_registers(at);
        cursor_expect(at, ")");
    }
}

static void parse_x86_64(cursor_t *at)
{
    if (operand_is_intel(at))
        operand_parse_intel(at);
    else if (cursor_accept(at, "$"))
        cursor_sum(at);
    else if (cursor_accept(at, "%"))
        cursor_value_register(at);
    else
        parse_x86_64_memory(at);
}

/* ---- aarch64 ---- */

static void parse_aarch64_constant(cursor_t *at)
{
    cursor_accept(at, "#");
    if (cursor_peek(at) == ':') /* "#:lo12:counter" */
        cursor_fail(at, no_symbols);
    cursor_sum(at);
    if (at->operand->symbol != NULL)
        cursor_fail(at, no_symbols);
}

/* what follows "[x0, x1": nothing, or ", lsl 3" */
static void parse_aarch64_shift(cursor_t *at)
{
    cursor_skip_blanks(at);
    if (!cursor_accept(at, ","))
        return;
    cursor_skip_blanks(at);
    if (!cursor_accept(at, "lsl"))
        cursor_fail(at, extended);
    cursor_skip_blanks(at);
    cursor_accept(at, "#");
    uint64_t shift = cursor_number(at);
    if (shift > 4)
        cursor_fail(at, OPERAND_MALFORMED);
    at->operand->how.shift = shift;
}

static void parse_aarch64_memory(cursor_t *at)
{
    struct pg_operand *how = &at->operand->how;

    how->flags |= PG_OPERAND_DEREF;
    cursor_skip_blanks(at);
    how->base = cursor_address_register(at);
    cursor_skip_blanks(at);
    if (cursor_accept(at, ",")) {
        cursor_skip_blanks(at);
        int c = cursor_peek(at);
        if (c == 'w') {
            cursor_fail(at, extended);
        } else if (c == 'x' || c == 's' || c == 'f' || c == 'l') {
            how->index = parse_index_register(at, "sp");
            parse_aarch64_shift(at);
        } else {
            parse_aarch64_constant(at);
        }
        cursor_skip_blanks(at);
    }
    cursor_expect(at, "]");
}

static void parse_aarch64(cursor_t *at)
{
    int c = cursor_peek(at);

    if (cursor_accept(at, "["))
        parse_aarch64_memory(at);
    else if (c == '#' || c == '-' || is_digit(c))
        parse_aarch64_constant(at);
    else
        cursor_value_register(at);
}

/* ---- all machines ---- */

/* "8@", "-4@", "8f@". A floating-point value can be read where a general register or memory holds it: pt_regs has no other
 * registers.
 */
static void parse_size(cursor_t *at)
{
    operand_t *operand = at->operand;
    int is_signed = cursor_accept(at, "-");
    uint64_t size = 0;
    size_t num_digits = 0;

    for (; is_digit(cursor_peek(at)) && num_digits < 4; ++at->p, ++num_digits)
        size = size * 10 + (*at->p - '0');
    int is_float = num_digits != 0 && cursor_accept(at, "f");
    if (num_digits == 0 || !cursor_accept(at, "@")) {
        cursor_fail(at, "there is no size in front of the operand");
        return;
    }
    operand->is_float = is_float;
    operand->size = size;
    operand->is_signed = is_signed;
    if (is_float && (is_signed || !(size == 4 || size == 8) || cursor_peek(at) == '$'))
        cursor_fail(at, "a floating-point value of this kind is not supported");
    if (!(size == 1 || size == 2 || size == 4 || size == 8))
        cursor_fail(at, "the size is none of 1, 2, 4, 8 bytes");
    operand->how.size = size;
    if (is_signed)
        operand->how.flags |= PG_OPERAND_SIGNED;
}

static void parse_operand(cursor_t *at)
{
    parse_size(at);
    if (at->p == at->end)
        cursor_fail(at, OPERAND_MALFORMED);
    else if (at->machine == EM_X86_64)
        parse_x86_64(at);
    else if (at->machine == EM_AARCH64)
        parse_aarch64(at);
    else
        cursor_fail(at, "operands of this machine are not supported");
    if (at->p != at->end)
        cursor_fail(at, trailing);
}

int operand_is_sound(const struct pg_operand *how)
{
    if (!(how->flags & PG_OPERAND_READABLE))
        return 1;
    return (how->size == 1 || how->size == 2 || how->size == 4 || how->size == 8) && how->base <= PG_REG_NONE &&
           how->index <= PG_REG_NONE && how->shift <= 4 && (!(how->flags & PG_OPERAND_FLOAT) || how->size == 4);
}

int operand_is_known(unsigned machine)
{
    return machine == EM_X86_64 || machine == EM_AARCH64;
}

/* An operand in Intel syntax can go on after a blank ("4@DWORD PTR -4[rbp]", "4@dword ptr [rbp - 4]", "8@OFFSET FLAT:counter").
 * Returns where it goes on, or NULL. */
static const char *find_intel_continuation(const char *s)
{
    if (strncasecmp(s, "PTR ", 4) == 0)
        return s + 4;
    return *s == '[' || strncmp(s, "FLAT:", 5) == 0 ? s : NULL;
}

/* The next blank ends an operand, unless it is in brackets: "8@[sp, 16]", "4@[rsp - 8]". A bracket that is not closed within the
 * operand must not make it swallow the next one. */
static const char *find_end(const char *s, unsigned machine)
{
    const char *p = s, *unclosed = s; /* up to here, no bracket is closed */

    for (;;) {
        while (*p != '\0' && !is_blank(*p)) {
            if (*p == '[' && p >= unclosed) {
                const char *stop = p + strcspn(p, "]@");
                if (*stop == ']')
                    p = stop;
                else
                    unclosed = stop;
            }
            ++p;
        }
        if (*p == '\0' || !(machine == EM_X86_64 || machine == EM_386))
            return p;
        const char *next = find_intel_continuation(p + strspn(p, " \t"));
        if (next == NULL)
            return p;
        p = next;
    }
}

int operand_next(const char **pos, unsigned syntax, operand_t *operand)
{
    unsigned machine = syntax & ~OPERAND_INTEL;
    const struct pg_operand nothing = {.base = reg_none(machine), .index = reg_none(machine)};
    const char *start = *pos + strspn(*pos, " \t");

    *pos = start;
    if (*start == '\0')
        return 0;
    cursor_t at = {.p = start,
                   .end = find_end(start, machine),
                   .machine = machine,
                   .is_intel = (syntax & OPERAND_INTEL) != 0,
                   .operand = operand};
    *pos = at.end;

    *operand = (operand_t){.how = nothing, .text = start, .text_len = at.end - start};
    parse_operand(&at);
    if (operand->reason != NULL) {
        /* nothing of a half-understood operand may be used */
        operand->how = nothing;
        operand->symbol = NULL;
        operand->symbol_len = 0;
    } else {
        operand->how.flags |= PG_OPERAND_READABLE;
    }
    return 1;
}

int operand_is_constant(const operand_t *operand, unsigned machine)
{
    uint8_t none = reg_none(machine);

    return operand->reason == NULL && operand->symbol == NULL && (operand->how.flags & PG_OPERAND_DEREF) == 0 &&
           operand->how.base == none && operand->how.index == none;
}
