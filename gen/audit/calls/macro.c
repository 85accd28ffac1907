/*
 * Sources may define a million macros, and few of them have to do with probes. What is kept of a definition is its text.
 * When all are known, those that can lead to a probe are found backwards, from the probes' own macros to what uses them:
 *
 *     #define LOG(x)     APP_LOG(x)          uses a name that is relevant
 *     #define PASTE(a,b) a##b                pastes: may make any name
 *     #define PREFIX     APP_                begins: is what relevant names begin with
 *     #define PROBE(l)   APP_##l()           begins and pastes: relevant
 *     #define SEND(l)    PASTE(PREFIX, l)()  uses one that begins and one that pastes: relevant, too
 *
 * What is relevant is expanded wherever it stands, anything else only if such things stand in its arguments.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "audit/calls/macro.h"

/* Not more bytes are kept of definitions, and twice as many with all names in their bodies. */
#define MAX_BYTES ((size_t)256 << 20)
/* a number that is longer is not used to make names of */
#define MAX_PASTED_DIGITS 3
/* the part of a name that a macro gives to one which pastes is not longer */
#define MAX_BEGINNING 128

/* ---- names ---- */

name_t *macros_find(const macros_t *macros, str_t text)
{
    return table_get(&macros->names, text);
}

/* @return NULL when there are so many things that it is not kept */
static void *keep(macros_t *macros, size_t size, size_t max_bytes)
{
    if (size > max_bytes || macros->num_bytes > max_bytes - size)
        return NULL;
    macros->num_bytes += size;
    return arena_alloc(macros->arena, size);
}

/* @return NULL when there are too many */
static name_t *get_name(macros_t *macros, str_t text)
{
    name_t *name = macros_find(macros, text);

    if (name != NULL || (name = keep(macros, sizeof(*name) + text.n, 2 * MAX_BYTES)) == NULL)
        return name;
    memcpy(name + 1, text.p, text.n);
    *name = (name_t){.text = {(char *)(name + 1), text.n}, .index = (uint32_t)macros->names.num, .next = macros->all};
    macros->all = name;
    table_put(&macros->names, name->text, name);
    return name;
}

const ir_provider_t *macros_provider_of(const macros_t *macros, str_t text, str_t *name)
{
    const ir_provider_t *provider = NULL;
    size_t n = text.n;

    for (size_t i = 0; i < text.n; ++i) {
        if (!isupper((unsigned char)text.p[i]) && !isdigit((unsigned char)text.p[i]) && text.p[i] != '_')
            return NULL;
    }
    while (provider == NULL && n > 1 && --n != 0) /* of two that fit, the longer one counts */
        provider = text.p[n - 1] == '_' ? table_get(&macros->prefixes, (str_t){text.p, n}) : NULL;
    *name = (str_t){text.p + n, text.n - n};
    return provider;
}

/* ---- markers ---- */

/* DTRACE_PROBE, DTRACE_PROBE1, … of SystemTap's <sys/sdt.h>, and what other such headers have, take provider and probe, then the
 * arguments. */
static void add_markers(macros_t *macros)
{
    static const char *const numbered[] = {"DTRACE_PROBE", "STAP_PROBE", "FOLLY_SDT"};
    static const char *const names[] = {"STAP_PROBEV", "FOLLY_SDT_WITH_SEMAPHORE", "USDT", "USDT_WITH_SEMA",
                                        "USDT_WITH_EXPLICIT_SEMA"};

    for (size_t i = 0; i < sizeof(numbered) / sizeof(numbered[0]); ++i) {
        get_name(macros, str_of(numbered[i]))->is_marker = 1;
        for (int n = 1; n <= IR_MAX_ARGS; ++n)
            get_name(macros, arena_printf(macros->arena, "%s%d", numbered[i], n))->is_marker = 1;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i)
        get_name(macros, str_of(names[i]))->is_marker = 1;
}

/* What a header that probegen has written makes sites with; the macros of probes may have other names in it by now. */
static int is_own_marker(str_t text)
{
    static const str_t prefix = STR_LITERAL("PROBEGEN_");

    return text.n > prefix.n && memcmp(text.p, prefix.p, prefix.n) == 0;
}

void macros_init(macros_t *macros, arena_t *arena, audit_t *audit)
{
    *macros = (macros_t){.arena = arena, .scratch = arena_create(), .audit = audit, .names.arena = arena, .prefixes.arena = arena};
    add_markers(macros);
    for (unsigned i = 0; i < audit->num_rows; ++i) {
        audit_row_t *row = audit->rows[i];
        if (row->probe != NULL)
            get_name(macros, row->probe->macro)->row = row;
    }
    for (unsigned i = 0; i < audit->ir->num_providers; ++i) {
        ir_provider_t *provider = audit->ir->providers + i;
        str_t prefix = arena_printf(arena, "%.*s_", STR_ARG(provider->name));
        for (size_t j = 0; j < prefix.n; ++j)
            ((char *)prefix.p)[j] = (char)toupper((unsigned char)prefix.p[j]);
        table_put(&macros->prefixes, prefix, provider);
    }
}

