#ifndef GEN_BASE_OUT_H
#define GEN_BASE_OUT_H

#include "base/arena.h"
#include "base/diag.h"

/**
 * Generated files. What is printed is compared with what stands there; where it begins to differ, a temporary file in the same
 * directory is begun, and out_commit() puts all of these in place. So a file that would not change is not touched, and make
 * rebuilds nothing needlessly. Before that, and after any error, what was there is as it was. A file keeps its mode.
 *
 * A symbolic link is followed; what is no regular file (a device, a pipe) is written to as it stands there.
 */
typedef struct st_out_t out_t;
typedef struct st_outdir_t outdir_t;

/** The directory is created (its parent has to exist). @return NULL when that fails; it has been reported then */
outdir_t *outdir_open(arena_t *arena, diag_t *diag, const char *path);
/**
 * Begins a single file anywhere; its directory has to exist. It is written anew even if it would not change: make and ninja want
 * its time to be later than that of what it is made of.
 * @param dir for out_commit()
 */
out_t *out_begin_file(arena_t *arena, diag_t *diag, const char *path, outdir_t **dir);
/** Begins a file of the directory; it ends with the next out_begin() or out_commit(). Errors of writing are reported by
 * out_commit(). */
out_t *out_begin(outdir_t *dir, const char *name);
/**
 * Ends all files, and puts all in place or none.
 * @return 0; -1 if something could not be written: reported, temporary files removed, nothing changed. Only a disk on which a
 * file can neither be put in place nor put back leaves both: then it is told which, and where the old one is. -1 also if all is in
 * place, but something temporary stays, which is told.
 */
int out_commit(outdir_t *dir);
/** Writes a dependency file for make: all files of the directory depend on `inputs`. To be called before out_commit(). */
void out_depfile(outdir_t *dir, const char *name, const char *const *inputs, size_t num_inputs);

void out_bytes(out_t *out, const char *p, size_t n);
void out_text(out_t *out, const char *s);

#endif
