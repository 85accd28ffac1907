#include <string.h>
#include "d/front.h"
#include "d/parse.h"

static ast_provider_t *make_provider(d_state_t *st, span_t name, str_t doc)
{
    ast_provider_t *provider = arena_alloc(st->arena, sizeof(*provider));

    provider->name = name;
    provider->doc = doc;
    return provider;
}

static str_t shown_provider(d_state_t *st, const ast_provider_t *provider)
{
    if (provider->name.src == NULL)
        return STR("the provider");
    str_t name = d_shown(st, provider->name);
    return arena_printf(st->arena, "provider '%.*s'", STR_ARG(name));
}

static void push_provider(d_state_t *st, ast_provider_t *provider, span_t head)
{
    d_open_t *open = arena_alloc(st->arena, sizeof(*open));

    if (st->open != NULL && !st->open->is_reported) {
        str_t outer = shown_provider(st, st->open->provider);
        diag_report(st->diag, E_NESTED, head, "provider inside a provider: close %.*s with '};' before", STR_ARG(outer));
        diag_note(st->diag, st->open->head, "it begins here");
        st->open->is_reported = 1;
        st->ignores_braces = 1;
    }
    open->outer = st->open;
    open->provider = provider;
    open->head = head;
    open->next_probe = &provider->probes;
    st->open = open;
    st->is_outside_reported = 0;
}

void d_open_provider(d_state_t *st, span_t head, span_t name, str_t doc)
{
    ast_provider_t *provider = make_provider(st, name, doc);

    *st->next_provider = provider;
    st->next_provider = &provider->next;
    push_provider(st, provider, head);
}

void d_open_nameless(d_state_t *st, span_t head)
{
    if (st->has_body)
        push_provider(st, make_provider(st, (span_t){0}, (str_t){NULL, 0}), head);
}

void d_close_provider(d_state_t *st, span_t brace)
{
    if (st->open == NULL) {
        if (!st->ignores_braces && !st->is_outside_reported)
            diag_report(st->diag, E_SYNTAX, brace, "'}' without '{': remove it");
        return;
    }
    st->open = st->open->outer;
}

void d_close_file(d_state_t *st, int is_complete)
{
    if (is_complete && st->open != NULL && !st->open->is_reported && !st->diag->lexer_reported && !diag_is_full(st->diag)) {
        str_t name = shown_provider(st, st->open->provider);
        diag_report(st->diag, E_UNCLOSED, st->open->head, "%.*s has no end: '};' is missing", STR_ARG(name));
    }
}

void d_add_probe(d_state_t *st, span_t probe, span_t name, str_t doc, ast_arg_t *args, ast_arg_t *xargs)
{
    ast_probe_t *added = arena_alloc(st->arena, sizeof(*added));

    added->name = name;
    added->doc = doc;
    added->args = args;
    added->xargs = xargs;
    st->last_probe = added;
    st->last_probe_end = probe.end;
    if (st->open != NULL) {
        *st->open->next_probe = added;
        st->open->next_probe = &added->next;
    } else if (!st->is_outside_reported) {
        if (!st->ignores_braces)
            diag_report(st->diag, E_OUTSIDE, (span_t){name.src, probe.start, name.end},
                        "probe outside a provider: begin one with 'provider name {'");
        st->is_outside_reported = 1;
    }
}

void d_check_other(d_state_t *st, span_t first)
{
    if (st->open == NULL || st->diag->lexer_reported)
        return;
    str_t text = d_shown(st, first);
    if (st->log[0].kind == IDENT) {
        diag_report(st->diag, E_SYNTAX, first, "'probe' is missing before '%.*s'", STR_ARG(text));
    } else if (!st->open->is_reported) {
        diag_report(st->diag, E_SYNTAX, first, "only probes can stand in a provider: move the declaration out of it");
        st->open->is_reported = 1;
    }
}

/**
 * The spelling of a type: the tokens of [start, end) without the declared name and without the members of a struct. Where the
 * source has it like this already, which is the rule, no copy is made.
 */
static void put_type(d_state_t *st, uint32_t start, uint32_t end, span_t name)
{
    size_t i = 0, high = st->num_log;

    while (i < high) { /* a list may be long */
        size_t middle = i + (high - i) / 2;
        if (st->log[middle].start < start)
            i = middle + 1;
        else
            high = middle;
    }
    for (; i < st->num_log && st->log[i].end <= end; ++i) {
        const d_logged_t *token = &st->log[i];
        if (token->kind != BODY && (name.src == NULL || token->start != name.start))
            text_put_type_token(&st->text, (str_t){st->src->text + token->start, token->end - token->start});
    }
}

static str_t take_type(d_state_t *st, uint32_t start)
{
    const char *source = st->src->text + start;
    str_t type = {st->text.p, st->text.n};

    st->text.n = 0;
    if (type.n <= st->src->len - start && memcmp(source, type.p, type.n) == 0)
        return (str_t){source, type.n};
    return arena_strdup(st->arena, type);
}

ast_arg_t *d_make_arg(d_state_t *st, span_t span, span_t name)
{
    ast_arg_t *arg = arena_alloc(st->arena, sizeof(*arg));

    arg->span = span;
    arg->name = name;
    put_type(st, span.start, span.end, name);
    arg->type = take_type(st, span.start);
    return arg;
}

d_args_t d_append_arg(d_args_t args, ast_arg_t *arg)
{
    args.last->next = arg;
    args.last = arg;
    return args;
}

/* `void` itself, qualified or not: pointers to it and functions that return it are fine */
static int is_void(str_t type)
{
    const char *end = type.p + type.n;
    int found = 0;

    for (const char *p = type.p; p < end;) {
        str_t word = {p, 0};
        while (p != end && *p != ' ')
            ++p;
        word.n = (size_t)(p++ - word.p);
        if (str_is(word, "void"))
            found = 1;
        else if (!text_is_qualifier(word))
            return 0;
    }
    return found;
}

ast_arg_t *d_finish_args(d_state_t *st, d_args_t args)
{
    for (const ast_arg_t *arg = args.first; arg != NULL; arg = arg->next) {
        if (!is_void(arg->type))
            continue;
        if (arg->name.src != NULL) {
            str_t name = d_shown(st, arg->name);
            diag_report(st->diag, E_VOID, arg->span, "argument '%.*s' cannot be void: did you mean 'void *%.*s'?", STR_ARG(name),
                        STR_ARG(name));
        } else if (args.first != args.last) {
            diag_report(st->diag, E_VOID, arg->span, "void among other arguments: remove it or write 'void *'");
        } else {
            return NULL;
        }
        break;
    }
    return args.first;
}

void d_add_typedef(d_state_t *st, span_t specifiers, span_t declarator, span_t name)
{
    if (st->open != NULL) {
        d_check_other(st, specifiers);
        return;
    }
    if (name.src == NULL)
        return; /* `typedef struct x { ... };` declares no type name */
    ast_typedef_t *added = arena_alloc(st->arena, sizeof(*added));
    added->name = name;
    put_type(st, specifiers.start, specifiers.end, name);
    put_type(st, declarator.start, declarator.end, name);
    added->type = take_type(st, specifiers.start);
    *st->next_typedef = added;
    st->next_typedef = &added->next;
}
