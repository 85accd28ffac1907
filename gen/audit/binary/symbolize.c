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

/* What the child is to find out, and what it knows. */
typedef struct st_question_t {
    const symbolize_file_t *debugged;
    audit_site_t *sites; /* in the child: what it has found */
    size_t num;
    FILE *pipe;
    char *is_named; /* sites of which the parent knows the function */
} question_t;

static void send_message(const question_t *question, message_kind_t kind, size_t index, unsigned line, str_t text)
{
    message_t message = {.kind = kind,
                         .index = (uint32_t)index,
                         .line = line,
                         .size = (uint32_t)(text.n < SYMBOL_MAX_NAME ? text.n : SYMBOL_MAX_NAME)};

    if (fwrite(&message, sizeof(message), 1, question->pipe) != 1 ||
        fwrite(text.p, 1, message.size, question->pipe) != message.size)
        _exit(1);
}

static void send_function(const question_t *question, size_t i)
{
    str_t function = question->sites[i].function;

    if (function.n != 0 && !question->is_named[i])
        send_message(question, MESSAGE_FUNCTION, i, 0, function);
    question->is_named[i] |= function.n != 0;
}

static void send_site(void *arg, size_t i)
{
    const question_t *question = arg;
    const audit_site_t *site = question->sites + i;

    send_function(question, i);
    if (site->file.n != 0)
        send_message(question, MESSAGE_LINE, i, site->line, site->file);
}

static void read_debug_information(question_t *question)
{
    const symbolize_file_t *debugged = question->debugged;
    size_t num = question->num;
    debugfile_t file;
    struct stat st;
    Dwarf *dwarf;

    if ((question->is_named = calloc(num, 1)) == NULL ||
        debugfile_find(&file, debugged->path, debugged->name, debugged->root, DEBUGFILE_DWARF | DEBUGFILE_SYMBOLS) != 0)
        return;
    if (fstat(file.fd, &st) == 0)
        worker_limit_memory((uint64_t)st.st_size + MAX_MEMORY);
    for (size_t i = 0; i < num; ++i)
        question->is_named[i] = question->sites[i].function.p != NULL;
    send_message(question, MESSAGE_BEGIN, 0, 0, STR(""));
    functions_find(file.elf, SHT_SYMTAB, question->sites, num);
    for (size_t i = 0; i < num; ++i)
        send_function(question, i);
    fflush(question->pipe);
    if (debugfile_has_dwarf(&file) && (dwarf = dwarf_begin_elf(file.elf, DWARF_C_READ, NULL)) != NULL)
        dwarf_lines_find(dwarf, question->sites, num, send_site, question);
}

static void answer(FILE *pipe, void *arg)
{
    question_t *question = arg;

    question->pipe = pipe;
    read_debug_information(question);
    send_message(question, MESSAGE_END, 0, 0, STR(""));
}

/* ---- parent ---- */

typedef struct st_listener_t {
    arena_t *arena;
    audit_site_t *sites;
    size_t num;
    FILE *answer;
    int has_begun, has_ended;
    size_t num_text_bytes;
    str_t last_file; /* sites of one file follow each other */
} listener_t;

static void note_line(listener_t *listener, audit_site_t *site, str_t file, unsigned line)
{
    if (!str_eq(file, listener->last_file))
        listener->last_file = arena_strdup(listener->arena, file);
    site->file = listener->last_file;
    site->line = line;
}

/* @return 0 when no other one is expected */
static int take_message(listener_t *listener)
{
    char text[SYMBOL_MAX_NAME];
    message_t message;
    audit_site_t *site;

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
    site = &listener->sites[message.index];
    if (message.kind == MESSAGE_LINE && site->file.n == 0)
        note_line(listener, site, (str_t){text, message.size}, message.line);
    else if (message.kind == MESSAGE_FUNCTION && site->function.n == 0)
        site->function = arena_strdup(listener->arena, (str_t){text, message.size});
    else
        return 0;
    return 1;
}

symbolize_result_t symbolize(arena_t *arena, const symbolize_file_t *debugged, audit_site_t *sites, size_t num)
{
    question_t question = {.debugged = debugged, .sites = sites, .num = num};
    listener_t listener = {.arena = arena, .sites = sites, .num = num, .last_file = STR("")};
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
