#include <stdlib.h>
#include <string.h>
#include "audit/calls/ahead.h"
#include "base/grow.h"

/* tokens of one macro with its arguments; with more it is no call */
#define MAX_ARGS ((size_t)1 << 18)
/* tokens that are done and still kept */
#define MAX_DONE 4096

void ahead_init(ahead_t *ahead, const macros_t *macros)
{
    *ahead = (ahead_t){.macros = macros};
}

void ahead_dispose(ahead_t *ahead)
{
    free(ahead->tokens);
    free(ahead->opens);
}

void ahead_enter_file(ahead_t *ahead, reader_t *reader, ahead_token_fn *on_token, void *arg)
{
    ahead->reader = reader;
    ahead->on_token = on_token;
    ahead->arg = arg;
    ahead->first = ahead->num = 0;
    ahead->num_relevant = ahead->num_pastes = ahead->num_beginnings = 0;
}

/* What is relevant may turn out to be a call: what is written there has to be known then. */
static const written_t *make_written(reader_t *reader, const ctoken_t *token)
{
    written_t *written = reader_alloc(reader, sizeof(*written));

    *written = (written_t){.name = ctoken_str(token), .at = token->p, .line = token->line, .condition = reader_condition(reader)};
    return written;
}

int ahead_read(ahead_t *ahead, int stops_at_directive)
{
    ctoken_t token;

    if (!reader_next(ahead->reader, &token, stops_at_directive))
        return 0;
    macro_t *macro = token.kind == CTOKEN_NAME ? macros_find(ahead->macros, ctoken_str(&token)) : NULL;
    ahead->on_token(ahead->arg, &token, macro);
    ahead->tokens = grow(ahead->tokens, &ahead->capacity, ahead->num, sizeof(*ahead->tokens));
    ahead_token_t *added = ahead->tokens + ahead->num++;
    *added = (ahead_token_t){.token = {.p = token.p, .n = token.n, .line = token.line, .kind = token.kind, .macro = macro}};
    if (macro != NULL) {
        added->condition = reader_condition(ahead->reader);
        ahead->num_pastes += (macro->properties & MACRO_PASTES) != 0;
        ahead->num_beginnings += (macro->properties & MACRO_BEGINS) != 0;
        ahead->num_relevant += macro_is_relevant(macro);
        if (macro->properties & (MACRO_RELEVANT | MACRO_PASTES))
            added->token.written = make_written(ahead->reader, &token);
    }
    if (token.kind == CTOKEN_NAME && reader_is_in_arguments(ahead->reader))
        ahead->num_beginnings += table_get(&ahead->macros->beginnings, ctoken_str(&token)) != NULL;
    added->num_relevant = ahead->num_relevant;
    added->num_pastes = ahead->num_pastes;
    added->num_beginnings = ahead->num_beginnings;
    return 1;
}

static int is_at(const ahead_t *ahead, size_t i, char c)
{
    return xtoken_is(&ahead->tokens[i].token, c);
}

/* Reads from a "(" to its ")", and notes all that belong together. @return 0 when there is none */
static int close_list(ahead_t *ahead, size_t open, int *is_too_long)
{
    size_t num_opens = 0;

    for (size_t i = open; i != ahead->num || ahead_read(ahead, 0); ++i) {
        if (is_at(ahead, i, '(')) {
            ahead->opens = grow(ahead->opens, &ahead->opens_capacity, num_opens, sizeof(*ahead->opens));
            ahead->opens[num_opens++] = i;
        } else if (is_at(ahead, i, ')')) {
            size_t own = ahead->opens[--num_opens];
            ahead->tokens[own].closing = (uint32_t)(i - own);
            if (num_opens == 0)
                return 1;
        }
        if (i - open == MAX_ARGS) {
            *is_too_long = 1;
            break;
        }
    }
    while (num_opens-- != 0)
        ahead->tokens[ahead->opens[num_opens]].token.flags |= XTOKEN_UNCLOSED;
    return 0;
}

size_t ahead_read_args(ahead_t *ahead, int *is_too_long)
{
    size_t open = ahead->first + 1;

    *is_too_long = 0;
    if (open == ahead->num && !ahead_read(ahead, 1))
        return 0;
    if (!is_at(ahead, open, '(') || (ahead->tokens[open].token.flags & XTOKEN_UNCLOSED))
        return 0;
    if (ahead->tokens[open].closing == 0) {
        reader_begin_arguments(ahead->reader);
        int is_closed = close_list(ahead, open, is_too_long);
        reader_end_arguments(ahead->reader);
        if (!is_closed)
            return 0;
    }
    return 1 + ahead->tokens[open].closing;
}

int ahead_are_args_relevant(const ahead_t *ahead, size_t length)
{
    const ahead_token_t *first = ahead->tokens + ahead->first, *last = first + length;

    return last->num_relevant != first->num_relevant ||
           (last->num_beginnings != first->num_beginnings &&
            (last->num_pastes != first->num_pastes || (first->token.macro->properties & MACRO_PASTES)));
}

void ahead_drop(ahead_t *ahead, size_t num)
{
    ahead->first += num;
    size_t left = ahead->num - ahead->first;
    if (left == 0)
        reader_forget(ahead->reader);
    if (left != 0 && (ahead->first < MAX_DONE || ahead->first < left))
        return;
    memmove(ahead->tokens, ahead->tokens + ahead->first, left * sizeof(*ahead->tokens));
    ahead->num = left;
    ahead->first = 0;
}
