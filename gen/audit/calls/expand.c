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

/* macros in arguments of macros in arguments … */
#define MAX_DEPTH 200
/* steps of one expansion, that is tokens that are moved, in all combinations together */
#define MAX_STEPS ((uint32_t)1 << 20)
/* combinations of definitions that one expansion is made with */
#define MAX_CHOICES 64

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

void expander_init(expander_t *expander, macros_t *macros, scope_t *scope, budget_t *budget)
{
    *expander = (expander_t){.macros = macros, .scope = scope, .budget = budget};
    ahead_init(&expander->ahead, macros);
    xlists_init(&expander->lists);
}

void expander_dispose(expander_t *expander)
{
    ahead_dispose(&expander->ahead);
    xlists_dispose(&expander->lists);
    free(expander->contexts);
    free(expander->choices);
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
        if (expander->next == expander->ahead.num && !ahead_read(&expander->ahead, 0))
            return 0;
        *token = expander->ahead.tokens[expander->next++].token;
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
    if (expander->next == expander->ahead.num && !ahead_read(&expander->ahead, 1))
        return 0;
    const xtoken_t *token = &expander->ahead.tokens[expander->next].token;
    return xtoken_is(token, '(') && !(token->flags & XTOKEN_UNCLOSED);
}

/* What stands in the source where the token comes from. */
static const written_t *written_of(expander_t *expander, const xtoken_t *token)
{
    if (token->written != NULL)
        return token->written;
    written_t *written = xlists_alloc(&expander->lists, sizeof(*written));
    *written = (written_t){.name = {token->p, token->n},
                           .at = token->p,
                           .line = token->line,
                           .condition = expander->ahead.tokens[expander->ahead.first].condition};
    return written;
}

/* ---- arguments ---- */

typedef struct st_xargs_t {
    xlist_t all;   /* with parentheses */
    xlist_t *list; /* between the commas */
    unsigned num;  /* 0: nothing is in the parentheses */
} xargs_t;

static void split(expander_t *expander, xargs_t *args)
{
    const xtoken_t *tokens = args->all.tokens, *end = tokens + args->all.num - 1, *start = tokens + 1;
    unsigned num_commas = 0;
    int depth = 0;

    for (const xtoken_t *token = start; token != end; ++token) {
        depth += xtoken_is(token, '(') - xtoken_is(token, ')');
        num_commas += depth == 0 && xtoken_is(token, ',');
    }
    args->list = xlists_alloc(&expander->lists, (num_commas + 1) * sizeof(*args->list));
    for (const xtoken_t *token = start; token != end; ++token) {
        depth += xtoken_is(token, '(') - xtoken_is(token, ')');
        if (depth == 0 && xtoken_is(token, ',')) {
            args->list[args->num++] = (xlist_t){start, (size_t)(token - start)};
            start = token + 1;
        }
    }
    if (start != tokens + 1 || start != end)
        args->list[args->num++] = (xlist_t){start, (size_t)(end - start)};
}

