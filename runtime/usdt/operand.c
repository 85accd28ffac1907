/*
 * An operand is "N@OP": N is the size in bytes, negative for a signed value, followed by "f" for a floating-point one; OP is what
 * the compiler would have written into an instruction of that machine. All parse_* functions advance the cursor and return NULL, or
 * the reason why the operand cannot be read. The rule for all that is in doubt: a reason, since a missing value does no harm and a
 * wrong one does.
 */
#include <elf.h>
#include <string.h>
#include <strings.h>
#include "usdt/operand.h"
#include "usdt/regs.h"

typedef struct st_cursor_t {
    const char *p, *end; /* of this operand only */
    unsigned machine;
} cursor_t;

static const char malformed[] = "the operand is malformed";
static const char trailing[] = "there is unexpected text after the operand";
static const char narrow[] = "the register is narrower than the value";
static const char two_symbols[] = "an expression of more than one symbol is not supported";
static const char bad_number[] = "a number in the operand is malformed or out of range";

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static int is_digit(char c)
{
    return '0' <= c && c <= '9';
}

static int is_symbol_char(char c)
{
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || c == '_' || c == '.';
}

static int peek(const cursor_t *at)
{
    return at->p != at->end ? (unsigned char)*at->p : -1;
}

static int accept(cursor_t *at, char c)
{
    if (at->p == at->end || *at->p != c)
        return 0;
    ++at->p;
    return 1;
}

static void skip_blanks(cursor_t *at)
{
    while (at->p != at->end && is_blank(*at->p))
        ++at->p;
}

/* As the assembler reads them: 0x is hexadecimal, 0 octal. */
static const char *parse_number(cursor_t *at, uint64_t *value)
{
    unsigned base = 10;
    size_t num_digits = 0;

    *value = 0;
    if (accept(at, '0')) {
        if (accept(at, 'x') || accept(at, 'X')) {
            base = 16;
        } else {
            base = 8;
            num_digits = 1;
        }
    }
    for (; at->p != at->end; ++at->p, ++num_digits) {
        char c = *at->p;
        unsigned digit;
        if (is_digit(c))
            digit = c - '0';
        else if (('a' <= c && c <= 'f') || ('A' <= c && c <= 'F'))
            digit = (c | 0x20) - 'a' + 10;
        else
            break;
        if (digit >= base || *value > (UINT64_MAX - digit) / base)
            return bad_number;
        *value = *value * base + digit;
    }
    /* "1f" and "1b" are local labels, "0xg" is nothing */
    if (num_digits == 0 || (at->p != at->end && is_symbol_char(*at->p)))
        return bad_number;
    return NULL;
}

static const char *parse_symbol(cursor_t *at, operand_t *operand)
{
    const char *start = at->p;

    if (operand->symbol != NULL)
        return two_symbols;
    while (at->p != at->end && (is_symbol_char(*at->p) || is_digit(*at->p) || *at->p == '$'))
        ++at->p;
    operand->symbol = start;
    operand->symbol_len = at->p - start;
    if (peek(at) == '@')
        return "a symbol with a relocation (@GOT, @TPOFF, ...) is not supported";
    return NULL;
}

/* numbers and at most one symbol, added and subtracted: "-0x20", "counter+8", "16+counter" */
static const char *parse_sum(cursor_t *at, operand_t *operand)
{
    uint64_t sum = 0;
    const char *reason;

    do {
        int is_negative = accept(at, '-');
        if (!is_negative)
            accept(at, '+');
        int c = peek(at);
        if (c != -1 && is_digit(c)) {
            uint64_t value;
            if ((reason = parse_number(at, &value)) != NULL)
                return reason;
            sum += is_negative ? -value : value;
        } else if (c != -1 && is_symbol_char(c)) {
            if (is_negative)
                return two_symbols;
            if ((reason = parse_symbol(at, operand)) != NULL)
                return reason;
        } else {
            return malformed;
        }
    } while (peek(at) == '+' || peek(at) == '-');
    operand->how.disp = sum;
    return NULL;
}

static const char *parse_register(cursor_t *at, reg_t *reg)
{
    const char *start = at->p;

    while (at->p != at->end && (('a' <= *at->p && *at->p <= 'z') || is_digit(*at->p)))
        ++at->p;
    return reg_find(at->machine, start, at->p - start, reg);
}

/* The register holds the value itself. */
static const char *parse_value_register(cursor_t *at, operand_t *operand)
{
    reg_t reg;
    const char *reason = parse_register(at, &reg);

    if (reason != NULL)
        return reason;
    /* What the upper bytes hold would be a guess, see "the byte-width governs" in sys/sdt.h. A wider register is no problem. */
    if (reg.size < operand->how.size)
        return narrow;
    operand->how.base = reg.word;
    return NULL;
}

