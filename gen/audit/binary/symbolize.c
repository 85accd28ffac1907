/*
 * Debug information is read in a process of its own. It is the largest and most intricate part of a file, and most of the code that
 * reads it is a library's. 100 000 programs whose debug information was changed at random did not make libdw 0.188 crash or hang;
 * but it believes what it reads: blocks that are nested deeply make some of its functions recurse until the stack is full, a
 * section can be a thousand times as large when it is decompressed, and many units that share a long list of ranges keep it busy
 * for hours. In a child all that does no harm: it has limits of time and memory, and sends what it finds through a pipe. When it
 * dies, what it sent before counts, the rest has no lines, and the audit goes on.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "audit/binary/dwarf_lines.h"
#include "audit/binary/function.h"
#include "audit/binary/symbolize.h"
#include "common/worker.h"
#include "usdt/debugfile.h"

#define MAX_CPU_SECONDS 20
#define MAX_SECONDS 60
/* for what libdw makes of the file, or decompresses; the file itself, which is mapped, comes on top */
#define MAX_MEMORY ((uint64_t)1 << 30)
/* of all texts of one child */
#define MAX_TEXT_BYTES ((size_t)64 << 20)

typedef enum en_message_kind_t { MESSAGE_BEGIN, MESSAGE_FUNCTION, MESSAGE_LINE, MESSAGE_END, MESSAGE_NUM_KINDS } message_kind_t;

/* `size` bytes of text follow */
typedef struct st_message_t {
    uint32_t kind, index, line, size;
} message_t;

/* ---- child ---- */

static void send_message(FILE *pipe, message_kind_t kind, size_t index, unsigned line, const char *text)
{
    message_t message = {.kind = kind, .index = (uint32_t)index, .line = line, .size = (uint32_t)strnlen(text, SYMBOL_MAX_NAME)};

    if (fwrite(&message, sizeof(message), 1, pipe) != 1 || fwrite(text, 1, message.size, pipe) != message.size)
        _exit(1);
}

static void send_line(void *arg, size_t i, const dwarf_line_t *line)
{
    FILE *pipe = arg;

    if (line->function != NULL && line->function[0] != '\0')
        send_message(pipe, MESSAGE_FUNCTION, i, 0, line->function);
    if (line->file != NULL && line->file[0] != '\0')
        send_message(pipe, MESSAGE_LINE, i, (unsigned)line->line, line->file);
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
        send_message(pipe, MESSAGE_FUNCTION, i, 0, names[i]);
        lines[i].has_function = 1;
    }
    free(addresses);
    free(names);
}

/* What the child is to find out. */
typedef struct st_question_t {
    const symbolize_file_t *debugged;
    const symbolized_t *lines;
    size_t num;
} question_t;

static void read_debug_information(FILE *pipe, const question_t *question)
{
    const symbolize_file_t *debugged = question->debugged;
    size_t num = question->num;
    debugfile_t file;
    struct stat st;
    Dwarf *dwarf;
    dwarf_line_t *wanted = calloc(num + 1, sizeof(*wanted));

    if (wanted == NULL ||
        debugfile_find(&file, debugged->path, debugged->name, debugged->root, DEBUGFILE_DWARF | DEBUGFILE_SYMBOLS) != 0)
        return;
    if (fstat(file.fd, &st) == 0)
        worker_limit_memory((uint64_t)st.st_size + MAX_MEMORY);
    for (size_t i = 0; i < num; ++i)
        wanted[i] = (dwarf_line_t){.address = question->lines[i].address, .has_function = question->lines[i].function.n != 0};
    send_message(pipe, MESSAGE_BEGIN, 0, 0, "");
    send_functions(pipe, file.elf, wanted, num);
    fflush(pipe);
    if (debugfile_has_dwarf(&file) && (dwarf = dwarf_begin_elf(file.elf, DWARF_C_READ, NULL)) != NULL)
        dwarf_lines_find(dwarf, wanted, num, send_line, pipe);
}

static void answer(FILE *pipe, void *question)
{
    read_debug_information(pipe, question);
    send_message(pipe, MESSAGE_END, 0, 0, "");
}

/* ---- parent ---- */

typedef struct st_listener_t {
    arena_t *arena;
    symbolized_t *lines;
    size_t num;
    FILE *answer;
    int has_begun, has_ended;
    size_t num_text_bytes;
    str_t last_file; /* sites of one file follow each other */
} listener_t;

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

    if (fread(&message, sizeof(message), 1, listener->answer) != 1 || message.kind >= MESSAGE_NUM_KINDS ||
        message.size > sizeof(text) || fread(text, 1, message.size, listener->answer) != message.size ||
        (listener->num_text_bytes += message.size) > MAX_TEXT_BYTES)
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

symbolize_result_t symbolize(arena_t *arena, const symbolize_file_t *debugged, symbolized_t *lines, size_t num)
{
    question_t question = {debugged, lines, num};
    listener_t listener = {.arena = arena, .lines = lines, .num = num, .last_file = STR("")};
    worker_t worker;

    if (num == 0)
        return SYMBOLIZE_NONE;
    if (worker_start(&worker, MAX_CPU_SECONDS, MAX_SECONDS, answer, &question) != 0)
        return SYMBOLIZE_CRASHED;
    listener.answer = worker.answer;
    while (take_message(&listener))
        ;
    worker_end_t end = worker_end(&worker);
    if (listener.has_ended)
        return listener.has_begun ? SYMBOLIZE_FOUND : SYMBOLIZE_NONE;
    return end == WORKER_TOO_LONG ? SYMBOLIZE_TOO_LONG : SYMBOLIZE_CRASHED;
}
