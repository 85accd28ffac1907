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
    text_t scratch;
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

/** One of the branches of a conditional up to the one that is being read. */
typedef struct st_reader_branch_t {
    uint8_t kind;
    str_t text; /* of the condition, or the name in #ifdef */
} reader_branch_t;

/** A conditional that is open. */
typedef struct st_reader_frame_t {
    uint32_t start;      /* offset of the branch that is being read */
    size_t first_branch; /* in reader_t.branches */
    unsigned num_branches;
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
    /* whether an include guard is around all of the file is known when it has ended, so the first of two readings finds out */
    int has_guard;        /* as given to reader_init() */
    str_t guard;          /* the X of `#ifndef X`, if that is the first directive */
    unsigned num_outside; /* what stands where nothing may, outside of it or before its #define */
    unsigned num_directives;
    reader_frame_t *frames;
    size_t num_frames, frames_capacity, num_deep; /* num_deep: those beyond the deepest that is kept */
    size_t num_dead;
    reader_branch_t *branches;
    size_t num_branches, branches_capacity;
    const str_t *condition; /* NULL: not made yet */
} reader_t;

/**
 * @param texts     where conditions are kept
 * @param has_guard what reader_has_guard() said when the file was read before, else 0
 */
void reader_init(reader_t *reader, const ctext_t *text, ctexts_t *texts, int has_guard);
void reader_dispose(reader_t *reader);
/** The next token that is in no directive, or directive, of what is not dead. */
reader_event_t reader_next(reader_t *reader, ctoken_t *token);
/** At the end: whether an include guard is around the whole file, `#ifndef X`, `#define X` … `#endif`. */
int reader_has_guard(const reader_t *reader);
/** The #if's around this place, without an include guard, outermost first, joined by " && "; "…" stands for what is too long. */
const str_t *reader_condition(reader_t *reader);
/** Offset at which the innermost branch around this place begins; 0: it is under no condition. */
uint32_t reader_branch_start(const reader_t *reader);
/** Whether the innermost condition around this place is `#ifdef` of this name. */
int reader_asks_for(const reader_t *reader, str_t name);

#endif
