/*
 * The actions of the grammar of .d files. Its items come in a row, each by itself: what is open, and what a brace closes, is known
 * here. A mistake in the braces is reported once: after it they do not count any more, and everything else is still read.
 */
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
    str_t name = scan_shown(st->arena, provider->name);
    return arena_printf(st->arena, "provider '%.*s'", STR_ARG(name));
}

static void push_provider(d_state_t *st, ast_provider_t *provider, span_t head)
{
    d_open_t *open = arena_alloc(st->arena, sizeof(*open));

    if (st->tree.open != NULL && !st->tree.open->is_reported) {
        str_t outer = shown_provider(st, st->tree.open->provider);
        diag_report(st->diag, E_NESTED, head, "provider inside a provider: close %.*s with '};' before", STR_ARG(outer));
        diag_note(st->diag, st->tree.open->head, "it begins here");
        st->tree.open->is_reported = 1;
        st->tree.ignores_braces = 1;
    }
    open->by_name.arena = st->arena;
    open->outer = st->tree.open;
    open->provider = provider;
    open->head = head;
    open->next_probe = &provider->probes;
    st->tree.open = open;
    st->tree.is_outside_reported = 0;
}

void d_open_provider(d_state_t *st, span_t head, span_t name, str_t doc)
{
    ast_provider_t *provider = make_provider(st, name, doc);

    *st->tree.next_provider = provider;
    st->tree.next_provider = &provider->next;
    push_provider(st, provider, head);
}

void d_open_nameless(d_state_t *st, span_t head)
{
    if (st->has_body)
        push_provider(st, make_provider(st, (span_t){0}, (str_t){NULL, 0}), head);
}

void d_close_provider(d_state_t *st, span_t brace)
{
    if (st->tree.open == NULL) {
        if (!st->tree.ignores_braces && !st->tree.is_outside_reported)
            diag_report(st->diag, E_SYNTAX, brace, "'}' without '{': remove it");
        return;
    }
    st->tree.open = st->tree.open->outer;
}

void d_close_file(d_state_t *st, int is_complete)
{
    if (st->clause.src != NULL && st->has_provider)
        diag_report(st->diag, W_CLAUSE, st->clause,
                    "a clause is no definition: it is passed over, as are all others in the file; nothing of them is done");
    if (is_complete && st->tree.open != NULL && !st->tree.open->is_reported && !st->is_reported && !diag_is_full(st->diag)) {
        str_t name = shown_provider(st, st->tree.open->provider);
        diag_report(st->diag, E_UNCLOSED, st->tree.open->head, "%.*s has no end: '};' is missing", STR_ARG(name));
    }
}

static int are_same_args(const ast_arg_t *a, const ast_arg_t *b)
{
    for (; a != NULL && b != NULL; a = a->next, b = b->next) {
        if (!str_eq(a->type.text, b->type.text) || !str_eq(span_text(a->name), span_text(b->name)))
            return 0;
    }
    return a == b;
}

/* Whether both branches of an #if declare a probe in the same way: whichever is taken, it is one probe. */
static int is_alternative(const ast_probe_t *probe, const ast_probe_t *earlier)
{
    return probe->branch != earlier->branch && are_same_args(probe->args, earlier->args) &&
           are_same_args(probe->xargs, earlier->xargs);
}

void d_add_probe(d_state_t *st, span_t probe, span_t name, str_t doc, ast_arg_t *args, ast_arg_t *xargs)
{
    ast_probe_t *added = arena_alloc(st->arena, sizeof(*added));

    added->name = name;
    added->doc = doc;
    added->args = args;
    added->xargs = xargs;
    added->branch = st->branch;
    st->comments.last_probe = added;
    st->comments.last_probe_end = probe.end;
    if (st->tree.open != NULL) {
        const ast_probe_t *earlier = table_put(&st->tree.open->by_name, span_text(name), added);
        if (earlier != NULL && is_alternative(added, earlier))
            return;
        *st->tree.open->next_probe = added;
        st->tree.open->next_probe = &added->next;
    } else if (!st->tree.is_outside_reported) {
        if (!st->tree.ignores_braces)
            diag_report(st->diag, E_OUTSIDE, (span_t){name.src, probe.start, name.end},
                        "probe outside a provider: begin one with 'provider name {'");
        st->tree.is_outside_reported = 1;
    }
}

void d_check_other(d_state_t *st, span_t first)
{
    if (st->tree.open == NULL || st->is_reported)
        return;
    str_t text = scan_shown(st->arena, first);
    if (st->first_kind == IDENT) {
        diag_report(st->diag, E_SYNTAX, first, "'probe' is missing before '%.*s'", STR_ARG(text));
    } else if (!st->tree.open->is_reported) {
        diag_report(st->diag, E_SYNTAX, first, "only probes can stand in a provider: move the declaration out of it");
        st->tree.open->is_reported = 1;
    }
}

ast_arg_t *d_make_arg(d_state_t *st, span_t span, span_t name)
{
    ast_arg_t *arg = arena_alloc(st->arena, sizeof(*arg));

    arg->span = span;
    arg->name = name;
    ctype_read(&st->types, &arg->type, span, name);
    ctype_finish(&st->types, &arg->type, span.start);
    return arg;
}

d_args_t d_append_arg(d_args_t args, ast_arg_t *arg)
{
    args.last->next = arg;
    args.last = arg;
    return args;
}

ast_arg_t *d_finish_args(d_state_t *st, d_args_t args)
{
    for (const ast_arg_t *arg = args.first; arg != NULL; arg = arg->next) {
        if (!ctype_is_void(&arg->type))
            continue;
        if (arg->name.src != NULL) {
            str_t name = scan_shown(st->arena, arg->name);
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
    if (st->tree.open != NULL) {
        d_check_other(st, specifiers);
        return;
    }
    if (name.src == NULL)
        return; /* `typedef struct x { ... };` declares no type name */
    ast_typedef_t *added = arena_alloc(st->arena, sizeof(*added));
    added->name = name;
    ctype_read(&st->types, &added->type, specifiers, name);
    ctype_read(&st->types, &added->type, declarator, name);
    ctype_finish(&st->types, &added->type, specifiers.start);
    if (st->attribute.src != NULL && !d_change_type(&added->type, st->attribute))
        return;
    *st->tree.next_typedef = added;
    st->tree.next_typedef = &added->next;
}
