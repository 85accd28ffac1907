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
 * are expanded by themselves before they are put into the body, as a context after whose end nothing is read.
 *
 * Each token knows the macro in the source that it was expanded from (written), and its place in a definition (body): the first one
 * is where a call is reported, and by the second one it is known which unknown names were meant to be probes.
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
/* after an expansion of more steps its memory is not kept for the next */
#define MAX_KEPT 4096
/* macros in arguments of macros in arguments … */
#define MAX_DEPTH 200
/* steps of one expansion, that is tokens that are moved, in all combinations together */
#define MAX_STEPS ((uint32_t)1 << 20)
/* joining makes no longer names: no probe has one */
#define MAX_PASTED 1024
/* calls that are kept */
#define MAX_CALLS ((size_t)1 << 20)

/* Beside ctoken_kind_t: a probe is called, and its arguments follow. */
enum { XTOKEN_CALL = 64 };

/* xtoken_t.flags */
enum {
    XTOKEN_FINAL = 1,    /* it was read while its macro was being expanded: it is not expanded any more */
    XTOKEN_PASTED = 2,   /* it was joined of others */
    XTOKEN_UNCLOSED = 4, /* a "(" of the source that no ")" belongs to */
    XTOKEN_DIRECTIVE = 8 /* a directive stands before it */
};

typedef struct st_xtoken_t {
    ctoken_t t; /* its line is that of a token of the source */
    uint8_t flags;
    name_t *name;                      /* NULL: it is none that matters */
    const str_t *condition;            /* of a name of the source: see reader_condition() */
    const struct st_xtoken_t *written; /* the macro that it was expanded from; NULL: it stands in the source itself */
    body_token_t *body;                /* where in a definition it comes from; NULL: it stands in the source itself */
    const xfound_t *call;              /* of an XTOKEN_CALL */
} xtoken_t;

typedef struct st_xlist_t {
    xtoken_t *tokens;
    size_t num, capacity;
} xlist_t;

/* An argument of a macro. */
typedef struct st_xarg_t {
    xlist_t written, expanded;
    int is_expanded;
    int is_missing; /* the variadic one, when not even its comma is there */
} xarg_t;

typedef struct st_xargs_t {
    xlist_t all; /* with parentheses */
    xarg_t *list;
    unsigned num; /* 0: nothing is in the parentheses */
} xargs_t;

/* A list that is being read. */
typedef struct st_xcontext_t {
    xlist_t list;
    size_t next;
    const name_t *macro; /* whose expansion it is, NULL: it is none */
    int is_argument;     /* nothing after its end is read */
} xcontext_t;

/* A macro with several definitions, and which of them is taken. */
typedef struct st_xchoice_t {
    const name_t *macro;
    unsigned index, num;
} xchoice_t;

void expander_init(expander_t *expander, macros_t *macros, scope_t *scope, ctexts_t *texts)
{
    *expander =
        (expander_t){.macros = macros, .scope = scope, .texts = texts, .arena = arena_create(), .is_found.arena = macros->arena};
    expander->is_disabled = arena_alloc(macros->arena, macros->names.num);
}

void expander_dispose(expander_t *expander)
{
    free(expander->found);
    free(expander->ahead);
    free(expander->contexts);
    free(expander->choices);
    arena_destroy(expander->arena);
}

static void give_up(expander_t *expander, const xtoken_t *written, const char *why)
{
    if (expander->given_up.why == NULL)
        expander->given_up = (given_up_t){.why = why, .macro = ctoken_str(&written->t), .line = written->t.line};
}

/* ---- lists ---- */

/* @return 0 when the expansion is given up */
static int step(expander_t *expander)
{
    if (expander->failure == NULL && expander->steps_left == 0)
        expander->failure = "expands to too much";
    if (expander->failure != NULL)
        return 0;
    --expander->steps_left;
    return 1;
}

