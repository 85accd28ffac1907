/*
 * One `git cat-file --batch` answers all questions: a name goes to its standard input, so that none can be taken for an option; a
 * line with id, type and size comes back, then the contents. git is a child and no library, since it knows all formats of
 * repositories; and the repository may be hostile, so all is switched off by which it could name a program to run. Whatever goes
 * wrong ends the child, and what it printed is the reason that is reported.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/child.h"
#include "diff/side/git.h"

struct st_git_t {
    arena_t *arena;
    diag_t *diag;
    pid_t pid;
    FILE *to, *from;
    FILE *complaints; /* what git prints on its standard error */
    size_t budget;    /* bytes that may still be read */
    struct sigaction sigpipe;
};

/* @return -1 */
static int fail(const git_t *git, const char *path, const char *reason)
{
    diag_report(git->diag, E_FILE, (span_t){.src = NULL}, "cannot read '%s': %s", path, reason);
    return -1;
}

/* ---- the process ---- */

/* @return an errno */
static int spawn(git_t *git, int fd)
{
    /* reading the index would ask a file system monitor, which is a program that the repository names */
    char *const argv[] = {"git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "cat-file", "--batch", NULL};

    /* what is missing in a partial clone would be fetched by programs that the repository names */
    setenv("GIT_NO_LAZY_FETCH", "1", 1);
    setenv("GIT_ALLOW_PROTOCOL", "", 1);
    return child_start(&git->pid, argv, fd, fd, fileno(git->complaints));
}

/* @return 0 or an errno */
static int start(git_t *git)
{
    int ends[2]; /* ours, and what is both standard input and standard output of git */

    if ((git->complaints = tmpfile()) == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    git->to = fdopen(ends[0], "w");
    git->from = fdopen(fcntl(ends[0], F_DUPFD_CLOEXEC, 0), "r");
    int error = git->to == NULL || git->from == NULL ? errno : spawn(git, ends[1]);
    close(ends[1]);
    return error;
}

git_t *git_begin(arena_t *arena, diag_t *diag)
{
    git_t *git = arena_alloc(arena, sizeof(*git));
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    *git = (git_t){.arena = arena, .diag = diag, .budget = GIT_MAX_SIZE};
    sigaction(SIGPIPE, &ignore, &git->sigpipe); /* git may be gone when it is asked */
    int error = start(git);
    if (error == 0)
        return git;
    diag_report(diag, E_FILE, (span_t){.src = NULL}, "cannot run git: %s",
                error == ENOENT ? "it is not installed, or not in a folder of $PATH" : strerror(error));
    git_end(git);
    return NULL;
}

static void wait_for(git_t *git)
{
    if (git->to != NULL)
        fclose(git->to);
    if (git->from != NULL)
        fclose(git->from);
    git->to = git->from = NULL;
    if (git->pid != 0)
        child_wait(git->pid);
    git->pid = 0;
}

void git_end(git_t *git)
{
    wait_for(git);
    if (git->complaints != NULL)
        fclose(git->complaints);
    sigaction(SIGPIPE, &git->sigpipe, NULL);
}

/* git has ended, since it cannot answer; what it said first is the reason */
static int fail_as_git_says(git_t *git, const char *path)
{
    char line[512];

    wait_for(git);
    rewind(git->complaints);
    if (fgets(line, sizeof(line), git->complaints) == NULL)
        return fail(git, path, "git ended without an answer");
    return fail(git, path, arena_printf(git->arena, "git says '%.*s'", (int)strcspn(line, "\n"), line).p);
}

/* ---- questions and answers ---- */

/* "<id> <type> <size>", or "<name> missing" */
static int parse_head(const char *line, arena_t *arena, git_object_t *object, size_t *size)
{
    size_t len = strspn(line, "0123456789abcdef");
    char type[16], end;

    *object = (git_object_t){.kind = NODE_MISSING};
    if (str_ends_in(str_of(line), " missing") || str_ends_in(str_of(line), " ambiguous"))
        return 0;
    object->kind = NODE_OTHER;
    if (str_ends_in(str_of(line), " submodule"))
        return 0;
    if ((len != 40 && len != 64) || sscanf(line + len, " %15s %zu%c", type, size, &end) != 2)
        return -1;
    object->id = arena_strdup(arena, (str_t){line, len});
    object->kind = strcmp(type, "blob") == 0 ? NODE_FILE : strcmp(type, "tree") == 0 ? NODE_FOLDER : NODE_OTHER;
    return 1;
}

/* @return 1 when contents follow, 0 when not, -1 at the end */
static int read_head(git_t *git, git_object_t *object, size_t *size)
{
    char *line = NULL;
    size_t capacity = 0;
    int result = -1;

    if (getline(&line, &capacity, git->from) > 0) {
        line[strcspn(line, "\n")] = '\0';
        result = parse_head(line, git->arena, object, size);
    }
    free(line);
    return result;
}

int git_look(git_t *git, str_t name, const char *path, git_object_t *object)
{
    size_t size = 0;

    if (git->to == NULL)
        return -1; /* it has ended, and that was reported */
    if (fprintf(git->to, "%.*s\n", STR_ARG(name)) < 0 || fflush(git->to) != 0)
        return fail_as_git_says(git, path);
    int result = read_head(git, object, &size);
    if (result <= 0)
        return result == 0 ? 0 : fail_as_git_says(git, path);
    if (size > git->budget) {
        wait_for(git);
        return fail(git, path, arena_printf(git->arena, "more than %zu MiB would have to be read", GIT_MAX_SIZE >> 20).p);
    }
    git->budget -= size;
    char *text = arena_alloc(git->arena, size + 2);
    if (fread(text, 1, size, git->from) != size || fgetc(git->from) != '\n')
        return fail_as_git_says(git, path);
    object->text = (str_t){text, size};
    return 0;
}

/* ---- folders ---- */

static str_t hex(arena_t *arena, const char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, n * 2 + 1);

    for (size_t i = 0; i < n; ++i) {
        text[i * 2] = digits[(unsigned char)bytes[i] >> 4];
        text[i * 2 + 1] = digits[bytes[i] & 15];
    }
    return (str_t){text, n * 2};
}

/* A tree object (Documentation/technical/pack-format.txt, fast-import): "<mode> <name>\0<id>" again and again, the id in binary. */
int git_next_entry(str_t *rest, size_t id_len, arena_t *arena, git_object_t *entry)
{
    size_t id_size = id_len / 2;
    const char *nul = rest->n != 0 ? memchr(rest->p, '\0', rest->n) : NULL, *blank = nul != NULL ? strchr(rest->p, ' ') : NULL;

    if (blank == NULL || rest->n - (size_t)(nul - rest->p) - 1 < id_size)
        return 0;
    str_t mode = {rest->p, (size_t)(blank - rest->p)};
    entry->kind = str_is(mode, "40000") ? NODE_FOLDER : mode.n == 6 && memcmp(mode.p, "100", 3) == 0 ? NODE_FILE : NODE_OTHER;
    entry->name = (str_t){blank + 1, (size_t)(nul - blank - 1)};
    entry->id = hex(arena, nul + 1, id_size);
    size_t taken = (size_t)(nul - rest->p) + 1 + id_size;
    *rest = (str_t){rest->p + taken, rest->n - taken};
    return 1;
}
