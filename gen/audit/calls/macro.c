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

/* Not more definitions than these are kept, and not more bytes of them. */
#define MAX_DEFINITIONS ((size_t)1 << 20)
#define MAX_BYTES ((size_t)128 << 20)
/* a number that is longer is not used to make names of */
#define MAX_PASTED_DIGITS 3
/* the part of a name that a macro gives to one which pastes is not longer */
#define MAX_BEGINNING 128
/* names that are kept, but for those that are defined */
#define MAX_NAMES ((size_t)2 << 20)
/* uses of names in bodies */
#define MAX_USES ((size_t)2 << 20)

/* ---- names ---- */

name_t *macros_find(const macros_t *macros, str_t text)
{
    return table_get(&macros->names, text);
}

static name_t *get_name(macros_t *macros, str_t text)
{
    name_t *name = macros_find(macros, text);

    if (name != NULL)
        return name;
    name = arena_alloc(macros->arena, sizeof(*name));
    *name = (name_t){.text = arena_strdup(macros->arena, text), .index = (uint32_t)macros->names.num};
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
    static const char *const names[] = {"STAP_PROBEV", "FOLLY_SDT_WITH_SEMAPHORE", "USDT", "USDT_WITH_SEMA"};

    for (size_t i = 0; i < sizeof(numbered) / sizeof(numbered[0]); ++i) {
        get_name(macros, str_of(numbered[i]))->marker = MARKER_FIRST;
        for (int n = 1; n <= IR_MAX_ARGS; ++n)
            get_name(macros, arena_printf(macros->arena, "%s%d", numbered[i], n))->marker = MARKER_FIRST;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i)
        get_name(macros, str_of(names[i]))->marker = MARKER_FIRST;
    get_name(macros, STR("USDT_WITH_EXPLICIT_SEMA"))->marker = MARKER_ANY; /* the semaphore is first */
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

/**
 * Reads the rest of the directive.
 * @return whether it is a constant, as most are: no call can come of it, no part of a name, and no list of arguments
 */
static int read_definition(cscanner_t *scanner, str_t *text)
{
    const char *start = scanner->p, *end = start;
    unsigned num_tokens = 0;
    int is_part = 0;
    ctoken_t first = {0}, token;

    for (cscan_next(scanner, &token); token.kind != CTOKEN_NEWLINE; cscan_next(scanner, &token)) {
        if (num_tokens++ == 0)
            first = token;
        is_part |= token.kind == CTOKEN_NAME || ctoken_is(&token, ',');
        end = scanner->p;
    }
    *text = (str_t){start, (size_t)(end - start)};
    if (num_tokens <= 1)
        is_part |= first.kind != CTOKEN_STRING && (first.kind != CTOKEN_NUMBER || first.n <= MAX_PASTED_DIGITS);
    return !is_part;
}

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
    str_t text = {NULL, 0};

    int is_constant = !is_undef && read_definition(&reader->scanner, &text) && !is_function;
    name_t *name = is_constant ? macros_find(macros, ctoken_str(token)) : get_name(macros, ctoken_str(token));
    if (name == NULL)
        return;
    if (name->definitions == NULL && is_own_marker(name->text))
        name->marker = MARKER_ANY;
    if (name_is_probe(name))
        return;
    if (macros->num_definitions == MAX_DEFINITIONS || text.n > MAX_BYTES - macros->num_bytes) {
        macros->is_full = 1;
        return;
    }
    end_definitions(name, reader, file, offset);
    definition_t *definition = arena_alloc(macros->arena, sizeof(*definition));
    *definition = (definition_t){.next = name->definitions,
                                 .name = name,
                                 .text = is_constant ? STR("") : arena_strdup(macros->arena, text),
                                 .file = file,
                                 .offset = offset,
                                 .end = DEFINITION_LASTS,
                                 .is_function = (uint8_t)is_function,
                                 .is_undef = (uint8_t)(is_undef || is_constant)};
    definition->hides = reader_branch_start(reader) == 0 || (is_undef && reader_asks_for(reader, name->text));
    name->definitions = definition;
    ++macros->num_definitions;
    macros->num_bytes += text.n;
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
    if (param != PARAM_NONE && previous != NULL && previous->kind == CTOKEN_HASH) {
        previous->kind = CTOKEN_STRING; /* #param: what is in a string does not matter */
        return;
    }
    macros->tokens = grow(macros->tokens, &macros->tokens_capacity, macros->num_tokens, sizeof(*macros->tokens));
    macros->tokens[macros->num_tokens++] = (body_token_t){.p = token->p, .n = token->n, .kind = token->kind, .param = param};
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
        if (token->kind == CTOKEN_NAME && token->param == PARAM_NONE)
            token->name = macros_find(macros, (str_t){token->p, token->n});
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

/* A property that a name has got, and that its users do not have yet. */
typedef struct st_news_t {
    name_t *name;
    uint8_t property;
} news_t;

typedef struct st_finder_t {
    macros_t *macros;
    news_t *list;
    size_t num, capacity;
    size_t num_uses;
} finder_t;

static void set(finder_t *finder, name_t *name, uint8_t property)
{
    if (name->properties & property)
        return;
    name->properties |= property;
    finder->list = grow(finder->list, &finder->capacity, finder->num, sizeof(*finder->list));
    finder->list[finder->num++] = (news_t){name, property};
    if ((name->properties & NAME_PASTES) && (name->properties & NAME_BEGINS))
        set(finder, name, NAME_RELEVANT);
}

/* Looks at what a definition is made of. */
static void add_uses(finder_t *finder, definition_t *definition)
{
    macros_t *macros = finder->macros;
    name_t *user = definition->name;

    read_body(macros, definition);
    for (size_t i = 0; i < macros->num_tokens; ++i) {
        const body_token_t *token = macros->tokens + i;
        if (token->is_pasted_on)
            set(finder, user, NAME_PASTES);
        if (token->kind != CTOKEN_NAME || token->param != PARAM_NONE || finder->num_uses == MAX_USES)
            continue;
        str_t text = {token->p, token->n};
        name_t *name = macros->names.num < MAX_NAMES ? get_name(macros, text) : macros_find(macros, text);
        if (name == NULL || (name->users != NULL && name->users->user == user))
            continue;
        name_use_t *use = arena_alloc(macros->arena, sizeof(*use));
        *use = (name_use_t){.next = name->users, .user = user};
        name->users = use;
        ++finder->num_uses;
    }
}

/* Gives properties to the users of names, and to their users, and so on; and to the beginnings of what is relevant. */
static void spread(finder_t *finder)
{
    macros_t *macros = finder->macros;

    while (finder->num != 0) {
        news_t news = finder->list[--finder->num];
        for (const name_use_t *use = news.name->users; use != NULL; use = use->next)
            set(finder, use->user, news.property);
        str_t part = {news.name->text.p, news.property == NAME_RELEVANT ? news.name->text.n : 0};
        if (part.n > MAX_BEGINNING)
            part.n = MAX_BEGINNING;
        for (; part.n != 0; --part.n) {
            name_t *name = part.n > 1 && macros->names.num < MAX_NAMES ? get_name(macros, part) : macros_find(macros, part);
            if (name != NULL)
                set(finder, name, NAME_BEGINS);
        }
    }
}

void macros_find_relevant(macros_t *macros)
{
    finder_t finder = {.macros = macros};
    size_t num = macros->names.num;
    name_t **names = arena_alloc(macros->arena, (num + 1) * sizeof(*names)); /* the table moves while names are added */

    for (size_t i = 0; i < macros->names.capacity; ++i) {
        name_t *name = macros->names.slots[i].value;
        if (name != NULL)
            names[name->index] = name;
    }
    for (size_t i = 0; i < num; ++i) {
        if (name_is_probe(names[i]))
            set(&finder, names[i], NAME_RELEVANT);
        for (definition_t *definition = names[i]->definitions; definition != NULL; definition = definition->next) {
            if (!definition->is_undef)
                add_uses(&finder, definition);
        }
    }
    spread(&finder);
    free(finder.list);
}
