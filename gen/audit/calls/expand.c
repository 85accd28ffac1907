/*
 * The expander does with the macros of a file what a preprocessor does (C11 6.10.3, and gcc's extensions), but only where it may
 * lead to a probe, and with more than one outcome: a macro of which several definitions are visible is expanded with each.
 *
 *     #define APP_PROBE(label, ...) if (APP_##label##_ENABLED()) APP_##label(__VA_ARGS__)
 *
 *     APP_PROBE(SEND, conn, len(x));            the file, read ahead to the closing parenthesis
 *     if (APP_SEND_ENABLED()) APP_SEND(conn, len(x))      the body with the arguments: a context
 *                             ^ a probe's own macro: a call; its arguments are searched for calls, too
 *
 * The tokens of the file are read ahead: a macro is looked at when all of its arguments have been read, since it is expanded
 * several times if there is a choice of definitions, and not at all if there is nothing relevant in it.
 *
 * As in gcc there is a stack of lists (contexts). Names are read from the innermost one; a macro puts its expansion on top, and is
 * disabled until that is read to the end, so that it does not expand itself: its name is final if it is read meanwhile. Arguments
 * are expanded by themselves before they are put into the body (substitute.c), as a context after whose end nothing is read.
 *
 * Each token knows the macro in the source that it was expanded from (written), and its place in a definition (body): the first one
 * is where a call is reported, and by the second one undefined.c finds out which unknown names were meant to be probes.
 *
 * Every token that is moved is a step. Steps are counted, for each expansion and for each file: macros can describe more tokens
 * than there are atoms. Arguments in arguments are the only recursion, to a depth that is bounded.
 */
#include <stdlib.h>
#include <string.h>
#include "audit/calls/expand.h"
#include "base/grow.h"

/* tokens of one macro with its arguments; with more it is no call */
#define MAX_ARGS ((size_t)1 << 18)
/* tokens of the file that are done and still kept */
#define MAX_DONE 4096
/* memory of one expansion that is kept for the next */
#define MAX_KEPT ((size_t)256 << 10)
/* macros in arguments of macros in arguments … */
#define MAX_DEPTH 200
/* steps of one expansion, that is tokens that are moved, in all combinations together */
#define MAX_STEPS ((uint32_t)1 << 20)
/* combinations of definitions that one expansion is made with */
#define MAX_CHOICES 64

/* A token of the file. */
typedef struct st_ahead_token_t {
    xtoken_t token;
    const str_t *condition; /* see reader_condition(); NULL: it is no macro's name */
    uint32_t closing;       /* of "(": how many tokens further its ")" is; 0: not known */
} ahead_token_t;

/* A list that is being read. */
typedef struct st_expand_context_t {
    const xtoken_t *tokens;
    size_t num, next;
    macro_t *macro;  /* whose expansion it is, NULL: it is none */
    int is_argument; /* nothing after its end is read */
} expand_context_t;

/* A macro with several definitions, and which of them is taken. */
typedef struct st_expand_choice_t {
    macro_t *macro;
    unsigned index, num;
} expand_choice_t;

void expander_init(expander_t *expander, macros_t *macros, scope_t *scope, undefined_t *undefined, budget_t *budget,
                   const expand_handlers_t *handlers)
{
    *expander = (expander_t){.macros = macros, .scope = scope, .undefined = undefined, .budget = budget, .handlers = handlers};
    expander->lists.arena = arena_create();
}

void expander_dispose(expander_t *expander)
{
    free(expander->ahead);
    free(expander->lists.tokens);
    arena_destroy(expander->lists.arena);
    free(expander->contexts);
    free(expander->choices);
}

/* ---- the file ---- */

static void report_failure(expander_t *expander, const char *why)
{
    const xtoken_t *head = &expander->ahead[expander->first].token;

    expander->handlers->gave_up(expander->handlers->arg, head->line, (str_t){head->p, head->n}, why);
}

