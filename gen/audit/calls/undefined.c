/*
 * In the source itself, such a call is a statement, `NAME(…);`, in the body of a function; anything else that is done with the name
 * says that it is something else. So the tokens of the file are followed: braces and what stands before a token, to know where a
 * statement may begin, and then the statement to its semicolon. In a definition the expander has found the call already. What was
 * collected is judged when all files have been read, by undefined_is_probe().
 */
#include <ctype.h>
#include <string.h>
#include "audit/calls/undefined.h"

/* What stands before a token. */
enum { BEFORE_OTHER, BEFORE_STATEMENT, BEFORE_PARENTHESIS };

/* How much has been read of what looks like the statement `NAME(…);`. */
enum { STEP_NAME, STEP_ARGS, STEP_CLOSED };

/* names that are kept, and calls of all of them together */
#define MAX_NAMES 200000
#define MAX_CALLS 100000

static const str_t enabled = {"_ENABLED", 8};

void undefined_init(undefined_t *undefined, arena_t *arena, const audit_t *audit, scope_t *scope)
{
    *undefined = (undefined_t){.arena = arena,
                               .scope = scope,
                               .prefixes.arena = arena,
                               .names.arena = arena,
                               .in_use.arena = arena,
                               .condition.arena = arena,
                               .function_depth = -1};
    for (unsigned i = 0; i < audit->ir->num_providers; ++i) {
        ir_provider_t *provider = audit->ir->providers + i;
        str_t prefix = arena_printf(arena, "%.*s_", STR_ARG(provider->name));
        for (size_t j = 0; j < prefix.n; ++j)
            ((char *)prefix.p)[j] = (char)toupper((unsigned char)prefix.p[j]);
        table_put(&undefined->prefixes, prefix, provider);
        undefined->is_first[(unsigned char)prefix.p[0]] = 1;
    }
}

/* ---- names ---- */

static int is_capital(str_t name)
{
    for (size_t i = 0; i < name.n; ++i) {
        if (!(name.p[i] >= 'A' && name.p[i] <= 'Z') && !(name.p[i] >= '0' && name.p[i] <= '9') && name.p[i] != '_')
            return 0;
    }
    return 1;
}

/* NULL when it does not begin like the macros of any provider. Of two that fit, the longer one counts. */
static undefined_name_t *find_name(undefined_t *undefined, str_t text)
{
    const ir_provider_t *provider = NULL;

    if (text.n == 0 || !undefined->is_first[(unsigned char)text.p[0]] || !is_capital(text))
        return NULL;
    undefined_name_t *name = table_get(&undefined->names, text);
    if (name != NULL)
        return name;
    size_t n = text.n;
    while (--n != 0) {
        if (text.p[n - 1] == '_' && (provider = table_get(&undefined->prefixes, (str_t){text.p, n})) != NULL)
            break;
    }
    if (provider == NULL || undefined->num == MAX_NAMES)
        return NULL;
    name = arena_alloc(undefined->arena, sizeof(*name));
    *name = (undefined_name_t){.name = arena_strdup(undefined->arena, text), .provider = provider->name, .prefix = n};
    table_put(&undefined->names, name->name, name);
    undefined->list = arena_grow(undefined->arena, undefined->list, &undefined->capacity, undefined->num, sizeof(*undefined->list));
    return undefined->list[undefined->num++] = name;
}

int undefined_is_suspect(undefined_t *undefined, str_t text)
{
    return find_name(undefined, text) != NULL;
}

/* The NAME of NAME_ENABLED, which says that it is meant to be a probe; else NULL. */
static undefined_name_t *find_enabled(undefined_t *undefined, str_t text)
{
    if (text.n <= enabled.n || memcmp(text.p + text.n - enabled.n, enabled.p, enabled.n) != 0)
        return NULL;
    return find_name(undefined, (str_t){text.p, text.n - enabled.n});
}

void undefined_define(undefined_t *undefined, str_t name)
{
    undefined_name_t *found = find_name(undefined, name);

    if (found != NULL)
        found->is_known = 1;
}

static void add_call(undefined_t *undefined, undefined_name_t *name, const undefined_call_t *call)
{
    const undefined_call_t *last = name->calls;

    if (undefined->num_calls == MAX_CALLS)
        return;
    if (last != NULL && last->file == call->file && last->offset == call->offset && last->call.num_args == call->call.num_args &&
        last->body == call->body)
        return; /* the same in another expansion */
    ++undefined->num_calls;
    undefined_call_t *copy = arena_alloc(undefined->arena, sizeof(*copy));
    *copy = *call;
    copy->next = name->calls;
    copy->is_complete = scope_is_complete(undefined->scope);
    copy->call.macro = arena_strdup(undefined->arena, call->call.macro);
    copy->call.condition = arena_strdup(undefined->arena, call->call.condition);
    name->calls = copy;
}

/* ---- names in the source ---- */

void undefined_enter_file(undefined_t *undefined, const ctext_t *text)
{
    undefined->start = text->p;
    undefined->function_depth = -1;
    undefined->previous = BEFORE_OTHER;
    undefined->pending = undefined->asked = NULL;
    undefined->is_asked_open = 0;
}

/* Where the body of a function begins and ends. */
static void follow_braces(undefined_t *undefined, const reader_t *reader, const ctoken_t *token)
{
    int is_opening = ctoken_is(token, '{'), depth = reader->num_braces - is_opening; /* outside of it */

    if (depth <= undefined->function_depth)
        undefined->function_depth = -1;
    if (is_opening && undefined->function_depth == -1 && undefined->previous == BEFORE_PARENTHESIS)
        undefined->function_depth = depth;
}

