/*
 * What has to be removed stands in a list that a signal handler may walk at any time: it is changed only while the signals wait.
 * The handler calls nothing but system calls.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "temporary/temporary.h"

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { NUM_SIGNALS = sizeof(signals) / sizeof(signals[0]) };

#define MAX_TRIES 10 /* to remove a folder in which somebody makes files */

static temporary_t *list;
static pid_t owner; /* a process that was forked removes nothing of its parent's */

/* getdents64(2), since opendir() may wait for the allocator that the signal has interrupted */
static void empty_folder(const char *path)
{
    _Alignas(struct dirent64) char entries[4096];
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t n;

    while (fd >= 0 && (n = getdents64(fd, entries, sizeof(entries))) > 0) {
        for (ssize_t at = 0; at < n;) {
            const struct dirent64 *entry = (const struct dirent64 *)(entries + at);
            unlinkat(fd, entry->d_name, 0); /* "." and ".." stay */
            at += entry->d_reclen;
        }
    }
    if (fd >= 0)
        close(fd);
}

/* @return 0; -1: errno says why it stays */
static int remove_one(const temporary_t *temporary)
{
    int failed = -1;

    if (!temporary->is_folder)
        return unlink(temporary->path);
    /* a compiler that goes on for a moment may put something there */
    for (int i = 0; i < MAX_TRIES && failed; ++i) {
        empty_folder(temporary->path);
        failed = rmdir(temporary->path);
        if (failed && errno != ENOTEMPTY && errno != EEXIST)
            break;
    }
    return failed;
}

static void remove_all(void)
{
    for (; list != NULL && owner == getpid(); list = list->next)
        remove_one(list);
}

static void end_by_signal(int number)
{
    remove_all();
    signal(number, SIG_DFL);
    raise(number); /* comes when this returns */
}

static void set_of_signals(sigset_t *set)
{
    sigemptyset(set);
    for (int i = 0; i < NUM_SIGNALS; ++i)
        sigaddset(set, signals[i]);
}

static void set_up(void)
{
    struct sigaction action = {.sa_handler = end_by_signal, .sa_flags = SA_RESTART}, old;

    if (owner == getpid())
        return;
    if (owner == 0)
        atexit(remove_all);
    owner = getpid();
    set_of_signals(&action.sa_mask);
    for (int i = 0; i < NUM_SIGNALS; ++i) {
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(signals[i], &action, NULL);
    }
}

void temporary_hold(sigset_t *before)
{
    sigset_t set;

    set_of_signals(&set);
    sigprocmask(SIG_BLOCK, &set, before);
}

void temporary_release(const sigset_t *before)
{
    sigprocmask(SIG_SETMASK, before, NULL);
}

static void enlist(temporary_t *temporary, const char *path, int is_folder)
{
    *temporary = (temporary_t){.next = list, .path = path, .is_folder = is_folder};
    list = temporary;
}

int temporary_file(temporary_t *temporary, const char *path, mode_t mode)
{
    sigset_t before;

    set_up();
    temporary_hold(&before);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode), error = errno;
    if (fd >= 0)
        enlist(temporary, path, 0);
    temporary_release(&before);
    errno = error;
    return fd;
}

int temporary_folder(temporary_t *temporary, char *path)
{
    sigset_t before;

    set_up();
    temporary_hold(&before);
    int is_made = mkdtemp(path) != NULL, error = errno;
    if (is_made)
        enlist(temporary, path, 1);
    temporary_release(&before);
    errno = error;
    return is_made ? 0 : -1;
}

void temporary_keep(temporary_t *temporary)
{
    sigset_t before;

    temporary_hold(&before);
    for (temporary_t **at = &list; *at != NULL; at = &(*at)->next) {
        if (*at == temporary) {
            *at = temporary->next;
            break;
        }
    }
    temporary->path = NULL;
    temporary_release(&before);
}

int temporary_remove(temporary_t *temporary)
{
    if (temporary->path == NULL)
        return 0;
    int failed = remove_one(temporary) != 0 && errno != ENOENT, error = errno;
    temporary_keep(temporary);
    errno = error;
    return failed ? -1 : 0;
}