/* Reads a list of arguments; its "(" is next. */
static int read_args(expander_t *expander, xargs_t *args)
{
    size_t base = expander->lists.num;
    int depth = 0;
    xtoken_t token;

    *args = (xargs_t){.num = 0};
    reader_begin_arguments(expander->ahead.reader);
    do {
        if (!next_raw(expander, &token) || !xlists_put(&expander->lists, &token)) {
            if (expander->lists.failure == NULL)
                expander->lists.failure = ""; /* a mistake that every compiler reports */
            break;
        }
        depth += xtoken_is(&token, '(') - xtoken_is(&token, ')');
    } while (depth != 0);
    reader_end_arguments(expander->ahead.reader);
    args->all = xlists_take(&expander->lists, base);
    if (expander->lists.failure == NULL)
        split(expander, args);
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

/* Gives each parameter its argument. @return 0 when there are too few or too many */
static int bind(const xargs_t *args, const body_t *body, xarg_t *bound)
{
    unsigned num_fixed = body->num_params - (body->is_variadic != 0);

    if (args->num > num_fixed && !body->is_variadic)
        return 0;
    if (args->num < num_fixed && !(args->num == 0 && num_fixed == 1))
        return 0;
    for (unsigned i = 0; i < num_fixed && i < args->num; ++i)
        bound[i].written = args->list[i];
    if (!body->is_variadic)
        return 1;
    if (args->num > num_fixed) {
        const xtoken_t *start = args->list[num_fixed].tokens, *end = args->all.tokens + args->all.num - 1;
        bound[num_fixed].written = (xlist_t){start, (size_t)(end - start)};
    } else {
        bound[num_fixed].is_missing = 1;
    }
    return 1;
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

static str_t only_name(xlist_t list)
{
    return list.num == 1 && list.tokens[0].kind == CTOKEN_NAME ? (str_t){list.tokens[0].p, list.tokens[0].n} : (str_t){NULL, 0};
}

/* The first of the expanded arguments that are those of the probe: DTRACE_PROBE1(provider, name, argument) has two before them. */
static unsigned identify(const macro_t *macro, const xarg_t *args, unsigned num, xcall_t *call)
{
    if (!macro->is_sdt) {
        call->row = macro->row;
        return 0;
    }
    if (num < 2)
        return num;
    call->provider = only_name(args[0].expanded);
    call->name = only_name(args[1].expanded);
    return 2;
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
    unsigned first = identify(token->macro, list, args.num, call);
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
    if (call->row != NULL)
        expander->handlers->call(expander->handlers->arg, call->row, token->written, call->num_args);
    else if (call->provider.n != 0 && call->name.n != 0)
        expander->handlers->sdt(expander->handlers->arg, call->provider, call->name, token->written, call->num_args);
}

/* A name in an expansion that is no macro but looks like one of a probe. */
static void report_unknown(expander_t *expander, const xtoken_t *token)
{
    xargs_t args;

    if (!expander->handlers->is_suspect(expander->handlers->arg, (str_t){token->p, token->n}))
        return;
    if (!is_open_next(expander) || !read_args(expander, &args))
        return;
    expander->handlers->unknown(expander->handlers->arg, token, (token->flags & XTOKEN_PASTED) != 0, written_of(expander, token),
                                args.num);
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

static void forget_choices(expander_t *expander)
{
    while (expander->num_choices != 0)
        expander->choices[--expander->num_choices].macro->expansion.choice = 0;
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
    if (definition->is_function && (!has_args || !bind(&args, body, bound))) {
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
        if (macro->row != NULL || macro->is_sdt) {
            if (!is_open_next(expander))
                return expander->lists.failure == NULL;
            call_probe(expander, token);
        } else if (!enter(expander, token)) {
            return expander->lists.failure == NULL;
        }
    }
    return 0;
}

/* ---- the file ---- */

static void report_failure(expander_t *expander, const char *why)
{
    const xtoken_t *head = &expander->ahead.tokens[expander->ahead.first].token;

    expander->handlers->gave_up(expander->handlers->arg,
                                &(written_t){.name = {head->p, head->n}, .at = head->p, .line = head->line}, why);
}

/* Expands from the first token on that is not done, to the end of what it has taken part in. @return index after that */
static size_t expand_once(expander_t *expander, size_t end)
{
    xtoken_t token;

    expander->next = expander->ahead.first;
    do {
        if (!next_expanded(expander, &token))
            break;
    } while (is_inside(expander) || expander->next < end);
    return expander->next > end ? expander->next : end;
}

/* @param length of the macro and its arguments. @return how many tokens are done */
static size_t expand(expander_t *expander, size_t length)
{
    uint32_t steps = expander->budget->steps < MAX_STEPS ? (uint32_t)expander->budget->steps : MAX_STEPS;
    size_t end = expander->ahead.first + 1;
    unsigned num = 0;

    xlists_begin(&expander->lists, steps);
    do {
        if (num++ == MAX_CHOICES)
            expander->lists.failure = "can be expanded in too many ways";
        else
            end = expand_once(expander, end);
    } while (expander->lists.failure == NULL && choose_next(expander));
    forget_choices(expander);
    while (expander->num_contexts != 0)
        pop(expander);
    expander->depth = 0;
    xlists_end(&expander->lists);
    budget_take(expander->budget, steps - expander->lists.steps_left);
    if (expander->lists.failure == NULL)
        return end - expander->ahead.first;
    if (expander->lists.failure[0] != '\0')
        report_failure(expander, expander->lists.failure);
    return length;
}

/* Looks at the first token that is not done. @return how many are done */
static size_t look(expander_t *expander)
{
    const macro_t *macro = expander->ahead.tokens[expander->ahead.first].token.macro;
    int is_too_long;

    if (macro == NULL)
        return 1;
    size_t length = ahead_read_args(&expander->ahead, &is_too_long);
    if (is_too_long)
        report_failure(expander, "has too much in its parentheses");
    if (length == 0)
        return macro_is_relevant(macro) && macro->row == NULL && !macro->is_sdt ? expand(expander, 1) : 1;
    return macro_is_relevant(macro) || ahead_are_args_relevant(&expander->ahead, length) ? expand(expander, length + 1)
                                                                                         : length + 1;
}

void expander_read(expander_t *expander, reader_t *reader, const expand_handlers_t *handlers)
{
    expander->handlers = handlers;
    ahead_enter_file(&expander->ahead, reader, handlers->token, handlers->arg);
    while (expander->ahead.first != expander->ahead.num || ahead_read(&expander->ahead, 0))
        ahead_drop(&expander->ahead, look(expander));
}
