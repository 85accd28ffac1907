/*
 * Conditionals are a stack of frames, and each frame keeps the conditions of its branches up to the one that is being read: `#elif
 * B` after `#if A` is under !(A) && B. They are kept as they are written, pointing into the text, and become a condition only when
 * a call needs one. A branch is dead, and its tokens and directives are passed over, when a number says that it is not built;
 * inside of an argument list also when another branch was read.
 */
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "audit/calls/reader.h"
#include "common/utf8.h"

/* of deeper conditionals only the number is kept; C asks compilers for 63 */
#define MAX_FRAMES 1000
/* branches of a conditional that are kept */
#define MAX_BRANCHES 32
/* a condition that is longer is cut */
#define MAX_CONDITION 400
/* so many allocated bytes are worth freeing */
#define MAX_ALLOCATED ((size_t)1 << 20)
/* how many conditions around a #define are searched for its name */
#define MAX_ASKED 3

typedef enum en_branch_kind_t {
    BRANCH_IF,
    BRANCH_IFDEF,
    BRANCH_IFNDEF,
    BRANCH_ELSE,
    BRANCH_LITERAL, /* `#if 0` or `#if 1`: no condition */
    BRANCH_GUARD
} branch_kind_t;

/*
 * Whether a conditional is an include guard is known when the file has ended, so the first of the two readings of a file finds out:
 *
 *     START   nothing read yet
 *     ASKED   the first directive asks that a name is not defined
 *     DEFINED the second one defines it
 *     CLOSED  the conditional is closed, and it had no other branch
 *     NONE    anything else
 */
enum { GUARD_START, GUARD_ASKED, GUARD_DEFINED, GUARD_CLOSED, GUARD_NONE };

void reader_init(reader_t *reader, const ctext_t *text, const reader_handlers_t *handlers, int has_guard)
{
    *reader = (reader_t){.handlers = handlers, .has_guard = has_guard};
    cscan_init(&reader->scanner, text);
}

void reader_dispose(reader_t *reader)
{
    free(reader->frames);
    free(reader->branches);
    if (reader->arena != NULL)
        arena_destroy(reader->arena);
}

void *reader_alloc(reader_t *reader, size_t size)
{
    if (reader->arena == NULL)
        reader->arena = arena_create();
    reader->num_allocated += size;
    return arena_alloc(reader->arena, size);
}

void reader_forget(reader_t *reader)
{
    if (reader->num_allocated < MAX_ALLOCATED)
        return;
    arena_destroy(reader->arena);
    reader->arena = NULL;
    reader->num_allocated = 0;
    reader->condition = NULL;
}

int reader_has_guard(const reader_t *reader)
{
    return reader->guard_step == GUARD_CLOSED;
}

/* ---- conditions ---- */

/* The rest of the directive. */
static str_t read_rest(reader_t *reader)
{
    ctoken_t token;
    const char *start = NULL, *end = NULL;

    for (cscan_next(&reader->scanner, &token); token.kind != CTOKEN_NEWLINE; cscan_next(&reader->scanner, &token)) {
        if (start == NULL)
            start = token.p;
        end = reader->scanner.p;
    }
    return (str_t){start, start != NULL ? (size_t)(end - start) : 0};
}

/* The next token of a condition, parentheses left out. */
static void next_inner(cscanner_t *scanner, ctoken_t *token)
{
    do {
        cscan_next(scanner, token);
    } while (ctoken_is(token, '(') || ctoken_is(token, ')'));
}

/* @return 0 or 1 for a number; -1 for any other condition */
static int literal_value(str_t condition)
{
    cscanner_t scanner;
    ctoken_t number, after;

    if (condition.n == 0)
        return -1;
    cscan_init_part(&scanner, condition);
    next_inner(&scanner, &number);
    next_inner(&scanner, &after);
    if (number.kind != CTOKEN_NUMBER || after.kind != CTOKEN_NEWLINE)
        return -1;
    int is_hex = number.n > 2 && (number.p[1] | 0x20) == 'x';
    for (uint32_t i = 0; i < number.n; ++i) {
        if (strchr(is_hex ? "123456789abcdefABCDEF" : "123456789", number.p[i]) != NULL)
            return 1;
    }
    return 0;
}

