/*
 * Sources may define a million macros, and few of them have to do with probes. What is kept of a definition is its text.
 * When all are known, those that can lead to a probe are found backwards, from the probes' own macros to what uses them:
 *
 *     #define LOG(x)     APP_LOG(x)          uses a name that is relevant
 *     #define PROBE(l)   APP_##l()           makes names that begin like a relevant one
 *     #define PASTE(a,b) a##b                pastes: may make any name of its arguments
 *     #define PREFIX     APP_                begins: is what relevant names begin with
 *     #define SEND(l)    PASTE(PREFIX, l)()  uses one that begins and one that pastes: relevant, too
 *
 * What is relevant is expanded wherever it stands, anything else only if such things stand in its arguments.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "audit/calls/macro.h"

/* up to so many parameters are searched one by one */
#define FEW_PARAMS 16
/* a number that is longer is not used to make names of */
#define MAX_PASTED_DIGITS 3
/* the part of a name that a macro gives to one which pastes is at least so long, and at most so long */
#define MIN_BEGINNING 2
#define MAX_BEGINNING 128
#define MAX_BEGINNINGS ((size_t)1 << 18)
/* names in bodies that are kept while what is relevant is looked for */
#define MAX_USES ((size_t)2 << 20)

static macro_t *add_macro(macros_t *macros, str_t name)
{
    macro_t *macro = table_get(&macros->names, name);

    if (macro != NULL)
        return macro;
    macro = arena_alloc(macros->arena, sizeof(*macro));
    macro->name = arena_strdup(macros->arena, name);
    macro->next_definition = &macro->definitions;
    table_put(&macros->names, macro->name, macro);
    return macro;
}

/* DTRACE_PROBE, DTRACE_PROBE1, … of SystemTap's <sys/sdt.h>, and what other such headers have, take provider and probe, then the
 * arguments. */
static void add_markers(macros_t *macros)
{
    static const char *const numbered[] = {"DTRACE_PROBE", "STAP_PROBE", "FOLLY_SDT"};
    static const char *const names[] = {"STAP_PROBEV", "FOLLY_SDT_WITH_SEMAPHORE", "USDT", "USDT_WITH_SEMA"};

    for (size_t i = 0; i < sizeof(numbered) / sizeof(numbered[0]); ++i) {
        add_macro(macros, str_of(numbered[i]))->marker = MARKER_FIRST;
        for (int n = 1; n <= IR_MAX_ARGS; ++n)
            add_macro(macros, arena_printf(macros->arena, "%s%d", numbered[i], n))->marker = MARKER_FIRST;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i)
        add_macro(macros, str_of(names[i]))->marker = MARKER_FIRST;
    add_macro(macros, STR("USDT_WITH_EXPLICIT_SEMA"))->marker = MARKER_ANY; /* the semaphore is first */
}

/* What a header that probegen has written makes sites with; the macros of probes may have other names in it by now. */
static int is_own_marker(str_t name)
{
    static const str_t prefix = STR_LITERAL("PROBEGEN_");

    return name.n > prefix.n && memcmp(name.p, prefix.p, prefix.n) == 0;
}

void macros_init(macros_t *macros, arena_t *arena, const audit_t *audit)
{
    *macros = (macros_t){.arena = arena, .names.arena = arena, .beginnings.arena = arena};
    add_markers(macros);
    for (unsigned i = 0; i < audit->num_rows; ++i) {
        audit_row_t *row = audit->rows[i];
        if (row->probe != NULL)
            add_macro(macros, row->probe->macro)->row = row;
    }
}

void macros_dispose(macros_t *macros)
{
    free(macros->tokens);
}