/* What is relevant may turn out to be a call: what is written there has to be known then. */
static const written_t *make_written(reader_t *reader, const ctoken_t *token)
{
    written_t *written = reader_alloc(reader, sizeof(*written));

    *written = (written_t){.name = ctoken_str(token), .at = token->p, .line = token->line, .condition = reader_condition(reader)};
    return written;
}

/* Reads one more token. @return 0 at the end of the file, or at a directive if that is to stop it */
static int read_ahead(expander_t *expander, int stops_at_directive)
{
    reader_t *reader = expander->reader;
    ctoken_t token;

    if (!reader_next(reader, &token, stops_at_directive))
        return 0;
    macro_t *macro = token.kind == CTOKEN_NAME ? macros_find(expander->macros, ctoken_str(&token)) : NULL;
    undefined_token(expander->undefined, reader, &token, macro);
    expander->ahead = grow(expander->ahead, &expander->ahead_capacity, expander->num_ahead, sizeof(*expander->ahead));
    ahead_token_t *added = expander->ahead + expander->num_ahead++;
    *added = (ahead_token_t){.token = {.p = token.p, .n = token.n, .line = token.line, .kind = token.kind, .macro = macro}};
    if (macro != NULL) {
        added->condition = reader_condition(reader);
        if (macro->properties & (MACRO_RELEVANT | MACRO_PASTES))
            added->token.written = make_written(reader, &token);
    }
    return 1;
}

static int is_at(const expander_t *expander, size_t i, char c)
{
    return xtoken_is(&expander->ahead[i].token, c);
}

/* Reads from a "(" to its ")", and notes all that belong together. @return 0 when there is none, or only after too many tokens */
static int close_list(expander_t *expander, size_t open)
{
    size_t *opens = NULL, num_opens = 0, capacity = 0;

    for (size_t i = open; i != expander->num_ahead || read_ahead(expander, 0); ++i) {
        if (is_at(expander, i, '(')) {
            opens = grow(opens, &capacity, num_opens, sizeof(*opens));
            opens[num_opens++] = i;
        } else if (is_at(expander, i, ')')) {
            size_t own = opens[--num_opens];
            expander->ahead[own].closing = (uint32_t)(i - own);
        }
        if (num_opens == 0)
            break;
        if (i - open == MAX_ARGS) {
            report_failure(expander, "has too much in its parentheses");
            break;
        }
    }
    int is_closed = num_opens == 0;
    while (num_opens-- != 0)
        expander->ahead[opens[num_opens]].token.flags |= XTOKEN_UNCLOSED;
    free(opens);
    return is_closed;
}

/**
 * Reads the arguments of a macro, which is the first token that is not done.
 * @return how many tokens further their ")" is; 0: no "(" follows, or nothing closes it
 */
static size_t read_args_ahead(expander_t *expander)
{
    size_t open = expander->first + 1;

    if (open == expander->num_ahead && !read_ahead(expander, 1))
        return 0;
    if (!is_at(expander, open, '(') || (expander->ahead[open].token.flags & XTOKEN_UNCLOSED))
        return 0;
    if (expander->ahead[open].closing == 0) {
        ++expander->reader->num_arguments;
        int is_closed = close_list(expander, open);
        --expander->reader->num_arguments;
        if (!is_closed)
            return 0;
    }
    return 1 + expander->ahead[open].closing;
}

/* So many tokens are done. What the reader has allocated for them is gone if nothing else is read ahead. */
static void drop(expander_t *expander, size_t num)
{
    expander->first += num;
    size_t left = expander->num_ahead - expander->first;
    if (left == 0)
        reader_forget(expander->reader);
    if (left != 0 && (expander->first < MAX_DONE || expander->first < left))
        return;
    memmove(expander->ahead, expander->ahead + expander->first, left * sizeof(*expander->ahead));
    expander->num_ahead = left;
    expander->first = 0;
}

/* ---- contexts ---- */