/* The X of `!defined(X)`. */
static str_t name_of_negation(str_t condition)
{
    cscanner_t scanner;
    ctoken_t tokens[4];

    if (condition.n == 0)
        return (str_t){NULL, 0};
    cscan_init_part(&scanner, condition);
    for (int i = 0; i < 4; ++i)
        next_inner(&scanner, tokens + i);
    if (ctoken_is(tokens, '!') && str_is(ctoken_str(tokens + 1), "defined") && tokens[2].kind == CTOKEN_NAME &&
        tokens[3].kind == CTOKEN_NEWLINE)
        return ctoken_str(tokens + 2);
    return (str_t){NULL, 0};
}

/* Without comments, and with single blanks. */
static void put_condition(text_t *text, str_t condition)
{
    cscanner_t scanner;
    ctoken_t token;

    if (condition.n == 0)
        return;
    cscan_init_part(&scanner, condition);
    for (cscan_next(&scanner, &token); token.kind != CTOKEN_NEWLINE && text->n <= MAX_CONDITION; cscan_next(&scanner, &token)) {
        if (token.has_space)
            text_put(text, " ", 1);
        text_put(text, token.p, token.n);
    }
}

/* Whether the condition has to stand in parentheses beside "&&". */
static int is_loose(str_t condition)
{
    return condition.n != 0 && (memmem(condition.p, condition.n, "||", 2) != NULL || memchr(condition.p, '?', condition.n) != NULL);
}

static void put_branch(text_t *text, const reader_branch_t *branch, int is_negated, int is_alone)
{
    int is_defined = branch->kind != BRANCH_IF, is_not = is_defined ? is_negated == (branch->kind == BRANCH_IFDEF) : is_negated;
    int has_parentheses = is_defined || is_negated || (!is_alone && is_loose(branch->text));

    if (text->n != 0)
        text_put(text, " && ", 4);
    if (is_not)
        text_put(text, "!", 1);
    if (is_defined)
        text_put(text, "defined", 7);
    if (has_parentheses)
        text_put(text, "(", 1);
    put_condition(text, branch->text);
    if (has_parentheses)
        text_put(text, ")", 1);
}

static void cut(text_t *text)
{
    size_t n = 0, length;

    if (text->n <= MAX_CONDITION)
        return;
    while (n < MAX_CONDITION) {
        length = utf8_length(text->p + n, text->n - n);
        n += length != 0 ? length : 1;
    }
    while (n != 0 && text->p[n - 1] == ' ')
        --n;
    text->n = n;
    text_put(text, " ...", 4);
}

static int is_shown(const reader_branch_t *branch)
{
    return branch->kind != BRANCH_ELSE && branch->kind != BRANCH_LITERAL && branch->kind != BRANCH_GUARD;
}

static void put_conditions(reader_t *reader, text_t *text)
{
    size_t num_shown = 0;

    for (size_t i = 0; i < reader->num_branches && num_shown < 2; ++i)
        num_shown += is_shown(reader->branches + i);
    for (size_t i = 0; i < reader->num_frames && text->n <= MAX_CONDITION; ++i) {
        const reader_frame_t *frame = reader->frames + i;
        for (unsigned j = 0; j < frame->num_branches && text->n <= MAX_CONDITION; ++j) {
            const reader_branch_t *branch = reader->branches + frame->first_branch + j;
            if (is_shown(branch))
                put_branch(text, branch, j + 1 != frame->num_branches, num_shown == 1);
        }
    }
    cut(text);
}

const str_t *reader_condition(reader_t *reader)
{
    if (reader->condition == NULL) {
        str_t *condition = reader_alloc(reader, sizeof(*condition));
        text_t text = {.arena = reader->arena};
        put_conditions(reader, &text);
        *condition = (str_t){text.p, text.n};
        reader->num_allocated += text.capacity;
        reader->condition = condition;
    }
    return reader->condition;
}

