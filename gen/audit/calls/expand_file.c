/*
 * The outermost list of the expander: the tokens of the file. Where a macro stands, they are read ahead to the end of its
 * arguments, since it is expanded several times if there is a choice of definitions, and not at all if there is nothing relevant in
 * it.
 */
#include <stdlib.h>
#include <string.h>
#include "audit/calls/expand_int.h"
#include "base/grow.h"

/* tokens of one macro with its arguments; with more it is no call */
#define MAX_GROUP ((size_t)1 << 18)
/* steps of one expansion, that is tokens that are moved, with all choices */
#define MAX_STEPS ((uint32_t)1 << 20)
/* combinations of definitions that one expansion is made with */
#define MAX_CHOICES 64
/* tokens that are done and still kept */
#define MAX_DONE 4096
/* memory of one expansion that is kept for the next */
#define MAX_KEPT ((size_t)256 << 10)

/* ---- reading ahead ---- */

/* What is relevant may turn out to be a call: what is written there has to be known then. */
static const written_t *make_written(expander_t *expander, const ctoken_t *token)
{
    written_t *written = reader_alloc(expander->reader, sizeof(*written));

    *written = (written_t){
        .name = ctoken_str(token), .at = token->p, .line = token->line, .condition = reader_condition(expander->reader)};
    return written;
}

int expander_read_ahead(expander_t *expander, int stops_at_directive)
{
    ctoken_t token;

    if (!reader_next(expander->reader, &token, stops_at_directive))
        return 0;
    macro_t *macro = token.kind == CTOKEN_NAME ? macros_find(expander->macros, ctoken_str(&token)) : NULL;
    expander->handlers->token(expander->handlers->arg, &token, macro);
    expander->ahead = grow(expander->ahead, &expander->ahead_capacity, expander->num_ahead, sizeof(*expander->ahead));
    expand_ahead_t *ahead = expander->ahead + expander->num_ahead++;
    *ahead = (expand_ahead_t){.token = {.p = token.p, .n = token.n, .line = token.line, .kind = token.kind, .macro = macro}};
    if (macro != NULL) {
        ahead->condition = reader_condition(expander->reader);
        expander->num_pastes += (macro->properties & MACRO_PASTES) != 0;
        expander->num_beginnings += (macro->properties & MACRO_BEGINS) != 0;
        expander->num_relevant += macro_is_relevant(macro);
        if (macro->properties & (MACRO_RELEVANT | MACRO_PASTES))
            ahead->token.written = make_written(expander, &token);
    }
    if (token.kind == CTOKEN_NAME && expander->reader->in_arguments)
        expander->num_beginnings += table_get(&expander->macros->beginnings, ctoken_str(&token)) != NULL;
    ahead->num_relevant = expander->num_relevant;
    ahead->num_pastes = expander->num_pastes;
    ahead->num_beginnings = expander->num_beginnings;
    return 1;
}

/* Removes what is done, sometimes. */
static void shift(expander_t *expander)
{
    size_t left = expander->num_ahead - expander->first;

    if (left != 0 && (expander->first < MAX_DONE || expander->first < left))
        return;
    memmove(expander->ahead, expander->ahead + expander->first, left * sizeof(*expander->ahead));
    expander->num_ahead = left;
    expander->first = 0;
}

static int is_at(const expander_t *expander, size_t i, char c)
{
    return xtoken_is(&expander->ahead[i].token, c);
}

static void tell_failure(expander_t *expander, const char *why)
{
    const xtoken_t *head = &expander->ahead[expander->first].token;

    expander->handlers->gave_up(expander->handlers->arg,
                                &(written_t){.name = {head->p, head->n}, .at = head->p, .line = head->line}, why);
}

/* Reads from a "(" to its ")", and notes all that belong together. @return 0 when there is none */
static int close_list(expander_t *expander, size_t open)
{
    size_t num_opens = 0;

    for (size_t i = open; i != expander->num_ahead || expander_read_ahead(expander, 0); ++i) {
        if (is_at(expander, i, '(')) {
            expander->opens = grow(expander->opens, &expander->opens_capacity, num_opens, sizeof(*expander->opens));
            expander->opens[num_opens++] = i;
        } else if (is_at(expander, i, ')')) {
            size_t own = expander->opens[--num_opens];
            expander->ahead[own].closing = (uint32_t)(i - own);
            if (num_opens == 0)
                return 1;
        }
        if (i - open == MAX_GROUP) {
            tell_failure(expander, "has too much in its parentheses");
            break;
        }
    }
    while (num_opens-- != 0)
        expander->ahead[expander->opens[num_opens]].token.flags |= TOKEN_UNCLOSED;
    return 0;
}