static void push(expander_t *expander, xlist_t list, macro_t *macro, int is_argument)
{
    expander->contexts =
        grow(expander->contexts, &expander->contexts_capacity, expander->num_contexts, sizeof(*expander->contexts));
    expander->contexts[expander->num_contexts++] =
        (expand_context_t){.tokens = list.tokens, .num = list.num, .macro = macro, .is_argument = is_argument};
    if (macro != NULL)
        macro->expansion.is_disabled = 1;
}

static void pop(expander_t *expander)
{
    const expand_context_t *context = expander->contexts + --expander->num_contexts;

    if (context->macro != NULL)
        context->macro->expansion.is_disabled = 0;
}

/* Leaves the contexts that are read to the end. @return 0 at the end of an argument */
static int pop_finished(expander_t *expander)
{
    while (expander->num_contexts != 0) {
        const expand_context_t *context = expander->contexts + expander->num_contexts - 1;
        if (context->next != context->num)
            return 1;
        if (context->is_argument)
            return 0;
        pop(expander);
    }
    return 1;
}

/* Whether something is left of the lists that were pushed. */
static int is_inside(expander_t *expander)
{
    pop_finished(expander);
    return expander->num_contexts != 0;
}

/* ---- reading ---- */

/* The next token, not expanded. */
static int next_raw(expander_t *expander, xtoken_t *token)
{
    if (!xlists_step(&expander->lists) || !pop_finished(expander))
        return 0;
    if (expander->num_contexts != 0) {
        expand_context_t *context = expander->contexts + expander->num_contexts - 1;
        *token = context->tokens[context->next++];
    } else {
        if (expander->next == expander->num_ahead && !read_ahead(expander, 0))
            return 0;
        *token = expander->ahead[expander->next++].token;
    }
    if (token->macro != NULL && token->macro->expansion.is_disabled)
        token->flags |= XTOKEN_FINAL;
    return 1;
}

/* Whether a list of arguments follows. */
static int is_open_next(expander_t *expander)
{
    if (expander->lists.failure != NULL || !pop_finished(expander))
        return 0;
    if (expander->num_contexts != 0) {
        const expand_context_t *context = expander->contexts + expander->num_contexts - 1;
        return xtoken_is(context->tokens + context->next, '(');
    }
    if (expander->next == expander->num_ahead && !read_ahead(expander, 1))
        return 0;
    const xtoken_t *token = &expander->ahead[expander->next].token;
    return xtoken_is(token, '(') && !(token->flags & XTOKEN_UNCLOSED);
}

/* What stands in the source where the token comes from. */
static const written_t *written_of(expander_t *expander, const xtoken_t *token)
{
    if (token->written != NULL)
        return token->written;
    written_t *written = xlists_alloc(&expander->lists, sizeof(*written));
    *written = (written_t){
        .name = {token->p, token->n}, .at = token->p, .line = token->line, .condition = expander->ahead[expander->first].condition};
    return written;
}

/* ---- arguments ---- */

/* Reads a list of arguments; its "(" is next. */
static int read_args(expander_t *expander, xargs_t *args)
{
    size_t base = expander->lists.num;
    int depth = 0;
    xtoken_t token;

    ++expander->reader->num_arguments;
    do {
        if (!next_raw(expander, &token) || !xlists_put(&expander->lists, &token)) {
            if (expander->lists.failure == NULL)
                expander->lists.failure = ""; /* a mistake that every compiler reports */
            break;
        }
        depth += xtoken_is(&token, '(') - xtoken_is(&token, ')');
    } while (depth != 0);
    --expander->reader->num_arguments;
    if (expander->lists.failure == NULL)
        *args = split_args(&expander->lists, xlists_take(&expander->lists, base));
    return expander->lists.failure == NULL;
}

static int is_any_relevant(xlist_t list)
{
    for (size_t i = 0; i < list.num; ++i) {
        if (list.tokens[i].macro != NULL && macro_is_relevant(list.tokens[i].macro))
            return 1;
    }
    return 0;
}

static int is_any_name(xlist_t list)
{
    for (size_t i = 0; i < list.num; ++i) {
        if (list.tokens[i].kind == CTOKEN_NAME)
            return 1;
    }
    return 0;
}

