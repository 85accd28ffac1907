#ifndef GEN_SYNTAX_CTYPE_H
#define GEN_SYNTAX_CTYPE_H

#include "base/src.h"
#include "base/text.h"

/**
 * A C type as it was read: what its words are, and how it is spelled. What it means is for sema to find out (model/type.h), since
 * names may be declared elsewhere; whoever prints it or compares it has it here, and nobody reads its spelling again.
 */
typedef struct st_ctype_t {
    /** tokens joined by one blank, stars to each other: "const char **", "char [16]", "void (*)(int)"; without a declared name */
    str_t text;
    /** the same without qualifiers and storage classes */
    str_t bare;
    /** where in `text` the declared name stood; the end of it without one */
    uint32_t name_at;
    /** words of C that say what it is: CTYPE_*, or-ed */
    unsigned basic;
    /** the type's name, with its tag before it: "Oid", "struct st_x"; n == 0: it has none */
    str_t name;
    enum { CTYPE_NO_TAG, CTYPE_STRUCT, CTYPE_UNION, CTYPE_ENUM } tag;
    /** stars and pairs of brackets after these words; a pair of brackets in an argument list is a pointer */
    unsigned num_pointers;
    /** parentheses follow: a function, or a pointer to a function or to an array */
    int has_parens;
} ctype_t;

enum {
    CTYPE_VOID = 1,
    CTYPE_CHAR = 2,
    CTYPE_SHORT = 4,
    CTYPE_INT = 8,
    CTYPE_LONG = 16,
    CTYPE_LONG_LONG = 32,
    CTYPE_INT128 = 64,
    CTYPE_SIGNED = 128,
    CTYPE_UNSIGNED = 256,
    CTYPE_FLOAT = 512,
    CTYPE_DOUBLE = 1024,
    CTYPE_COMPLEX = 2048,
    CTYPE_BOOL = 4096
};

/** What a token is to a type. */
typedef enum en_ctype_token_t {
    CTYPE_TOKEN_OTHER,     /* a star, a bracket, a number, … */
    CTYPE_TOKEN_QUALIFIER, /* says nothing of what the type is: const, register, … */
    CTYPE_TOKEN_TAG,       /* struct, union, enum */
    CTYPE_TOKEN_BASIC,     /* int, unsigned, … */
    CTYPE_TOKEN_NAME,
    CTYPE_TOKEN_BODY /* the members of a struct: no part of the spelling */
} ctype_token_t;

ctype_token_t ctype_token_of(str_t token);

/** The tokens of a declaration, kept until it is known which of them are the type; num = 0 forgets them. */
typedef struct st_ctype_log_t {
    arena_t *arena;
    const src_t *src;
    struct st_ctype_logged_t {
        uint32_t start, end;
    } * tokens;
    size_t num, capacity;
    text_t text, bare; /* of the type that is being made */
} ctype_log_t;

void ctype_log_init(ctype_log_t *log, arena_t *arena, const src_t *src);
void ctype_log(ctype_log_t *log, uint32_t start, uint32_t end);
/**
 * Adds the logged tokens of a span to a type, which was zero before its first span.
 * @param name the declared name; src == NULL without one
 */
void ctype_read(ctype_log_t *log, ctype_t *type, span_t span, span_t name);
/** Ends a type: its spelling stands in the source, where it is the same there, or in the arena. */
void ctype_finish(ctype_log_t *log, ctype_t *type, uint32_t start);

/** "type name" as it is declared in C: "char *x", "char x[16]", "void (*x)(int)"; the type alone when there is no name. */
str_t ctype_declare(arena_t *arena, const ctype_t *type, str_t name);
/** Whether it is `void` itself: pointers to it and functions that return it are other types. */
int ctype_is_void(const ctype_t *type);

#endif
