/*
 * A target with two probes, whose structs are described by debug information that it is linked with: that of 98hostile.t. It fires
 * both once for each line on standard input.
 */
#include <stdio.h>

/* a note as that of sys/sdt.h */
#define NOTE(name, operands)                                                                                                       \
    "990: nop\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f,994f-993f,3\n991: .asciz \"stapsdt\"\n"       \
    "992: .balign 4\n993: .8byte 990b,0,0\n.asciz \"busy\",\"" name "\",\"" operands "\"\n994: .balign 4\n.popsection\n"

static int x = 42;

int main(void)
{
    char line[64];

    while (fgets(line, sizeof(line), stdin) != NULL) {
        __asm__ volatile(NOTE("one", "8@%[x] 8@$7") : : [x] "r"(&x));
        __asm__ volatile(NOTE("two", "8@%[x]") : : [x] "r"(&x));
        puts("fired 2");
        fflush(stdout);
    }
    return 0;
}