static int put(expander_t *expander, xlist_t *list, const xtoken_t *token)
{
    if (!step(expander))
        return 0;
    if (list->num == list->capacity) { /* most are short: arena_grow() would take thirty times as much */
        xtoken_t *tokens = arena_alloc(expander->arena, (list->capacity = list->capacity * 2 + 4) * sizeof(*tokens));
        if (list->num != 0)
            memcpy(tokens, list->tokens, list->num * sizeof(*tokens));
        list->tokens = tokens;
    }
    list->tokens[list->num++] = *token;
    return 1;
}

/* ---- the file ---- */

/* Reads one more token. @return 0 at the end of the file */
static int read_ahead(expander_t *expander)
{
    reader_t *reader = expander->reader;
    reader_event_t event;
    ctoken_t token;

    while ((event = reader_next(reader, &token)) != READER_TOKEN) {
        if (event == READER_END)
            return 0;
    }
    expander->ahead = grow(expander->ahead, &expander->ahead_capacity, expander->num_ahead, sizeof(*expander->ahead));
    xtoken_t *added = expander->ahead + expander->num_ahead++;
    *added = (xtoken_t){.t = token, .flags = reader->has_directive ? XTOKEN_DIRECTIVE : 0};
    if (token.kind == CTOKEN_NAME && (added->name = macros_find(expander->macros, ctoken_str(&token))) != NULL)
        added->condition = reader_condition(reader);
    return 1;
}

/* Notes which "(" of these tokens nothing closes: it is not looked for again. */
static void note_unclosed(xtoken_t *tokens, size_t num)
{
    size_t num_closing = 0;

    while (num-- != 0) {
        if (ctoken_is(&tokens[num].t, ')'))
            ++num_closing;
        else if (ctoken_is(&tokens[num].t, '(') && num_closing != 0)
            --num_closing;
        else if (ctoken_is(&tokens[num].t, '('))
            tokens[num].flags |= XTOKEN_UNCLOSED;
    }
}

/* How many tokens after the first one of the file the ")" of its arguments is; 0: it has none. */
static size_t args_length(expander_t *expander)
{
    size_t open = expander->first + 1, i = open, depth = 0;

    if (open == expander->num_ahead && !read_ahead(expander))
        return 0;
    if (!ctoken_is(&expander->ahead[open].t, '(') || (expander->ahead[open].flags & (XTOKEN_UNCLOSED | XTOKEN_DIRECTIVE)))
        return 0;
    ++expander->reader->num_arguments;
    do {
        const ctoken_t *token = &expander->ahead[i].t;
        depth += (size_t)ctoken_is(token, '(') - (size_t)ctoken_is(token, ')');
    } while (depth != 0 && ++i - open <= MAX_ARGS && (i != expander->num_ahead || read_ahead(expander)));
    --expander->reader->num_arguments;
    if (depth == 0)
        return i - expander->first;
    if (i - open > MAX_ARGS)
        give_up(expander, expander->ahead + expander->first, "has too much in its parentheses");
    note_unclosed(expander->ahead + open, i - open);
    return 0;
}

/* So many tokens are done. */
static void drop(expander_t *expander, size_t num)
{
    expander->first += num;
    size_t left = expander->num_ahead - expander->first;
    if (left != 0 && expander->first < left)
        return;
    memmove(expander->ahead, expander->ahead + expander->first, left * sizeof(*expander->ahead));
    expander->num_ahead = left;
    expander->first = 0;
}

/* ---- contexts ---- */

static void push(expander_t *expander, xlist_t list, const name_t *macro, int is_argument)
{
    expander->contexts =
        grow(expander->contexts, &expander->contexts_capacity, expander->num_contexts, sizeof(*expander->contexts));
    expander->contexts[expander->num_contexts++] = (xcontext_t){.list = list, .macro = macro, .is_argument = is_argument};
    if (macro != NULL)
        expander->is_disabled[macro->index] = 1;
}

static void pop(expander_t *expander)
{
    const name_t *macro = expander->contexts[--expander->num_contexts].macro;

    if (macro != NULL)
        expander->is_disabled[macro->index] = 0;
}

/* The innermost list that has something left, or is an argument; NULL: that is the file. */
static xcontext_t *innermost(expander_t *expander)
{
    while (expander->num_contexts != 0) {
        xcontext_t *context = expander->contexts + expander->num_contexts - 1;
        if (context->next != context->list.num || context->is_argument)
            return context;
        pop(expander);
    }
    return NULL;
}