uint32_t reader_branch_start(const reader_t *reader)
{
    return reader->num_frames != 0 ? reader->frames[reader->num_frames - 1].start : 0;
}

static int has_name(str_t condition, str_t name)
{
    cscanner_t scanner;
    ctoken_t token;

    if (condition.n == 0)
        return 0;
    if (condition.n > MAX_CONDITION)
        condition.n = MAX_CONDITION;
    if (memmem(condition.p, condition.n, name.p, name.n) == NULL)
        return 0;
    cscan_init_part(&scanner, condition);
    do {
        cscan_next(&scanner, &token);
        if (token.kind == CTOKEN_NAME && str_eq(ctoken_str(&token), name))
            return 1;
    } while (token.kind != CTOKEN_NEWLINE);
    return 0;
}

int reader_asks_for(const reader_t *reader, str_t name)
{
    for (size_t i = 0; i < reader->num_branches && i < MAX_ASKED; ++i) {
        if (has_name(reader->branches[reader->num_branches - 1 - i].text, name))
            return 1;
    }
    return 0;
}

/* ---- conditionals ---- */

static void set_branch(reader_t *reader, reader_frame_t *frame, int kind, str_t text)
{
    int value = kind == BRANCH_IF ? literal_value(text) : -1;

    frame->start = (uint32_t)(reader->scanner.p - reader->scanner.start);
    frame->is_dead = frame->is_done || value == 0;
    frame->is_done |= value == 1;
    reader->num_dead += frame->is_dead;
    reader->condition = NULL;
    if (frame->num_branches == MAX_BRANCHES) {
        --frame->num_branches;
        --reader->num_branches;
    }
    reader->branches = grow(reader->branches, &reader->branches_capacity, reader->num_branches, sizeof(*reader->branches));
    reader->branches[reader->num_branches++] =
        (reader_branch_t){.kind = (uint8_t)(value != -1 ? BRANCH_LITERAL : kind), .text = text};
    ++frame->num_branches;
}

static void open_conditional(reader_t *reader, int kind)
{
    str_t text = read_rest(reader);

    if (reader->num_frames == MAX_FRAMES || reader->num_deep != 0) {
        ++reader->num_deep;
        return;
    }
    if (reader->guard_step == GUARD_START) {
        reader->guard = kind == BRANCH_IFNDEF ? text : kind == BRANCH_IF ? name_of_negation(text) : (str_t){NULL, 0};
        reader->guard_step = reader->guard.n != 0 ? GUARD_ASKED : GUARD_NONE;
        if (reader->has_guard)
            kind = BRANCH_GUARD;
    }
    reader->frames = grow(reader->frames, &reader->frames_capacity, reader->num_frames, sizeof(*reader->frames));
    reader_frame_t *frame = reader->frames + reader->num_frames++;
    *frame = (reader_frame_t){.first_branch = reader->num_branches, .num_braces = reader->num_braces};
    set_branch(reader, frame, kind, text);
    if (kind == BRANCH_GUARD)
        frame->start = 0;
}

static void next_branch(reader_t *reader, int kind)
{
    str_t text = read_rest(reader);

    if (reader->num_frames == 0 || reader->num_deep != 0)
        return;
    if (reader->num_frames == 1)
        reader->guard_step = GUARD_NONE;
    reader_frame_t *frame = reader->frames + reader->num_frames - 1;
    reader->num_dead -= frame->is_dead;
    frame->is_done |= reader->num_arguments != 0;
    reader->num_braces = frame->num_braces;
    set_branch(reader, frame, kind, text);
}

static void close_conditional(reader_t *reader, int unused)
{
    (void)unused;
    read_rest(reader);
    if (reader->num_deep != 0) {
        --reader->num_deep;
        return;
    }
    if (reader->num_frames == 0)
        return;
    const reader_frame_t *frame = reader->frames + --reader->num_frames;
    reader->num_dead -= frame->is_dead;
    reader->num_branches = frame->first_branch;
    reader->condition = NULL;
    if (reader->num_frames == 0 && reader->guard_step == GUARD_DEFINED)
        reader->guard_step = GUARD_CLOSED;
}

