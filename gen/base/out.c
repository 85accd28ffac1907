/*
 * A file goes through three states, and most never leave the first:
 *
 *     same       all that was printed so far is what the old file has: nothing is written, `old_fd` is compared with
 *     different  `fd` is a temporary file in the same directory, which begins with what was the same
 *     in place   out_commit() has renamed it
 *
 * Comparing while printing, rather than writing everything and comparing at the end, leaves a directory alone in which nothing
 * changes, also one that cannot be written to. All files are renamed at the end, and none if anything failed in between: what make
 * finds is one run's output. If a rename fails, those before it are taken back: until the last of several is done, the old files
 * are kept beside, as links where the file system has them.
 *
 * Two targets cannot be replaced: a device or pipe is written to directly, and of a symbolic link the file it leads to is meant.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/out.h"
#include "temporary/temporary.h"

#define BUFFER_SIZE (256 * 1024)

struct st_out_t {
    out_t *next;
    arena_t *arena;
    const char *path;
    temporary_t temporary;
    const char *beside; /* a name for `aside`, made before anything is put in place: memory may end */
    const char *aside;  /* the old file's other name while files are put in place, else NULL */
    const char *target; /* the path without symbolic links */
    int is_special;     /* no regular file: nothing can be put in its place */
    int is_placed;      /* the temporary file has become the target */
    int has_mode;       /* a file stands there, whose mode is kept: `mode` */
    mode_t mode;
    int old_fd; /* what stands there, as long as all that was printed is the same; else -1 */
    int fd;     /* the temporary file, -1 as long as none is needed */
    off_t size; /* bytes printed, without those in the buffer */
    int error;  /* the first errno */
    size_t used;
    char *buffer; /* of the directory: only one file is open at a time */
};

struct st_outdir_t {
    arena_t *arena;
    diag_t *diag;
    const char *path;
    int is_rewritten; /* also where nothing differs */
    out_t *files, *current;
    char *buffer;
};

outdir_t *outdir_open(arena_t *arena, diag_t *diag, const char *path)
{
    outdir_t *dir = arena_alloc(arena, sizeof(*dir));

    struct stat st;
    int error = mkdir(path, 0777) == 0 ? 0 : errno;

    if (error == EEXIST)
        error = stat(path, &st) != 0 ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
    if (error != 0) {
        diag_report(diag, E_FILE, (span_t){NULL}, "cannot create directory '%s': %s", path, strerror(error));
        return NULL;
    }
    *dir = (outdir_t){.arena = arena, .diag = diag, .path = path, .buffer = arena_alloc(arena, BUFFER_SIZE)};
    return dir;
}

static void write_all(out_t *out, const char *p, size_t n)
{
    while (out->error == 0 && n > 0) {
        ssize_t done = write(out->fd, p, n);
        if (done > 0) {
            p += done;
            n -= done;
        } else if (done < 0 && errno != EINTR) {
            out->error = errno;
        }
    }
}

/* Reads up to `n` bytes of the old file at `offset`; less at its end. */
static size_t read_old(const out_t *out, char *p, size_t n, off_t offset)
{
    size_t got = 0;

    while (got < n) {
        ssize_t done = pread(out->old_fd, p + got, n - got, offset + got);
        if (done == 0 || (done < 0 && errno != EINTR))
            break;
        got += done > 0 ? done : 0;
    }
    return got;
}

#define MAX_NAMES 1000

/*
 * A name beside the file. Another process that writes the same file has another process id; on a file system that several machines
 * or containers share it may be the same, so the name has to be free: up to MAX_NAMES are to be tried.
 */
static const char *name_beside(const out_t *out)
{
    static unsigned number;
    const char *slash = strrchr(out->target, '/');
    int n = slash != NULL ? (int)(slash + 1 - out->target) : 0;

    return arena_printf(out->arena, "%.*s.probegen-%ld-%u.tmp", n, out->target, (long)getpid(), number++).p;
}

/* What only its owner may read is never open to others, not even while it is written. */
static int keep_mode(const out_t *out)
{
    struct stat st;

    if (!out->has_mode || (fstat(out->fd, &st) == 0 && (st.st_mode & 0777) == out->mode))
        return 0;
    return fchmod(out->fd, out->mode);
}

static void begin_temporary(out_t *out)
{
    for (unsigned i = 0; i < MAX_NAMES && out->fd < 0; ++i) {
        out->fd = temporary_file(&out->temporary, name_beside(out), out->mode);
        if (out->fd < 0 && errno != EEXIST)
            break;
    }
    if (out->fd < 0 || keep_mode(out) != 0)
        out->error = errno;
}

