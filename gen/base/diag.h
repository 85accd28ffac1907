#ifndef GEN_BASE_DIAG_H
#define GEN_BASE_DIAG_H

#include "base/src.h"

/** The closed set of messages: see diag.def. E_* are errors, W_* are warnings. */
typedef enum en_diag_tag_t {
#define DIAG(tag, what) tag,
#include "base/diag.def"
#undef DIAG
    DIAG_NUM_TAGS
} diag_tag_t;

/** After so many errors a closing line is printed and the rest is not shown; parsers stop. */
#define DIAG_MAX_ERRORS 50

typedef struct st_diag_t {
    int num_errors, num_warnings;
    /** errors that are E_FILE, counted in num_errors as well */
    int num_file_errors;
    /** warnings that are errors: bit 1 << tag of each */
    uint64_t strict;
    /** errors that are warnings, since what they hinder is not wanted: bit 1 << tag of each. DIAG_MAX_ERRORS of them are shown. */
    uint64_t mild;
    int num_mild;
    /** whether the last report was not shown; then its notes are not shown either */
    int is_muted;
    /**
     * If set, it is asked before a report is made. When it returns 1 it has taken the report: that is neither printed nor counted,
     * and its notes are dropped.
     */
    int (*take)(void *taker, diag_tag_t tag, span_t at, const char *text);
    void *taker;
} diag_t;

/**
 * Prints `file:line:col: error: text [E_TAG]`, the source line and a caret line to stderr. With span.src == NULL only the text is
 * printed, after "probegen: ". Bytes of the source that are not printable are shown escaped; over-long lines are cut around the
 * caret. A tag's kind (error or warning) comes from its first letter.
 */
void diag_report(diag_t *diag, diag_tag_t tag, span_t at, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/** `file:line:col: note: text`, with source line and caret: belongs to the report before it. */
void diag_note(diag_t *diag, span_t at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/** whether so many errors were reported that it is not worth going on */
static inline int diag_is_full(const diag_t *diag)
{
    return diag->num_errors >= DIAG_MAX_ERRORS;
}
/** name of a tag ("E_SYNTAX") */
const char *diag_tag_name(diag_tag_t tag);

#endif