/* The next token; NULL at the end of the argument or file. */
static const xtoken_t *peek(expander_t *expander)
{
    const xcontext_t *context = innermost(expander);

    if (context != NULL)
        return context->next != context->list.num ? context->list.tokens + context->next : NULL;
    if (expander->next == expander->num_ahead && !read_ahead(expander))
        return NULL;
    return expander->ahead + expander->next;
}

/* Reads the next token, not expanded. @return 0 at the end of the argument or file, or when the expansion is given up */
static int next_raw(expander_t *expander, xtoken_t *token)
{
    const xtoken_t *next = step(expander) ? peek(expander) : NULL;

    if (next == NULL)
        return 0;
    *token = *next;
    token->flags &= (uint8_t)~XTOKEN_DIRECTIVE;
    if (expander->num_contexts != 0)
        ++expander->contexts[expander->num_contexts - 1].next;
    else
        ++expander->next;
    if (token->name != NULL && token->name->definitions != NULL && expander->is_disabled[token->name->index])
        token->flags |= XTOKEN_FINAL;
    return 1;
}

/* Whether a list of arguments follows. */
static int is_open_next(expander_t *expander)
{
    const xtoken_t *next = expander->failure == NULL ? peek(expander) : NULL;

    return next != NULL && ctoken_is(&next->t, '(') && !(next->flags & (XTOKEN_UNCLOSED | XTOKEN_DIRECTIVE));
}

/* What stands in the source where the token comes from. */
static const xtoken_t *written_of(expander_t *expander, const xtoken_t *token)
{
    if (token->written != NULL)
        return token->written;
    xtoken_t *written = arena_alloc(expander->arena, sizeof(*written));
    *written = *token;
    return written;
}

/* ---- arguments ---- */

static void split_args(expander_t *expander, xargs_t *args)
{
    xtoken_t *start = args->all.tokens + 1, *end = args->all.tokens + args->all.num - 1;
    size_t num_commas = 0;
    int depth = 0;

    for (const xtoken_t *token = start; token != end; ++token)
        num_commas += ctoken_is(&token->t, ',');
    args->list = arena_alloc(expander->arena, (num_commas + 1) * sizeof(*args->list));
    for (xtoken_t *token = start; token != end; ++token) {
        depth += ctoken_is(&token->t, '(') - ctoken_is(&token->t, ')');
        if (depth == 0 && ctoken_is(&token->t, ',')) {
            args->list[args->num++].written = (xlist_t){.tokens = start, .num = (size_t)(token - start)};
            start = token + 1;
        }
    }
    if (args->num != 0 || start != end)
        args->list[args->num++].written = (xlist_t){.tokens = start, .num = (size_t)(end - start)};
}

/* Reads a list of arguments; its "(" is next. */
static int read_args(expander_t *expander, xargs_t *args)
{
    int depth = 0;
    xtoken_t token;

    *args = (xargs_t){.num = 0};
    ++expander->reader->num_arguments;
    do {
        if (!next_raw(expander, &token) || !put(expander, &args->all, &token)) {
            if (expander->failure == NULL)
                expander->failure = ""; /* a mistake that every compiler reports */
            break;
        }
        depth += ctoken_is(&token.t, '(') - ctoken_is(&token.t, ')');
    } while (depth != 0);
    --expander->reader->num_arguments;
    if (expander->failure == NULL)
        split_args(expander, args);
    return expander->failure == NULL;
}

static int next_expanded(expander_t *expander, xtoken_t *token);

/* Expands an argument by itself, once. */
static xlist_t expand_argument(expander_t *expander, xarg_t *arg)
{
    xlist_t list = {NULL};
    int has_name = 0;
    xtoken_t token;

    for (size_t i = 0; i < arg->written.num && !has_name && !arg->is_expanded; ++i)
        has_name = arg->written.tokens[i].name != NULL;
    if (!arg->is_expanded)
        arg->expanded = arg->written;
    arg->is_expanded = 1;
    if (!has_name)
        return arg->expanded;
    if (expander->depth == MAX_DEPTH) {
        expander->failure = "is nested too deeply";
        return arg->expanded;
    }
    ++expander->depth;
    push(expander, arg->written, NULL, 1);
    while (next_expanded(expander, &token) && put(expander, &list, &token))
        ;
    --expander->depth;
    if (expander->failure == NULL) {
        pop(expander);
        arg->expanded = list;
    }
    return arg->expanded;
}

