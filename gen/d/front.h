#ifndef GEN_D_FRONT_H
#define GEN_D_FRONT_H

/**
 * What the parts of the .d front end share. Nothing outside of it includes this file.
 *
 *     lex.l      scanner: bytes to words, comments and `#` lines set aside
 *     tokens.c   what the parser gets: keywords by context, blocks as one token, documentation, recovery
 *     parse.y    grammar; its actions are in build.c
 *     errors.c   texts of the syntax errors
 *     comment.c  comments: documentation, trailing remarks; appdata.c: the JSON in one
 *     define.c   `#define`
 *     attribute.c  attributes that make another type of one
 *     d.c        entry; dumps
 */

#include "base/chars.h"
#include "base/diag.h"
#include "base/table.h"
#include "base/text.h"
#include "d/ast.h"
#include "syntax/scan.h"

/** a token of the parser, with what the layers between want to know of it */
typedef struct st_d_token_t {
    int kind; /* of parse.y; 0 at the end */
    span_t span;
    str_t doc; /* PROBE, PROVIDER */
} d_token_t;

/** a comment that no token followed yet */
typedef struct st_d_comment_t {
    uint32_t start, end;
} d_comment_t;

/** a provider whose `}` was not seen yet */
typedef struct st_d_open_t {
    struct st_d_open_t *outer;
    ast_provider_t *provider;
    span_t head; /* from `provider` to `{` */
    ast_probe_t **next_probe;
    table_t by_name; /* its probes */
    /** a provider in it was reported: whether a `}` is missing or one too many is the same mistake */
    int is_reported;
} d_open_t;

typedef enum en_d_item_t { D_ITEM_NONE, D_ITEM_PROVIDER, D_ITEM_PROBE, D_ITEM_TYPEDEF, D_ITEM_OTHER } d_item_t;

typedef struct st_d_context_t {
    d_item_t item;   /* what a token is part of */
    unsigned parens; /* open in the item */
} d_context_t;

/** comments since the last token, and what a remark may be about (comment.c) */
typedef struct st_d_comments_t {
    d_comment_t *list;
    size_t num, capacity;
    ast_probe_t *last_probe; /* the probe that a remark after its `;` may document */
    uint32_t last_probe_end;
    text_t text;
} d_comments_t;

/** what has been read (build.c) */
typedef struct st_d_tree_t {
    ast_file_t *file;
    ast_provider_t **next_provider;
    ast_typedef_t **next_typedef;
    ast_appdata_t **next_appdata;
    d_open_t *open;          /* the innermost provider */
    int is_outside_reported; /* since the last provider: one probe outside stands for all */
    int ignores_braces;      /* a block without end was reported: braces do not match any more */
} d_tree_t;

typedef struct st_d_state_t {
    arena_t *arena;
    diag_t *diag;
    src_t *src;
    scanner_t scanner;
    d_comments_t comments;
    d_tree_t tree;
    ctype_log_t types;   /* tokens of the current item */
    ctype_log_t defines; /* tokens of a `#define`, which may stand in the midst of an item */

    /* tokens, and where in an item they stand (tokens.c) */
    d_token_t current, previous; /* as given to the parser */
    d_token_t queued;            /* to be given next, when has_queued */
    int has_queued;
    d_token_t scanned;   /* last from the scanner */
    int first_kind;      /* of the first token of the item */
    span_t item;         /* that token */
    span_t attribute;    /* in the item: the last that says what a type is (attribute.c) */
    span_t clause;       /* the first of the file; src == NULL: it has none */
    d_context_t context; /* after `current` */
    d_context_t before;  /* before it */
    span_t open_paren;   /* the outermost that is open */
    int is_reported;     /* what is wrong with the item has been said: what else does not fit follows from it */
    int is_recovering;   /* the parser refused `current` */
    int skip_refused;    /* it is a keyword in the place of a name: do not begin an item with it */
    int has_body;        /* recovery in the head of a provider found what is inside of it */
    int has_provider;    /* the word was seen */
    unsigned branch;     /* number of the lines before that begin, divide or end an #if */
} d_state_t;

/* lex.l */

union D_STYPE;
void d_scan_open(d_state_t *st, uint32_t offset);
void d_scan_close(d_state_t *st);
/** the next word of the text; only `kind` and `span` are set */
d_token_t d_scan_next(d_state_t *st);

/* tokens.c */

int d_lex(union D_STYPE *value, span_t *span, d_state_t *st);
/** name of a token kind in a dump */
const char *d_token_name(int kind);

/* parse.y */

int d_parse(d_state_t *st);

/* errors.c */

/** tokens that the grammar would have taken, as far as messages depend on them */
enum { D_WANT_SEMICOLON = 1, D_WANT_COMMA = 2, D_WANT_CLOSE = 4, D_WANT_TYPE = 8, D_WANT_NAME = 16, D_WANT_BRACKET = 32 };

/** Reports that the parser refused st->current; `wanted` are D_WANT_*. */
void d_report_syntax(d_state_t *st, unsigned wanted);
void d_report_depth(d_state_t *st);

/* build.c: actions of the grammar */

typedef struct st_d_args_t {
    ast_arg_t *first, *last;
} d_args_t;

void d_open_provider(d_state_t *st, span_t head, span_t name, str_t doc);
/** after a head with a mistake: opens a provider without a name, so that its probes are not said to be outside of one */
void d_open_nameless(d_state_t *st, span_t head);
void d_close_provider(d_state_t *st, span_t brace);
/** At the end of the file: what is still open, what is missing. `is_complete` is 0 when the parser gave up before. */
void d_close_file(d_state_t *st, int is_complete);
/** `probe` is the item from its keyword to its `;` */
void d_add_probe(d_state_t *st, span_t probe, span_t name, str_t doc, ast_arg_t *args, ast_arg_t *xargs);
/** any other declaration: fine unless it is in a provider */
void d_check_other(d_state_t *st, span_t first);
ast_arg_t *d_make_arg(d_state_t *st, span_t span, span_t name);
d_args_t d_append_arg(d_args_t args, ast_arg_t *arg);
/** what a whole list comes to: `(void)` is none, and void elsewhere is an error */
ast_arg_t *d_finish_args(d_state_t *st, d_args_t args);
void d_add_typedef(d_state_t *st, span_t specifiers, span_t declarator, span_t name);

/* comment.c */

void d_comment(d_state_t *st, uint32_t start, uint32_t end);
/** To be called with every token: gives the comments before it to what they document. @return the documentation of the token */
str_t d_take_comments(d_state_t *st, const d_token_t *token);

/* appdata.c */

/** Reads the JSON of an @appdata block, text [start, end) of the file. */
void d_appdata(d_state_t *st, uint32_t start, uint32_t end);

/* attribute.c */

/** Whether an attribute, `__attribute__((...))`, makes another type of the one that it is about. */
int d_changes_type(span_t attribute);
/** What it makes of a type. @return 0 when nothing that a name of a type could stand for: a vector */
int d_change_type(ctype_t *type, span_t attribute);

/* define.c */

/** a whole `#` line, from `#` to before the end of the line */
void d_directive(d_state_t *st, uint32_t start, uint32_t end);

#endif
