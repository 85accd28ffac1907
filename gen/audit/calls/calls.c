/*
 * Calls of probes hide in macros that wrap them, so macros have to be expanded; but there is no preprocessor to do it, since how
 * the sources are built is not known. What is promised:
 *
 *  1. Found is each call that a preprocessor leads to in some configuration of the sources (t/50audit_calls.t compares both): of a
 *     probe's own macro, or of one that is given provider and probe, like those of <sys/sdt.h>, through whatever macros.
 *  2. All branches of conditionals are taken, but for `#if 0` and what is beside `#if 1`; a branch sees those before it.
 *  3. Macros are expanded as in C11 6.10.3, with __VA_OPT__ and gcc's `, ## __VA_ARGS__`. If a place sees several definitions of
 *     one, it is expanded with each of them, and each counts.
 *  4. A place sees what its file has defined before; if that is nothing, or under a condition, what files define that it
 *     includes or that include it; if that is nothing, what any header defines (scope.c).
 *  5. Reported is the place in the source, with the macro that is written there, the conditions around it, and how many arguments
 *     reach the probe. A place counts once for each probe and number of arguments.
 *  6. A call of a probe that there is not is found where a macro is given its name, and makes calls of probes of other names.
 *  7. Not found is what depends on macros of the command line, or of headers that are not given; a header that probegen or
 *     SystemTap has generated tells which names a build has given to the macros of probes.
 *  8. Every token that is moved counts. A macro that describes too much is given up, and that is a finding; so is a file.
 *
 * Files are read twice, and none is kept:
 *
 *     sources.c     which files there are
 *     1st reading   ctoken.c: tokens; reader.c: directives; macro.c: what is defined; scope.c: what is included
 *     macro.c       which macros can lead to a probe
 *     2nd reading   expand.c: what these expand to where they are used; scope.c: with which definitions
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
#include "print/print.h"

/* People do not write larger files, and generated ones of that size are data. */
#define MAX_FILE_SIZE ((size_t)64 << 20)
/* steps of all expansions in a file: so many, and for each byte so many more */
#define MIN_STEPS ((uint64_t)1 << 20)
#define STEPS_OF_BYTE 64

typedef struct st_job_t {
    audit_t *audit;
    arena_t *arena;
    sources_t sources;
    ctexts_t texts;
    macros_t macros;
    scope_t scope;
    expander_t expander;
    ctext_t text;
    reader_t reader;
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
    str_t path = source->path;
    struct stat st;
    int is_read = 0;

    if (source->is_unread)
        return 0;
    int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd != -1 && fstat(fd, &st) == 0) {
        errno = EINVAL; /* what was a regular file when the folder was read is one no more */
        if (S_ISREG(st.st_mode))
            is_read = file_read(fd, &job->text.p, &job->text.n, &job->text.capacity, MAX_FILE_SIZE) == 0;
    }
    if (!is_read && errno == EFBIG)
        add_unread(job, file, 0, "it is larger than %zu MiB", MAX_FILE_SIZE >> 20);
    else if (!is_read)
        audit_fail(job->audit, "cannot read '%s': %s", path.p, strerror(errno));
    if (fd != -1)
        close(fd);
    source->is_unread = (uint8_t)!is_read;
    if (!is_read)
        return 0;
    job->text.has_patterns = is_for_lex(path);
    ctext_join_lines(&job->text);
    reader_init(&job->reader, &job->text, &job->texts);
    return 1;
}

/* ---- readings ---- */

static void read_definitions(job_t *job, uint32_t file)
{
    int was_full = job->macros.is_full;
    reader_event_t event;
    ctoken_t token;

    ++job->audit->sources.num_files;
    while ((event = reader_next(&job->reader, &token)) != READER_END) {
        if (event == READER_INCLUDE)
            scope_include(&job->scope, file, ctoken_str(&token));
        else if (event != READER_TOKEN)
            macros_define(&job->macros, file, &job->reader, &token, event == READER_UNDEF);
    }
    if (job->macros.is_full && !was_full)
        add_unread(job, file, 0, "there are too many macros: those here and in what is read after it are not known");
}

