#ifndef GEN_AUDIT_BINARY_NEEDED_H
#define GEN_AUDIT_BINARY_NEEDED_H

#include "base/arena.h"
#include "usdt/note.h"

/**
 * The shared libraries that a program needs, and those that these need. They are found as the dynamic loader does it (ld.so(8)), as
 * far as that is possible without running anything: DT_RPATH, DT_RUNPATH with $ORIGIN, then the usual folders; files of another
 * machine are passed over. The files are not trusted: there are limits to what is looked for.
 */

/** names in needed_t.missing at most */
#define NEEDED_MAX_SHOWN 8

/** Is given a library; both last as long as it runs. */
typedef void needed_fn(void *arg, const char *path, notes_t *notes);

typedef struct st_needed_t {
    arena_t *arena;   /* for `missing` */
    needed_fn *found; /* is called once for each library */
    void *arg;
    str_t missing; /* names of those that were not found, joined by ", "; not all of them when there are many */
    unsigned num_missing;
} needed_t;

/** @param path of the program or library that `notes` are of */
void needed_find(needed_t *needed, const char *path, const notes_t *notes);

#endif
