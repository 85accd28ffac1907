#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/grow.h"
#include "common/say.h"
#include "output/rotate.h"

#define TIME_SIZE sizeof("-20260702T093015.250Z")
/* what a name has after that of the file, '0' for a digit */
#define TIME_PATTERN "-00000000T000000.000Z"

/* ---- names ---- */

/* Bytes of the name before its ending. */
static size_t stem_len(const char *path, const char *ending)
{
    return strlen(path) - strlen(ending);
}

static int make_name(char **name, const char *path, const char *ending, uint64_t ms)
{
    char text[TIME_SIZE];
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "-%Y%m%dT%H%M%S", &tm);
    return asprintf(name, "%.*s%s.%03uZ%s", (int)stem_len(path, ending), path, text, (unsigned)(ms % 1000), ending);
}

/* Whether a name in the folder is one that make_name() made. @param stem without the folder */
static int is_made(const char *name, const char *stem, size_t len, const char *ending)
{
    if (strncmp(name, stem, len) != 0)
        return 0;
    name += len;
    for (const char *p = TIME_PATTERN; *p != '\0'; ++p, ++name) {
        if (*p == '0' ? *name < '0' || *name > '9' : *name != *p)
            return 0;
    }
    return strcmp(name, ending) == 0;
}

/* ---- moving ---- */

/* Not over a file that is there. @return 0, or -1 with errno set */
static int move(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL) /* some file systems cannot do that */
        return -1;
    if (access(to, F_OK) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

static int move_away(const outfile_t *file, const char *ending, uint64_t *last, reason_t *reason)
{
    uint64_t now = clock_ns(CLOCK_REALTIME) / 1000000;

    for (uint64_t ms = now > *last ? now : *last + 1;; ++ms) {
        char *name;
        if (make_name(&name, file->path, ending, ms) == -1)
            return reason_set(reason, "out of memory");
        int result = move(file->path, name), error = errno;
        free(name);
        if (result == 0) {
            *last = ms;
            return 0;
        }
        if (error != EEXIST)
            return reason_set(reason, "cannot move %s away: %s", file->path, strerror(error));
    }
}

int rotate_file(outfile_t *file, const char *ending, uint64_t *last, reason_t *reason)
{
    struct stat ours, at_path;

    if (fstat(file->fd, &ours) != 0)
        return reason_set(reason, "cannot look at %s: %s", file->path, strerror(errno));
    int is_ours = stat(file->path, &at_path) == 0 && at_path.st_ino == ours.st_ino && at_path.st_dev == ours.st_dev;
    if ((is_ours && move_away(file, ending, last, reason) != 0) || outfile_reopen(file, reason) != 0)
        return -1;
    /* those who may read the old one may read the next one; if that cannot be, fewer may */
    if (is_ours && fchown(file->fd, ours.st_uid, ours.st_gid) == 0)
        fchmod(file->fd, ours.st_mode & 0777);
    return 0;
}

/* ---- removing ---- */

typedef struct st_names_t {
    char **list;
    size_t num, capacity;
} names_t;

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(names_t *names, const char *name)
{
    char **list = grow_list(names->list, &names->capacity, names->num, sizeof(*list));

    if (list == NULL)
        return -1;
    names->list = list;
    if ((list[names->num] = strdup(name)) == NULL)
        return -1;
    ++names->num;
    return 0;
}

/* @return 0, or -1 when memory is short: then it is not known which are the oldest */
static int read_folder(names_t *names, DIR *folder, const char *stem, size_t len, const char *ending)
{
    const struct dirent *entry;

    while ((entry = readdir(folder)) != NULL) {
        if (is_made(entry->d_name, stem, len, ending) && add_name(names, entry->d_name) != 0)
            return -1;
    }
    return 0;
}

void rotate_remove_old(const char *path, const char *ending, uint32_t keep)
{
    const char *slash = strrchr(path, '/'), *stem = slash != NULL ? slash + 1 : path;
    char *name = slash != NULL ? strndup(path, (size_t)(stem - path)) : strdup(".");
    DIR *folder = name != NULL ? opendir(name) : NULL;
    names_t names = {0};

    free(name);
    if (folder == NULL)
        return;
    int is_known = read_folder(&names, folder, stem, stem_len(stem, ending), ending) == 0;
    if (names.num != 0)
        qsort(names.list, names.num, sizeof(*names.list), compare);
    for (size_t i = 0; i < names.num; ++i) {
        if (is_known && i + keep < names.num && unlinkat(dirfd(folder), names.list[i], 0) != 0)
            tracer_say("cannot remove %s: %s", names.list[i], strerror(errno));
        free(names.list[i]);
    }
    free(names.list);
    closedir(folder);
}
