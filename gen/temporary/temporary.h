#ifndef GEN_TEMPORARY_TEMPORARY_H
#define GEN_TEMPORARY_TEMPORARY_H

#include <signal.h>
#include <sys/types.h>

/**
 * A file or folder that must not stay. It is removed when the program calls exit(), or is ended by SIGINT, SIGTERM or SIGHUP (if
 * these are not ignored). The structure and its path must stay where they are until it is removed or kept; zero-initialise it.
 */
typedef struct st_temporary_t {
    struct st_temporary_t *next;
    const char *path; /* NULL: there is nothing */
    int is_folder;
} temporary_t;

/** Creates a file for writing, which must not be there. @return a file descriptor; -1: errno says why */
int temporary_file(temporary_t *temporary, const char *path, mode_t mode);
/** As mkdtemp(3). @return 0; -1: errno says why */
int temporary_folder(temporary_t *temporary, char *path);
/** Removes it, a folder with the files that are in it. Nothing if there is nothing. @return 0; -1: it stays, errno says why */
int temporary_remove(temporary_t *temporary);
/** It has become something that stays. */
void temporary_keep(temporary_t *temporary);
/** Until temporary_release(), these signals wait: for what must not be done by half. They do not nest. */
void temporary_hold(sigset_t *before);
void temporary_release(const sigset_t *before);

#endif