/* Gives each parameter its argument. @return NULL when there are too few or too many */
static xarg_t *bind_args(expander_t *expander, const xargs_t *args, const body_t *body)
{
    unsigned num_fixed = body->num_params - (body->is_variadic != 0);
    xarg_t *bound = arena_alloc(expander->arena, body->num_params * sizeof(*bound));

    if (args->num > num_fixed && !body->is_variadic)
        return NULL;
    if (args->num < num_fixed && !(args->num == 0 && num_fixed == 1))
        return NULL;
    for (unsigned i = 0; i < num_fixed && i < args->num; ++i)
        bound[i] = args->list[i];
    if (body->is_variadic && args->num > num_fixed) {
        xtoken_t *start = args->list[num_fixed].written.tokens, *end = args->all.tokens + args->all.num - 1;
        bound[num_fixed].written = (xlist_t){.tokens = start, .num = (size_t)(end - start)};
    } else if (body->is_variadic) {
        bound[num_fixed].is_missing = 1;
    }
    return bound;
}

/* ---- putting arguments into their places ---- */

/* What stands left of the next token: it is not to be joined; it is, to the last one of the list; it is, to nothing. */
enum { PASTE_NOT, PASTE_TO_LAST, PASTE_TO_NOTHING };

/* The body of a macro becomes a list (C11 6.10.3.1 to 6.10.3.3). */
typedef struct st_substitution_t {
    expander_t *expander;
    const body_t *body;
    xarg_t *args; /* of each parameter */
    const xtoken_t *written;
    xlist_t list;
    int paste;
} substitution_t;

static int is_word(const xtoken_t *token)
{
    return token->t.kind == CTOKEN_NAME || token->t.kind == CTOKEN_NUMBER;
}

/* Joins two words: what becomes a name matters, but for one that is too long. */
static void join(substitution_t *s, xtoken_t *a, const xtoken_t *b)
{
    uint32_t n = a->t.n;

    a->name = NULL;
    if (n + b->t.n > MAX_PASTED)
        return;
    char *text = arena_alloc(s->expander->arena, a->t.n += b->t.n);
    memcpy(text, a->t.p, n);
    memcpy(text + n, b->t.p, b->t.n);
    a->t.p = text;
    a->flags = XTOKEN_PASTED;
    a->written = s->written;
    a->body = a->body != NULL ? a->body : b->body != NULL ? b->body : s->body->tokens;
    if (a->t.kind == CTOKEN_NAME)
        a->name = macros_find(s->expander->macros, ctoken_str(&a->t));
}

/* What cannot be joined, operators and mistakes, stays as it is. */
static void put_list(substitution_t *s, xlist_t list, int is_pasted_on)
{
    for (size_t i = 0; i < list.num; ++i) {
        xtoken_t *last = s->list.num != 0 ? s->list.tokens + s->list.num - 1 : NULL;
        if (i == 0 && s->paste == PASTE_TO_LAST && is_word(last) && is_word(list.tokens) && step(s->expander))
            join(s, last, list.tokens);
        else if (!put(s->expander, &s->list, list.tokens + i))
            return;
    }
    s->paste = !is_pasted_on ? PASTE_NOT : list.num != 0 || s->paste == PASTE_TO_LAST ? PASTE_TO_LAST : PASTE_TO_NOTHING;
}

static void put_param(substitution_t *s, const body_token_t *token)
{
    xarg_t *arg = s->args + token->param;

    if (s->paste == PASTE_TO_LAST && s->body->is_variadic && (unsigned)token->param + 1 == s->body->num_params &&
        ctoken_is(&token[-1].t, ',')) {
        /* `, ## __VA_ARGS__`: the comma goes when there is no such argument, and else stays as it is */
        s->list.num -= arg->is_missing != 0;
        s->paste = PASTE_NOT;
        put_list(s, arg->written, token->is_pasted_on);
    } else if (s->paste != PASTE_NOT || token->is_pasted_on) {
        put_list(s, arg->written, token->is_pasted_on);
    } else {
        put_list(s, expand_argument(s->expander, arg), 0);
    }
}

