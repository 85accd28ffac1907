#ifndef RUNTIME_STRUCTS_STRUCTS_INT_H
#define RUNTIME_STRUCTS_STRUCTS_INT_H

/*
 * What the files of this folder share. type.c reads single types and knows no target; index.c finds types by name; path.c and
 * layout.c answer the questions of structs.h. Nobody else includes this.
 */

#include <elfutils/libdw.h>
#include <dwarf.h>
#include "common/die.h"
#include "structs/structs.h"

/* hostile debug information can be nested without end */
#define TYPE_MAX_DEPTH 32
#define TYPE_MAX_DIMS 8

/* ---- type.c ---- */

/** A member of a struct or union, or a base class (which has no name). */
typedef struct st_member_t {
    const char *name; /* NULL: none */
    Dwarf_Die type;   /* as declared, not peeled */
    uint64_t offset;  /* in bytes, from the start of the struct; of a bit field: 0 */
    uint64_t bit_at;  /* of a bit field: its lowest bit, from the start of the struct */
    uint32_t bit_size;
} member_t;

typedef struct st_members_t {
    Dwarf_Die at;
    int has_next;
    int is_malformed; /* a member's place is not a constant */
} members_t;

typedef struct st_dims_t {
    uint64_t counts[TYPE_MAX_DIMS]; /* elements; 0: none, or unknown (a flexible array member) */
    size_t num;
} dims_t;

/** Looks through typedefs and qualifiers. `alias` (may be NULL): the innermost typedef's name. @return 0, or -1 for void and for
 * loops */
int type_peel(Dwarf_Die *type, const char **alias);
int type_is_declaration(Dwarf_Die *type);
/** "struct st_x", "an unnamed struct" */
const char *type_describe(Dwarf_Die *type, char *buf, size_t size);
/** Size in bytes of any type. @return 0 or -1 */
int type_size(Dwarf_Die *type, uint64_t *size);
/** What kind of number a type is. @param type peeled @return NULL, or why it is none ("the field is a struct"), a literal */
const char *type_scalar(Dwarf_Die *type, enum en_layout_kind_t *kind, uint32_t *size);
/** @return NULL, or why it cannot be indexed (a literal) */
const char *type_dims(Dwarf_Die *array, dims_t *dims);

/** Multiplies the size of an element by the dimensions from number `first` on. @return 0, or -1 when that is too large */
int dims_size(const dims_t *dims, size_t first, uint64_t *size);

void members_begin(members_t *members, Dwarf_Die *aggregate);
/** @return 1, or 0 at the end and in front of what is malformed: see members_t.is_malformed */
int members_next(members_t *members, member_t *member);

/** A number that is the same for types with the same layout and names of members, embedded structs included, but not what pointers
 * lead to. 0: too complex */
uint64_t type_fingerprint(Dwarf_Die *type);

/* ---- index.c ---- */

/** A type and the module (index in target_t) that it was found in. */
typedef struct st_found_t {
    Dwarf_Die die;
    size_t module;
} found_t;

/** The result of a search by name. */
typedef enum en_search_result_t {
    SEARCH_FOUND,
    SEARCH_ABSENT,
    SEARCH_REFUSED /* what was found cannot be used */
} search_result_t;

/**
 * Finds the complete definition of a struct or union that is written as in structs_path(). @param module whose it is to be
 * @return 0, or -1 with a reason
 */
int structs_find(structs_t *structs, size_t module, const char *type, found_t *found, reason_t *reason);
/**
 * Completes a struct or union that was reached through a pointer: its debug information may only declare it there, or define it in
 * another way than other source files do, which is refused.
 * @param alias the name that a typedef gives it, or NULL
 */
int structs_complete(structs_t *structs, found_t *found, const char *alias, reason_t *reason);
/**
 * All definitions of a struct in a module, one for each source file that has it.
 * @param type as in structs_path() @param at 0 for the first; is changed
 * @return 1, or 0 when there is no more
 */
int structs_next_definition(structs_t *structs, size_t module, const char *type, size_t *at, Dwarf_Die *die);

/* ---- path.c ---- */

/** The struct, as it was met, that the pointer at the end of a path leads to. @return 0, or -1 with a reason */
int structs_pointee(structs_t *structs, size_t module, const catalog_path_t *path, found_t *found, reason_t *reason);

#endif
