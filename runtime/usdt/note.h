#ifndef RUNTIME_USDT_NOTE_H
#define RUNTIME_USDT_NOTE_H

#include <stddef.h>
#include <stdint.h>
#include "common/reason.h"

/** One stapsdt note of an ELF file: one site. Strings point into memory that lives as long as the notes_t. */
typedef struct st_note_t {
    const char *provider, *name, *args;
    uint64_t pc;               /* virtual address of the site in the file, prelink adjusted */
    uint64_t offset;           /* file offset of the site */
    uint64_t semaphore_offset; /* file offset of the semaphore, 0 when it has none */
} note_t;

typedef struct st_notes_t {
    note_t *list;
    size_t num;
    unsigned machine; /* e_machine */
    int is_64;
    int is_big_endian;
    size_t num_broken; /* notes that were skipped since they are malformed or point outside of any segment */
    void *elf;         /* Elf * */
    int fd;
    struct st_symbols_t *symbols; /* see symbol.h; NULL: not asked for yet */
} notes_t;

/**
 * Reads all stapsdt notes (owner "stapsdt", type 3, section .note.stapsdt) of a program or shared library of any machine. The file
 * is not trusted: nothing outside of it is read, whatever its headers say, and nothing twice.
 * @return 0, or -1 with a reason
 */
int notes_read(notes_t *notes, const char *path, reason_t *reason);
void notes_dispose(notes_t *notes);
/**
 * Value of a symbol (.symtab, else .dynsym), a virtual address in the file as `pc` is; thread-local and absolute symbols have none.
 * @return 0, or -1 when there is none of that name, or several of different values
 */
int notes_symbol(notes_t *notes, const char *name, size_t name_len, uint64_t *value);

#endif
