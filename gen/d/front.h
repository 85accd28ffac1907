#ifndef GEN_D_FRONT_H
#define GEN_D_FRONT_H

/**
 * What the parts of the .d front end share. Nothing outside of it includes this file.
 *
 *     d_lex.l     scanner: bytes to words, comments and `#` lines set aside
 *     d_tokens.c  what the parser gets: keywords by context, blocks as one token, documentation, recovery
 *     d_parse.y   grammar; its actions are in d_build.c
 *     d_errors.c  texts of the syntax errors
 *     comment.c   comments: documentation, trailing remarks; appdata.c: the JSON in one
 *     define.c    `#define`
 */

#include "model/parse.h"
#include "base/chars.h"
#include "base/text.h"

/** a token of the parser, with what the layers between want to know of it */
typedef struct st_d_token_t {
    int kind; /* of d_parse.y; 0 at the end */
    span_t span;
    str_t doc; /* PROBE, PROVIDER */
} d_token_t;

/** whether a character can be part of a name */
static inline int d_is_word_char(char c)
{
    return char_is_alnum(c) || c == '_' || c == '$';
}

/** what the text of a type needs of a token */
typedef struct st_d_logged_t {
    uint32_t start, end;
    int kind;
} d_logged_t;

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
    /** a provider in it was reported: whether a `}` is missing or one too many is the same mistake */
    int is_reported;
} d_open_t;

typedef enum en_d_item_t { D_ITEM_NONE, D_ITEM_PROVIDER, D_ITEM_PROBE, D_ITEM_TYPEDEF, D_ITEM_OTHER } d_item_t;

typedef struct st_d_context_t {
    d_item_t item;   /* what a token is part of */
    unsigned parens; /* open in the item */
} d_context_t;

typedef struct st_d_state_t {
    arena_t *arena;
    diag_t *diag;
    src_t *src;

    /* scanner */
    void *scanner;
    char *buf; /* flex writes NULs behind tokens, so it gets a copy of the text */
    void *flex_buf;
    uint32_t mark;         /* where a comment or `#` line began */
    uint32_t comment_mark; /* where a comment in a `#` line began */
    span_t conflict;       /* the marker that opened the conflict that is being read; src == NULL: none */

    /* comments since the last token */
    d_comment_t *comments;
    size_t num_comments, capacity_comments;

    /* tokens */
    d_token_t current, previous; /* as given to the parser */
    d_token_t queued;            /* to be given next, when has_queued */
    int has_queued;
    d_token_t scanned;   /* last from the scanner */
    d_context_t context; /* behind `current` */
    d_context_t before;  /* before it */
    span_t open_paren;   /* the outermost that is open */
    int is_recovering;   /* the parser refused `current` */
    int skip_refused;    /* it is a keyword in the place of a name: do not begin an item with it */
    int has_body;        /* recovery in the head of a provider found what is inside of it */
    int has_provider;    /* the word was seen */
    d_logged_t *log;     /* tokens of the current item, for the text of types */
    size_t num_log, capacity_log;
    text_t text;

    /* tree */
    ast_file_t *file;
    ast_provider_t **next_provider;
    ast_typedef_t **next_typedef;
    ast_appdata_t **next_appdata;
    d_open_t *open;          /* the innermost provider */
    int is_outside_reported; /* since the last provider: one probe outside stands for all */
    int ignores_braces;      /* a block without end was reported: braces do not match any more */
    ast_probe_t *last_probe; /* the probe that a remark behind its `;` may document */
    uint32_t last_probe_end;
} d_state_t;

/* d_lex.l */

union D_STYPE;
void d_scan_open(d_state_t *st, uint32_t offset);
void d_scan_close(d_state_t *st);
/** the next word of the text; only `kind` and `span` are set */
d_token_t d_scan_next(d_state_t *st);

/* d_tokens.c */

int d_lex(union D_STYPE *value, span_t *span, d_state_t *st);
/** name of a token kind in a dump */
const char *d_token_name(int kind);

/* d_parse.y */

int d_parse(d_state_t *st);

/* d_errors.c */

/** tokens that the grammar would have taken, as far as messages depend on them */
enum { D_WANT_SEMICOLON = 1, D_WANT_COMMA = 2, D_WANT_CLOSE = 4, D_WANT_TYPE = 8, D_WANT_NAME = 16, D_WANT_BRACKET = 32 };

/** Reports that the parser refused st->current; `wanted` are D_WANT_*. */
void d_report_syntax(d_state_t *st, unsigned wanted);
void d_report_depth(d_state_t *st);
/** the text of a span in a message: cut when it is long */
str_t d_shown(d_state_t *st, span_t span);

/* d_build.c: actions of the grammar */

typedef struct st_d_args_t {
    ast_arg_t *first, *last;
} d_args_t;

void d_open_provider(d_state_t *st, span_t head, span_t name, str_t doc);
/** behind a head with a mistake: opens a provider without a name, so that its probes are not said to be outside of one */
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

/* define.c */

/** a whole `#` line, from `#` to before the end of the line */
void d_directive(d_state_t *st, uint32_t start, uint32_t end);

#endif