void macros_dispose(macros_t *macros)
{
    free(macros->tokens);
    arena_destroy(macros->scratch);
}

/* ---- definitions ---- */

/* Definitions in the innermost branch end here: who comes here has come past them. */
static void end_definitions(name_t *name, const reader_t *reader, uint32_t file, uint32_t offset)
{
    uint32_t start = reader_branch_start(reader);

    for (definition_t *definition = name->definitions; definition != NULL; definition = definition->next) {
        if (definition->file != file || definition->offset < start)
            break;
        if (definition->end == DEFINITION_LASTS)
            definition->end = offset;
    }
}

void macros_define(macros_t *macros, uint32_t file, reader_t *reader, const ctoken_t *token, int is_undef)
{
    int is_function = *reader->scanner.p == '(';
    uint32_t offset = (uint32_t)(token->p - reader->scanner.start);
    str_t text = reader_rest(reader);
    const ctoken_t *words = reader->words;

    /* a string, or a longer number, as most are: no call can come of it, and no part of a name */
    if (!is_function && words[1].kind == CTOKEN_NEWLINE &&
        (words[0].kind == CTOKEN_STRING || (words[0].kind == CTOKEN_NUMBER && words[0].n > MAX_PASTED_DIGITS))) {
        if (macros_find(macros, ctoken_str(token)) == NULL)
            return;
        is_undef = 1;
    }
    text.n = is_undef ? 0 : text.n;
    name_t *name = get_name(macros, ctoken_str(token));
    definition_t *definition = keep(macros, sizeof(*definition) + text.n + 1, MAX_BYTES);
    if (name == NULL || definition == NULL) {
        macros->is_full = 1;
        return;
    }
    name->is_marker |= name->definitions == NULL && is_own_marker(name->text);
    if (name_is_probe(name))
        return;
    end_definitions(name, reader, file, offset);
    memcpy(definition + 1, text.p, text.n); /* and a NUL */
    *definition = (definition_t){.next = name->definitions,
                                 .name = name,
                                 .text = {(char *)(definition + 1), text.n},
                                 .file = file,
                                 .offset = offset,
                                 .end = DEFINITION_LASTS,
                                 .is_function = (uint8_t)is_function,
                                 .is_undef = (uint8_t)is_undef};
    definition->hides = reader_branch_start(reader) == 0 || (is_undef && reader_asks_for(reader, name->text));
    name->definitions = definition;
}

/* ---- bodies ---- */

/* Reads on after the first parenthesis: names become numbers from 1. @return 0 when it is no list of parameters */
static int read_params(table_t *params, cscanner_t *scanner, body_t *body)
{
    ctoken_t token;
    int has_name;

    cscan_next(scanner, &token);
    if (ctoken_is(&token, ')'))
        return 1;
    while (1) {
        str_t name = ctoken_str(&token);
        if ((has_name = token.kind == CTOKEN_NAME))
            cscan_next(scanner, &token);
        body->is_variadic = token.kind == CTOKEN_PUNCT && token.n == 3;
        if (body->is_variadic)
            cscan_next(scanner, &token);
        if (!has_name && !body->is_variadic)
            return 0;
        table_put(params, has_name ? name : STR("__VA_ARGS__"), (void *)(uintptr_t)++body->num_params);
        if (ctoken_is(&token, ')'))
            return 1;
        if (!ctoken_is(&token, ',') || body->is_variadic)
            return 0;
        cscan_next(scanner, &token);
    }
}

/* Adds a token of the body to macros->tokens. */
static void add_body_token(macros_t *macros, const table_t *params, int is_variadic, const ctoken_t *token)
{
    body_token_t *previous = macros->num_tokens != 0 ? macros->tokens + macros->num_tokens - 1 : NULL;
    int param = PARAM_NONE;

    if (token->kind == CTOKEN_PASTE && previous != NULL) {
        previous->is_pasted_on = 1;
        return;
    }
    if (token->kind == CTOKEN_NAME && params->num != 0) {
        param = (int)(uintptr_t)table_get(params, ctoken_str(token)) - 1;
        if (param == PARAM_NONE && is_variadic && str_is(ctoken_str(token), "__VA_OPT__"))
            param = PARAM_VA_OPT;
    }
    if (param != PARAM_NONE && previous != NULL && previous->t.kind == CTOKEN_HASH) {
        previous->t.kind = CTOKEN_STRING; /* #param: what is in a string does not matter */
        return;
    }
    macros->tokens = grow(macros->tokens, &macros->tokens_capacity, macros->num_tokens, sizeof(*macros->tokens));
    macros->tokens[macros->num_tokens++] = (body_token_t){.t = *token, .param = param};
}

