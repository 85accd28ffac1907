#ifndef GEN_SYNTAX_SCAN_H
#define GEN_SYNTAX_SCAN_H

#include "base/diag.h"

/** What the scanners of both languages share. */

/**
 * Looks for what no text contains, before any scanner does. One such byte means that the file is no text, so only the first is
 * reported.
 * @return 0 when there was one
 */
int scan_check_bytes(diag_t *diag, src_t *src);
/** where scanning begins: behind a byte order mark */
uint32_t scan_start(const src_t *src);
/** Reports the first character of a word that is not ASCII, if there is one. @return whether there is */
int scan_check_word(diag_t *diag, span_t word);
/** `what`: what to do about the marker */
void scan_report_conflict(diag_t *diag, span_t marker, const char *what);

#endif
