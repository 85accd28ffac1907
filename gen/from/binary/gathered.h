#ifndef GEN_FROM_BINARY_GATHERED_H
#define GEN_FROM_BINARY_GATHERED_H

#include <stdint.h>
#include "base/diag.h"
#include "base/table.h"

/**
 * What is known of the probes of binaries, whose notes have a number, a width and a sign for each argument, and no name or type.
 * All of it lives in the arena; lists are in the order in which things were found unless said otherwise.
 */

/** operands of a site that are kept; sys/sdt.h has macros for 12 */
#define GATHERED_MAX_OPERANDS 64

/** What kind of value a type is. */
typedef struct st_gathered_type_t {
    str_t text; /* "const char *"; n == 0: not known */
    unsigned size;
    int is_signed, is_float, is_pointer;
} gathered_type_t;

/** What the debug information has where an operand is read. */
typedef enum en_gathered_origin_t { ORIGIN_NONE, ORIGIN_PARAMETER, ORIGIN_VARIABLE, ORIGIN_MEMBER } gathered_origin_t;

/** An argument at one site. */
typedef struct st_gathered_operand_t {
    unsigned size; /* in bytes; 0: the note does not say */
    int is_signed, is_float, is_constant;
    const char *reason; /* why tracers cannot read it, a literal; NULL: they can */
    gathered_origin_t origin;
    str_t name; /* n == 0: not known, or no name that a definition can have */
    gathered_type_t type;
} gathered_operand_t;

typedef struct st_gathered_site_t {
    struct st_gathered_site_t *next;
    int has_semaphore;
    unsigned num_operands; /* at most GATHERED_MAX_OPERANDS */
    gathered_operand_t *operands;
    str_t function, file; /* n == 0: not known */
    unsigned line;
} gathered_site_t;

typedef struct st_gathered_probe_t {
    str_t provider, name; /* as in definitions */
    gathered_site_t *sites, **next_site;
    unsigned num_sites;
    unsigned num_args; /* the most that a site passes */
} gathered_probe_t;

/** A number, text or bool in a struct that an argument points to. */
typedef struct st_gathered_member_t {
    struct st_gathered_member_t *next;
    str_t type, name;
} gathered_member_t;

typedef struct st_gathered_struct_t {
    struct st_gathered_struct_t *next;
    str_t type; /* "struct st_conn", or the name of a typedef */
    gathered_member_t *members, **next_member;
} gathered_struct_t;

/** A name of a note that no definition can have. */
typedef struct st_gathered_odd_t {
    struct st_gathered_odd_t *next;
    str_t provider, name;
} gathered_odd_t;

typedef struct st_gathered_t {
    arena_t *arena;
    diag_t *diag;
    /** names of the providers that are wanted; num_wanted == 0: all */
    const char *const *wanted;
    size_t num_wanted;
    gathered_probe_t **probes; /* sorted by provider and name */
    size_t num_probes, capacity;
    table_t by_key;
    gathered_struct_t *structs, **next_struct;
    gathered_odd_t *odd, **next_odd; /* each once, GATHERED_MAX_ODD at most */
    size_t num_odd;
    size_t num_sites, num_notes, num_broken; /* notes: those of providers that are not wanted, too */
    table_t providers;                       /* those that are not wanted */
    str_t others;                            /* names of providers that are not wanted, joined by ", " */
    unsigned num_others;
    str_t files; /* that have the probes, joined by ", " */
    unsigned num_files;
    int has_names; /* debug information was found for one of them at least */
} gathered_t;

/** so many names that are none are listed at most */
#define GATHERED_MAX_ODD 100
/** sites that are looked at; a tracer can attach to 16384 */
#define GATHERED_MAX_SITES 65536

#endif
