#ifndef GEN_AUDIT_CALLS_READER_H
#define GEN_AUDIT_CALLS_READER_H

#include "audit/calls/ctoken.h"
#include "base/table.h"
#include "base/text.h"

/**
 * Reads a source without expanding anything: its tokens, and what its directives say. As it is not known which branches of a
 * conditional are built, all of them are read, except those under a literal `#if 0`, or after a literal `#if 1`.
 */

/** Texts that last, each of them once. Zero-initialise it with its arena, and that of the table, set. */
typedef struct st_ctexts_t {
    arena_t *arena;
    table_t table; /* -> str_t * */
    size_t num_bytes;
    text_t condition; /* of the place that is being read */
} ctexts_t;

/** The same text, or "...", when there are too many already. */
const str_t *ctexts_keep(ctexts_t *texts, str_t text);

/** What reader_next() has found. */
typedef enum en_reader_event_t {
    READER_END,
    READER_TOKEN,
    READER_DEFINE, /* and its name: the scanner stands after it, and what the caller does not read of the directive is skipped */
    READER_UNDEF,  /* and its name */
    READER_INCLUDE /* and what stands between the quotes, or angle brackets */
} reader_event_t;

/** Of deeper conditionals only the number is known; C asks compilers for 63. */
#define READER_MAX_FRAMES 256
/** The first words of a directive that are looked at. */
#define READER_WORDS 4

/** A conditional that is open. */
typedef struct st_reader_frame_t {
    str_t text;                    /* of the condition of the branch that is being read, or the name in its #ifdef */
    size_t around_end, others_end; /* where the condition around it ends, and that of the branches before */
    uint32_t start;                /* offset of the branch */
    uint8_t kind;
    uint8_t is_dead; /* the branch is not read */
    uint8_t is_done; /* the branches after it are not read */
} reader_frame_t;

typedef struct st_reader_t {
    cscanner_t scanner;
    ctexts_t *texts;
    int has_directive; /* a directive stands before the token */
    /**
     * Lists of arguments that are being read, for the caller. In them #elif and #else begin no branch that is read: the branches of
     * a conditional are not one list together, so the first one is taken.
     */
    unsigned num_arguments;
    size_t num_read; /* tokens and directives, but for #pragma: an include guard stands before all of them */
    str_t guard;     /* the X of `#ifndef X`, if that is the first directive */
    reader_frame_t frames[READER_MAX_FRAMES];
    size_t num_frames, num_dead;
    ctoken_t words[READER_WORDS]; /* of the directive that reader_rest() has read, without parentheses */
    text_t *condition;
    const str_t *kept; /* the same; NULL: not kept yet */
} reader_t;

/** @param texts where conditions are kept, of one reader at a time */
void reader_init(reader_t *reader, const ctext_t *text, ctexts_t *texts);
/** The next token that is in no directive, or directive, of what is not dead. */
reader_event_t reader_next(reader_t *reader, ctoken_t *token);
/** The rest of the directive. What is not read of it is skipped. */
str_t reader_rest(reader_t *reader);
/**
 * The #if's around this place, outermost first, joined by " && "; "..." stands for what is too long. An include guard is none: an
 * `#ifndef X` before anything else in the file, and directly after it `#define X`.
 */
const str_t *reader_condition(reader_t *reader);
/** Offset at which the innermost branch around this place begins; 0: it is under no condition. */
uint32_t reader_branch_start(const reader_t *reader);
/** Whether the innermost condition around this place is `#ifdef` of this name. */
int reader_asks_for(const reader_t *reader, str_t name);

#endif