static int next_expanded(expander_t *expander, xtoken_t *token);

/* Expands an argument by itself, once. */
static xlist_t expand_argument(void *self, xarg_t *arg)
{
    expander_t *expander = self;
    size_t base = expander->lists.num;
    xtoken_t token;

    if (arg->is_expanded)
        return arg->expanded;
    arg->is_expanded = 1;
    arg->expanded = arg->written;
    if (!is_any_name(arg->written))
        return arg->expanded;
    if (expander->depth == MAX_DEPTH) {
        expander->lists.failure = "is nested too deeply";
        return arg->expanded;
    }
    ++expander->depth;
    push(expander, arg->written, NULL, 1);
    while (next_expanded(expander, &token) && xlists_put(&expander->lists, &token))
        ;
    --expander->depth;
    if (expander->lists.failure != NULL)
        return arg->expanded;
    pop(expander);
    return arg->expanded = xlists_take(&expander->lists, base);
}

/* ---- probes ---- */

/* A name, or what is in a string; n == 0: it is anything else. */
static str_t only_name(xlist_t list)
{
    const xtoken_t *token = list.tokens;

    if (list.num == 1 && token->kind == CTOKEN_NAME)
        return (str_t){token->p, token->n};
    if (list.num == 1 && token->kind == CTOKEN_STRING && token->n > 2 && token->p[0] == '"')
        return (str_t){token->p + 1, token->n - 2};
    return (str_t){NULL, 0};
}

/* Whether the macro is a probe's own: it is not expanded, and a call if it has arguments. */
static int is_probe(const macro_t *macro)
{
    return macro->row != NULL || macro->marker != 0;
}

/* The first of the expanded arguments that are those of the probe: DTRACE_PROBE1(provider, name, argument) has two before them. */
static unsigned identify(const expander_t *expander, const macro_t *macro, const xarg_t *args, unsigned num, xcall_t *call)
{
    unsigned i = 0;

    if (macro->marker == 0) {
        call->row = macro->row;
        return 0;
    }
    while (macro->marker == MARKER_ANY && i + 2 < num && !audit_has_provider(expander->scope->audit, only_name(args[i].expanded)))
        ++i;
    if (num < 2)
        return num;
    call->provider = only_name(args[i].expanded);
    call->name = only_name(args[i + 1].expanded);
    return i + 2;
}

static void put_punct(expander_t *expander, const char *text)
{
    xlists_put(&expander->lists, &(xtoken_t){.p = text, .n = 1, .kind = CTOKEN_PUNCT});
}

/**
 * A probe's macro with its arguments becomes a token that says so, and the arguments, expanded, which may contain other calls: it
 * is a call only if nothing around it throws it away.
 */
static void call_probe(expander_t *expander, const xtoken_t *token)
{
    xcall_t *call = xlists_alloc(&expander->lists, sizeof(*call));
    xtoken_t mark = {
        .p = "?", .n = 1, .kind = XTOKEN_CALL, .written = written_of(expander, token), .body = token->body, .call = call};
    size_t base = expander->lists.num;
    xargs_t args;

    if (!read_args(expander, &args))
        return;
    xarg_t *list = xlists_alloc(&expander->lists, args.num * sizeof(*list));
    for (unsigned i = 0; i < args.num; ++i) {
        list[i].written = args.list[i];
        expand_argument(expander, list + i);
    }
    unsigned first = identify(expander, token->macro, list, args.num, call);
    call->num_args = args.num - first;
    xlists_put(&expander->lists, &mark);
    put_punct(expander, "(");
    for (unsigned i = first; i < args.num; ++i) {
        for (size_t j = 0; j < list[i].expanded.num; ++j)
            xlists_put(&expander->lists, list[i].expanded.tokens + j);
        put_punct(expander, i + 1 != args.num ? "," : " ");
    }
    put_punct(expander, ")");
    if (expander->lists.failure == NULL)
        push(expander, xlists_take(&expander->lists, base), NULL, 0);
}