/* A register that takes part in an address. */
static const char *parse_address_register(cursor_t *at, uint8_t *word)
{
    reg_t reg;
    const char *reason = parse_register(at, &reg);

    if (reason != NULL)
        return reason;
    if (reg.size != 8)
        return "an address of less than 64 bits is not supported";
    if (reg.is_zero)
        return malformed;
    *word = reg.word;
    return NULL;
}

/* ---- x86-64, AT&T syntax ---- */

static const char *parse_x86_64_scale(cursor_t *at, operand_t *operand)
{
    uint64_t scale;
    const char *reason = parse_number(at, &scale);

    if (reason != NULL)
        return reason;
    switch (scale) {
    case 1:
    case 2:
    case 4:
    case 8:
        operand->how.shift = __builtin_ctz(scale);
        return NULL;
    default:
        return "the scale is none of 1, 2, 4, 8";
    }
}

/* what is between the parentheses: "%rbp", "%rbp,%rdx", "%rbp,%rdx,8", ",%rdx,4" or "%rip" */
static const char *parse_x86_64_registers(cursor_t *at, operand_t *operand)
{
    const char *reason;
    reg_t sp;

    if (at->end - at->p >= 5 && memcmp(at->p, "%rip)", 5) == 0) {
        /* Only the encoding is relative to the next instruction: the address is that of the symbol. Without a symbol, the place of
         * that instruction would have to be known. */
        if (operand->symbol == NULL)
            return "an address relative to the instruction pointer without a symbol is not supported";
        at->p += 4;
        return NULL;
    }
    if (peek(at) != ',') {
        if (!accept(at, '%'))
            return malformed;
        if ((reason = parse_address_register(at, &operand->how.base)) != NULL)
            return reason;
    }
    if (!accept(at, ','))
        return NULL;
    if (!accept(at, '%'))
        return malformed;
    if ((reason = parse_address_register(at, &operand->how.index)) != NULL)
        return reason;
    /* no instruction can have it as an index */
    if (reg_find(EM_X86_64, "rsp", 3, &sp) == NULL && operand->how.index == sp.word)
        return malformed;
    return accept(at, ',') ? parse_x86_64_scale(at, operand) : NULL;
}

static const char *parse_x86_64_memory(cursor_t *at, operand_t *operand)
{
    const char *reason;
    reg_t reg;

    operand->how.flags |= PG_OPERAND_DEREF;
    if (peek(at) != '(') {
        if ((reason = parse_sum(at, operand)) != NULL)
            return reason;
        /* With -masm=intel "rax" is a register and "5" a constant; here a symbol of that name and an address, both memory. Which is
         * meant is not known. */
        if (operand->symbol != NULL && reg_find(EM_X86_64, operand->symbol, operand->symbol_len, &reg) == NULL)
            return "a register without % (Intel syntax?) is not supported";
        if (at->p == at->end)
            return operand->symbol != NULL ? NULL : "a number without $ (Intel syntax?) is not supported";
    }
    if (!accept(at, '('))
        return trailing;
    if ((reason = parse_x86_64_registers(at, operand)) != NULL)
        return reason;
    return accept(at, ')') ? NULL : malformed;
}

static const char *parse_x86_64(cursor_t *at, operand_t *operand)
{
    if (accept(at, '$'))
        return parse_sum(at, operand);
    if (accept(at, '%'))
        return parse_value_register(at, operand);
    return parse_x86_64_memory(at, operand);
}

/* ---- aarch64 ---- */

static const char *parse_aarch64_constant(cursor_t *at, operand_t *operand)
{
    const char *reason;

    accept(at, '#');
    if ((reason = parse_sum(at, operand)) != NULL)
        return reason;
    return operand->symbol == NULL ? NULL : "a symbol is not supported on aarch64";
}

/* what follows "[x0, x1": nothing, or ", lsl 3" */
static const char *parse_aarch64_shift(cursor_t *at, operand_t *operand)
{
    uint64_t shift;
    const char *reason;

    skip_blanks(at);
    if (!accept(at, ','))
        return NULL;
    skip_blanks(at);
    if (at->end - at->p < 3 || memcmp(at->p, "lsl", 3) != 0)
        return "an extended index register is not supported";
    at->p += 3;
    skip_blanks(at);
    accept(at, '#');
    if ((reason = parse_number(at, &shift)) != NULL)
        return reason;
    if (shift > 4)
        return malformed;
    operand->how.shift = shift;
    return NULL;
}

