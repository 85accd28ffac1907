#ifndef GEN_D_AST_H
#define GEN_D_AST_H

#include "syntax/ctype.h"

/**
 * What the parser saw in one .d file, nothing interpreted: types are as they were read, names may repeat. Lists are linked in file
 * order.
 */

typedef struct st_ast_arg_t {
    struct st_ast_arg_t *next;
    span_t span;
    ctype_t type;
    /** name.src is NULL when the argument has no name */
    span_t name;
} ast_arg_t;

typedef struct st_ast_probe_t {
    struct st_ast_probe_t *next;
    /** span of the name */
    span_t name;
    /** text of the comment(s) directly before it, cleaned of comment marks and leading stars, lines separated by '\n'; may be empty
     */
    str_t doc;
    ast_arg_t *args;
    /** translated arguments, after ':'; NULL when there are none */
    ast_arg_t *xargs;
    /** one number for all probes between two lines that begin, divide or end an #if */
    unsigned branch;
} ast_probe_t;

typedef struct st_ast_provider_t {
    struct st_ast_provider_t *next;
    span_t name;
    str_t doc;
    ast_probe_t *probes;
} ast_provider_t;

/** `typedef unsigned int Oid;` or `#define Oid unsigned int`: a name that stands for a type */
typedef struct st_ast_typedef_t {
    struct st_ast_typedef_t *next;
    span_t name;
    ctype_t type;
    /** declared by #define: the text may be no type at all */
    int is_define;
} ast_typedef_t;

/** one `"probe": ["argument", …]` entry of an @appdata block; the name is unescaped text */
typedef struct st_ast_appdata_t {
    struct st_ast_appdata_t *next;
    span_t probe_span;
    str_t probe;
    struct st_ast_appdata_arg_t {
        struct st_ast_appdata_arg_t *next;
        span_t span;
        str_t name;
    } * args;
} ast_appdata_t;

typedef struct st_ast_file_t {
    struct st_ast_file_t *next;
    src_t *src;
    ast_provider_t *providers;
    ast_typedef_t *typedefs;
    ast_appdata_t *appdata;
} ast_file_t;

#endif
