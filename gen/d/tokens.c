/*
 * Between the scanner and the parser.
 *
 * The scanner knows characters, the grammar knows rows of tokens; what depends on more than that is decided here, one token at a
 * time:
 *
 * - A block `{...}` that is not a provider's becomes one token BODY, however deep the braces in it go: nothing of it matters, so
 * the parser need not be able to read it. When its end is missing, scanning goes on at the first provider or probe in it.
 * - `probe` and `provider` are keywords where an item can begin. SystemTap takes them as names elsewhere (`char *provider`), so
 * inside brackets and other declarations they are names, unless what follows looks like the head of an item: then something is
 * missing before.
 * - What GNU C says of a declaration in brackets, attributes and names for the assembler, is passed over; `typeof (...)` is a name.
 * - A declaration that needs no `;` gets one: functions and clauses end with their blocks. So does a probe without one, which
 * SystemTap takes: the item that begins there leaves no doubt.
 * - When the parser has refused a token, the rest of the item becomes one token RECOVER. Bison's own way, throwing tokens away
 * until one fits, would need a different set of fitting tokens for every place.
 * - Comments before a token are given to what they document.
 */
#include <string.h>
#include "d/front.h"
#include "d/parse.h"

const char *d_token_name(int kind)
{
    static const struct {
        int kind;
        const char *name;
    } names[] = {{PROVIDER, "provider"}, {PROBE, "probe"},     {TYPEDEF, "typedef"}, {TAG, "tag"},     {QUALIFIER, "qualifier"},
                 {BASIC, "basic"},       {DECLARE, "declare"}, {KEYWORD, "keyword"}, {IDENT, "ident"}, {NUMBER, "number"},
                 {STRING, "string"},     {ELLIPSIS, "..."},    {OTHER, "other"},     {BODY, "body"},   {RECOVER, "recover"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        if (names[i].kind == kind)
            return names[i].name;
    }
    return "punct";
}

static const char *skip_blanks(const char *p, const char *end)
{
    while (p != end && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
        ++p;
    return p;
}

/** whether `probe` is followed by a word and `(`, or `provider` by a word and `{` */
static int looks_like_item(const d_token_t *token)
{
    const char *end = token->span.src->text + token->span.src->len,
               *word = skip_blanks(token->span.src->text + token->span.end, end);
    const char *p = word;

    while (p != end && char_is_word(*p))
        ++p;
    if (p == word)
        return 0;
    p = skip_blanks(p, end);
    return p != end && *p == (token->kind == PROBE ? '(' : '{');
}

/**
 * Makes one token of a block; `brace` is its first. At most one message comes of it: a missing end, or probes in a block that is no
 * provider.
 */
static d_token_t scan_body(d_state_t *st, d_token_t brace)
{
    d_token_t token, item = {0};

    for (unsigned depth = 1; depth != 0;) {
        token = d_scan_next(st);
        st->comments.num = 0;
        if (token.kind == '{') {
            ++depth;
        } else if (token.kind == '}') {
            --depth;
        } else if (token.kind == 0) {
            break;
        } else if ((token.kind == PROBE || token.kind == PROVIDER) && item.kind == 0 && looks_like_item(&token)) {
            item = token;
            if (token.kind == PROVIDER)
                break; /* blocks do not contain providers: the end of this one is missing */
        }
    }
    brace.kind = BODY;
    brace.span.end = token.span.end;
    if (st->is_reported) {
        /* a comment or string without end has swallowed what is missing here */
    } else if (token.kind != '}') {
        brace.span.end = brace.span.start + 1;
        diag_report(st->diag, E_UNCLOSED, brace.span, "block without end: '}' is missing");
        st->is_reported = 1;
        st->tree.ignores_braces = 1;
        if (item.kind != 0)
            d_scan_open(st, item.span.start);
    } else if (item.kind != 0 && st->tree.open == NULL && !st->tree.is_outside_reported) {
        diag_report(st->diag, E_OUTSIDE, item.span, "probe outside a provider: begin the block with 'provider' and a name");
        st->tree.is_outside_reported = 1;
    }
    return brace;
}

/* Passes over `(...)`, if that is what comes. @return where it ends; 0: there is none */
static uint32_t skip_group(d_state_t *st, const d_token_t *before)
{
    const char *text = st->src->text, *end = text + st->src->len;
    const char *p = skip_blanks(text + before->span.end, end);
    d_token_t token;

    if (p == end || *p != '(')
        return 0;
    unsigned depth = 0;
    do {
        token = d_scan_next(st);
        depth += (token.kind == '(') - (token.kind == ')');
    } while (depth != 0 && token.kind != 0);
    return token.span.end;
}

/* The next token of the text that is no attribute. Attributes that change a type are kept for it. */
static d_token_t next_word(d_state_t *st)
{
    d_token_t token;
    uint32_t end;

    while ((token = d_scan_next(st)).kind == ATTRIBUTE && (end = skip_group(st, &token)) != 0) {
        span_t attribute = {st->src, token.span.start, end};
        if (d_changes_type(attribute))
            st->attribute = attribute;
    }
    if (token.kind == TYPEOF && (end = skip_group(st, &token)) != 0)
        token.span.end = end;
    if (token.kind == ATTRIBUTE || token.kind == TYPEOF)
        token.kind = IDENT;
    return token;
}

static void give_back(d_state_t *st, d_token_t token)
{
    st->queued = token;
    st->has_queued = 1;
}

static d_token_t next_token(d_state_t *st)
{
    d_token_t token;

    if (st->has_queued) {
        st->has_queued = 0;
        return st->queued;
    }
    if (diag_is_full(st->diag))
        return (d_token_t){.span = {st->src, st->src->len, st->src->len}};
    token = next_word(st);
    if (st->comments.num != 0)
        token.doc = d_take_comments(st, &token);
    switch (token.kind) {
    case PROVIDER:
    case PROBE:
        if (st->scanned.kind == TAG)
            token.kind = IDENT;
        else if ((st->context.item >= D_ITEM_TYPEDEF || st->context.parens != 0) && !looks_like_item(&token))
            token.kind = IDENT;
        break;
    case DECLARE:
        if (st->context.parens != 0)
            token.kind = QUALIFIER; /* a storage class, as in `register int x` */
        break;
    case '{':
        if (st->context.item != D_ITEM_PROVIDER)
            token = scan_body(st, token);
        break;
    }
    st->scanned = token;
    return token;
}

static void begin_item(d_state_t *st, int kind)
{
    st->types.num = 0;
    st->attribute.src = NULL;
    st->first_kind = kind;
    st->context.parens = 0;
    switch (kind) {
    case PROVIDER:
        st->context.item = D_ITEM_PROVIDER;
        st->has_provider = 1;
        break;
    case PROBE:
        st->context.item = D_ITEM_PROBE;
        break;
    case TYPEDEF:
        st->context.item = D_ITEM_TYPEDEF;
        break;
    case '}':
    case ';':
    case 0:
        st->context.item = D_ITEM_NONE;
        break;
    default:
        st->context.item = D_ITEM_OTHER;
        break;
    }
}

/** keeps track of where in an item the token stands */
static void follow(d_state_t *st, const d_token_t *token)
{
    st->before = st->context;
    if (st->context.item == D_ITEM_NONE) {
        begin_item(st, token->kind);
        st->item = token->span;
    }
    if (st->context.item == D_ITEM_PROBE || st->context.item == D_ITEM_TYPEDEF)
        ctype_log(&st->types, token->span.start, token->span.end);
    switch (token->kind) {
    case '(':
        if (st->context.parens++ == 0)
            st->open_paren = token->span;
        break;
    case ')':
        if (st->context.parens != 0)
            --st->context.parens;
        break;
    case ';':
    case '{':
        st->context.item = D_ITEM_NONE;
        break;
    }
}

static d_token_t make_semicolon(uint32_t at, d_state_t *st)
{
    return (d_token_t){.kind = ';', .span = {st->src, at, at}};
}

/* Whether an item ends without its `;` before the token: what begins there cannot be a part of it. */
static int is_semicolon_missing(const d_state_t *st, const d_token_t *token)
{
    if (st->context.parens != 0 || st->is_reported)
        return 0;
    if (st->context.item == D_ITEM_PROBE)
        return st->current.kind == ')' && (token->kind == PROBE || token->kind == '}');
    return st->context.item >= D_ITEM_TYPEDEF && st->tree.open == NULL && token->kind == PROVIDER && st->current.kind != TYPEDEF;
}

/*
 * Whether a block ends an item: that of a function or a clause does, members of a struct and values of a variable do not. Clauses
 * are what other dtraces do with probes: who has some shall know that nobody does it here.
 */
static int is_last_block(d_state_t *st)
{
    int before = st->current.kind;

    if (st->context.item != D_ITEM_OTHER || st->context.parens != 0 || st->tree.open != NULL || st->is_reported)
        return 0;
    if (before == TAG || before == '=' || before == '{' || (before == IDENT && st->previous.kind == TAG))
        return 0;
    if (before != ')' && before != STRING && st->first_kind != DECLARE && st->clause.src == NULL && !st->tree.is_outside_reported)
        st->clause = st->item;
    return 1;
}

/** Passes over the rest of an item that the parser has refused at `current`. */
static d_token_t skip_item(d_state_t *st)
{
    d_token_t token = st->current;
    int in_head = st->before.item == D_ITEM_PROVIDER;

    st->is_reported = 0;
    if (st->skip_refused)
        token = next_token(st);
    for (;; token = next_token(st)) {
        if (token.kind == ';' || (in_head && token.kind == '{'))
            break;
        if (token.kind == PROBE || token.kind == PROVIDER || token.kind == '}' || token.kind == 0) {
            give_back(st, token);
            break;
        }
    }
    st->has_body = token.kind == '{' || token.kind == PROBE;
    st->skip_refused = 0;
    st->is_recovering = 0;
    st->context = (d_context_t){D_ITEM_NONE, 0};
    token.kind = RECOVER;
    return token;
}

int d_lex(D_STYPE *value, span_t *span, d_state_t *st)
{
    d_token_t token;

    if (st->is_recovering) {
        token = skip_item(st);
    } else {
        if (st->context.item == D_ITEM_NONE && !(st->has_queued && st->queued.kind == 0))
            st->is_reported = 0; /* that was about the item before */
        token = next_token(st);
        if (is_semicolon_missing(st, &token)) {
            diag_report(st->diag, W_SEMICOLON, scan_after(st->current.span), "missing ';' after %s",
                        st->context.item == D_ITEM_PROBE ? "the probe" : "the declaration");
            give_back(st, token);
            token = make_semicolon(st->current.span.end, st);
        }
        follow(st, &token);
        if (token.kind == BODY && is_last_block(st))
            give_back(st, make_semicolon(token.span.end, st));
    }
    st->previous = st->current;
    st->current = token;
    value->doc = token.doc;
    *span = token.span;
    return token.kind;
}