/* ---- directives ---- */

/* #define or #undef */
static void read_name(reader_t *reader, int is_define)
{
    void (*handler)(void *, reader_t *, const ctoken_t *) = is_define ? reader->handlers->define : reader->handlers->undef;
    ctoken_t name;

    cscan_next(&reader->scanner, &name);
    if (reader->guard_step == GUARD_ASKED)
        reader->guard_step = name.kind == CTOKEN_NAME && str_eq(ctoken_str(&name), reader->guard) ? GUARD_DEFINED : GUARD_NONE;
    if (name.kind == CTOKEN_NAME && reader->num_dead == 0 && handler != NULL)
        handler(reader->handlers->arg, reader, &name);
    if (reader->scanner.in_directive)
        read_rest(reader);
}

static void read_include(reader_t *reader, int unused)
{
    str_t name = cscan_header_name(&reader->scanner);

    (void)unused;
    if (name.n != 0 && reader->num_dead == 0 && reader->handlers->include != NULL)
        reader->handlers->include(reader->handlers->arg, name, name.p[-1] == '"');
    read_rest(reader);
}

static void skip(reader_t *reader, int unused)
{
    (void)unused;
    read_rest(reader);
}

static const struct {
    const char *name;
    void (*read)(reader_t *reader, int arg);
    int arg;        /* of that */
    int guard_step; /* the one that it does not end; nothing ends GUARD_DEFINED */
} directives[] = {
    {"if", open_conditional, BRANCH_IF, GUARD_START},
    {"ifdef", open_conditional, BRANCH_IFDEF, GUARD_NONE},
    {"ifndef", open_conditional, BRANCH_IFNDEF, GUARD_START},
    {"elif", next_branch, BRANCH_IF, GUARD_NONE},
    {"elifdef", next_branch, BRANCH_IFDEF, GUARD_NONE},
    {"elifndef", next_branch, BRANCH_IFNDEF, GUARD_NONE},
    {"else", next_branch, BRANCH_ELSE, GUARD_NONE},
    {"endif", close_conditional, 0, GUARD_NONE},
    {"define", read_name, 1, GUARD_ASKED},
    {"undef", read_name, 0, GUARD_NONE},
    {"include", read_include, 0, GUARD_NONE},
    {"include_next", read_include, 0, GUARD_NONE},
    {"import", read_include, 0, GUARD_NONE},
    {"pragma", skip, 0, GUARD_START},
    {"", skip, 0, GUARD_NONE}, /* any other */
};

static void read_directive(reader_t *reader)
{
    ctoken_t name;
    size_t i = 0;

    cscan_next(&reader->scanner, &name);
    if (name.kind == CTOKEN_NEWLINE)
        return;
    while (directives[i].name[0] != '\0' && !str_is(ctoken_str(&name), directives[i].name))
        ++i;
    if (reader->guard_step != GUARD_DEFINED && reader->guard_step != directives[i].guard_step)
        reader->guard_step = GUARD_NONE;
    directives[i].read(reader, directives[i].arg);
}

int reader_next(reader_t *reader, ctoken_t *token, int stops_at_directive)
{
    while (1) {
        if (reader->is_at_directive) {
            if (stops_at_directive)
                return 0;
            reader->is_at_directive = 0;
            read_directive(reader);
        }
        cscan_next(&reader->scanner, token);
        if (token->kind == CTOKEN_END)
            return 0;
        if (token->kind == CTOKEN_DIRECTIVE) {
            reader->is_at_directive = 1;
            continue;
        }
        if (reader->guard_step != GUARD_DEFINED)
            reader->guard_step = GUARD_NONE;
        if (reader->num_dead == 0) {
            reader->num_braces += ctoken_is(token, '{') - (ctoken_is(token, '}') && reader->num_braces > 0);
            return 1;
        }
    }
}