/* The index of the ")" that a "(" has, or of the last token. */
static size_t closing_of(const body_t *body, size_t open)
{
    size_t i = open;
    int depth = 1;

    while (i + 1 < body->num && depth != 0) {
        ++i;
        depth += ctoken_is(&body->tokens[i].t, '(') - ctoken_is(&body->tokens[i].t, ')');
    }
    return i;
}

static void put_body(substitution_t *s)
{
    const body_t *body = s->body;
    size_t option_end = 0, option_start = 0; /* __VA_OPT__(…) that is being put: its ")", and what was there before */

    for (size_t i = 0; i < body->num && s->expander->failure == NULL; ++i) {
        body_token_t *token = body->tokens + i;
        if (token->param == PARAM_VA_OPT && option_end == 0 && i + 1 < body->num && ctoken_is(&token[1].t, '(')) {
            option_end = closing_of(body, ++i);
            option_start = s->list.num;
            if (expand_argument(s->expander, s->args + body->num_params - 1).num == 0)
                i = option_end - 1;
        } else if (option_end != 0 && i == option_end) {
            option_end = 0;
            if (s->list.num != option_start)
                s->paste = PASTE_TO_LAST;
            put_list(s, (xlist_t){NULL}, token->is_pasted_on);
        } else if (token->param >= 0) {
            put_param(s, token);
        } else {
            xtoken_t xtoken = {.t = token->t, .name = token->name, .written = s->written, .body = token};
            put_list(s, (xlist_t){.tokens = &xtoken, .num = 1}, token->is_pasted_on);
        }
    }
}

/* ---- probes ---- */

/* A place in the source counts once, however many expansions lead from there to the same call. */
static void add_found(expander_t *expander, const xtoken_t *written, const xfound_t *call)
{
    uint32_t offset = (uint32_t)(written->t.p - expander->reader->scanner.start);
    uint64_t key[] = {(uintptr_t)call->row, (uintptr_t)call->body, (uint64_t)expander->scope->file << 32 | offset,
                      call->call.num_args};
    str_t text = {(const char *)key, sizeof(key)};

    if (table_get(&expander->is_found, text) != NULL)
        return;
    if (expander->num_found == MAX_CALLS) {
        give_up(expander, written, "is one call too many");
        return;
    }
    table_put(&expander->is_found, arena_strdup(expander->is_found.arena, text), expander);
    expander->found = grow(expander->found, &expander->found_capacity, expander->num_found, sizeof(*expander->found));
    xfound_t *found = expander->found + expander->num_found++;
    *found = *call;
    found->file = expander->scope->file;
    found->offset = offset;
    found->call.line = written->t.line;
    found->call.macro = *ctexts_keep(expander->texts, ctoken_str(&written->t));
    found->call.condition = *written->condition;
}

static void report_call(expander_t *expander, const xtoken_t *token)
{
    xfound_t call = *token->call;
    audit_t *audit = expander->macros->audit;

    if (token->body != NULL && (call.row != NULL || call.name.n != 0))
        token->body->made_probe = 1;
    if (call.row == NULL && call.name.n != 0 && audit_has_provider(audit, call.provider))
        call.row = audit_row(audit, call.provider, call.name);
    if (call.row != NULL)
        add_found(expander, token->written, &call);
}

/* A name that ## has made, and that is called: it is meant to be a probe's if others that were made there are. */
static void report_unknown(expander_t *expander, const xtoken_t *token)
{
    str_t name = {NULL, 0};
    const ir_provider_t *provider = macros_provider_of(expander->macros, ctoken_str(&token->t), &name);
    xargs_t args;

    if (provider == NULL || !is_open_next(expander) || !read_args(expander, &args))
        return;
    add_found(expander, token->written,
              &(xfound_t){.body = token->body,
                          .provider = provider->name,
                          .name = *ctexts_keep(expander->texts, name),
                          .call = {.num_args = args.num}});
    push(expander, args.all, NULL, 0);
}

