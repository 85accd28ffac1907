/*
 * ASSERTION: of symbols that overlap in every way, the innermost one that contains an address names its function.
 */

#include <elf.h>
#include "audit/binary/function.h"
#include "usdt/note.h"
#include "lab.h"

static uint64_t state = 88172645463325252u;

static uint64_t roll(uint64_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % n;
}

/* Symbols of random ranges, in a file that the assembler makes; the innermost that contains an address has the highest start. */
int main(void)
{
    enum { NUM = 300, NUM_ADDRESSES = 500, SPACE = 2000 };
    static unsigned starts[NUM], sizes[NUM];
    static audit_site_t sites[NUM_ADDRESSES];
    FILE *fp;
    reason_t reason = {""};
    notes_t notes;
    size_t num_wrong = 0, num_named = 0;

    lab_init();
    if ((fp = fopen(lab_path("ranges.s"), "w")) == NULL)
        bail_out("cannot write a file");
    fprintf(fp, ".text\n.globl _start\n_start: .space %d\n", SPACE * 2);
    for (unsigned i = 0; i < NUM; ++i) {
        starts[i] = (unsigned)roll(SPACE);
        sizes[i] = roll(10) == 0 ? 0 : (unsigned)roll(i % 3 == 0 ? SPACE : 40);
        fprintf(fp, ".set f%u, _start + %u\n.type f%u, %%function\n.size f%u, %u\n", i, starts[i], i, i, sizes[i]);
    }
    fclose(fp);
    if (!lab_run("as -o ranges.o ranges.s && ld -Ttext=0x10000 -e _start -o ranges ranges.o") ||
        notes_read(&notes, lab_path("ranges"), &reason) != 0) {
        bail_out("cannot build a program");
    }
    for (size_t i = 0; i < NUM_ADDRESSES; ++i)
        sites[i].address = 0x10000 + i * SPACE / NUM_ADDRESSES;
    ok(functions_find(notes.elf, SHT_SYMTAB, sites, NUM_ADDRESSES), "a table with functions");
    for (size_t i = 0; i < NUM_ADDRESSES; ++i) {
        unsigned at = (unsigned)(sites[i].address - 0x10000), best = NUM;
        for (unsigned j = 0; j < NUM; ++j) {
            if (starts[j] <= at && at < starts[j] + sizes[j] &&
                (best == NUM || starts[j] > starts[best] || (starts[j] == starts[best] && sizes[j] < sizes[best])))
                best = j;
        }
        unsigned got = sites[i].function.p != NULL ? (unsigned)atoi(sites[i].function.p + 1) : NUM;
        num_named += got != NUM;
        /* two can have the same range */
        num_wrong += got != best && !(got != NUM && best != NUM && starts[got] == starts[best] && sizes[got] == sizes[best]);
    }
    ok(num_wrong == 0 && num_named > 50 && num_named < NUM_ADDRESSES, "the innermost function of each address (%zu have one)",
       num_named);
    is_int(functions_find(notes.elf, SHT_DYNSYM, sites, NUM_ADDRESSES), 0, "no such table");
    notes_dispose(&notes);
    return done_testing();
}
