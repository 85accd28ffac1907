#ifndef GEN_FROM_BINARY_FOUND_H
#define GEN_FROM_BINARY_FOUND_H

#include <stdint.h>
#include <sys/types.h>
#include "base/diag.h"
#include "base/table.h"

/**
 * What is known of the probes of binaries, whose notes have a number, a width and a sign for each argument, and no name or type.
 * All of it lives in the arena; lists are in the order in which things were found unless said otherwise.
 */

/** operands of a site that are kept; sys/sdt.h has macros for 12 */
#define FOUND_MAX_OPERANDS 64

/** What kind of value a type is. */
typedef struct st_found_type_t {
    str_t text; /* "const char *"; n == 0: not known */
    unsigned size;
    int is_signed, is_float, is_pointer;
} found_type_t;

/** What the debug information has where an operand is read. */
typedef enum en_found_origin_t { ORIGIN_NONE, ORIGIN_PARAMETER, ORIGIN_VARIABLE, ORIGIN_MEMBER } found_origin_t;

/** An argument at one site. */
typedef struct st_found_operand_t {
    unsigned size; /* in bytes; 0: the note does not say */
    int is_signed, is_float, is_constant;
    const char *reason; /* why tracers cannot read it, a literal; NULL: they can */
    found_origin_t origin;
    str_t name; /* n == 0: not known, or no name that a definition can have */
    found_type_t type;
} found_operand_t;

typedef struct st_found_site_t {
    struct st_found_site_t *next;
    int has_semaphore;
    unsigned num_operands; /* at most FOUND_MAX_OPERANDS */
    found_operand_t *operands;
    str_t function, file; /* n == 0: not known */
    unsigned line;
} found_site_t;

typedef struct st_found_probe_t {
    str_t provider, name; /* as in definitions */
    found_site_t *sites, **next_site;
    unsigned num_sites;
    unsigned num_args; /* the most that a site passes */
} found_probe_t;

/** A number, text or bool in a struct that an argument points to. */
typedef struct st_found_member_t {
    struct st_found_member_t *next;
    str_t type, name;
} found_member_t;

typedef struct st_found_struct_t {
    struct st_found_struct_t *next;
    str_t type; /* "struct st_conn", or the name of a typedef */
    found_member_t *members, **next_member;
} found_struct_t;

/** A name of a note that no definition can have. */
typedef struct st_found_odd_t {
    struct st_found_odd_t *next;
    str_t provider, name;
} found_odd_t;

typedef struct st_found_t {
    arena_t *arena;
    diag_t *diag;
    /** names of the providers that are wanted; num_wanted == 0: all */
    const char *const *wanted;
    size_t num_wanted;
    found_probe_t **probes; /* sorted by provider and name */
    size_t num_probes, capacity;
    table_t by_key;
    found_struct_t *structs, **next_struct;
    found_odd_t *odd, **next_odd; /* each once, FOUND_MAX_ODD at most */
    size_t num_odd;
    size_t num_sites, num_notes, num_broken; /* notes: those of providers that are not wanted, too */
    table_t providers;                       /* all names that notes have; "" when they are no names */
    str_t others;                            /* names of providers that are not wanted, joined by ", " */
    unsigned num_others;
    str_t files; /* that have the probes, joined by ", " */
    unsigned num_files;
    int has_names; /* debug information was found for one of them at least */
} found_t;

/** so many names that are none are listed at most */
#define FOUND_MAX_ODD 100
/** sites that are looked at; a tracer can attach to 16384 */
#define FOUND_MAX_SITES 65536

void found_init(found_t *found, arena_t *arena, diag_t *diag, const char *const *wanted, size_t num_wanted);
/** Adds the probes of a program or shared library. What is wrong with it is reported: E_FILE. */
void found_add_file(found_t *found, const char *path);
/** Adds those of all files that a process executes. */
void found_add_process(found_t *found, pid_t pid);
/** To be called after the last file: sorts. */
void found_finish(found_t *found);

#endif
