#ifndef GEN_AUDIT_CALLS_AHEAD_H
#define GEN_AUDIT_CALLS_AHEAD_H

#include "audit/calls/xlist.h"

/**
 * The tokens of a file that are read ahead of what is done. A macro is looked at when all of its arguments have been read: it is
 * expanded several times if there is a choice of definitions, and not at all if there is nothing relevant in it.
 */

/** A token of the source. */
typedef struct st_ahead_token_t {
    xtoken_t token;
    const str_t *condition; /* see reader_condition(); NULL: it is no macro's name */
    uint32_t closing;       /* of "(": how many tokens further its ")" is; 0: not known */
    /** tokens so far that are names of macros which are relevant, or paste, or are a beginning of a relevant name */
    uint32_t num_relevant, num_pastes, num_beginnings;
} ahead_token_t;

/** Is given each token of the source, in order, when it is read. */
typedef void ahead_token_fn(void *arg, const ctoken_t *token, const macro_t *macro);

typedef struct st_ahead_t {
    const macros_t *macros;
    reader_t *reader;
    ahead_token_fn *on_token;
    void *arg;
    ahead_token_t *tokens;
    size_t first, num, capacity; /* those before `first` are done */
    uint32_t num_relevant, num_pastes, num_beginnings;
    size_t *opens; /* parentheses that are open, as indexes of tokens */
    size_t opens_capacity;
} ahead_t;

void ahead_init(ahead_t *ahead, const macros_t *macros);
void ahead_dispose(ahead_t *ahead);
/** Begins a file. */
void ahead_enter_file(ahead_t *ahead, reader_t *reader, ahead_token_fn *on_token, void *arg);

/** Reads one more token. @return 0 at the end of the file, or at a directive if that is to stop it */
int ahead_read(ahead_t *ahead, int stops_at_directive);
/**
 * Reads the arguments of a macro, which is the first token that is not done.
 * @param is_too_long set when they are: then they are none
 * @return how many tokens further their ")" is; 0: no "(" follows, or nothing closes it
 */
size_t ahead_read_args(ahead_t *ahead, int *is_too_long);
/** Whether a call can come of a macro that is not relevant and has these arguments: they are relevant, or parts of what is. */
int ahead_are_args_relevant(const ahead_t *ahead, size_t length);
/** So many tokens are done. What the reader has allocated for them is gone if nothing else is read ahead. */
void ahead_drop(ahead_t *ahead, size_t num);

#endif
