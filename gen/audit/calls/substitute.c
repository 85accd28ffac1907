#include <string.h>
#include "audit/calls/substitute.h"
#include "base/grow.h"

/* joining makes no longer names: no probe has one */
#define MAX_PASTED 1024

/* ---- lists ---- */

void *xlists_alloc(xlists_t *lists, size_t size)
{
    lists->num_allocated += size;
    return arena_alloc(lists->arena, size);
}

int xlists_step(xlists_t *lists)
{
    if (lists->failure != NULL)
        return 0;
    if (lists->steps_left == 0) {
        lists->failure = "expands to too much";
        return 0;
    }
    --lists->steps_left;
    return 1;
}

int xlists_put(xlists_t *lists, const xtoken_t *token)
{
    if (!xlists_step(lists))
        return 0;
    lists->tokens = grow(lists->tokens, &lists->capacity, lists->num, sizeof(*lists->tokens));
    lists->tokens[lists->num++] = *token;
    return 1;
}

xlist_t xlists_take(xlists_t *lists, size_t base)
{
    size_t num = lists->num - base;
    xtoken_t *tokens = xlists_alloc(lists, num * sizeof(*tokens));

    if (num != 0)
        memcpy(tokens, lists->tokens + base, num * sizeof(*tokens));
    lists->num = base;
    return (xlist_t){tokens, num};
}

/* ---- joining ---- */

static int is_word(const xtoken_t *token)
{
    return token->kind == CTOKEN_NAME || token->kind == CTOKEN_NUMBER;
}

/* Whether one of them cannot be joined with anything: a comma, a parenthesis, a call. */
static int is_separate(const xtoken_t *a, const xtoken_t *b)
{
    const xtoken_t *both[] = {a, b};

    for (int i = 0; i < 2; ++i) {
        if (both[i]->kind == XTOKEN_CALL || xtoken_is(both[i], '(') || xtoken_is(both[i], ')') || xtoken_is(both[i], ','))
            return 1;
    }
    return 0;
}

static xtoken_t join(const substitution_t *s, const xtoken_t *a, const xtoken_t *b)
{
    xtoken_t joined = {
        .p = "?", .n = 1, .kind = CTOKEN_PUNCT, .flags = XTOKEN_PASTED | (b->flags & XTOKEN_PASTES), .written = s->written};

    if (b->kind == XTOKEN_PLACEMARKER) {
        joined = *a;
        joined.flags = (a->flags & ~XTOKEN_PASTES) | (b->flags & XTOKEN_PASTES);
        return joined;
    }
    if (a->kind == XTOKEN_PLACEMARKER)
        return *b;
    if (!is_word(a) || !is_word(b) || a->n + b->n > MAX_PASTED)
        return joined;
    char *text = xlists_alloc(s->lists, a->n + b->n);
    memcpy(text, a->p, a->n);
    memcpy(text + a->n, b->p, b->n);
    joined.p = text;
    joined.n = a->n + b->n;
    joined.kind = a->kind;
    joined.body = a->body != NULL ? a->body : b->body != NULL ? b->body : s->body->tokens;
    if (joined.kind == CTOKEN_NAME)
        joined.macro = macros_find(s->macros, (str_t){joined.p, joined.n});
    return joined;
}

/* Joins what stands around ##, in the list that is being made. */
static void join_all(const substitution_t *s, size_t base)
{
    xtoken_t *stack = s->lists->tokens;
    size_t num = s->lists->num, to = base;

    for (size_t i = base; i < num;) {
        xtoken_t token = stack[i++];
        while ((token.flags & XTOKEN_PASTES) && i < num) {
            if (is_separate(&token, stack + i))
                break;
            token = join(s, &token, stack + i++);
        }
        token.flags &= (uint8_t)~XTOKEN_PASTES;
        if (token.kind != XTOKEN_PLACEMARKER)
            stack[to++] = token;
    }
    s->lists->num = to;
}

/* ---- arguments ---- */

xargs_t split_args(xlists_t *lists, xlist_t all)
{
    const xtoken_t *start = all.tokens + 1, *end = all.tokens + all.num - 1;
    xargs_t args = {.all = all};
    unsigned num_commas = 0;
    int depth = 0;

    for (const xtoken_t *token = start; token != end; ++token) {
        depth += xtoken_is(token, '(') - xtoken_is(token, ')');
        num_commas += depth == 0 && xtoken_is(token, ',');
    }
    args.list = xlists_alloc(lists, (num_commas + 1) * sizeof(*args.list));
    for (const xtoken_t *token = start; token != end; ++token) {
        depth += xtoken_is(token, '(') - xtoken_is(token, ')');
        if (depth == 0 && xtoken_is(token, ',')) {
            args.list[args.num++] = (xlist_t){start, (size_t)(token - start)};
            start = token + 1;
        }
    }
    if (args.num != 0 || start != end)
        args.list[args.num++] = (xlist_t){start, (size_t)(end - start)};
    return args;
}

