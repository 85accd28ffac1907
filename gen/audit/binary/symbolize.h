#ifndef GEN_AUDIT_BINARY_SYMBOLIZE_H
#define GEN_AUDIT_BINARY_SYMBOLIZE_H

#include <stdint.h>
#include "base/arena.h"

/** An address, and where it is in the sources. */
typedef struct st_symbolized_t {
    uint64_t address;
    str_t function; /* n == 0: not known; one that the caller knows already stays */
    str_t file;     /* short, see dwarf_lines.h; n == 0: not known */
    unsigned line;
} symbolized_t;

/** The file whose debug information is wanted: the parameters of debugfile_find(). */
typedef struct st_symbolize_file_t {
    const char *path, *name, *root;
} symbolize_file_t;

typedef enum en_symbolize_result_t {
    SYMBOLIZE_NONE,    /* there is no debug information */
    SYMBOLIZE_FOUND,   /* there is some */
    SYMBOLIZE_CRASHED, /* it is malformed; or there is no memory, or no process */
    SYMBOLIZE_TOO_LONG /* it took too much time */
} symbolize_result_t;

/**
 * Finds the functions, source files and lines of addresses in the debug information of a file, which may be separate. It is read in
 * a process of its own; what was found before that crashed, or took too long, is there.
 * @param arena for the texts
 * @param lines by ascending address
 */
symbolize_result_t symbolize(arena_t *arena, const symbolize_file_t *debugged, symbolized_t *lines, size_t num);

#endif
