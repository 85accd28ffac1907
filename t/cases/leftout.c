/*
 * Fires the probes of leftout.d, in this order, for each line that it reads. `alone` has one site, `shared` has two with one
 * semaphore. The notes of the others are written by hand: `first` and `second` are at one place, with a semaphore each; `inside` is
 * in the middle of an instruction; `order-start` is what a note says that sys/sdt.h made; `readonly` has a semaphore that nobody
 * can raise; `unmoved` does not know of .stapsdt.base.
 */
#include <stdio.h>
#include "leftout.h"

#define NOTE(pc, base, semaphore, name)                                                                                            \
    ".pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f,994f-993f,3\n991: .asciz \"stapsdt\"\n"                 \
    "992: .balign 4\n993: .8byte " pc "," base "," semaphore "\n.asciz \"leftout\",\"" name "\",\"-4@%0\"\n994: .balign 4\n"       \
    ".popsection\n"
#define BASE "_.stapsdt.base"

unsigned short of_first __attribute__((section(".probes"), used)), of_second __attribute__((section(".probes"), used));
const unsigned short of_readonly __attribute__((used)) = 0;

static void fire(int n)
{
    LEFTOUT_ALONE(n);
    LEFTOUT_SHARED(n);
    LEFTOUT_SHARED(-n);
    __asm__ volatile("990: nop\n" NOTE("990b", BASE, "of_first", "first") NOTE("990b", BASE, "of_second", "second")::"r"(n));
    __asm__ volatile("990: lea 0x12345678(%%rax),%%rax\n" NOTE("990b+2", BASE, "0", "inside")::"r"(n) : "rax");
    __asm__ volatile("990: nop\n" NOTE("990b", BASE, "0", "order-start")::"r"(n));
    __asm__ volatile("990: nop\n" NOTE("990b", BASE, "of_readonly", "readonly")::"r"(n));
    __asm__ volatile("990: nop\n" NOTE("990b", "0", "0", "unmoved")::"r"(n));
}

int main(void)
{
    char line[64];

    for (int n = 1; fgets(line, sizeof(line), stdin) != NULL; ++n) {
        fire(n);
        printf("fired %d\n", n);
        fflush(stdout);
    }
    return 0;
}
