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
/* bytes of texts that are kept */
#define MAX_TEXTS ((size_t)64 << 20)

typedef enum en_branch_kind_t {
    BRANCH_IF,
    BRANCH_IFDEF,
    BRANCH_IFNDEF,
    BRANCH_HIDDEN /* it is no condition: `#else`, `#if 0` or `#if 1`, an include guard */
} branch_kind_t;

const str_t *ctexts_keep(ctexts_t *texts, str_t text)
{
    static const str_t none = {"", 0}, too_many = STR_LITERAL("...");
    str_t *kept = table_get(&texts->table, text);

    if (text.n == 0 || kept != NULL)
        return kept != NULL ? kept : &none;
    if (text.n > MAX_TEXTS - texts->num_bytes)
        return &too_many;
    texts->num_bytes += text.n;
    kept = arena_alloc(texts->arena, sizeof(*kept));
    *kept = arena_strdup(texts->arena, text);
    table_put(&texts->table, *kept, kept);
    return kept;
}

void reader_init(reader_t *reader, const ctext_t *text, ctexts_t *texts, int has_guard)
{
    *reader = (reader_t){.texts = texts, .has_guard = has_guard};
    cscan_init(&reader->scanner, text);
}

void reader_dispose(reader_t *reader)
{
    free(reader->frames);
    free(reader->branches);
}

