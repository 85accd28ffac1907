#ifndef GEN_DTRACE_PREPROCESS_H
#define GEN_DTRACE_PREPROCESS_H

#include "base/diag.h"
#include "dtrace/options.h"

/**
 * Runs the C preprocessor ($CPP, else cpp) over a file, with -I, -D and -U of the options.
 * @return its output; messages about it name the file and line that they come from. NULL when that failed: reported then
 */
src_t *preprocess(arena_t *arena, diag_t *diag, const dtrace_options_t *options, const char *path);

#endif
