/*
 * Grammar of .d files, as far as it defines providers.
 *
 * It is flat: a file is a row of items, and `provider x {` and `}` are items of their own. So a brace too many or too few cannot
 * make the rest of the file unreadable, and the actions, which know what is open, can say what is wrong with it. An item with a
 * mistake ends at its `;` or where the next one begins: the tokens up to there come as one RECOVER (tokens.c).
 *
 * Types are identifiers here. In `Oid x` the first is the type because it comes first, in `unsigned x` the type is complete without
 * it: no table of type names is needed, and what they mean is for sema to find out.
 */
%require "3.8"
%language "C"
%define api.prefix {d_}
%define api.pure full
%define api.location.type {span_t}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param { d_state_t *st }
%initial-action { @$ = (span_t){st->src, 0, 0}; }

%code requires {
#include "d/front.h"
}

%code {
#include <string.h>

/* only brackets in brackets need a deep stack */
#define YYMAXDEPTH 2000

#define YYLLOC_DEFAULT(into, rhs, n) (into) = join((n) != 0 ? &YYRHSLOC(rhs, 1) : NULL, &YYRHSLOC(rhs, n))

/* `last` is what stands before when the rule is empty */
static span_t join(const span_t *first, const span_t *last)
{
    return first != NULL ? (span_t){first->src, first->start, last->end} : (span_t){last->src, last->end, last->end};
}

static void d_error(span_t *at, d_state_t *st, const char *message);
}

%union {
    str_t doc;
    span_t span;
    ast_arg_t *arg;
    d_args_t args;
}

%token <doc> PROVIDER "provider" PROBE "probe"
%token TYPEDEF "typedef" TAG "struct" QUALIFIER "const" BASIC "int" DECLARE "extern" KEYWORD "keyword"
%token ATTRIBUTE TYPEOF /* tokens.c makes others of them */
%token IDENT "name" NUMBER "number" STRING "string" ELLIPSIS "..." OTHER "character"
%token BODY "{...}"
%token RECOVER "rest of an item"

%type <arg> arg list translated_list
%type <args> args
%type <span> declarator pointer_declarator direct typedefs

%%

file: %empty
    | file item
    ;

item: PROVIDER IDENT '{'                             { d_open_provider(st, @$, @IDENT, $PROVIDER); }
    | PROVIDER error RECOVER                         { yyerrok; d_open_nameless(st, @PROVIDER); }
    | '}'                                            { d_close_provider(st, @$); }
    | ';'
    | PROBE probe_name list translated_list ';'      { d_add_probe(st, @$, @probe_name, $PROBE, $list, $translated_list); }
    | PROBE error RECOVER                            { yyerrok; }
    | typedefs ';'
    | typedefs error RECOVER                         { yyerrok; }
    | TYPEDEF error RECOVER                          { yyerrok; }
    | other_first other ';'                          { d_check_other(st, @other_first); }
    | other_first other error RECOVER                { yyerrok; }
    | error RECOVER                                  { yyerrok; }
    ;

/* SystemTap's dtrace takes digits in front */
probe_name: IDENT | NUMBER | KEYWORD | DECLARE ;

list: '(' ')'                                        { $$ = NULL; }
    | '(' args ')'                                   { $$ = d_finish_args(st, $args); }
    ;

translated_list: %empty                              { $$ = NULL; }
    | ':' list                                       { $$ = $list; }
    ;

args: arg                                            { $$ = (d_args_t){$arg, $arg}; }
    | args[before] ',' arg                           { $$ = d_append_arg($before, $arg); }
    ;

arg: specifiers declarator                           { $$ = d_make_arg(st, @$, $declarator); }
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

named: IDENT
    | named QUALIFIER
    ;

tagged: TAG IDENT
    | TAG BODY
    | TAG IDENT BODY
    | tagged QUALIFIER
    ;

/* the value is the span of the declared name, src == NULL without one */
declarator: %empty                                   { $$ = (span_t){0}; }
    | direct                                         { $$ = $direct; }
    | pointer_declarator                             { $$ = $pointer_declarator; }
    ;

pointer_declarator: pointers                         { $$ = (span_t){0}; }
    | pointers direct                                { $$ = $direct; }
    ;

pointers: '*'
    | pointers '*'
    | pointers QUALIFIER
    ;

direct: IDENT                                        { $$ = @IDENT; }
    | array                                          { $$ = (span_t){0}; }
    | parameters                                     { $$ = (span_t){0}; }
    | '(' pointer_declarator ')'                     { $$ = $pointer_declarator; }
    | direct[before] array                           { $$ = $before; }
    | direct[before] parameters                      { $$ = $before; }
    ;

array: '[' ']'
    | '[' size ']'
    ;

size: size_token
    | size size_token
    ;

size_token: size_word | '(' ')' | '(' inner ')' ;

inner: inner_token
    | inner inner_token
    ;

inner_token: size_token | ',' | BODY | array ;

size_word: IDENT | NUMBER | QUALIFIER | BASIC | TAG | KEYWORD | STRING | OTHER | '*' | ':' | '=' ;

/* of a function that an argument points to */
parameters: '(' ')'
    | '(' ELLIPSIS ')'
    | '(' parameter_list ')'
    | '(' parameter_list ',' ELLIPSIS ')'
    ;

parameter_list: parameter
    | parameter_list ',' parameter
    ;

parameter: specifiers declarator ;

typedefs: TYPEDEF specifiers declarator              { d_add_typedef(st, @specifiers, @declarator, $declarator); $$ = @specifiers; }
    | typedefs[before] ',' declarator                { d_add_typedef(st, $before, @declarator, $declarator); $$ = $before; }
    ;

/* everything else that may stand between providers carries no names for types */
other_first: TAG | QUALIFIER | BASIC | DECLARE | IDENT | KEYWORD | ':' | '*' ;

other: %empty
    | other other_token
    ;

other_token: TAG | QUALIFIER | BASIC | DECLARE | IDENT | KEYWORD | TYPEDEF | NUMBER | STRING | ELLIPSIS | OTHER | BODY
    | '(' | ')' | '[' | ']' | '*' | ',' | ':' | '='
    ;

%%

static unsigned wanted_of(yysymbol_kind_t kind)
{
    static const struct {
        const char *name;
        unsigned wanted;
    } symbols[] = {{"';'", D_WANT_SEMICOLON}, {"','", D_WANT_COMMA}, {"')'", D_WANT_CLOSE},
                   {"int", D_WANT_TYPE},      {"name", D_WANT_NAME}, {"']'", D_WANT_BRACKET}};

    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); ++i) {
        if (strcmp(yysymbol_name(kind), symbols[i].name) == 0)
            return symbols[i].wanted;
    }
    return 0;
}

static int yyreport_syntax_error(const yypcontext_t *context, d_state_t *st)
{
    yysymbol_kind_t expected[YYNTOKENS];
    int num = yypcontext_expected_tokens(context, expected, YYNTOKENS);
    unsigned wanted = 0;

    if (num < 0)
        return num; /* out of memory: bison calls d_error() */
    for (int i = 0; i < num; ++i)
        wanted |= wanted_of(expected[i]);
    d_report_syntax(st, wanted);
    return 0;
}

/* the only message that bison still sends here is that its stack is at YYMAXDEPTH */
static void d_error(span_t *at, d_state_t *st, const char *message)
{
    (void)at;
    (void)message;
    d_report_depth(st);
}