static void report_call(expander_t *expander, const xtoken_t *token)
{
    const xcall_t *call = token->call;

    if (token->body != NULL && (call->row != NULL || call->name.n != 0))
        token->body->made_probe = token->body->definition->made_probe = 1;
    expander->handlers->call(expander->handlers->arg, call, token->written);
}

/* A name in an expansion that is no macro but looks like one of a probe. */
static void report_unknown(expander_t *expander, const xtoken_t *token)
{
    xargs_t args;

    if (!undefined_is_suspect(expander->undefined, (str_t){token->p, token->n}) || !is_open_next(expander) ||
        !read_args(expander, &args))
        return;
    undefined_expanded(expander->undefined, token, written_of(expander, token), args.num);
    push(expander, args.all, NULL, 0);
}

/* ---- choices ---- */

/* The definition that is taken now of those that are visible. */
static definition_t *choose(expander_t *expander, macro_t *macro, const visible_t *visible)
{
    if (visible->num == 1)
        return visible->list[0];
    if (macro->expansion.choice == 0) {
        expander->choices = grow(expander->choices, &expander->choices_capacity, expander->num_choices, sizeof(*expander->choices));
        expander->choices[expander->num_choices++] = (expand_choice_t){.macro = macro, .num = visible->num};
        macro->expansion.choice = (unsigned)expander->num_choices;
    }
    unsigned index = expander->choices[macro->expansion.choice - 1].index;
    return visible->list[index < visible->num ? index : 0];
}

/* The next combination of definitions. @return 0 after the last one */
static int choose_next(expander_t *expander)
{
    while (expander->num_choices != 0) {
        expand_choice_t *last = expander->choices + expander->num_choices - 1;
        if (++last->index != last->num)
            return 1;
        last->macro->expansion.choice = 0;
        --expander->num_choices;
    }
    return 0;
}

/* ---- macros ---- */

static int is_any_function(const visible_t *visible)
{
    for (unsigned i = 0; i < visible->num; ++i) {
        if (visible->list[i]->is_function)
            return 1;
    }
    return 0;
}

/* @return 0 when the macro is not expanded here */
static int enter(expander_t *expander, xtoken_t *token)
{
    macro_t *macro = token->macro;
    const visible_t *visible = scope_find_visible(expander->scope, macro);
    int has_args = is_any_function(visible) && is_open_next(expander);
    xargs_t args;

    if (visible->num == 0 || (has_args && !read_args(expander, &args)))
        return 0;
    /* what leads to no probe may be expanded with any definition */
    definition_t *definition =
        macro_is_relevant(macro) || (has_args && is_any_relevant(args.all)) ? choose(expander, macro, visible) : visible->list[0];
    const body_t *body = macros_body(expander->macros, definition);
    xarg_t *bound = xlists_alloc(&expander->lists, body->num_params * sizeof(*bound));
    if (definition->is_function && (!has_args || !bind_args(&args, body, bound))) {
        if (has_args) {
            token->flags |= XTOKEN_FINAL;
            push(expander, args.all, NULL, 0);
        }
        return 0;
    }
    if (has_args && !definition->is_function)
        push(expander, args.all, NULL, 0);
    xlist_t list = substitute(&(substitution_t){.lists = &expander->lists,
                                                .macros = expander->macros,
                                                .body = body,
                                                .args = bound,
                                                .written = written_of(expander, token),
                                                .expand = expand_argument,
                                                .expander = expander});
    if (expander->lists.failure == NULL)
        push(expander, list, macro, 0);
    return expander->lists.failure == NULL;
}

