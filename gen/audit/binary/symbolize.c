/*
 * Debug information is read in a process of its own. It is the largest and most intricate part of a file, and most of the code that
 * reads it is a library's. 100 000 programs whose debug information was changed at random did not make libdw 0.188 crash or hang;
 * but it believes what it reads: blocks that are nested deeply make some of its functions recurse until the stack is full, a
 * section can be a thousand times as large when it is decompressed, and many units that share a long list of ranges keep it busy
 * for hours. In a child all that does no harm: it has limits of time and memory, and sends what it finds through a pipe. When it
 * dies, what it sent before counts, the rest has no lines, and the audit goes on.
 *
 * The child is a fork, so it may use all that the parent knows, but must not return. What it sends is checked like any other input.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "audit/binary/dwarf_lines.h"
#include "audit/binary/function.h"
#include "audit/binary/symbolize.h"
#include "usdt/debugfile.h"

#define MAX_CPU_SECONDS 20
#define MAX_WALL_MS 60000
/* for what libdw makes of the file, or decompresses; the file itself, which is mapped, comes on top */
#define MAX_MEMORY ((rlim_t)1 << 30)
/* of all texts of one child */
#define MAX_TEXT_BYTES ((size_t)64 << 20)

typedef enum en_message_kind_t { MESSAGE_BEGIN, MESSAGE_FUNCTION, MESSAGE_LINE, MESSAGE_END, MESSAGE_NUM_KINDS } message_kind_t;

/* `size` bytes of text follow */
typedef struct st_message_t {
    uint32_t kind, index, line, size;
} message_t;

/* ---- child ---- */

static void send(FILE *pipe, message_kind_t kind, size_t index, unsigned line, const char *text)
{
    message_t message = {.kind = kind, .index = (uint32_t)index, .line = line, .size = (uint32_t)strnlen(text, SYMBOL_MAX_NAME)};

    if (fwrite(&message, sizeof(message), 1, pipe) != 1 || fwrite(text, 1, message.size, pipe) != message.size)
        _exit(1);
}

static void send_line(void *arg, size_t i, const dwarf_line_t *line)
{
    FILE *pipe = arg;

    if (line->function != NULL && line->function[0] != '\0')
        send(pipe, MESSAGE_FUNCTION, i, 0, line->function);
    if (line->file != NULL && line->file[0] != '\0')
        send(pipe, MESSAGE_LINE, i, (unsigned)line->line, line->file);
}

static void limit(int resource, rlim_t most)
{
    struct rlimit both;

    if (getrlimit(resource, &both) == 0 && (both.rlim_cur == RLIM_INFINITY || both.rlim_cur > most)) {
        both.rlim_cur = most;
        setrlimit(resource, &both);
    }
}

/* A sanitizer maps terabytes, so with one there is no limit. */
static void limit_memory(const debugfile_t *file)
{
#ifndef __SANITIZE_ADDRESS__
    struct stat st;
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "re");

    if (statm != NULL && fscanf(statm, "%lu", &pages) == 1 && fstat(file->fd, &st) == 0)
        limit(RLIMIT_AS, (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (rlim_t)st.st_size + MAX_MEMORY);
    if (statm != NULL)
        fclose(statm);
#else
    (void)file;
#endif
}

static void prepare_child(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); ++i)
        signal(signals[i], SIG_DFL);
#ifndef __SANITIZE_ADDRESS__
    /* a damaged heap would make the C library write there */
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null != -1)
        dup2(null, STDERR_FILENO);
#endif
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, MAX_CPU_SECONDS);
}

static void send_functions(FILE *pipe, Elf *elf, dwarf_line_t *lines, size_t num)
{
    uint64_t *addresses = calloc(num + 1, sizeof(*addresses));
    const char **names = calloc(num + 1, sizeof(*names));

    if (addresses == NULL || names == NULL)
        _exit(1);
    for (size_t i = 0; i < num; ++i)
        addresses[i] = lines[i].address;
    functions_find(elf, SHT_SYMTAB, addresses, names, num);
    for (size_t i = 0; i < num; ++i) {
        if (names[i] == NULL || lines[i].has_function)
            continue;
        send(pipe, MESSAGE_FUNCTION, i, 0, names[i]);
        lines[i].has_function = 1;
    }
    free(addresses);
    free(names);
}

static void read_debug_information(FILE *pipe, const symbolize_file_t *debugged, const symbolized_t *lines, size_t num)
{
    debugfile_t file;
    Dwarf *dwarf;
    dwarf_line_t *wanted = calloc(num + 1, sizeof(*wanted));

    if (wanted == NULL ||
        debugfile_find(&file, debugged->path, debugged->name, debugged->root, DEBUGFILE_DWARF | DEBUGFILE_SYMBOLS) != 0)
        return;
    limit_memory(&file);
    for (size_t i = 0; i < num; ++i)
        wanted[i] = (dwarf_line_t){.address = lines[i].address, .has_function = lines[i].function.n != 0};
    send(pipe, MESSAGE_BEGIN, 0, 0, "");
    send_functions(pipe, file.elf, wanted, num);
    fflush(pipe);
    if (debugfile_has_dwarf(&file) && (dwarf = dwarf_begin_elf(file.elf, DWARF_C_READ, NULL)) != NULL)
        dwarf_lines_find(dwarf, wanted, num, send_line, pipe);
}

