#ifndef GEN_FROM_BINARY_SPELL_H
#define GEN_FROM_BINARY_SPELL_H

#include <elfutils/libdw.h>

/* Types of debug information as definitions and maps write them. All of it runs in a worker: see guess.c. */

#define SPELL_MAX 160

typedef struct st_spelled_t {
    char text[SPELL_MAX]; /* "const char *", "struct st_conn *" */
    unsigned size;
    int is_signed, is_float, is_pointer;
    /** a pointer to a struct: what it is called ("struct st_conn", "conn_t"), and where it stands; "": it is none */
    char struct_name[SPELL_MAX];
    Dwarf_Die pointee;
} spelled_t;

/** @return 0; -1 for what an argument cannot have, or a definition cannot say */
int spell_type(Dwarf_Die *type, spelled_t *spelled);

/**
 * Finds the number, text or pointer that stands at an offset of a struct, or of a struct in it.
 * @param type  peeled
 * @param name  out: of the member, lasts as long as the Dwarf
 * @return 0, or -1 when there is none
 */
int find_member(Dwarf_Die *type, uint64_t offset, unsigned size, const char **name, Dwarf_Die *member_type);
/** Where a member of a struct begins. @return 0, or -1 for bit fields, static members and what is no constant */
int member_offset(Dwarf_Die *member, uint64_t *offset);

#endif