/* @return how many tokens behind the first one that is not done its list of arguments ends; 0 when there is none */
static size_t read_group(expander_t *expander)
{
    size_t open = expander->first + 1;

    if (open == expander->num_ahead && !expander_read_ahead(expander, 1))
        return 0;
    if (!is_at(expander, open, '(') || (expander->ahead[open].token.flags & TOKEN_UNCLOSED))
        return 0;
    if (expander->ahead[open].closing == 0) {
        int was_in_arguments = expander->reader->in_arguments;
        expander->reader->in_arguments = 1;
        int is_closed = close_list(expander, open);
        expander->reader->in_arguments = was_in_arguments;
        if (!is_closed)
            return 0;
    }
    return 1 + expander->ahead[open].closing;
}

/* ---- choices ---- */

definition_t *expander_choose(expander_t *expander, macro_t *macro)
{
    if (macro->num_visible == 1)
        return macro->visible[0];
    if (macro->choice == 0) {
        expander->choices = grow(expander->choices, &expander->choices_capacity, expander->num_choices, sizeof(*expander->choices));
        expander->choices[expander->num_choices++] = (expand_choice_t){.macro = macro, .num = macro->num_visible};
        macro->choice = (unsigned)expander->num_choices;
    }
    unsigned index = expander->choices[macro->choice - 1].index;
    return macro->visible[index < macro->num_visible ? index : 0];
}

/* The next combination of definitions. @return 0 when there was each */
static int choose_next(expander_t *expander)
{
    while (expander->num_choices != 0) {
        expand_choice_t *last = expander->choices + expander->num_choices - 1;
        if (++last->index != last->num)
            return 1;
        last->macro->choice = 0;
        --expander->num_choices;
    }
    return 0;
}

static void forget_choices(expander_t *expander)
{
    while (expander->num_choices != 0)
        expander->choices[--expander->num_choices].macro->choice = 0;
}

/* ---- expanding ---- */

/* Expands from the first token on that is not done, to the end of what it has taken part in. @return index behind that */
static size_t expand_once(expander_t *expander, size_t end)
{
    xtoken_t token;

    expander->next = expander->first;
    do {
        if (!expander_next(expander, &token))
            break;
    } while (expander_is_inside(expander) || expander->next < end);
    return expander->next > end ? expander->next : end;
}

static void clean_up(expander_t *expander)
{
    while (expander->num_contexts != 0) {
        macro_t *macro = expander->contexts[--expander->num_contexts].macro;
        if (macro != NULL)
            macro->is_disabled = 0;
    }
    expander->num_stack = 0;
    expander->depth = 0;
    if (expander->arena_size > MAX_KEPT) {
        arena_destroy(expander->arena);
        expander->arena = arena_create();
        expander->arena_size = 0;
    }
}

/* @param length of the macro and its arguments. @return how many tokens are done */
static size_t expand(expander_t *expander, size_t length)
{
    uint32_t steps = *expander->budget < MAX_STEPS ? (uint32_t)*expander->budget : MAX_STEPS;
    size_t end = expander->first + 1;
    unsigned num = 0;

    expander->steps_left = steps;
    expander->failure = NULL;
    do {
        if (num++ == MAX_CHOICES)
            expander->failure = "can be expanded in too many ways";
        else
            end = expand_once(expander, end);
    } while (expander->failure == NULL && choose_next(expander));
    forget_choices(expander);
    clean_up(expander);
    uint64_t used = steps - expander->steps_left;
    *expander->budget -= used < *expander->budget ? used : *expander->budget;
    if (expander->failure == NULL)
        return end - expander->first;
    if (expander->failure[0] != '\0')
        tell_failure(expander, expander->failure);
    expander->failure = NULL;
    return length;
}

/* Whether a call can come of a macro that is not relevant and these arguments: they are relevant, or parts of what is. */
static int is_any_relevant(const expander_t *expander, size_t length)
{
    const expand_ahead_t *first = expander->ahead + expander->first, *last = first + length;

    return last->num_relevant != first->num_relevant ||
           (last->num_beginnings != first->num_beginnings &&
            (last->num_pastes != first->num_pastes || (first->token.macro->properties & MACRO_PASTES)));
}

/* Looks at the first token that is not done. @return how many are done */
static size_t look(expander_t *expander)
{
    const xtoken_t *token = &expander->ahead[expander->first].token;
    const macro_t *macro = token->macro;

    if (macro == NULL)
        return 1;
    size_t length = read_group(expander);
    if (length == 0)
        return macro_is_relevant(macro) && macro->row == NULL && !macro->is_sdt ? expand(expander, 1) : 1;
    return macro_is_relevant(macro) || is_any_relevant(expander, length) ? expand(expander, length + 1) : length + 1;
}

void expander_read(expander_t *expander, reader_t *reader, const expand_handlers_t *handlers)
{
    expander->reader = reader;
    expander->handlers = handlers;
    expander->first = expander->num_ahead = 0;
    expander->num_relevant = expander->num_pastes = expander->num_beginnings = 0;
    while (expander->first != expander->num_ahead || expander_read_ahead(expander, 0)) {
        expander->first += look(expander);
        if (expander->first == expander->num_ahead)
            reader_forget(reader);
        shift(expander);
    }
}
