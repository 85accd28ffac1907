#ifndef GEN_SYNTAX_SCAN_H
#define GEN_SYNTAX_SCAN_H

#include <stdio.h>
#include "base/diag.h"

/* What the front ends of both languages share. */

/** Of a scanner that flex makes. */
typedef struct st_scanner_t {
    void *flex;
    void *flex_buf;
    char *buf;             /* flex writes NULs after tokens, so it gets a copy of the text */
    uint32_t mark;         /* where a comment or `#` line began */
    uint32_t comment_mark; /* where a comment in a `#` line began */
} scanner_t;

/**
 * Looks for what makes a whole file unfit to be read, before any scanner does: bytes that no text contains, and markers of a merge
 * conflict. Only the first is reported.
 * @return 0 when there was one
 */
int scan_check_file(diag_t *diag, src_t *src);
/**
 * Makes words whole that a backslash at the end of a line has cut in two, in a copy of the text. To be called before any place of
 * the source is looked up.
 */
void scan_join_words(arena_t *arena, src_t *src);
/** where scanning begins: after a byte order mark */
uint32_t scan_start(const src_t *src);
/** Reports the first character of a word that is not ASCII, if there is one. @return whether there is */
int scan_check_word(diag_t *diag, span_t word);
/** the text of a span in a message: cut when it is long */
str_t scan_shown(arena_t *arena, span_t span);
/** the place after a span, where something is missing */
span_t scan_after(span_t span);
/** Ends the program with a message and EXIT_FILE: what flex cannot go on after. It would end it with the status of wrong usage. */
_Noreturn void scan_fail(const char *why);
/** a line of --dump=tokens: `line:col kind text` */
void scan_dump_token(FILE *out, const char *kind, span_t token);

#endif
