/*
 * Calls of probes hide in macros that wrap them, so macros have to be expanded; but there is no preprocessor to do it, since how
 * the sources are built is not known, and all branches of their conditionals count. Files are read twice, and none is kept:
 *
 *     sources.c     which files there are
 *     1st reading   ctoken.c: tokens; reader.c: directives; macro.c: what is defined; scope.c: where
 *     macro.c       which macros can lead to a probe
 *     2nd reading   expand.c: what these expand to where they are used; undefined.c: calls of probes that do not exist
 *
 * What is found is what a preprocessor finds in all configurations together (t/50audit_calls.t compares both). Not found
 * is what depends on macros of the command line, or of headers that are not given.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "audit/calls/calls.h"
#include "audit/calls/expand.h"
#include "audit/evidence/finding.h"
#include "base/file.h"
#include "base/grow.h"
#include "print/print.h"
#include "audit/calls/undefined.h"

/* People do not write larger files, and generated ones of that size are data. */
#define MAX_FILE_SIZE ((size_t)64 << 20)
/* different calls that one place in the source may lead to */
#define MAX_OF_PLACE 1024
/* calls that are kept */
#define MAX_CALLS ((size_t)1 << 20)
/* steps of all expansions in a file, and in all files: so many, and for each byte so many more */
#define MIN_FILE_BUDGET ((uint64_t)4 << 20)
#define MIN_BUDGET ((uint64_t)64 << 20)
#define BUDGET_OF_BYTE 64

typedef struct st_found_t {
    audit_row_t *row;
    size_t file;
    uint32_t offset; /* of what is written */
    audit_call_t call;
} found_t;

typedef struct st_job_t {
    audit_t *audit;
    arena_t *arena;
    sources_t sources;
    macros_t macros;
    scope_t scope;
    undefined_t undefined;
    expander_t expander;
    uint64_t steps_left;  /* for all files */
    budget_t file_budget; /* what of it the file that is read may use */
    uint64_t num_bytes;
    ctext_t text;
    reader_handlers_t reader_handlers;
    reader_t reader;
    int has_given_up;
    found_t *found;
    size_t num_found, capacity;
    table_t texts; /* each text of a call once -> itself */
} job_t;

/* ---- files ---- */

static __attribute__((format(printf, 4, 5))) void add_unread(job_t *job, size_t file, uint32_t line, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    audit_finding_t *finding = finding_add(job->audit, NULL, FINDING_P026, "%s", arena_vprintf(job->audit->arena, fmt, args).p);
    va_end(args);
    finding_in(finding, job->sources.files[file]->path, line);
}

static int is_for_lex(str_t path)
{
    return str_ends_in(path, ".l") || str_ends_in(path, ".ll") || str_ends_in(path, ".lpp");
}

/* Begins to read a file. @return 0 when it cannot be read: that is reported, once */
static int open_file(job_t *job, size_t file)
{
    source_t *source = job->sources.files[file];
    const char *path = source->path.p;
    struct stat st;
    int is_read = 0, fd;

    if (source->is_unread)
        return 0;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd != -1 && fstat(fd, &st) == 0) {
        errno = EINVAL; /* what was a regular file when the folder was read is one no more */
        if (S_ISREG(st.st_mode))
            is_read = file_read(fd, &job->text.p, &job->text.n, &job->text.capacity, MAX_FILE_SIZE) == 0;
    }
    if (!is_read && errno == EFBIG)
        add_unread(job, file, 0, "it is larger than %zu MiB", MAX_FILE_SIZE >> 20);
    else if (!is_read)
        audit_fail(job->audit, "cannot read '%s': %s", path, strerror(errno));
    if (fd != -1)
        close(fd);
    source->is_unread = !is_read;
    if (!is_read)
        return 0;
    job->text.has_patterns = is_for_lex(source->path);
    ctext_join_lines(&job->text);
    scope_enter_file(&job->scope, file);
    reader_init(&job->reader, &job->text, &job->reader_handlers, source->has_guard);
    return 1;
}

/* ---- first reading ---- */

