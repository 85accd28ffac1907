#ifndef GEN_AUDIT_BINARY_LINES_H
#define GEN_AUDIT_BINARY_LINES_H

#include <stdint.h>
#include "base/arena.h"

/** What the debug information says of an address. */
typedef struct st_line_t {
    uint64_t address;
    str_t function; /* in: what is known already; n == 0: not known */
    str_t file;     /* short, see dwarf_lines.h; n == 0: not known */
    unsigned line;
} line_t;

/** The file whose debug information is wanted: see debugfile_find(). */
typedef struct st_debugged_t {
    const char *path, *name, *root;
} debugged_t;

typedef enum en_lines_result_t {
    LINES_NONE,  /* there is no debug information */
    LINES_FOUND, /* there is some */
    LINES_CRASHED,
    LINES_TOO_LONG /* it took too much time */
} lines_result_t;

/**
 * Fills in what the debug information of a file says, its own or separate.
 * @param lines by ascending address
 */
lines_result_t lines_read(arena_t *arena, const debugged_t *debugged, line_t *lines, size_t num);

#endif