static int is_one_of(str_t text, const char *const *words)
{
    while (*words != NULL && !str_is(text, *words))
        ++words;
    return *words != NULL;
}

static int kind_before(int previous, const ctoken_t *token)
{
    static const char *const before_body[] = {"const", "noexcept", "override", "final", NULL};
    static const char *const before_statement[] = {"else", "do", NULL};

    if (token->kind == CTOKEN_NAME) {
        if (previous == BEFORE_PARENTHESIS && is_one_of(ctoken_str(token), before_body))
            return BEFORE_PARENTHESIS;
        return is_one_of(ctoken_str(token), before_statement) ? BEFORE_STATEMENT : BEFORE_OTHER;
    }
    if (token->kind != CTOKEN_PUNCT || token->n != 1)
        return BEFORE_OTHER;
    switch (token->p[0]) {
    case ')':
        return BEFORE_PARENTHESIS;
    case ';':
    case '{':
    case '}':
    case ':':
        return BEFORE_STATEMENT;
    default:
        return BEFORE_OTHER;
    }
}

/* The token that follows in what may be the statement `NAME(…);`. */
static void follow_pending(undefined_t *undefined, const ctoken_t *token)
{
    switch (undefined->step) {
    case STEP_NAME:
        undefined->pending->is_known |= !ctoken_is(token, '(');
        if (!ctoken_is(token, '('))
            undefined->pending = NULL;
        undefined->step = STEP_ARGS;
        undefined->depth = 1;
        break;
    case STEP_ARGS:
        undefined->depth += ctoken_is(token, '(') - ctoken_is(token, ')');
        if (undefined->depth == 0) {
            undefined->step = STEP_CLOSED;
            undefined->pending_call.call.num_args += undefined->has_args;
            break;
        }
        undefined->has_args = 1;
        undefined->pending_call.call.num_args += undefined->depth == 1 && ctoken_is(token, ',');
        break;
    default:
        if (ctoken_is(token, ';'))
            add_call(undefined, undefined->pending, &undefined->pending_call);
        else
            undefined->pending->is_known = 1;
        undefined->pending = NULL;
        break;
    }
}

/* NAME_ENABLED() */
static void follow_asked(undefined_t *undefined, const ctoken_t *token)
{
    if (undefined->asked != NULL && ctoken_is(token, ')') && undefined->is_asked_open)
        undefined->asked->is_enabled = 1;
    undefined->is_asked_open = ctoken_is(token, '(') && !undefined->is_asked_open;
    if (!undefined->is_asked_open)
        undefined->asked = token->kind == CTOKEN_NAME ? find_enabled(undefined, ctoken_str(token)) : NULL;
}

static void note_name(undefined_t *undefined, reader_t *reader, const ctoken_t *token)
{
    str_t text = ctoken_str(token);
    int is_statement = undefined->previous != BEFORE_OTHER && undefined->function_depth != -1;

    undefined_name_t *name = find_name(undefined, text);
    if (name == NULL || name->is_known)
        return;
    if (!is_statement || undefined->pending != NULL) {
        name->is_known = 1;
        return;
    }
    const str_t *condition = reader_condition(reader);
    undefined->pending = name;
    undefined->step = STEP_NAME;
    undefined->has_args = 0;
    undefined->condition.n = 0;
    text_put(&undefined->condition, condition->p, condition->n);
    undefined->pending_call = (undefined_call_t){
        .file = undefined->scope->file,
        .offset = (uint32_t)(token->p - undefined->start),
        .call = {.line = token->line, .macro = name->name, .condition = {undefined->condition.p, undefined->condition.n}}};
}

void undefined_token(undefined_t *undefined, reader_t *reader, const ctoken_t *token, const macro_t *macro)
{
    follow_braces(undefined, reader, token);
    if (undefined->pending != NULL)
        follow_pending(undefined, token);
    follow_asked(undefined, token);
    if (token->kind == CTOKEN_NAME && macro == NULL)
        note_name(undefined, reader, token);
    undefined->previous = kind_before(undefined->previous, token);
}

/* ---- names in expansions ---- */

void undefined_expanded(undefined_t *undefined, const xtoken_t *token, const written_t *written, unsigned num_args)
{
    str_t text = {token->p, token->n};
    undefined_name_t *asked = num_args == 0 ? find_enabled(undefined, text) : NULL, *name = find_name(undefined, text);

    if (asked != NULL)
        asked->is_enabled = 1;
    if (name == NULL || name->is_known)
        return;
    add_call(undefined, name,
             &(undefined_call_t){.body = token->body,
                                 .is_pasted = (token->flags & XTOKEN_PASTED) != 0,
                                 .file = undefined->scope->file,
                                 .offset = (uint32_t)(written->at - undefined->start),
                                 .call = call_of(written, num_args)});
}

void undefined_use(undefined_t *undefined, str_t provider)
{
    table_put(&undefined->in_use, provider, undefined);
}

/*
 * That no #define of the name was found is not enough: it may stand in a header that was not read. One of these has to be so, too:
 *
 *     somewhere NAME_ENABLED() is called;
 *     ## makes the name at a place in a definition that made the names of probes for other calls: APP_##label(…);
 *     no such header is missing.
 *
 * And some probe of the provider has to be called like that: a build may give its macros other names, which only begin like it.
 */
int undefined_is_probe(const undefined_t *undefined, const undefined_name_t *name, const undefined_call_t *call)
{
    if (name->is_known || table_get(&undefined->in_use, name->provider) == NULL)
        return 0;
    if (name->is_enabled)
        return 1;
    if (call->body == NULL)
        return call->is_complete;
    return call->is_pasted ? call->body->made_probe : call->body->definition->made_probe && call->is_complete;
}
