#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "rights/capability.h"
#include "rights/user.h"

/* A whole number; fails for anything else. */
static int parse_id(const char *text, unsigned *id)
{
    char *end;

    if (text == NULL || *text < '0' || *text > '9')
        return -1;
    errno = 0;
    unsigned long x = strtoul(text, &end, 10);
    *id = x;
    return errno == 0 && *end == '\0' && x < UINT_MAX ? 0 : -1;
}

static void take(user_t *user, uid_t uid, gid_t gid, const char *name)
{
    user->uid = uid;
    user->gid = gid;
    user->is_other = 1;
    snprintf(user->name, sizeof(user->name), "%s", name);
}

static int take_named(user_t *user, const char *name, reason_t *reason)
{
    unsigned uid;
    const struct passwd *entry = getpwnam(name);

    if (entry == NULL && parse_id(name, &uid) == 0)
        entry = getpwuid(uid);
    if (entry == NULL)
        return reason_set(reason, "--user wants a user of this system, and there is no '%s'", name);
    if (entry->pw_uid == 0)
        return reason_set(reason, "--user wants another user than root, not '%s'; -r keeps root", name);
    take(user, entry->pw_uid, entry->pw_gid, entry->pw_name);
    return 0;
}

/* Who called sudo, if that was not root. */
static int take_sudo(user_t *user)
{
    const char *name = getenv("SUDO_USER");
    unsigned uid, gid;

    if (parse_id(getenv("SUDO_UID"), &uid) != 0 || parse_id(getenv("SUDO_GID"), &gid) != 0 || uid == 0)
        return -1;
    take(user, uid, gid, name != NULL ? name : getenv("SUDO_UID"));
    return 0;
}

static void take_nobody(user_t *user)
{
    const struct passwd *entry = getpwnam("nobody");

    take(user, entry != NULL ? entry->pw_uid : USER_NOBODY, entry != NULL ? entry->pw_gid : USER_NOBODY, "nobody");
}

/* For a moment and back, and for good, takes the same. */
static int may_become(const user_t *user, reason_t *reason)
{
    if (capability_has(CAP_SETUID) && capability_has(CAP_SETGID))
        return 0;
    return reason_set(reason,
                      "to trace as user %s rather than as root needs CAP_SETUID and CAP_SETGID, which this process does not have: "
                      "give it these, too, start it as that user, or let it stay root by -r",
                      user->name);
}

int user_choose(user_t *user, const char *name, int keeps_root, reason_t *reason)
{
    *user = (user_t){.keeps_root = keeps_root, .uid = geteuid(), .gid = getegid()};
    if (user->uid != 0 && name != NULL)
        return reason_set(reason, "--user: only root can become another user");
    if (user->uid != 0 || keeps_root)
        return 0;
    if (name != NULL) {
        if (take_named(user, name, reason) != 0)
            return -1;
    } else if (take_sudo(user) != 0) {
        take_nobody(user);
    }
    return may_become(user, reason);
}

int user_begin(user_t *user)
{
    if (!user->is_other)
        return 0;
    if ((user->num_groups = getgroups(0, NULL)) == -1 || (user->groups = calloc(user->num_groups + 1, sizeof(gid_t))) == NULL ||
        getgroups(user->num_groups, user->groups) == -1)
        return -1;
    return setgroups(0, NULL) == 0 && setegid(user->gid) == 0 && seteuid(user->uid) == 0 ? 0 : -1;
}

int user_end(user_t *user)
{
    int failed = user->is_other && (seteuid(0) != 0 || setegid(getgid()) != 0 || setgroups(user->num_groups, user->groups) != 0);

    free(user->groups);
    user->groups = NULL;
    return failed ? -1 : 0;
}

int user_become(const user_t *user)
{
    if (!user->is_other)
        return 0;
    return setgroups(0, NULL) == 0 && setresgid(user->gid, user->gid, user->gid) == 0 &&
                   setresuid(user->uid, user->uid, user->uid) == 0
               ? 0
               : -1;
}