/* A name, or what is in a string; n == 0: it is anything else. */
static str_t only_name(expander_t *expander, xarg_t *arg)
{
    xlist_t list = expand_argument(expander, arg);
    const xtoken_t *token = list.tokens;

    if (list.num == 1 && token->t.kind == CTOKEN_NAME)
        return ctoken_str(&token->t);
    if (list.num == 1 && token->t.kind == CTOKEN_STRING && token->t.n > 2 && token->t.p[0] == '"')
        return (str_t){token->t.p + 1, token->t.n - 2};
    return (str_t){NULL, 0};
}

/* Which probe is called: a marker has provider and name before the arguments, and may have something before them. */
static void identify(expander_t *expander, const name_t *macro, const xargs_t *args, xfound_t *call)
{
    unsigned i = 0;

    call->call.num_args = args->num;
    call->row = macro->row;
    if (macro->row != NULL || args->num < 2)
        return;
    while (i + 2 < args->num && !audit_has_provider(expander->macros->audit, only_name(expander, args->list + i)))
        ++i;
    call->provider = only_name(expander, args->list + i);
    call->name = only_name(expander, args->list + i + 1);
    call->call.num_args -= i + 2;
}

/**
 * A probe's macro becomes a token that says so, and what is in its parentheses, which may contain other calls, stays: it is a call
 * only if nothing around it throws it away.
 */
static void call_probe(expander_t *expander, const xtoken_t *token)
{
    xfound_t *call = arena_alloc(expander->arena, sizeof(*call));
    xtoken_t *mark = arena_alloc(expander->arena, sizeof(*mark));
    xargs_t args;

    if (!read_args(expander, &args))
        return;
    identify(expander, token->name, &args, call);
    *mark = (xtoken_t){
        .t = {.p = "?", .n = 1, .kind = XTOKEN_CALL}, .written = written_of(expander, token), .body = token->body, .call = call};
    if (expander->failure != NULL)
        return;
    push(expander, args.all, NULL, 0);
    push(expander, (xlist_t){.tokens = mark, .num = 1}, NULL, 0);
}

/* ---- macros ---- */

/* The definition that is taken now of those that are visible. */
static definition_t *choose(expander_t *expander, const name_t *macro, const visible_t *visible)
{
    size_t i = 0;

    if (visible->num == 1)
        return visible->list[0];
    while (i != expander->num_choices && expander->choices[i].macro != macro && step(expander))
        ++i;
    if (i == expander->num_choices) {
        expander->choices = grow(expander->choices, &expander->choices_capacity, i, sizeof(*expander->choices));
        expander->choices[expander->num_choices++] = (xchoice_t){.macro = macro, .num = visible->num};
    }
    unsigned index = expander->choices[i].index;
    return visible->list[index < visible->num ? index : 0];
}

/* The next combination of definitions. @return 0 after the last one */
static int choose_next(expander_t *expander)
{
    while (expander->num_choices != 0) {
        xchoice_t *last = expander->choices + expander->num_choices - 1;
        if (++last->index != last->num)
            return 1;
        --expander->num_choices;
    }
    return 0;
}

/* Whether a macro with its arguments can lead to a call: one of them is relevant, or they paste what is the beginning of that. */
static int is_relevant(const name_t *macro, const xtoken_t *args, size_t num)
{
    int properties = macro->properties & (NAME_RELEVANT | NAME_PASTES);

    for (size_t i = 0; i < num && !(properties & NAME_RELEVANT); ++i)
        properties |= args[i].name != NULL ? args[i].name->properties : 0;
    return (properties & NAME_RELEVANT) || ((properties & NAME_BEGINS) && (properties & NAME_PASTES));
}

