#ifndef GEN_MAP_FRONT_H
#define GEN_MAP_FRONT_H

/**
 * What the parts of the .map front end share: lex.l (scanner), tokens.c (words by context, recovery), parse.y (grammar), build.c
 * (its actions), errors.c (texts of syntax errors), map.c (entry, dumps). Nothing outside of it includes this file.
 */

#include "base/diag.h"
#include "base/text.h"
#include "map/ast.h"
#include "syntax/scan.h"

typedef struct st_map_token_t {
    int kind; /* of parse.y; 0 at the end */
    span_t span;
    /** of a statement's word: what it says */
    map_kind_t stmt;
} map_token_t;

typedef enum en_map_item_t { MAP_ITEM_NONE, MAP_ITEM_TARGETED, MAP_ITEM_STRUCT, MAP_ITEM_FIELD, MAP_ITEM_PAIR } map_item_t;

/** what has been read (build.c) */
typedef struct st_map_tree_t {
    map_file_t *file;
    map_stmt_t **next_stmt;
    const map_stmt_t *compat; /* what is said is about its output; NULL: about what is traced */
    map_stmt_t *body;         /* the struct whose fields are being read */
    map_field_t **next_field;
    int is_body_reported; /* the `}` that is missing was */
} map_tree_t;

typedef struct st_map_state_t {
    arena_t *arena;
    diag_t *diag;
    src_t *src;
    scanner_t scanner;
    map_tree_t tree;
    ctype_log_t types; /* tokens of the current field */
    text_t words;      /* of a message */

    /* tokens */
    map_token_t current, previous;
    map_token_t queued; /* to be given next, when has_queued */
    int has_queued;
    map_item_t item;        /* what `current` is part of, and what it ended */
    map_item_t item_before; /* before `current` */
    int in_body;            /* of a struct */
    int is_reported;        /* what is wrong with the item has been said: what else does not fit follows from it */
    int is_recovering;      /* the parser refused `current` */
} map_state_t;

/* lex.l */

void map_scan_open(map_state_t *st, uint32_t offset);
void map_scan_close(map_state_t *st);
/** the next word of the text, whatever its place: only `kind` and `span` are set */
map_token_t map_scan_next(map_state_t *st);
/** name of a token kind in a dump */
const char *map_token_name(int kind);

/* parse.y */

int map_parse(map_state_t *st);

/* tokens.c */

union MAP_STYPE;
int map_lex(union MAP_STYPE *value, span_t *span, map_state_t *st);
/** whether a token is the word of a statement and the first on its line: there a statement begins, whatever is missing before */
int map_begins_stmt(const map_state_t *st, const map_token_t *token);
/** the words of statements, for a message */
str_t map_stmt_words(map_state_t *st);

/* errors.c */

/** tokens that the grammar would have taken, as far as messages depend on them */
enum { MAP_WANT_SEMICOLON = 1, MAP_WANT_TARGET = 2, MAP_WANT_OPEN = 4 };

void map_report_syntax(map_state_t *st, unsigned wanted);
/** `struct x mode;` with a mode that there is not */
void map_report_mode(map_state_t *st, span_t mode);
/** Says once that the struct whose fields are being read has no end, if there is one. */
void map_report_open(map_state_t *st);

/* build.c: actions of the grammar */

typedef struct st_map_targets_t {
    map_target_t *first, *last;
} map_targets_t;

typedef struct st_map_keys_t {
    map_key_t *first, *last;
} map_keys_t;

map_targets_t map_make_target(map_state_t *st, span_t span);
map_targets_t map_append_target(map_targets_t targets, map_targets_t target);
/** `value` is the word after `=`, src == NULL without one */
map_targets_t map_set_value(map_targets_t target, span_t value);
/** A statement for each value, which is that of all targets before it that have none. */
void map_add_stmts(map_state_t *st, map_kind_t kind, span_t keyword, map_targets_t targets);
/** `other` is the word after `=`, src == NULL without one */
map_keys_t map_make_key(map_state_t *st, span_t key, span_t other);
map_keys_t map_append_key(map_keys_t keys, map_keys_t key);
/** `pair begins -> ends by keys as name;` `name`: src == NULL without one */
void map_add_pair(map_state_t *st, span_t keyword, map_targets_t begins, map_targets_t ends, map_keys_t keys, span_t name);
/** `compat name;`: what follows in the file is about that output */
void map_open_compat(map_state_t *st, span_t keyword, span_t name);
/** `struct x {`: the fields come one by one */
void map_open_struct(map_state_t *st, span_t keyword, span_t name);
/** `connection struct x {`: the same */
void map_open_connection(map_state_t *st, span_t keyword, span_t name);
/**
 * `length` is what stands in brackets after the path, `name` the word after `as`, `unless` that after `unless`; src == NULL without
 * them
 */
void map_add_field(map_state_t *st, span_t field, span_t type, span_t path, span_t length, span_t name, span_t unless);
void map_close_struct(map_state_t *st, span_t brace);
/** `struct x address;` */
void map_add_mode(map_state_t *st, span_t keyword, span_t name, span_t mode);

#endif