static void on_define(void *arg, reader_t *reader, const ctoken_t *name)
{
    job_t *job = arg;

    undefined_define(&job->undefined, ctoken_str(name));
    scope_define(&job->scope, reader, name);
}

static void on_undefine(void *arg, reader_t *reader, const ctoken_t *name)
{
    scope_undefine(&((job_t *)arg)->scope, reader, ctoken_str(name));
}

static void on_include(void *arg, str_t name, int is_quoted)
{
    scope_include(&((job_t *)arg)->scope, name, is_quoted);
}

static void read_definitions(job_t *job)
{
    ctoken_t token;

    for (size_t i = 0; i < job->sources.num; ++i) {
        int was_full = job->macros.is_full;
        progress_show("definitions in sources", i, job->sources.num, "files");
        if (!open_file(job, i))
            continue;
        ++job->audit->sources.num_files;
        job->num_bytes += job->text.n;
        while (reader_next(&job->reader, &token, 0))
            ;
        job->sources.files[i]->has_guard = reader_has_guard(&job->reader);
        reader_dispose(&job->reader);
        if (job->macros.is_full && !was_full)
            add_unread(job, i, 0, "there are too many macros: those here and in what is read after it are not known");
    }
}

/* ---- second reading ---- */

/* The same text that does not go away with the file. */
static str_t keep_text(job_t *job, str_t text)
{
    const char *kept = table_get(&job->texts, text);

    if (kept == NULL) {
        kept = arena_strdup(job->audit->arena, text).p;
        table_put(&job->texts, (str_t){kept, text.n}, (void *)kept);
    }
    return (str_t){kept, text.n};
}

static void give_up(void *arg, uint32_t line, str_t macro, const char *why)
{
    job_t *job = arg;

    if (!job->has_given_up)
        add_unread(job, job->scope.file, line, "%.*s() %s", STR_ARG(macro), why);
    job->has_given_up = 1; /* once in a file is enough */
}

static void add_call(job_t *job, audit_row_t *row, size_t file, uint32_t offset, audit_call_t call)
{
    size_t num = 0;

    /* a place in the source counts once, however many expansions lead from there to the same call */
    while (num != job->num_found) {
        const found_t *found = job->found + job->num_found - 1 - num;
        if (found->file != file || found->offset != offset)
            break;
        if (found->row == row && found->call.num_args == call.num_args)
            return;
        ++num;
    }
    if (num == MAX_OF_PLACE || job->num_found == MAX_CALLS) {
        give_up(job, call.line, call.macro, num == MAX_OF_PLACE ? "leads to too many probes" : "is one call too many");
        return;
    }
    job->found = grow(job->found, &job->capacity, job->num_found, sizeof(*job->found));
    found_t *found = job->found + job->num_found++;
    *found = (found_t){.row = row, .file = file, .offset = offset, .call = call};
    found->call.file = job->sources.files[file]->path;
    found->call.macro = keep_text(job, call.macro);
    found->call.condition = keep_text(job, call.condition);
}

static void on_call(void *arg, const xcall_t *call, const written_t *written)
{
    job_t *job = arg;
    audit_row_t *row = call->row;

    if (row != NULL)
        undefined_use(&job->undefined, row->provider);
    if (row == NULL && call->name.n != 0 && audit_has_provider(job->audit, call->provider))
        row = audit_row(job->audit, call->provider, call->name);
    if (row != NULL)
        add_call(job, row, job->scope.file, (uint32_t)(written->at - job->text.p), call_of(written, call->num_args));
}

static void find_calls_in(job_t *job, size_t file)
{
    uint64_t steps = MIN_FILE_BUDGET + job->text.n * BUDGET_OF_BYTE;

    if (steps > job->steps_left)
        steps = job->steps_left;
    job->file_budget.steps = steps;
    job->has_given_up = 0;
    undefined_enter_file(&job->undefined, &job->text);
    expander_read(&job->expander, &job->reader);
    if (job->file_budget.steps == 0 && !job->has_given_up)
        add_unread(job, file, 0, "its macros describe too much");
    job->steps_left -= steps - job->file_budget.steps;
}