static void find_calls(job_t *job, uint32_t file)
{
    const given_up_t *given_up = &job->expander.given_up;

    scope_enter_file(&job->scope, file, MIN_STEPS + job->text.n * STEPS_OF_BYTE);
    expander_read(&job->expander, &job->reader);
    if (given_up->why != NULL)
        add_unread(job, file, given_up->line, "%.*s() %s", STR_ARG(given_up->macro), given_up->why);
    else if (job->scope.steps == 0)
        add_unread(job, file, 0, "its macros describe too much");
}

static void read_files(job_t *job, void (*read)(job_t *job, uint32_t file), const char *what)
{
    for (uint32_t i = 0; i < job->sources.num; ++i) {
        progress_show(what, i, job->sources.num, "files");
        if (open_file(job, i))
            read(job, i);
    }
}

/* ---- what was found ---- */

/* APP_LOST_CALL -> lost_call */
static str_t to_lower(arena_t *arena, str_t name)
{
    str_t lower = arena_strdup(arena, name);

    for (size_t i = 0; i < lower.n; ++i)
        ((char *)lower.p)[i] = (char)tolower((unsigned char)lower.p[i]);
    return lower;
}

/*
 * Which of the unknown names that ## has made are meant to be probes: those made where the names of probes are, or for which
 * NAME_ENABLED() was made, too. The others go.
 */
static void judge_unknown(job_t *job)
{
    expander_t *expander = &job->expander;
    table_t names = {.arena = job->arena};
    size_t num = 0;

    for (size_t i = 0; i < expander->num_found; ++i) {
        if (expander->found[i].row == NULL)
            table_put(&names, expander->found[i].name, job);
    }
    for (size_t i = 0; i < expander->num_found; ++i) {
        xfound_t *found = expander->found + i;
        if (found->row == NULL &&
            (found->body->made_probe || table_get(&names, arena_printf(job->arena, "%.*s_ENABLED", STR_ARG(found->name)))))
            found->row = audit_row(job->audit, found->provider, to_lower(job->arena, found->name));
        if (found->row != NULL && (found->body == NULL || found->row->probe == NULL)) /* else: a probe's name, but not its macro */
            expander->found[num++] = *found;
    }
    expander->num_found = num;
}

static int compare_found(const void *left, const void *right)
{
    const xfound_t *a = left, *b = right;

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
    xfound_t *list = job->expander.found;
    size_t num = job->expander.num_found;
    audit_call_t **next = NULL;

    for (size_t i = 0; i < num; ++i)
        list[i].call.file = job->sources.files[list[i].file]->path;
    if (num != 0)
        qsort(list, num, sizeof(*list), compare_found);
    for (size_t i = 0; i < num; ++i) {
        xfound_t *found = list + i;
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
    job_t job = {.audit = audit, .arena = arena_create(), .texts = {.arena = audit->arena, .table.arena = audit->arena}};

    audit->sources.is_given = 1;
    sources_init(&job.sources, audit->arena);
    for (size_t i = 0; i < num_paths; ++i)
        sources_add(&job.sources, audit, paths[i]);
    macros_init(&job.macros, job.arena, audit);
    scope_init(&job.scope, job.arena, &job.sources, &job.macros);
    read_files(&job, read_definitions, "definitions in sources");
    macros_find_relevant(&job.macros);
    expander_init(&job.expander, &job.macros, &job.scope, &job.texts);
    read_files(&job, find_calls, "calls in sources");
    judge_unknown(&job);
    add_calls(&job);
    progress_end();

    ctext_dispose(&job.text);
    expander_dispose(&job.expander);
    macros_dispose(&job.macros);
    arena_destroy(job.arena);
}
