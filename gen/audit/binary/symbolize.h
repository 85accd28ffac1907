#ifndef GEN_AUDIT_BINARY_SYMBOLIZE_H
#define GEN_AUDIT_BINARY_SYMBOLIZE_H

#include "audit/evidence/evidence.h"

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
 * Finds the functions, source files and lines of sites in the debug information of a file, which may be separate, and makes names
 * of C++ functions readable. That is done in a process of its own; what was found before that crashed, or took too long, is there.
 *
 * Names of files are relative to the folder that the compiler ran in or, if the sources are elsewhere, to the folder that all of
 * them have in common: "lib/http2/connection.c" in both cases, whoever built it and where. A file in neither has its whole path.
 * @param arena for the texts
 * @param sites by ascending address; a function that is known (p != NULL) stays
 */
symbolize_result_t symbolize(arena_t *arena, const symbolize_file_t *debugged, audit_site_t *sites, size_t num);

#endif