/* From here on the file differs from the old one. The temporary file begins with what was the same. */
static void diverge(out_t *out)
{
    static char part[64 * 1024];

    begin_temporary(out);
    for (off_t at = 0; out->error == 0 && at < out->size;) {
        size_t want = out->size - at < (off_t)sizeof(part) ? (size_t)(out->size - at) : sizeof(part),
               got = read_old(out, part, want, at);
        if (got != want)
            out->error = EIO;
        write_all(out, part, got);
        at += got;
    }
    if (out->old_fd >= 0)
        close(out->old_fd);
    out->old_fd = -1;
}

static void flush(out_t *out)
{
    static char old[BUFFER_SIZE];

    if (out->old_fd >= 0 && !(read_old(out, old, out->used, out->size) == out->used && memcmp(old, out->buffer, out->used) == 0))
        diverge(out);
    if (out->fd >= 0)
        write_all(out, out->buffer, out->used);
    out->size += out->used;
    out->used = 0;
}

static void end(outdir_t *dir)
{
    out_t *out = dir->current;
    struct stat st;

    if (out == NULL)
        return;
    flush(out);
    if (out->old_fd >= 0 && (fstat(out->old_fd, &st) != 0 || st.st_size != out->size))
        diverge(out);
    if (out->old_fd >= 0)
        close(out->old_fd);
    if (out->fd >= 0 && close(out->fd) != 0 && out->error == 0)
        out->error = errno;
    dir->current = NULL;
}

/* What a link leads to. @return 0, or an errno: ENOENT for what can be opened, but has no name any more */
static int find_target(out_t *out)
{
    char *real = realpath(out->path, NULL);

    if (real == NULL)
        return errno;
    out->target = arena_strdup(out->arena, str_of(real)).p;
    free(real);
    return 0;
}

/* How the file is written depends on what stands there already. */
static void look_at_target(out_t *out, int is_rewritten)
{
    struct stat st;
    int error = 0;

    if (stat(out->path, &st) != 0) {
        diverge(out);
    } else if (S_ISDIR(st.st_mode)) {
        out->error = EISDIR;
    } else if (S_ISREG(st.st_mode) && (error = find_target(out)) == 0) {
        out->has_mode = 1;
        out->mode = st.st_mode & 0777;
        if (is_rewritten || (out->old_fd = open(out->target, O_RDONLY | O_CLOEXEC)) < 0)
            diverge(out);
    } else if (error != 0 && error != ENOENT) {
        out->error = error; /* to write it in place would empty it first, and it may be all that there is */
    } else {
        /* a device, a pipe, or what /dev/stdout may be: a file that has no name any more */
        out->is_special = 1;
        if ((out->fd = open(out->path, O_WRONLY | O_TRUNC | O_CLOEXEC)) < 0)
            out->error = errno;
    }
}

static out_t *begin(outdir_t *dir, const char *path)
{
    out_t *out = arena_alloc(dir->arena, sizeof(*out));

    end(dir);
    *out = (out_t){.next = dir->files,
                   .arena = dir->arena,
                   .path = path,
                   .target = path,
                   .mode = 0666,
                   .buffer = dir->buffer,
                   .fd = -1,
                   .old_fd = -1};
    look_at_target(out, dir->is_rewritten);
    dir->files = dir->current = out;
    return out;
}

out_t *out_begin(outdir_t *dir, const char *name)
{
    return begin(dir, arena_printf(dir->arena, "%s/%s", dir->path, name).p);
}

out_t *out_begin_file(arena_t *arena, diag_t *diag, const char *path, outdir_t **dir)
{
    *dir = arena_alloc(arena, sizeof(**dir));
    **dir = (outdir_t){.arena = arena, .diag = diag, .is_rewritten = 1, .buffer = arena_alloc(arena, BUFFER_SIZE)};
    return begin(*dir, path);
}

static void report(outdir_t *dir, const out_t *out, int error)
{
    diag_report(dir->diag, E_FILE, (span_t){NULL}, "cannot write '%s': %s", out->path, strerror(error));
}

/* Only the first file that cannot be put in place is reported: what is wrong with the others is the same full disk or missing
 * right. */
static int is_complete(outdir_t *dir)
{
    for (const out_t *out = dir->files; out != NULL; out = out->next) {
        if (out->error != 0) {
            report(dir, out, out->error);
            return 0;
        }
    }
    return 1;
}

/* Others are as they were, could not be begun, or are written. */
static int has_temporary(const out_t *out)
{
    return out->fd >= 0 && !out->is_special;
}

/*
 * The old file gets a second name, so that there is one at any time. Some file systems have no links, and some files may not be
 * linked by others than their owner: such a file is moved aside.
 * @return 0, or an errno
 */