/* The next token when all is expanded. @return 0 at the end of the argument or file, or when the expansion is given up */
static int next_expanded(expander_t *expander, xtoken_t *token)
{
    while (next_raw(expander, token)) {
        const macro_t *macro = token->macro;
        if (token->kind == XTOKEN_CALL && expander->depth == 0)
            report_call(expander, token);
        if (token->kind != CTOKEN_NAME || (token->flags & XTOKEN_FINAL))
            return 1;
        if (macro == NULL) {
            if (token->body != NULL && expander->depth == 0)
                report_unknown(expander, token);
            return expander->lists.failure == NULL;
        }
        if (is_probe(macro)) {
            if (!is_open_next(expander))
                return expander->lists.failure == NULL;
            call_probe(expander, token);
        } else if (!enter(expander, token)) {
            return expander->lists.failure == NULL;
        }
    }
    return 0;
}

/* ---- one macro after the other ---- */

/* Expands from the first token on that is not done, to the end of what it has taken part in. @return index after that */
static size_t expand_once(expander_t *expander, size_t end)
{
    xtoken_t token;

    expander->next = expander->first;
    do {
        if (!next_expanded(expander, &token))
            break;
    } while (is_inside(expander) || expander->next < end);
    return expander->next > end ? expander->next : end;
}

/* The expansion has ended: all its lists are gone. */
static void end_expansion(expander_t *expander)
{
    xlists_t *lists = &expander->lists;

    while (expander->num_choices != 0)
        expander->choices[--expander->num_choices].macro->expansion.choice = 0;
    while (expander->num_contexts != 0)
        pop(expander);
    expander->depth = 0;
    lists->num = 0;
    if (lists->num_allocated > MAX_KEPT) {
        arena_destroy(lists->arena);
        lists->arena = arena_create();
        lists->num_allocated = 0;
    }
}

/* @param length of the macro and its arguments. @return how many tokens are done */
static size_t expand(expander_t *expander, size_t length)
{
    uint32_t steps = expander->budget->steps < MAX_STEPS ? (uint32_t)expander->budget->steps : MAX_STEPS;
    size_t end = expander->first + 1;
    unsigned num = 0;

    expander->lists.steps_left = steps;
    expander->lists.failure = NULL;
    do {
        if (num++ == MAX_CHOICES)
            expander->lists.failure = "can be expanded in too many ways";
        else
            end = expand_once(expander, end);
    } while (expander->lists.failure == NULL && choose_next(expander));
    end_expansion(expander);
    budget_take(expander->budget, steps - expander->lists.steps_left);
    if (expander->lists.failure == NULL)
        return end - expander->first;
    if (expander->lists.failure[0] != '\0')
        report_failure(expander, expander->lists.failure);
    return length;
}

/* Whether the first macro with its arguments can lead to a call: one of them is relevant, or they paste what is the beginning of
 * that. */
static int is_worth_expanding(const expander_t *expander, size_t length)
{
    const ahead_token_t *first = expander->ahead + expander->first;
    const macro_t *macro = first->token.macro;
    int has_beginning = 0, pastes = macro->properties & MACRO_PASTES, is_relevant = macro_is_relevant(macro);

    for (size_t i = 1; i <= length && !is_relevant; ++i) {
        const xtoken_t *token = &first[i].token;
        int properties = token->macro != NULL ? token->macro->properties : 0;
        is_relevant = properties & MACRO_RELEVANT;
        pastes |= properties & MACRO_PASTES;
        has_beginning |=
            (properties & MACRO_BEGINS) ||
            (token->kind == CTOKEN_NAME && table_get(&expander->macros->beginnings, (str_t){token->p, token->n}) != NULL);
    }
    return is_relevant || (has_beginning && pastes);
}

/* Looks at the first token that is not done. @return how many are done */
static size_t look(expander_t *expander)
{
    const macro_t *macro = expander->ahead[expander->first].token.macro;

    if (macro == NULL)
        return 1;
    size_t length = read_args_ahead(expander);
    if (length == 0 && is_probe(macro))
        return 1;
    return is_worth_expanding(expander, length) ? expand(expander, length + 1) : length + 1;
}

void expander_read(expander_t *expander, reader_t *reader)
{
    expander->reader = reader;
    expander->first = expander->num_ahead = 0;
    while (expander->first != expander->num_ahead || read_ahead(expander, 0))
        drop(expander, look(expander));
}