static const char *parse_aarch64_memory(cursor_t *at, operand_t *operand)
{
    const char *reason;
    reg_t sp;

    operand->how.flags |= PG_OPERAND_DEREF;
    skip_blanks(at);
    if ((reason = parse_address_register(at, &operand->how.base)) != NULL)
        return reason;
    skip_blanks(at);
    if (accept(at, ',')) {
        skip_blanks(at);
        int c = peek(at);
        if (c == 'x' || c == 'w' || c == 's' || c == 'f' || c == 'l') {
            if ((reason = parse_address_register(at, &operand->how.index)) != NULL)
                return c == 'w' ? "an extended index register is not supported" : reason;
            if (reg_find(EM_AARCH64, "sp", 2, &sp) == NULL && operand->how.index == sp.word)
                return malformed;
            if ((reason = parse_aarch64_shift(at, operand)) != NULL)
                return reason;
        } else if (c == ':') {
            return "a symbol is not supported on aarch64";
        } else if ((reason = parse_aarch64_constant(at, operand)) != NULL) {
            return reason;
        }
        skip_blanks(at);
    }
    return accept(at, ']') ? NULL : malformed;
}

static const char *parse_aarch64(cursor_t *at, operand_t *operand)
{
    int c = peek(at);

    if (accept(at, '['))
        return parse_aarch64_memory(at, operand);
    if (c == '#' || c == '-' || (c != -1 && is_digit(c)))
        return parse_aarch64_constant(at, operand);
    return parse_value_register(at, operand);
}

/* ---- all machines ---- */

/* "8@", "-4@", "8f@". A floating-point value can be read where a general register or memory holds it: pt_regs has no other
 * registers.
 */
static const char *parse_size(cursor_t *at, operand_t *operand)
{
    int is_signed = accept(at, '-');
    uint64_t size = 0;
    size_t num_digits = 0;

    for (; at->p != at->end && is_digit(*at->p) && num_digits < 4; ++at->p, ++num_digits)
        size = size * 10 + (*at->p - '0');
    int is_float = num_digits != 0 && accept(at, 'f');
    if (num_digits == 0 || !accept(at, '@'))
        return "there is no size in front of the operand";
    operand->is_float = is_float;
    operand->size = size;
    operand->is_signed = is_signed;
    if (operand->is_float && (is_signed || !(size == 4 || size == 8) || peek(at) == '$'))
        return "a floating-point value of this kind is not supported";
    if (!(size == 1 || size == 2 || size == 4 || size == 8))
        return "the size is none of 1, 2, 4, 8 bytes";
    operand->how.size = size;
    if (is_signed)
        operand->how.flags |= PG_OPERAND_SIGNED;
    return NULL;
}

static const char *parse_operand(cursor_t *at, operand_t *operand)
{
    const char *reason;

    if ((reason = parse_size(at, operand)) != NULL)
        return reason;
    if (at->p == at->end)
        return malformed;
    switch (at->machine) {
    case EM_X86_64:
        reason = parse_x86_64(at, operand);
        break;
    case EM_AARCH64:
        reason = parse_aarch64(at, operand);
        break;
    default:
        reason = "operands of this machine are not supported";
        break;
    }
    if (reason == NULL && at->p != at->end)
        reason = trailing;
    return reason;
}

int operand_is_known(unsigned machine)
{
    return machine == EM_X86_64 || machine == EM_AARCH64;
}

/* An operand in Intel syntax can go on after a blank ("4@DWORD PTR -4[rbp]", "4@dword ptr [rbp - 4]", "8@OFFSET FLAT:counter"). It
 * is not understood, but its words must not be counted as operands of their own, or all that follow would move. Returns where it
 * goes on, or NULL. */
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

int operand_next(const char **pos, unsigned machine, operand_t *operand)
{
    const char *start = *pos + strspn(*pos, " \t");
    const char *reason;
    cursor_t at;

    *pos = start;
    if (*start == '\0')
        return 0;
    at = (cursor_t){.p = start, .end = find_end(start, machine), .machine = machine};
    *pos = at.end;

    *operand = (operand_t){.text = start, .text_len = at.end - start};
    operand->how.base = operand->how.index = reg_none(machine);
    if ((reason = parse_operand(&at, operand)) != NULL) {
        /* nothing of a half-understood operand may be used */
        operand->how = (struct pg_operand){.base = reg_none(machine), .index = reg_none(machine)};
        operand->symbol = NULL;
        operand->symbol_len = 0;
        operand->reason = reason;
        return 1;
    }
    operand->how.flags |= PG_OPERAND_READABLE;
    return 1;
}
