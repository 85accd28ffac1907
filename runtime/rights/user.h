#ifndef RUNTIME_RIGHTS_USER_H
#define RUNTIME_RIGHTS_USER_H

#include <sys/types.h>
#include "common/reason.h"

/** who owns nothing, should the system have no name for him */
#define USER_NOBODY 65534

/**
 * Whose rights the tracer has while it traces: files are written with them from the start, and when it has attached nothing else is
 * left. Who is not root stays who he is. Root becomes whom --user names, else who called sudo: what is written belongs to the one
 * who asked for it, in his folders. Else it becomes nobody, which every system has and who can write nothing that matters; an
 * output that the shell has opened can be anywhere all the same.
 */
typedef struct st_user_t {
    int keeps_root; /* nothing is given up */
    int is_other;   /* not who started us: we are root, and become this one */
    uid_t uid;
    gid_t gid;
    char name[64]; /* for people */
    gid_t *groups; /* that root has, for user_end() */
    int num_groups;
} user_t;

/**
 * Finds out who that is.
 * @param name       a name or a number; NULL: none was given
 * @param keeps_root root stays root
 * @return 0, or -1 with a reason: there is no such user, or this process may not become one
 */
int user_choose(user_t *user, const char *name, int keeps_root, reason_t *reason);
/** From here on files are opened with the rights of the user, until user_end(). @return 0, or -1 with errno set */
int user_begin(user_t *user);
/** Back to what we were. @return 0, or -1 with errno set */
int user_end(user_t *user);
/** For good. @return 0, or -1 with errno set */
int user_become(const user_t *user);

#endif
