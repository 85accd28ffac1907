#ifndef RUNTIME_USDT_OPERAND_INT_H
#define RUNTIME_USDT_OPERAND_INT_H

#include "usdt/operand.h"

/* What operand.c and operand_intel.c share: how the text of one operand is read. */

#define OPERAND_MALFORMED "the operand is malformed"

typedef struct st_cursor_t {
    const char *p, *end; /* of this operand only */
    unsigned machine;
    int is_intel;       /* OPERAND_INTEL */
    operand_t *operand; /* that is parsed */
} cursor_t;

/** The next character; -1 at the end. */
int cursor_peek(const cursor_t *at);
/** Goes over that text if it is next. @return whether it is */
int cursor_accept(cursor_t *at, const char *text);
/** The same, and fails if it is not. */
void cursor_expect(cursor_t *at, const char *text);
void cursor_skip_blanks(cursor_t *at);
/** Says why the operand cannot be read, a literal, and goes to its end. */
void cursor_fail(cursor_t *at, const char *reason);
/** Whether a symbol can begin with that character. */
int cursor_is_symbol(int c);
/** A number without a sign. */
uint64_t cursor_number(cursor_t *at);
/** A symbol, which becomes that of the operand. */
void cursor_symbol(cursor_t *at);
/** Numbers and at most one symbol, added and subtracted, into the operand. */
void cursor_sum(cursor_t *at);
/** The name of a register that holds the value itself. */
void cursor_value_register(cursor_t *at);
/** The name of a register that takes part in an address. @return its word */
uint8_t cursor_address_register(cursor_t *at);

/** Whether what is next can only be in Intel's syntax, or is a register or number in a note that is in it. */
int operand_is_intel(const cursor_t *at);
/** An operand in Intel's syntax, of x86-64. */
void operand_parse_intel(cursor_t *at);

#endif
