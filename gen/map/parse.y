/*
 * Grammar of .map files. It is flat like that of .d files: the fields of a struct and its `}` are items of their own, which
 * tokens.c tells from statements.
 */
%require "3.8"
%language "C"
%define api.prefix {map_}
%define api.pure full
%define api.location.type {span_t}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param { map_state_t *st }
%initial-action { @$ = (span_t){st->src, 0, 0}; }

%code requires {
#include "map/front.h"
}

%code {
#include <string.h>

#define YYLLOC_DEFAULT(into, rhs, n) (into) = join((n) != 0 ? &YYRHSLOC(rhs, 1) : NULL, &YYRHSLOC(rhs, n))

/* `last` is what stands before when the rule is empty */
static span_t join(const span_t *first, const span_t *last)
{
    return first != NULL ? (span_t){first->src, first->start, last->end} : (span_t){last->src, last->end, last->end};
}

static void map_error(span_t *at, map_state_t *st, const char *message);
}

%union {
    map_kind_t kind;
    map_targets_t targets;
    map_keys_t keys;
    span_t span;
}

%token <kind> TARGETED "statement" STRUCT "struct statement" CONNECTION "connection" COMPAT "compat" PAIR "pair"
%token UNKNOWN "unknown statement"
%token TARGET "target" WORD "name" SCOPED "name in a namespace" PATH "path" AS "as" UNLESS "unless" ARROW "'->'" BY "by" OTHER "character"
%token TAG "struct" QUALIFIER "const" BASIC "int"
%token RECOVER "rest of an item"

%type <targets> targets target entry
%type <keys> keys key
%type <span> value other length as unless

%%

file: %empty
    | file item
    ;

item: TARGETED targets ';'              { map_add_stmts(st, $TARGETED, @TARGETED, $targets); }
    | TARGETED error RECOVER            { yyerrok; }
    | STRUCT name '{'                   { map_open_struct(st, @STRUCT, @name); }
    | STRUCT name WORD[mode] ';'        { map_add_mode(st, @STRUCT, @name, @mode); }
    | STRUCT error RECOVER              { yyerrok; }
    | COMPAT WORD ';'                   { map_open_compat(st, @COMPAT, @WORD); }
    | COMPAT error RECOVER              { yyerrok; }
    | PAIR targets[begins] ARROW targets[ends] BY keys as ';'
                                        { map_add_pair(st, @PAIR, $begins, $ends, $keys, $as); }
    | PAIR error RECOVER                { yyerrok; }
    | CONNECTION STRUCT name '{'        { map_open_connection(st, @STRUCT, @name); }
    | CONNECTION error RECOVER          { yyerrok; }
    | type path length as unless ';'    { map_add_field(st, @$, @type, @path, $length, $as, $unless); }
    | type error RECOVER                { yyerrok; }
    | '}'                               { map_close_struct(st, @$); }
    | ';'
    | error RECOVER                     { yyerrok; }
    ;

targets: entry
    | targets[before] ',' entry         { $$ = map_append_target($before, $entry); }
    ;

entry: target value                     { $$ = map_set_value($target, $value); }
    ;

target: TARGET                          { $$ = map_make_target(st, @$); }
    ;

value: %empty                           { $$ = (span_t){0}; }
    | '=' WORD                          { $$ = @WORD; }
    ;

keys: key
    | keys[before] ',' key              { $$ = map_append_key($before, $key); }
    ;

key: WORD other                         { $$ = map_make_key(st, @WORD, $other); }
    ;

other: %empty                           { $$ = (span_t){0}; }
    | '=' WORD                          { $$ = @WORD; }
    ;

type: specifiers
    | specifiers pointers
    ;

specifiers: base
    | qualifiers base
    ;

qualifiers: QUALIFIER
    | qualifiers QUALIFIER
    ;

base: basics | named | tagged ;

basics: BASIC
    | basics BASIC
    | basics QUALIFIER
    ;

named: WORD
    | named QUALIFIER
    ;

tagged: TAG WORD
    | tagged QUALIFIER
    ;

pointers: '*'
    | pointers '*'
    | pointers QUALIFIER
    ;

name: WORD | SCOPED ;

path: WORD | PATH ;

length: %empty                          { $$ = (span_t){0}; }
    | '[' path ']'                      { $$ = @path; }
    ;

as: %empty                              { $$ = (span_t){0}; }
    | AS WORD                           { $$ = @WORD; }
    ;

unless: %empty                          { $$ = (span_t){0}; }
    | UNLESS WORD                       { $$ = @WORD; }
    ;

%%

static unsigned wanted_of(yysymbol_kind_t kind)
{
    static const struct {
        const char *name;
        unsigned wanted;
    } symbols[] = {{"';'", MAP_WANT_SEMICOLON}, {"target", MAP_WANT_TARGET}, {"'{'", MAP_WANT_OPEN}};

    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); ++i) {
        if (strcmp(yysymbol_name(kind), symbols[i].name) == 0)
            return symbols[i].wanted;
    }
    return 0;
}

static int yyreport_syntax_error(const yypcontext_t *context, map_state_t *st)
{
    yysymbol_kind_t expected[YYNTOKENS];
    int num = yypcontext_expected_tokens(context, expected, YYNTOKENS);
    unsigned wanted = 0;

    if (num < 0)
        return num; /* out of memory: bison calls map_error() */
    for (int i = 0; i < num; ++i)
        wanted |= wanted_of(expected[i]);
    map_report_syntax(st, wanted);
    return 0;
}

/* The grammar has no brackets in brackets, so that the stack cannot become deep: what is left is memory. */
static void map_error(span_t *at, map_state_t *st, const char *message)
{
    diag_report(st->diag, E_DEPTH, *at, "%s", message);
}
