#ifndef GEN_AUDIT_CALLS_READER_H
#define GEN_AUDIT_CALLS_READER_H

#include "audit/calls/ctoken.h"
#include "base/text.h"

/**
 * Reads a source without expanding anything: its tokens outside of directives, and what its directives say. All branches of a
 * conditional are read, since which of them are built is not known, but those under a literal `#if 0`, or behind a literal `#if 1`.
 */

typedef struct st_reader_t reader_t;

/** Who wants to know of directives. They are not told of those in branches that are not read. */
typedef struct st_reader_handlers_t {
    /** The scanner stands behind the name; what is not read of the directive is skipped. */
    void (*define)(void *arg, reader_t *reader, const ctoken_t *name);
    void (*undef)(void *arg, reader_t *reader, const ctoken_t *name);
    /** name: what stands between quotes, or angle brackets; the handler may be NULL */
    void (*include)(void *arg, str_t name, int is_quoted);
    void *arg;
} reader_handlers_t;

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
    uint8_t is_done; /* nor are those behind it */
    int depth;       /* of the caller: see reader_t.depth */
} reader_frame_t;

struct st_reader_t {
    cscanner_t scanner;
    const reader_handlers_t *handlers;
    arena_t *arena; /* NULL: nothing is in it yet */
    size_t num_allocated;
    /** set by the caller: only the first branches that follow are read, since this is one list of arguments */
    int in_arguments;
    /** for the caller, who counts something in it that all branches of a conditional change alike, such as braces */
    int depth;
    int is_at_directive; /* its # is read */
    int guard_step;      /* see reader.c */
    str_t guard;
    int has_guard;
    reader_frame_t *frames;
    size_t num_frames, frames_capacity, num_deep; /* num_deep: those beyond the deepest that is kept */
    size_t num_dead;
    reader_branch_t *branches;
    size_t num_branches, branches_capacity;
    const str_t *condition; /* NULL: not made yet */
};

/** @param has_guard what reader_has_guard() said when the file was read before, else 0 */
void reader_init(reader_t *reader, const ctext_t *text, const reader_handlers_t *handlers, int has_guard);
void reader_dispose(reader_t *reader);
/**
 * @param stops_at_directive whether to return 0 at a directive, and read it with the next call that does not
 * @return 0 at the end
 */
int reader_next(reader_t *reader, ctoken_t *token, int stops_at_directive);
/** Memory that lasts until the next reader_forget(), as conditions do. */
void *reader_alloc(reader_t *reader, size_t size);
/** Nobody needs what was allocated: frees it if it is much. */
void reader_forget(reader_t *reader);
/** At the end: whether the file as a whole is an include guard, `#ifndef X`, `#define X` … `#endif`. */
int reader_has_guard(const reader_t *reader);

/** The #if's around this place, outermost first, joined by " && ", cut if they are long; without an include guard. */
const str_t *reader_condition(reader_t *reader);
/** Offset at which the innermost branch around this place begins; 0: it is under no condition. */
uint32_t reader_branch_start(const reader_t *reader);
/** Whether the innermost conditions ask for this name. */
int reader_asks_for(const reader_t *reader, str_t name);

#endif