static void find_calls(job_t *job)
{
    scope_begin_second(&job->scope);
    for (size_t i = 0; i < job->sources.num; ++i) {
        progress_show("calls in sources", i, job->sources.num, "files");
        if (!open_file(job, i))
            continue;
        int is_enough = job->steps_left != 0;
        if (is_enough)
            find_calls_in(job, i);
        else
            add_unread(job, i, 0, "the macros before it describe too much: calls here and in what is read after it are not known");
        reader_dispose(&job->reader);
        if (!is_enough)
            return;
    }
}

/* ---- what was found ---- */

/* APP_LOST_CALL -> lost_call */
static str_t probe_name_of(arena_t *arena, const undefined_name_t *name)
{
    str_t lower = arena_strdup(arena, (str_t){name->name.p + name->prefix, name->name.n - name->prefix});

    for (size_t i = 0; i < lower.n; ++i)
        ((char *)lower.p)[i] = (char)tolower((unsigned char)lower.p[i]);
    return lower;
}

static void add_undefined(job_t *job)
{
    for (size_t i = 0; i < job->undefined.num; ++i) {
        const undefined_name_t *name = job->undefined.list[i];
        for (const undefined_call_t *call = name->calls; call != NULL; call = call->next) {
            if (!undefined_is_probe(&job->undefined, name, call))
                continue;
            audit_row_t *row = audit_row(job->audit, name->provider, probe_name_of(job->arena, name));
            if (row != NULL && row->probe == NULL) /* else: a probe's name, but not its macro */
                add_call(job, row, call->file, call->offset, call->call);
        }
    }
}

static int compare_found(const void *left, const void *right)
{
    const found_t *a = left, *b = right;

    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    if (a->file != b->file)
        return strcmp(a->call.file.p, b->call.file.p);
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return (a->call.num_args > b->call.num_args) - (a->call.num_args < b->call.num_args);
}

/* Gives each row its calls, in order, each once. */
static void add_calls(job_t *job)
{
    audit_call_t **next = NULL;

    if (job->num_found != 0)
        qsort(job->found, job->num_found, sizeof(*job->found), compare_found);
    for (size_t i = 0; i < job->num_found; ++i) {
        const found_t *found = job->found + i;
        if (i != 0 && compare_found(found - 1, found) == 0)
            continue;
        if (i == 0 || found[-1].row != found->row)
            next = &found->row->calls;
        *next = arena_alloc(job->audit->arena, sizeof(**next));
        **next = found->call;
        next = &(*next)->next;
        ++found->row->num_calls;
        ++job->audit->sources.num_calls;
    }
}

void audit_calls(audit_t *audit, const char *const *paths, size_t num_paths)
{
    job_t job = {.audit = audit, .arena = arena_create()};
    const expand_handlers_t handlers = {.call = on_call, .gave_up = give_up, .arg = &job};

    audit->sources.is_given = 1;
    sources_init(&job.sources, audit->arena);
    for (size_t i = 0; i < num_paths; ++i)
        sources_add(&job.sources, audit, paths[i]);
    job.texts.arena = job.arena;
    job.reader_handlers = (reader_handlers_t){.define = on_define, .undef = on_undefine, .include = on_include, .arg = &job};
    macros_init(&job.macros, job.arena, audit);
    scope_init(&job.scope, job.arena, audit, &job.sources, &job.macros, &job.file_budget);
    undefined_init(&job.undefined, job.arena, audit, &job.scope);
    expander_init(&job.expander, &job.macros, &job.scope, &job.undefined, &job.file_budget, &handlers);

    read_definitions(&job);
    job.steps_left = MIN_BUDGET + job.num_bytes * BUDGET_OF_BYTE;
    macros_find_relevant(&job.macros);
    find_calls(&job);
    add_undefined(&job);
    add_calls(&job);
    progress_end();

    free(job.found);
    ctext_dispose(&job.text);
    expander_dispose(&job.expander);
    macros_dispose(&job.macros);
    arena_destroy(job.arena);
}