int bind_args(const xargs_t *args, const body_t *body, xarg_t *bound)
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

/* ---- putting arguments into their places ---- */

/* What stands beside ## has to be something, even if an argument is empty. */
static void put_list(const substitution_t *s, xlist_t list, int is_pasted_to, int is_pasted_on)
{
    xlists_t *lists = s->lists;
    size_t base = lists->num;

    for (size_t i = 0; i < list.num; ++i) {
        if (!xlists_put(lists, list.tokens + i))
            return;
    }
    if (list.num == 0 && (is_pasted_to || is_pasted_on) && !xlists_put(lists, &(xtoken_t){.kind = XTOKEN_PLACEMARKER}))
        return;
    if (is_pasted_on && lists->num != base)
        lists->tokens[lists->num - 1].flags |= XTOKEN_PASTES;
}

/* `, ## __VA_ARGS__`: the comma goes when there is no such argument, and else stays as it is */
static void put_swallowing(const substitution_t *s, const xarg_t *arg)
{
    xlists_t *lists = s->lists;

    if (arg->is_missing) {
        --lists->num;
        return;
    }
    lists->tokens[lists->num - 1].flags &= (uint8_t)~XTOKEN_PASTES;
    put_list(s, arg->written, 0, 0);
}

static void put_param(const substitution_t *s, const body_token_t *token, const body_token_t *previous)
{
    xarg_t *arg = s->args + token->param;
    int is_pasted_to = previous != NULL && previous->is_pasted_on;

    if (is_pasted_to && s->body->is_variadic && (unsigned)token->param + 1 == s->body->num_params && previous->n == 1 &&
        previous->p[0] == ',') {
        put_swallowing(s, arg);
    } else if (is_pasted_to || token->is_pasted_on) {
        put_list(s, arg->written, is_pasted_to, token->is_pasted_on);
    } else {
        put_list(s, s->expand(s->expander, arg), 0, 0);
    }
}

static void put_token(const substitution_t *s, body_token_t *token)
{
    xtoken_t xtoken = {.p = token->p,
                       .n = token->n,
                       .kind = token->kind,
                       .flags = token->is_pasted_on ? XTOKEN_PASTES : 0,
                       .macro = token->macro,
                       .written = s->written,
                       .body = token};

    xlists_put(s->lists, &xtoken);
}

static int body_is(const body_token_t *token, char c)
{
    return token->kind == CTOKEN_PUNCT && token->n == 1 && token->p[0] == c;
}

/* @return index of the ")" that belongs to the "(" after __VA_OPT__, or of the last token */
static size_t end_of_option(const substitution_t *s, size_t i)
{
    int depth = 0;

    while (++i < s->body->num) {
        depth += body_is(s->body->tokens + i, '(') - body_is(s->body->tokens + i, ')');
        if (depth == 0)
            return i;
    }
    return s->body->num - 1;
}

static void put_part(const substitution_t *s, size_t from, size_t to, int is_option);

/* __VA_OPT__(…) @return index of its last token */
static size_t put_option(const substitution_t *s, size_t i)
{
    const body_token_t *tokens = s->body->tokens;
    int is_pasted_to = i != 0 && tokens[i - 1].is_pasted_on;
    size_t end = end_of_option(s, i), base = s->lists->num;
    xarg_t *variadic = s->args + s->body->num_params - 1;

    if (s->expand(s->expander, variadic).num != 0 && end > i + 2)
        put_part(s, i + 2, end, 1);
    if (s->lists->num == base)
        put_list(s, (xlist_t){NULL, 0}, is_pasted_to, tokens[end].is_pasted_on);
    else if (tokens[end].is_pasted_on)
        s->lists->tokens[s->lists->num - 1].flags |= XTOKEN_PASTES;
    return end;
}

static void put_part(const substitution_t *s, size_t from, size_t to, int is_option)
{
    for (size_t i = from; i < to && s->lists->failure == NULL; ++i) {
        body_token_t *token = s->body->tokens + i;
        if (token->param == PARAM_VA_OPT && !is_option && i + 1 < to && body_is(token + 1, '('))
            i = put_option(s, i);
        else if (token->param >= 0)
            put_param(s, token, i != from ? token - 1 : NULL);
        else
            put_token(s, token);
    }
}

xlist_t substitute(const substitution_t *s)
{
    size_t base = s->lists->num;

    put_part(s, 0, s->body->num, 0);
    if (s->lists->failure == NULL)
        join_all(s, base);
    return xlists_take(s->lists, base);
}
