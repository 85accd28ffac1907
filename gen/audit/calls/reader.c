/*
 * Conditionals are a stack of frames. The text of the condition around a place grows and shrinks with it: a branch adds its
 * condition, and turns that of the branch before it into its negation, so `#elif B` after `#if A` is under !(A) && B. A branch is
 * dead, and its tokens and directives are passed over, when a number says that it is not built; inside of an argument list also
 * when another branch was read.
 */
#include <stdlib.h>
#include <string.h>
#include "audit/calls/reader.h"

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

void reader_init(reader_t *reader, const ctext_t *text, ctexts_t *texts)
{
    *reader = (reader_t){.texts = texts, .condition = &texts->condition};
    reader->condition->arena = texts->arena;
    reader->condition->n = 0;
    cscan_init(&reader->scanner, text);
}

str_t reader_rest(reader_t *reader)
{
    const char *start = NULL, *end = NULL;
    unsigned num = 0;
    ctoken_t token;

    do {
        cscan_next(&reader->scanner, &token);
        if (start == NULL)
            start = end = token.p;
        if (num < READER_WORDS && !ctoken_is(&token, '(') && !ctoken_is(&token, ')'))
            reader->words[num++] = token;
        if (token.kind != CTOKEN_NEWLINE)
            end = reader->scanner.p;
    } while (token.kind != CTOKEN_NEWLINE);
    while (num < READER_WORDS)
        reader->words[num++] = token;
    return (str_t){start, (size_t)(end - start)};
}

/* ---- conditions ---- */

/* Adds the condition of a branch, or its negation: without comments, and with single blanks. */
static void put_branch(text_t *text, const reader_frame_t *frame, int is_negated)
{
    int is_loose = memmem(frame->text.p, frame->text.n, "||", 2) != NULL || memchr(frame->text.p, '?', frame->text.n) != NULL;
    const char *open = frame->kind != BRANCH_IF ? "defined(" : is_negated || is_loose ? "(" : "", *end = NULL;
    cscanner_t scanner;
    ctoken_t token;
    size_t start = text->n;

    if (frame->kind == BRANCH_HIDDEN || text->n > MAX_CONDITION)
        return;
    text_put(text, " && ", text->n != 0 ? 4 : 0);
    text_put(text, "!", is_negated != (frame->kind == BRANCH_IFNDEF));
    text_put(text, open, strlen(open));
    cscan_init_part(&scanner, frame->text);
    for (cscan_next(&scanner, &token); token.kind != CTOKEN_NEWLINE && text->n - start <= MAX_CONDITION;
         cscan_next(&scanner, &token)) {
        text_put(text, " ", end != NULL && token.p != end);
        text_put(text, token.p, token.n <= MAX_CONDITION ? token.n : 0);
        end = scanner.p;
    }
    text_put(text, ")", open[0] != '\0');
}

const str_t *reader_condition(reader_t *reader)
{
    text_t *text = reader->condition;
    size_t n = text->n;

    if (reader->kept == NULL) {
        text_put(text, " ...", n > MAX_CONDITION ? 4 : 0);
        reader->kept = ctexts_keep(reader->texts, (str_t){text->p, text->n});
        text->n = n;
    }
    return reader->kept;
}

/* The innermost conditional, or of those that are too deep the one around them; NULL: there is none */
static const reader_frame_t *innermost(const reader_t *reader)
{
    size_t num = reader->num_frames < READER_MAX_FRAMES ? reader->num_frames : READER_MAX_FRAMES;

    return num != 0 ? reader->frames + num - 1 : NULL;
}

uint32_t reader_branch_start(const reader_t *reader)
{
    return reader->num_frames != 0 ? innermost(reader)->start : 0;
}

int reader_asks_for(const reader_t *reader, str_t name)
{
    const reader_frame_t *frame = innermost(reader);

    return frame != NULL && frame->kind == BRANCH_IFDEF && str_eq(frame->text, name);
}

/* ---- conditionals ---- */