macro_t *macros_find(const macros_t *macros, str_t name)
{
    return table_get(&macros->names, name);
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

definition_t *macros_define(macros_t *macros, uint32_t file, reader_t *reader, const ctoken_t *name)
{
    int is_function = *reader->scanner.p == '(';
    str_t text;

    if (read_definition(&reader->scanner, &text) && !is_function)
        return NULL;
    macro_t *macro = macros_find(macros, ctoken_str(name));
    if (macro == NULL && is_own_marker(ctoken_str(name))) {
        macro = add_macro(macros, ctoken_str(name));
        macro->marker = MARKER_ANY;
    }
    if (macro != NULL && (macro->row != NULL || macro->marker != 0))
        return NULL;
    if (macros->num_definitions == MACROS_MAX_DEFINITIONS || text.n > MACROS_MAX_BYTES - macros->num_bytes) {
        macros->is_full = 1;
        return NULL;
    }
    definition_t *definition = arena_alloc(macros->arena, sizeof(*definition));
    *definition = (definition_t){.macro = macro != NULL ? macro : add_macro(macros, ctoken_str(name)),
                                 .text = arena_strdup(macros->arena, text),
                                 .file = file,
                                 .offset = (uint32_t)(name->p - reader->scanner.start),
                                 .is_function = (uint8_t)is_function,
                                 .is_exported = 1};
    *definition->macro->next_definition = definition;
    definition->macro->next_definition = &definition->next;
    ++macros->num_definitions;
    macros->num_bytes += text.n;
    return definition;
}

/* ---- bodies ---- */

typedef struct st_params_t {
    str_t *names;
    size_t num, capacity;
    table_t table; /* -> str_t *, when they are many */
    int is_variadic;
} params_t;

static int find_param(const params_t *params, str_t name)
{
    if (params->table.arena != NULL) {
        const str_t *found = table_get(&params->table, name);
        return found != NULL ? (int)(found - params->names) : PARAM_NONE;
    }
    for (size_t i = 0; i < params->num; ++i) {
        if (str_eq(params->names[i], name))
            return (int)i;
    }
    return PARAM_NONE;
}

static void add_param(params_t *params, str_t name)
{
    params->names = grow(params->names, &params->capacity, params->num, sizeof(*params->names));
    params->names[params->num++] = name;
}

/* Reads on after the first parenthesis. @return 0 when it is no list of parameters */
static int read_params(params_t *params, cscanner_t *scanner)
{
    ctoken_t token;

    cscan_next(scanner, &token);
    if (ctoken_is(&token, ')'))
        return 1;
    while (1) {
        str_t name = ctoken_str(&token);
        if (token.kind == CTOKEN_NAME) {
            cscan_next(scanner, &token);
            params->is_variadic = token.kind == CTOKEN_PUNCT && token.n == 3;
            if (params->is_variadic)
                cscan_next(scanner, &token);
        } else if (token.kind == CTOKEN_PUNCT && token.n == 3) {
            name = STR("__VA_ARGS__");
            params->is_variadic = 1;
            cscan_next(scanner, &token);
        } else {
            return 0;
        }
        add_param(params, name);
        if (ctoken_is(&token, ')'))
            return 1;
        if (!ctoken_is(&token, ',') || params->is_variadic)
            return 0;
        cscan_next(scanner, &token);
    }
}

/* Adds a token of the body to macros->tokens. */
static void add_body_token(macros_t *macros, definition_t *definition, const params_t *params, const ctoken_t *token)
{
    body_token_t *previous = macros->num_tokens != 0 ? macros->tokens + macros->num_tokens - 1 : NULL;
    int param = PARAM_NONE;

    if (token->kind == CTOKEN_PASTE && previous != NULL) {
        previous->is_pasted_on = 1;
        return;
    }
    if (token->kind == CTOKEN_NAME && definition->is_function) {
        param = find_param(params, ctoken_str(token));
        if (param == PARAM_NONE && params->is_variadic && str_is(ctoken_str(token), "__VA_OPT__"))
            param = PARAM_VA_OPT;
    }
    if (param != PARAM_NONE && previous != NULL && previous->kind == CTOKEN_HASH) {
        previous->kind = CTOKEN_STRING; /* #param: what is in a string does not matter */
        return;
    }
    macros->tokens = grow(macros->tokens, &macros->tokens_capacity, macros->num_tokens, sizeof(*macros->tokens));
    macros->tokens[macros->num_tokens++] =
        (body_token_t){.p = token->p, .n = token->n, .kind = token->kind, .param = param, .definition = definition};
}

/* Reads parameters and body, the latter into macros->tokens. */
static void read_body(macros_t *macros, definition_t *definition, body_t *body)
{
    params_t params = {0};
    cscanner_t scanner;
    ctoken_t token;

    macros->num_tokens = 0;
    cscan_init_part(&scanner, definition->text);
    cscan_next(&scanner, &token);
    if (definition->is_function) {
        if (!read_params(&params, &scanner)) {
            body->is_broken = 1;
            goto Exit;
        }
        if (params.num > FEW_PARAMS)
            params.table.arena = arena_create();
        for (size_t i = 0; params.table.arena != NULL && i < params.num; ++i)
            table_put(&params.table, params.names[i], params.names + i);
        cscan_next(&scanner, &token);
    }
    for (; token.kind != CTOKEN_NEWLINE; cscan_next(&scanner, &token))
        add_body_token(macros, definition, &params, &token);

Exit:
    body->num_params = (unsigned)params.num;
    body->is_variadic = params.is_variadic;
    free(params.names);
    if (params.table.arena != NULL)
        arena_destroy(params.table.arena);
}

const body_t *macros_body(macros_t *macros, definition_t *definition)
{
    if (definition->body != NULL)
        return definition->body;
    body_t *body = arena_alloc(macros->arena, sizeof(*body));
    read_body(macros, definition, body);
    body->is_empty = 1;
    body->num = macros->num_tokens;
    body->tokens = arena_alloc(macros->arena, body->num * sizeof(*body->tokens));
    for (size_t i = 0; i < body->num; ++i) {
        body_token_t *token = body->tokens + i;
        *token = macros->tokens[i];
        if (token->kind == CTOKEN_NAME && token->param == PARAM_NONE)
            token->macro = macros_find(macros, (str_t){token->p, token->n});
        if (token->macro != NULL || token->is_pasted_on || token->param != PARAM_NONE)
            body->is_empty = 0;
    }
    return definition->body = body;
}

/* ---- what is relevant ---- */

typedef struct st_macro_use_t {
    struct st_macro_use_t *next;
    macro_t *user;
} macro_use_t;

/* A name in bodies, whether a macro has it or not. */
typedef struct st_word_t {
    macro_use_t *holders; /* macros that have it in their bodies */
    macro_use_t *pasters; /* those in which ## follows it: APP_ in APP_##x */
} word_t;

/* A property that a macro has got, and that its users do not have yet. */
typedef struct st_news_t {
    macro_t *macro;
    uint8_t property;
} news_t;

typedef struct st_finder_t {
    macros_t *macros;
    arena_t *arena;
    table_t words; /* -> word_t * */
    news_t *list;
    size_t num, capacity;
    size_t num_uses;
} finder_t;

static void set(finder_t *finder, macro_t *macro, uint8_t property)
{
    if (macro->properties & property)
        return;
    macro->properties |= property;
    finder->list = grow(finder->list, &finder->capacity, finder->num, sizeof(*finder->list));
    finder->list[finder->num++] = (news_t){macro, property};
    if ((macro->properties & MACRO_PASTES) && (macro->properties & MACRO_BEGINS))
        set(finder, macro, MACRO_RELEVANT);
}

static void set_all(finder_t *finder, const macro_use_t *uses, uint8_t property)
{
    for (; uses != NULL; uses = uses->next)
        set(finder, uses->user, property);
}

static void add_use(finder_t *finder, macro_use_t **uses, macro_t *user)
{
    if (*uses != NULL && (*uses)->user == user)
        return;
    macro_use_t *use = arena_alloc(finder->arena, sizeof(*use));
    *use = (macro_use_t){.next = *uses, .user = user};
    *uses = use;
    ++finder->num_uses;
}

static word_t *find_word(finder_t *finder, str_t text)
{
    word_t *word = table_get(&finder->words, text);

    if (word == NULL) {
        word = arena_alloc(finder->arena, sizeof(*word));
        table_put(&finder->words, text, word);
    }
    return word;
}

/* Looks at what a definition is made of. */
static void add_uses(finder_t *finder, definition_t *definition)
{
    macros_t *macros = finder->macros;
    macro_t *user = definition->macro;
    body_t body = {0};

    read_body(macros, definition, &body);
    for (size_t i = 0; i < macros->num_tokens && !body.is_broken; ++i) {
        const body_token_t *token = macros->tokens + i;
        int begins_paste = token->is_pasted_on && (i == 0 || !token[-1].is_pasted_on);
        if (begins_paste && token->param != PARAM_NONE)
            set(finder, user, MACRO_PASTES);
        if (token->kind != CTOKEN_NAME || token->param != PARAM_NONE || finder->num_uses == MAX_USES)
            continue;
        word_t *word = find_word(finder, (str_t){token->p, token->n});
        add_use(finder, begins_paste ? &word->pasters : &word->holders, user);
    }
}

/* Whatever has a beginning of a relevant name in it can make the name of that, if it pastes. */
static void mark_beginnings(finder_t *finder, str_t name)
{
    macros_t *macros = finder->macros;

    for (size_t n = 1; n <= name.n && n <= MAX_BEGINNING; ++n) {
        str_t text = {name.p, n};
        const word_t *word = table_get(&finder->words, text);
        if (word != NULL)
            set_all(finder, word->pasters, MACRO_RELEVANT);
        if (n < MIN_BEGINNING || macros->beginnings.num == MAX_BEGINNINGS)
            continue;
        table_put(&macros->beginnings, text, macros);
        if (word != NULL)
            set_all(finder, word->holders, MACRO_BEGINS);
    }
}

/* Gives properties to the users of macros, and to their users, and so on. */
static void spread(finder_t *finder)
{
    while (finder->num != 0) {
        news_t news = finder->list[--finder->num];
        const word_t *word = table_get(&finder->words, news.macro->name);
        if (news.property == MACRO_RELEVANT)
            mark_beginnings(finder, news.macro->name);
        if (word != NULL)
            set_all(finder, word->holders, news.property);
    }
}

void macros_find_relevant(macros_t *macros)
{
    finder_t finder = {.macros = macros, .arena = arena_create()};

    finder.words.arena = finder.arena;
    for (size_t i = 0; i < macros->names.capacity; ++i) {
        macro_t *macro = macros->names.slots[i].value;
        if (macro == NULL)
            continue;
        if (macro->row != NULL || macro->marker != 0)
            set(&finder, macro, MACRO_RELEVANT);
        for (definition_t *definition = macro->definitions; definition != NULL; definition = definition->next)
            add_uses(&finder, definition);
    }
    spread(&finder);
    free(finder.list);
    arena_destroy(finder.arena);
}