int reader_has_guard(const reader_t *reader)
{
    return reader->guard.n != 0 && reader->num_outside == 0 && reader->num_directives > 1 && reader->num_frames == 0;
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

/* The first tokens of a condition, parentheses left out. */
static void read_condition(str_t condition, ctoken_t *tokens, int num)
{
    cscanner_t scanner;

    cscan_init_part(&scanner, condition.n != 0 ? condition : STR(""));
    for (int i = 0; i < num; ++i) {
        do {
            cscan_next(&scanner, tokens + i);
        } while (ctoken_is(tokens + i, '(') || ctoken_is(tokens + i, ')'));
    }
}

/* @return 0 or 1 for a number; -1 for any other condition */
static int literal_value(str_t condition)
{
    ctoken_t tokens[2];

    read_condition(condition, tokens, 2);
    if (tokens[0].kind != CTOKEN_NUMBER || tokens[1].kind != CTOKEN_NEWLINE)
        return -1;
    int is_hex = tokens[0].n > 2 && (tokens[0].p[1] | 0x20) == 'x';
    for (uint32_t i = 0; i < tokens[0].n; ++i) {
        if (strchr(is_hex ? "123456789abcdefABCDEF" : "123456789", tokens[0].p[i]) != NULL)
            return 1;
    }
    return 0;
}

/* The X of `!defined(X)`. */
static str_t name_of_negation(str_t condition)
{
    ctoken_t tokens[4];

    read_condition(condition, tokens, 4);
    if (ctoken_is(tokens, '!') && str_is(ctoken_str(tokens + 1), "defined") && tokens[2].kind == CTOKEN_NAME &&
        tokens[3].kind == CTOKEN_NEWLINE)
        return ctoken_str(tokens + 2);
    return (str_t){NULL, 0};
}

/* Without comments, and with single blanks. */
static void put_condition(text_t *text, str_t condition)
{
    const char *end = condition.p;
    cscanner_t scanner;
    ctoken_t token;

    cscan_init_part(&scanner, condition.n != 0 ? condition : STR(""));
    for (cscan_next(&scanner, &token); token.kind != CTOKEN_NEWLINE && text->n <= MAX_CONDITION; cscan_next(&scanner, &token)) {
        text_put(text, " ", token.p != end);
        text_put(text, token.p, token.n);
        end = scanner.p;
    }
}

/* Whether the condition has to stand in parentheses beside "&&". */
static int is_loose(str_t condition)
{
    return condition.n != 0 && (memmem(condition.p, condition.n, "||", 2) != NULL || memchr(condition.p, '?', condition.n) != NULL);
}

static void put_branch(text_t *text, const reader_branch_t *branch, int is_negated, int is_alone)
{
    int is_if = branch->kind == BRANCH_IF;
    const char *open = !is_if ? "defined(" : is_negated || (!is_alone && is_loose(branch->text)) ? "(" : "";

    if (text->n != 0)
        text_put(text, " && ", 4);
    if (is_negated != (branch->kind == BRANCH_IFNDEF))
        text_put(text, "!", 1);
    text_put(text, open, strlen(open));
    put_condition(text, branch->text);
    text_put(text, ")", open[0] != '\0');
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

const str_t *reader_condition(reader_t *reader)
{
    text_t *text = &reader->texts->scratch;
    size_t num_shown = 0;

    if (reader->condition != NULL)
        return reader->condition;
    text->arena = reader->texts->arena;
    text->n = 0;
    for (size_t i = 0; i < reader->num_branches && num_shown < 2; ++i)
        num_shown += reader->branches[i].kind != BRANCH_HIDDEN;
    for (size_t i = 0; i < reader->num_frames && text->n <= MAX_CONDITION; ++i) {
        const reader_frame_t *frame = reader->frames + i;
        const reader_branch_t *branch = reader->branches + frame->first_branch;
        for (unsigned left = frame->num_branches; left != 0 && text->n <= MAX_CONDITION; --left, ++branch) {
            if (branch->kind != BRANCH_HIDDEN)
                put_branch(text, branch, left != 1, num_shown == 1);
        }
    }
    cut(text);
    reader->condition = ctexts_keep(reader->texts, (str_t){text->p, text->n});
    return reader->condition;
}

uint32_t reader_branch_start(const reader_t *reader)
{
    return reader->num_frames != 0 ? reader->frames[reader->num_frames - 1].start : 0;
}

int reader_asks_for(const reader_t *reader, str_t name)
{
    if (reader->num_branches == 0)
        return 0;
    const reader_branch_t *last = reader->branches + reader->num_branches - 1;
    return last->kind == BRANCH_IFDEF && str_eq(last->text, name);
}

/* ---- conditionals ---- */

static void set_branch(reader_t *reader, reader_frame_t *frame, branch_kind_t kind, str_t text)
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
        (reader_branch_t){.kind = (uint8_t)(value != -1 ? BRANCH_HIDDEN : kind), .text = text};
    ++frame->num_branches;
}

static void open_conditional(reader_t *reader, branch_kind_t kind)
{
    str_t text = read_rest(reader);
    int is_guard = 0;

    if (reader->num_frames == MAX_FRAMES || reader->num_deep != 0) {
        ++reader->num_deep;
        return;
    }
    if (reader->num_directives == 1) {
        reader->guard = kind == BRANCH_IFNDEF ? text : kind == BRANCH_IF ? name_of_negation(text) : (str_t){NULL, 0};
        is_guard = reader->has_guard;
    }
    reader->frames = grow(reader->frames, &reader->frames_capacity, reader->num_frames, sizeof(*reader->frames));
    reader_frame_t *frame = reader->frames + reader->num_frames++;
    *frame = (reader_frame_t){.first_branch = reader->num_branches};
    set_branch(reader, frame, is_guard ? BRANCH_HIDDEN : kind, text);
    if (is_guard)
        frame->start = 0;
}

static void next_branch(reader_t *reader, branch_kind_t kind)
{
    str_t text = read_rest(reader);

    if (reader->num_frames == 0 || reader->num_deep != 0)
        return;
    reader->num_outside += reader->num_frames == 1;
    reader_frame_t *frame = reader->frames + reader->num_frames - 1;
    reader->num_dead -= frame->is_dead;
    frame->is_done |= reader->num_arguments != 0;
    set_branch(reader, frame, kind, text);
}

static void close_conditional(reader_t *reader, branch_kind_t unused)
{
    (void)unused;
    read_rest(reader);
    if (reader->num_deep != 0) {
        --reader->num_deep;
    } else if (reader->num_frames != 0) {
        const reader_frame_t *frame = reader->frames + --reader->num_frames;
        reader->num_dead -= frame->is_dead;
        reader->num_branches = frame->first_branch;
        reader->condition = NULL;
    }
}

/* ---- directives ---- */

static const struct {
    const char *name;
    void (*read)(reader_t *reader, branch_kind_t kind); /* NULL: it has an event */
    branch_kind_t kind;
    reader_event_t event;
} directives[] = {
    {"if", open_conditional, BRANCH_IF, READER_END},         {"ifdef", open_conditional, BRANCH_IFDEF, READER_END},
    {"ifndef", open_conditional, BRANCH_IFNDEF, READER_END}, {"elif", next_branch, BRANCH_IF, READER_END},
    {"elifdef", next_branch, BRANCH_IFDEF, READER_END},      {"elifndef", next_branch, BRANCH_IFNDEF, READER_END},
    {"else", next_branch, BRANCH_HIDDEN, READER_END},        {"endif", close_conditional, BRANCH_HIDDEN, READER_END},
    {"define", NULL, BRANCH_HIDDEN, READER_DEFINE},          {"undef", NULL, BRANCH_HIDDEN, READER_UNDEF},
    {"include", NULL, BRANCH_HIDDEN, READER_INCLUDE},        {"include_next", NULL, BRANCH_HIDDEN, READER_INCLUDE},
    {"import", NULL, BRANCH_HIDDEN, READER_INCLUDE},
};

/* Counts what stands outside of an include guard, or before its #define. */
static void watch_guard(reader_t *reader, reader_event_t event, const ctoken_t *token)
{
    ++reader->num_directives;
    if (reader->num_directives == 2)
        reader->num_outside += event != READER_DEFINE || !str_eq(ctoken_str(token), reader->guard);
    else
        reader->num_outside += reader->num_directives != 1 && reader->num_frames == 0;
}

/* @return READER_END: the caller has nothing to do */
static reader_event_t read_directive(reader_t *reader, ctoken_t *token)
{
    const size_t num = sizeof(directives) / sizeof(directives[0]);
    size_t i = 0;

    cscan_next(&reader->scanner, token);
    if (token->kind == CTOKEN_NEWLINE)
        return READER_END;
    str_t name = ctoken_str(token);
    while (i != num && !str_is(name, directives[i].name))
        ++i;
    reader_event_t event = i != num ? directives[i].event : READER_END;
    if (event == READER_INCLUDE) {
        str_t header = cscan_header_name(&reader->scanner);
        *token = (ctoken_t){.p = header.p, .n = (uint32_t)header.n, .kind = header.n != 0 ? CTOKEN_NAME : CTOKEN_END};
    } else if (event != READER_END) {
        cscan_next(&reader->scanner, token);
    }
    if (!str_is(name, "pragma"))
        watch_guard(reader, event, token);
    if (event != READER_END)
        return token->kind == CTOKEN_NAME && reader->num_dead == 0 ? event : READER_END;
    if (i != num)
        directives[i].read(reader, directives[i].kind);
    return READER_END;
}

reader_event_t reader_next(reader_t *reader, ctoken_t *token)
{
    reader_event_t event;

    reader->has_directive = reader->scanner.in_directive;
    while (1) {
        if (reader->scanner.in_directive)
            read_rest(reader);
        cscan_next(&reader->scanner, token);
        if (token->kind == CTOKEN_END)
            return READER_END;
        if (token->kind == CTOKEN_DIRECTIVE) {
            reader->has_directive = 1;
            if ((event = read_directive(reader, token)) != READER_END)
                return event;
            continue;
        }
        reader->num_outside += reader->num_frames == 0 || reader->num_directives == 1;
        if (reader->num_dead == 0)
            return READER_TOKEN;
    }
}