/* After reader_rest(). */
static void begin_branch(reader_t *reader, reader_frame_t *frame, branch_kind_t kind, str_t text)
{
    const ctoken_t *words = reader->words;
    int value = kind == BRANCH_IF && words[0].kind == CTOKEN_NUMBER && words[1].kind == CTOKEN_NEWLINE
                    ? strtoull(words[0].p, NULL, 0) != 0
                    : -1;

    frame->text = text;
    frame->kind = (uint8_t)(value != -1 ? BRANCH_HIDDEN : kind);
    frame->start = (uint32_t)(reader->scanner.p - reader->scanner.start);
    frame->is_dead = frame->is_done || value == 0;
    frame->is_done |= value == 1;
    reader->num_dead += frame->is_dead;
    frame->others_end = reader->condition->n;
    put_branch(reader->condition, frame, 0);
    reader->kept = NULL;
}

static void open_conditional(reader_t *reader, branch_kind_t kind)
{
    str_t text = reader_rest(reader);
    const ctoken_t *words = reader->words;

    if (reader->num_frames++ >= READER_MAX_FRAMES)
        return;
    if (reader->num_read == 1 && kind == BRANCH_IFNDEF)
        reader->guard = ctoken_str(words);
    else if (reader->num_read == 1 && ctoken_is(words, '!') && str_is(ctoken_str(words + 1), "defined") &&
             words[3].kind == CTOKEN_NEWLINE)
        reader->guard = ctoken_str(words + 2);
    reader_frame_t *frame = reader->frames + reader->num_frames - 1;
    *frame = (reader_frame_t){.around_end = reader->condition->n};
    begin_branch(reader, frame, kind, text);
}

static void next_branch(reader_t *reader, branch_kind_t kind)
{
    str_t text = reader_rest(reader);

    if (reader->num_frames == 0 || reader->num_frames > READER_MAX_FRAMES)
        return;
    reader_frame_t *frame = reader->frames + reader->num_frames - 1;
    reader->num_dead -= frame->is_dead;
    frame->is_done |= reader->num_arguments != 0;
    reader->condition->n = frame->others_end;
    put_branch(reader->condition, frame, 1);
    begin_branch(reader, frame, kind, text);
}

static void close_conditional(reader_t *reader, branch_kind_t unused)
{
    (void)unused;
    if (reader->num_frames == 0 || reader->num_frames-- > READER_MAX_FRAMES)
        return;
    const reader_frame_t *frame = reader->frames + reader->num_frames;
    reader->num_dead -= frame->is_dead;
    reader->condition->n = frame->around_end;
    reader->kept = NULL;
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

/* @return READER_END: the caller has nothing to do */
static reader_event_t read_directive(reader_t *reader, ctoken_t *token)
{
    const size_t num = sizeof(directives) / sizeof(directives[0]);
    size_t i = 0;

    cscan_next(&reader->scanner, token);
    str_t name = ctoken_str(token);
    reader->num_read += token->kind != CTOKEN_NEWLINE && !str_is(name, "pragma");
    while (i != num && !str_is(name, directives[i].name))
        ++i;
    if (i == num)
        return READER_END;
    if (directives[i].read != NULL) {
        directives[i].read(reader, directives[i].kind);
        return READER_END;
    }
    reader_event_t event = directives[i].event;
    if (event == READER_INCLUDE) {
        str_t header = cscan_header_name(&reader->scanner);
        *token = (ctoken_t){.p = header.p, .n = (uint32_t)header.n, .kind = header.n != 0 ? CTOKEN_NAME : CTOKEN_END};
    } else {
        cscan_next(&reader->scanner, token);
    }
    if (reader->num_read == 2 && event == READER_DEFINE && str_eq(ctoken_str(token), reader->guard)) {
        reader->frames[0].kind = BRANCH_HIDDEN;
        reader->condition->n = 0;
        reader->kept = NULL;
    }
    return token->kind == CTOKEN_NAME && reader->num_dead == 0 ? event : READER_END;
}

reader_event_t reader_next(reader_t *reader, ctoken_t *token)
{
    reader_event_t event;

    reader->has_directive = reader->scanner.in_directive;
    while (1) {
        if (reader->scanner.in_directive)
            reader_rest(reader);
        cscan_next(&reader->scanner, token);
        if (token->kind == CTOKEN_END)
            return READER_END;
        if (token->kind == CTOKEN_DIRECTIVE) {
            reader->has_directive = 1;
            if ((event = read_directive(reader, token)) != READER_END)
                return event;
            continue;
        }
        ++reader->num_read;
        if (reader->num_dead == 0)
            return READER_TOKEN;
    }
}