static _Noreturn void be_child(int fd, const symbolize_file_t *debugged, const symbolized_t *lines, size_t num)
{
    FILE *pipe = fdopen(fd, "w");

    prepare_child();
    if (pipe == NULL)
        _exit(1);
    read_debug_information(pipe, debugged, lines, num);
    send(pipe, MESSAGE_END, 0, 0, "");
    _exit(fflush(pipe) != 0);
}

/* ---- parent ---- */

typedef struct st_listener_t {
    arena_t *arena;
    symbolized_t *lines;
    size_t num;
    int fd;
    int64_t deadline; /* ms */
    int has_begun, has_ended, is_late;
    size_t num_text_bytes;
    char buf[65536];
    size_t at, filled; /* of buf */
    str_t last_file;   /* sites of one file follow each other */
} listener_t;

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* @return 0 at the end, and when time is over */
static int fill(listener_t *listener)
{
    for (;;) {
        struct pollfd pfd = {.fd = listener->fd, .events = POLLIN};
        int64_t left = listener->deadline - now_ms();
        int ready = left > 0 ? poll(&pfd, 1, (int)left) : 0;
        ssize_t n;
        if (ready == 0) {
            listener->is_late = 1;
            return 0;
        }
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1 || (n = read(listener->fd, listener->buf, sizeof(listener->buf))) == 0 || (n == -1 && errno != EINTR))
            return 0;
        if (n == -1)
            continue;
        listener->at = 0;
        listener->filled = (size_t)n;
        return 1;
    }
}

static int take(listener_t *listener, void *to, size_t size)
{
    for (size_t done = 0, part; done < size; done += part) {
        if (listener->at == listener->filled && !fill(listener))
            return 0;
        part = listener->filled - listener->at < size - done ? listener->filled - listener->at : size - done;
        memcpy((char *)to + done, listener->buf + listener->at, part);
        listener->at += part;
    }
    return 1;
}

static void note_line(listener_t *listener, symbolized_t *line, str_t file, unsigned number)
{
    if (!str_eq(file, listener->last_file))
        listener->last_file = arena_strdup(listener->arena, file);
    line->file = listener->last_file;
    line->line = number;
}

/* @return 0 when no other one is expected */
static int take_message(listener_t *listener)
{
    char text[SYMBOL_MAX_NAME];
    message_t message;
    symbolized_t *line;

    if (!take(listener, &message, sizeof(message)) || message.kind >= MESSAGE_NUM_KINDS || message.size > sizeof(text) ||
        !take(listener, text, message.size) || (listener->num_text_bytes += message.size) > MAX_TEXT_BYTES)
        return 0;
    listener->has_begun |= message.kind == MESSAGE_BEGIN;
    listener->has_ended |= message.kind == MESSAGE_END;
    if (message.kind == MESSAGE_BEGIN || message.kind == MESSAGE_END)
        return message.kind == MESSAGE_BEGIN;
    if (message.index >= listener->num || message.size == 0)
        return 0;
    line = &listener->lines[message.index];
    if (message.kind == MESSAGE_LINE && line->file.n == 0)
        note_line(listener, line, (str_t){text, message.size}, message.line);
    else if (message.kind == MESSAGE_FUNCTION && line->function.n == 0)
        line->function = arena_strdup(listener->arena, (str_t){text, message.size});
    else
        return 0;
    return 1;
}

static symbolize_result_t listen_to(arena_t *arena, pid_t pid, int fd, symbolized_t *lines, size_t num)
{
    listener_t *listener = calloc(1, sizeof(*listener));
    symbolize_result_t result = SYMBOLIZE_CRASHED;
    int status = 0;

    if (listener == NULL)
        goto Exit;
    *listener = (listener_t){
        .arena = arena, .lines = lines, .num = num, .fd = fd, .deadline = now_ms() + MAX_WALL_MS, .last_file = STR("")};
    while (take_message(listener))
        ;
    if (listener->has_ended)
        result = listener->has_begun ? SYMBOLIZE_FOUND : SYMBOLIZE_NONE;
Exit:
    close(fd);
    if (result == SYMBOLIZE_CRASHED)
        kill(pid, SIGKILL); /* it may be dead already, and then it is known why */
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    if (result == SYMBOLIZE_CRASHED && listener != NULL &&
        (listener->is_late || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)))
        result = SYMBOLIZE_TOO_LONG;
    free(listener);
    return result;
}

symbolize_result_t symbolize(arena_t *arena, const symbolize_file_t *debugged, symbolized_t *lines, size_t num)
{
    int fds[2];
    pid_t pid;

    if (num == 0)
        return SYMBOLIZE_NONE;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return SYMBOLIZE_CRASHED;
    if ((pid = fork()) == 0) {
        close(fds[0]);
        be_child(fds[1], debugged, lines, num);
    }
    close(fds[1]);
    if (pid == -1) {
        close(fds[0]);
        return SYMBOLIZE_CRASHED;
    }
    return listen_to(arena, pid, fds[0], lines, num);
}
