#ifndef GEN_DIFF_SIDE_GIT_H
#define GEN_DIFF_SIDE_GIT_H

#include "base/diag.h"

/**
 * Objects of the git repository that the working directory is in. Nothing that a repository can configure is run: no pager, no
 * filter, no text conversion, no hook; and what it lacks is not fetched.
 */
typedef struct st_git_t git_t;

/** What something is on disk or in git; others are symbolic links and submodules in git, devices and pipes on disk. */
typedef enum en_node_kind_t { NODE_MISSING, NODE_FILE, NODE_FOLDER, NODE_OTHER } node_kind_t;

typedef struct st_git_object_t {
    node_kind_t kind;
    str_t id;   /* in hex */
    str_t text; /* of git_look(): two NUL bytes follow it; a folder's is to be read with git_next_entry() */
    str_t name; /* of git_next_entry() */
} git_object_t;

/** So much is read of a repository at most, all questions together. */
#define GIT_MAX_SIZE ((size_t)64 << 20)

/** @return NULL when git cannot be started: reported */
git_t *git_begin(arena_t *arena, diag_t *diag);
/**
 * Reads an object.
 * @param name what git calls it ("REV:PATH", an id); one line
 * @param path what messages call it
 * @return 0, also when it is missing; -1 when git failed or it is too large: reported
 */
int git_look(git_t *git, str_t name, const char *path, git_object_t *object);
void git_end(git_t *git);

/**
 * The next entry of a folder.
 * @param rest   in and out: its text that was not read yet
 * @param id_len characters of the folder's own id
 * @return 0 at the end
 */
int git_next_entry(str_t *rest, size_t id_len, arena_t *arena, git_object_t *entry);

#endif