/* @return 0 when the macro is not expanded here */
static int enter(expander_t *expander, xtoken_t *token)
{
    const name_t *macro = token->name;
    const xtoken_t *written = written_of(expander, token);
    int has_args = 0;
    visible_t visible;
    xargs_t args = {.num = 0};

    scope_find_visible(expander->scope, macro, (uint32_t)(expander->ahead[expander->first].t.p - expander->reader->scanner.start),
                       &visible);
    for (unsigned i = 0; i < visible.num && !has_args; ++i)
        has_args = visible.list[i]->is_function;
    has_args = has_args && is_open_next(expander);
    if (visible.num == 0 || (has_args && !read_args(expander, &args)))
        return 0;
    /* what leads to no probe may be expanded with any definition */
    definition_t *definition =
        is_relevant(macro, args.all.tokens, args.all.num) ? choose(expander, macro, &visible) : visible.list[0];
    substitution_t s = {.expander = expander, .body = macros_body(expander->macros, definition), .written = written};
    if (definition->is_function && (!has_args || (s.args = bind_args(expander, &args, s.body)) == NULL)) {
        if (has_args) {
            token->flags |= XTOKEN_FINAL;
            push(expander, args.all, NULL, 0);
        }
        return 0;
    }
    if (has_args && !definition->is_function)
        push(expander, args.all, NULL, 0);
    put_body(&s);
    if (expander->failure == NULL)
        push(expander, s.list, macro, 0);
    return expander->failure == NULL;
}

/* The next token when all is expanded. @return 0 at the end of the argument or file, or when the expansion is given up */
static int next_expanded(expander_t *expander, xtoken_t *token)
{
    while (next_raw(expander, token)) {
        const name_t *name = token->name;
        if (token->t.kind == XTOKEN_CALL && expander->depth == 0)
            report_call(expander, token);
        if (token->t.kind != CTOKEN_NAME || (token->flags & XTOKEN_FINAL))
            return 1;
        if (name != NULL && name_is_probe(name)) {
            if (!is_open_next(expander))
                return expander->failure == NULL;
            call_probe(expander, token);
        } else if (name != NULL && name->definitions != NULL) {
            if (!enter(expander, token))
                return expander->failure == NULL;
        } else {
            if ((token->flags & XTOKEN_PASTED) && expander->depth == 0)
                report_unknown(expander, token);
            return expander->failure == NULL;
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
    } while (innermost(expander) != NULL || expander->next < end);
    return expander->next > end ? expander->next : end;
}

/* @param length of the macro and its arguments. @return how many tokens are done */
static size_t expand(expander_t *expander, size_t length)
{
    uint32_t steps = expander->scope->steps < MAX_STEPS ? (uint32_t)expander->scope->steps : MAX_STEPS;
    arena_mark_t mark = arena_mark(expander->arena);
    size_t end = expander->first + 1;

    expander->steps_left = steps;
    expander->failure = NULL;
    do {
        end = expand_once(expander, end);
    } while (expander->failure == NULL && choose_next(expander));
    scope_take(expander->scope, steps - expander->steps_left);
    while (expander->num_contexts != 0)
        pop(expander);
    expander->num_choices = 0;
    expander->depth = 0;
    if (steps - expander->steps_left < MAX_KEPT) {
        arena_release(expander->arena, mark);
    } else {
        arena_destroy(expander->arena);
        expander->arena = arena_create();
    }
    if (expander->failure == NULL)
        return end - expander->first;
    if (expander->failure[0] != '\0')
        give_up(expander, expander->ahead + expander->first, expander->failure);
    return length;
}

/* Looks at the first token that is not done. @return how many are done */
static size_t look(expander_t *expander)
{
    const name_t *name = expander->ahead[expander->first].name;

    if (name == NULL || (name->definitions == NULL && !name_is_probe(name)))
        return 1;
    size_t length = args_length(expander);
    if (length == 0 && name_is_probe(name))
        return 1;
    return is_relevant(name, expander->ahead + expander->first + 1, length) ? expand(expander, length + 1) : length + 1;
}

void expander_read(expander_t *expander, reader_t *reader)
{
    expander->reader = reader;
    expander->given_up = (given_up_t){0};
    expander->first = expander->num_ahead = 0;
    while (expander->first != expander->num_ahead || read_ahead(expander))
        drop(expander, look(expander));
}
