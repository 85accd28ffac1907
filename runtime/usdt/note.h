#ifndef RUNTIME_USDT_NOTE_H
#define RUNTIME_USDT_NOTE_H

#include <stddef.h>
#include <stdint.h>
#include "common/reason.h"
#include "usdt/operand.h"
#include "usdt/target.h"
#include "usdt/variable.h"

/** One stapsdt note of an ELF file: one site. Strings point into memory that lives as long as the notes_t. */
typedef struct st_note_t {
    const char *provider, *name, *args; /* the name is spelled as in a definition: `__` for a `-` of the note */
    uint64_t pc;                        /* virtual address of the site in the file, prelink adjusted */
    uint64_t offset;                    /* file offset of the site */
    uint64_t semaphore_offset;          /* file offset of the semaphore, 0 when it has none */
    unsigned syntax;                    /* of its operands, for operand_next() */
    const char *fault;                  /* why nobody may attach to it, a literal; NULL: nothing is wrong. Offsets may be 0 then */
} note_t;

typedef struct st_notes_t {
    note_t *list; /* sites that can be attached to */
    size_t num;
    note_t *refused; /* sites with a fault: of no tool can they be traced without harm */
    size_t num_refused;
    unsigned machine; /* e_machine */
    int is_fixed;     /* it is always loaded at the addresses that it has in the file */
    int is_64;
    int is_big_endian;
    size_t num_broken; /* notes that were skipped since they are malformed */
    void *elf;         /* Elf * */
    int fd;
    char **names; /* that are spelled otherwise than in the file */
    size_t num_names;
    int is_moved;                     /* prelink has moved it since the notes were written */
    variables_place_t place;          /* its debug file */
    struct st_variables_t *variables; /* NULL: not asked for yet */
} notes_t;

/**
 * Reads all stapsdt notes (owner "stapsdt", type 3, section .note.stapsdt) of a program or shared library of any machine. The file
 * is not trusted: nothing outside of it is read, whatever its headers say, and nothing twice.
 * @return 0, or -1 with a reason
 */
int notes_read(notes_t *notes, const char *path, reason_t *reason);
/** The same of a module of a process. */
int notes_read_module(notes_t *notes, const module_t *module, reason_t *reason);
void notes_dispose(notes_t *notes);
/**
 * The address of what an operand of a site names: a virtual address in the file as `pc` is. If the file is stripped, its debug file
 * is looked for at notes_t.place, which the caller has set before the first call, if it wants that.
 * @param site note_t.pc
 * @return NULL, or why it is not known (a literal)
 */
const char *notes_symbol(notes_t *notes, const char *name, size_t name_len, uint64_t site, uint64_t *value);
/**
 * What the file adds to an operand that can be read (reason == NULL): the address of what it names, else 0.
 * @return NULL, or why the operand cannot be read after all (a literal)
 */
const char *notes_address(notes_t *notes, const note_t *note, const operand_t *operand, uint64_t *value);

#endif
