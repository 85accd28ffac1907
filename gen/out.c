#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "out.h"

#define BUFFER_SIZE (256 * 1024)

struct st_out_t {
    out_t *next;
    const char *path, *temporary;
    const char *name;
    int fd;
    int error; /* the first errno */
    size_t used;
    char *buffer; /* of the directory: only one file is open at a time */
};

struct st_outdir_t {
    arena_t *arena;
    diag_t *diag;
    const char *path;
    out_t *files, *current;
    char *buffer;
};

outdir_t *outdir_open(arena_t *arena, diag_t *diag, const char *path)
{
    outdir_t *dir = arena_alloc(arena, sizeof(*dir));

    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        diag_report(diag, E_FILE, (span_t){NULL}, "cannot create directory %s: %s", path, strerror(errno));
        return NULL;
    }
    *dir = (outdir_t){.arena = arena, .diag = diag, .path = path, .buffer = arena_alloc(arena, BUFFER_SIZE)};
    return dir;
}

static void flush(out_t *out)
{
    size_t done = 0;

    while (out->error == 0 && done < out->used) {
        ssize_t n = write(out->fd, out->buffer + done, out->used - done);
        if (n > 0)
            done += n;
        else if (n < 0 && errno != EINTR)
            out->error = errno;
    }
    out->used = 0;
}

static void end(outdir_t *dir)
{
    out_t *out = dir->current;

    if (out == NULL)
        return;
    flush(out);
    if (out->fd >= 0 && close(out->fd) != 0 && out->error == 0)
        out->error = errno;
    out->fd = -1;
    dir->current = NULL;
}

out_t *out_begin(outdir_t *dir, const char *name)
{
    out_t *out = arena_alloc(dir->arena, sizeof(*out));

    end(dir);
    *out = (out_t){.next = dir->files, .buffer = dir->buffer, .name = name};
    out->path = arena_printf(dir->arena, "%s/%s", dir->path, name).p;
    out->temporary = arena_printf(dir->arena, "%s/.%s.%ld.tmp", dir->path, name, (long)getpid()).p;
    if ((out->fd = open(out->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0)
        out->error = errno;
    dir->files = dir->current = out;
    return out;
}

/* whether two files have the same bytes */
static int is_same(const char *a, const char *b)
{
    static char buffers[2][64 * 1024];
    struct stat st[2];
    FILE *files[2] = {fopen(a, "re"), fopen(b, "re")};
    int same = 0;

    if (files[0] == NULL || files[1] == NULL)
        goto Exit;
    if (fstat(fileno(files[0]), st) != 0 || fstat(fileno(files[1]), st + 1) != 0 || st[0].st_size != st[1].st_size)
        goto Exit;
    while (1) {
        size_t n = fread(buffers[0], 1, sizeof(buffers[0]), files[0]), m = fread(buffers[1], 1, sizeof(buffers[1]), files[1]);
        if (n != m || memcmp(buffers[0], buffers[1], n) != 0)
            goto Exit;
        if (n == 0)
            break;
    }
    same = !ferror(files[0]) && !ferror(files[1]);

Exit:
    if (files[0] != NULL)
        fclose(files[0]);
    if (files[1] != NULL)
        fclose(files[1]);
    return same;
}

int out_commit(outdir_t *dir)
{
    int failed = 0;

    end(dir);
    for (out_t *out = dir->files; out != NULL; out = out->next) {
        if (out->error != 0) {
            diag_report(dir->diag, E_FILE, (span_t){NULL}, "cannot write %s: %s", out->path, strerror(out->error));
            failed = 1;
        }
    }
    for (out_t *out = dir->files; out != NULL; out = out->next) {
        if (failed || is_same(out->temporary, out->path)) {
            unlink(out->temporary);
        } else if (rename(out->temporary, out->path) != 0) {
            diag_report(dir->diag, E_FILE, (span_t){NULL}, "cannot write %s: %s", out->path, strerror(errno));
            unlink(out->temporary);
            failed = 1;
        }
    }
    return failed ? -1 : 0;
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

void out_str(out_t *out, str_t s)
{
    out_bytes(out, s.p, s.n);
}

void out_text(out_t *out, const char *s)
{
    out_bytes(out, s, strlen(s));
}

void out_printf(out_t *out, const char *fmt, ...)
{
    char line[4096];
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(line)) {
        fprintf(stderr, "probegen: line of generated code is too long: %s\n", fmt);
        abort();
    }
    out_bytes(out, line, n);
}

void out_template(out_t *out, const char *text, const out_var_t *vars)
{
    while (1) {
        const char *dollar = strchrnul(text, '$');
        out_bytes(out, text, dollar - text);
        if (*dollar == '\0')
            return;
        const char *name = dollar + 1, *end = strchr(name, '$');
        if (end == name) {
            out_text(out, "$");
        } else {
            const out_var_t *var = vars;
            while (end != NULL && var->name != NULL && !(strlen(var->name) == (size_t)(end - name) && memcmp(var->name, name, end - name) == 0))
                ++var;
            if (end == NULL || var->name == NULL) {
                fprintf(stderr, "probegen: template with an unknown placeholder: %.40s\n", dollar);
                abort();
            }
            out_str(out, var->value);
        }
        text = end + 1;
    }
}