static int set_aside(out_t *out)
{
    int error = EEXIST;

    for (unsigned i = 0; i < MAX_NAMES && error == EEXIST; ++i) {
        if (i != 0)
            out->beside = name_beside(out);
        error = link(out->target, out->beside) == 0 ? 0 : errno;
    }
    if (error != 0 && error != ENOENT && error != EEXIST)
        error = rename(out->target, out->beside) == 0 ? 0 : errno;
    if (error == 0)
        out->aside = out->beside;
    return error != ENOENT ? error : 0; /* it is new */
}

static int put_in_place(out_t *out, int is_only)
{
    int error = is_only ? 0 : set_aside(out);

    if (error == 0 && rename(out->temporary.path, out->target) != 0)
        error = errno;
    out->is_placed = error == 0;
    if (out->is_placed)
        temporary_keep(&out->temporary);
    return error;
}

/* What stays though it should not: the new file, or the old one's other name. */
static void report_left(outdir_t *dir, const char *path, int error)
{
    diag_report(dir->diag, E_FILE, (span_t){NULL}, "cannot remove '%s', which nobody needs any more: %s", path, strerror(error));
}

/* @return 0, or -1: reported */
static int remove_aside(outdir_t *dir, const out_t *out)
{
    if (out->aside == NULL || unlink(out->aside) == 0 || errno == ENOENT)
        return 0;
    report_left(dir, out->aside, errno);
    return -1;
}

/* Undoes put_in_place(), whether it succeeded or not. */
static void take_back(outdir_t *dir, out_t *out)
{
    int error = 0;

    if (out->aside != NULL ? rename(out->aside, out->target) != 0 : out->is_placed && unlink(out->target) != 0)
        error = errno;
    if (error == 0)
        remove_aside(dir, out); /* renaming one of two names of a file to the other leaves both */
    const char *path = out->temporary.path;
    if (temporary_remove(&out->temporary) != 0)
        report_left(dir, path, errno);
    if (error != 0)
        diag_report(dir->diag, E_FILE, (span_t){NULL}, "cannot put back what was in '%s': %s%s%s%s", out->path, strerror(error),
                    out->aside != NULL ? "; it is in '" : "", out->aside != NULL ? out->aside : "", out->aside != NULL ? "'" : "");
}

/* @return 0, or -1: reported */
static int place_all(outdir_t *dir, int is_failed, int num)
{
    for (out_t *out = dir->files; out != NULL && !is_failed; out = out->next) {
        int error = has_temporary(out) ? put_in_place(out, num == 1) : 0;
        if (error != 0)
            report(dir, out, error);
        is_failed = error != 0;
    }
    int is_left = 0;
    for (out_t *out = dir->files; out != NULL; out = out->next) {
        if (has_temporary(out) && is_failed)
            take_back(dir, out);
        else
            is_left |= remove_aside(dir, out) != 0;
    }
    return is_failed || is_left ? -1 : 0;
}

int out_commit(outdir_t *dir)
{
    sigset_t before;
    int num = 0;

    end(dir);
    int is_failed = !is_complete(dir);
    for (out_t *out = dir->files; out != NULL; out = out->next) {
        num += has_temporary(out);
        out->beside = name_beside(out);
    }
    temporary_hold(&before);
    int result = place_all(dir, is_failed, num);
    temporary_release(&before);
    return result;
}

/* a path as make reads it */
static void out_make_path(out_t *out, const char *path)
{
    for (const char *p = path; *p != '\0'; ++p) {
        if (*p == ' ' || *p == '#' || *p == '\\')
            out_text(out, "\\");
        else if (*p == '$')
            out_text(out, "$");
        out_bytes(out, p, 1);
    }
}

void out_depfile(outdir_t *dir, const char *name, const char *const *inputs, size_t num_inputs)
{
    out_t *files = dir->files, *out = out_begin(dir, name);

    for (const out_t *file = files; file != NULL; file = file->next) {
        out_make_path(out, file->path);
        out_text(out, file->next != NULL ? " \\\n" : ":");
    }
    for (size_t i = 0; i < num_inputs; ++i) {
        out_text(out, " \\\n  ");
        out_make_path(out, inputs[i]);
    }
    out_text(out, "\n");
    /* an input that is gone is not an error for make: the next run of probegen says what is missing */
    for (size_t i = 0; i < num_inputs; ++i) {
        out_make_path(out, inputs[i]);
        out_text(out, ":\n");
    }
}

void out_bytes(out_t *out, const char *p, size_t n)
{
    while (n > 0) {
        size_t room = BUFFER_SIZE - out->used, part = n < room ? n : room;
        memcpy(out->buffer + out->used, p, part);
        out->used += part;
        p += part;
        n -= part;
        if (out->used == BUFFER_SIZE)
            flush(out);
    }
}

void out_text(out_t *out, const char *s)
{
    out_bytes(out, s, strlen(s));
}