/* Reads parameters and body; its tokens into macros->tokens, as long as nothing else is read. */
static body_t read_body(macros_t *macros, definition_t *definition)
{
    arena_mark_t mark = arena_mark(macros->scratch);
    table_t params = {.arena = macros->scratch};
    body_t body = {0};
    cscanner_t scanner;
    ctoken_t token;

    macros->num_tokens = 0;
    cscan_init_part(&scanner, definition->text);
    cscan_next(&scanner, &token);
    if (definition->is_function) {
        body.is_broken = !read_params(&params, &scanner, &body);
        cscan_next(&scanner, &token);
    }
    for (; token.kind != CTOKEN_NEWLINE && token.kind != CTOKEN_END && !body.is_broken; cscan_next(&scanner, &token))
        add_body_token(macros, &params, body.is_variadic, &token);
    arena_release(macros->scratch, mark);
    return body;
}

const body_t *macros_body(macros_t *macros, definition_t *definition)
{
    if (definition->body != NULL)
        return definition->body;
    body_t *body = arena_alloc(macros->arena, sizeof(*body));
    *body = read_body(macros, definition);
    body->is_empty = 1;
    body->num = macros->num_tokens;
    body->tokens = arena_alloc(macros->arena, body->num * sizeof(*body->tokens));
    for (size_t i = 0; i < body->num; ++i) {
        body_token_t *token = body->tokens + i;
        *token = macros->tokens[i];
        if (token->t.kind == CTOKEN_NAME && token->param == PARAM_NONE)
            token->name = macros_find(macros, ctoken_str(&token->t));
        if ((token->name != NULL && (token->name->definitions != NULL || name_is_probe(token->name))) || token->is_pasted_on ||
            token->param != PARAM_NONE)
            body->is_empty = 0;
    }
    return definition->body = body;
}

/* ---- what is relevant ---- */

typedef struct st_name_use_t {
    struct st_name_use_t *next;
    name_t *user;
} name_use_t;

/* Gives a name properties; its users get them later. */
static void set(macros_t *macros, name_t *name, uint8_t properties)
{
    properties |= name->properties;
    if ((properties & NAME_PASTES) && (properties & NAME_BEGINS))
        properties |= NAME_RELEVANT;
    if (properties == name->properties)
        return;
    name->properties = properties;
    if (name->is_queued)
        return;
    name->is_queued = 1;
    name->next_queued = macros->queue;
    macros->queue = name;
}

/* Looks at what a definition is made of. */
static void add_uses(macros_t *macros, definition_t *definition)
{
    name_t *user = definition->name;

    read_body(macros, definition);
    for (size_t i = 0; i < macros->num_tokens; ++i) {
        const body_token_t *token = macros->tokens + i;
        if (token->is_pasted_on)
            set(macros, user, NAME_PASTES);
        if (token->t.kind != CTOKEN_NAME || token->param != PARAM_NONE)
            continue;
        name_t *name = get_name(macros, ctoken_str(&token->t));
        name_use_t *use =
            name != NULL && (name->users == NULL || name->users->user != user) ? keep(macros, sizeof(*use), 2 * MAX_BYTES) : NULL;
        if (use != NULL) {
            *use = (name_use_t){.next = name->users, .user = user};
            name->users = use;
        }
    }
}

void macros_find_relevant(macros_t *macros)
{
    name_t *name;

    for (name = macros->all; name != NULL; name = name->next) { /* those that are added come before */
        if (name_is_probe(name))
            set(macros, name, NAME_RELEVANT);
        for (definition_t *definition = name->definitions; definition != NULL; definition = definition->next) {
            if (!definition->is_undef)
                add_uses(macros, definition);
        }
    }
    while ((name = macros->queue) != NULL) {
        macros->queue = name->next_queued;
        name->is_queued = 0;
        for (const name_use_t *use = name->users; use != NULL; use = use->next)
            set(macros, use->user, name->properties);
        str_t part = {name->text.p, name->text.n < MAX_BEGINNING ? name->text.n : MAX_BEGINNING};
        for (; (name->properties & NAME_RELEVANT) && part.n != 0; --part.n) {
            name_t *beginning = part.n > 1 ? get_name(macros, part) : macros_find(macros, part);
            if (beginning != NULL)
                set(macros, beginning, NAME_BEGINS);
        }
    }
}
