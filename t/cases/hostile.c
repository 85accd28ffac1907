/*
 * A program that would have its way with the terminal of whoever traces it: escape sequences, ends of lines and changes of
 * direction in the operands of its notes and in what it passes, as if a client had sent that. It fires once for each line on
 * standard input.
 */
#include <stdio.h>

/* a note as that of sys/sdt.h, with any operands */
#define NOTE(name, operands)                                                                                                       \
    "990: nop\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f,994f-993f,3\n991: .asciz \"stapsdt\"\n"       \
    "992: .balign 4\n993: .8byte 990b,0,0\n.asciz \"hostile\",\"" name "\",\"" operands "\"\n994: .balign 4\n.popsection\n"

static char text[] = "\xc2\x9b"
                     "31m\x7f\x1b[2J\xe2\x80\xaeopen\xd8\x9c\xe2\x80\xa8\xc3\xa9\n";

int main(void)
{
    char line[64];

    while (fgets(line, sizeof(line), stdin) != NULL) {
        __asm__ volatile(NOTE("said", "8@%[text] 8@$7") : : [text] "r"(text));
        __asm__ volatile(NOTE("odd", "8@\\033]0;title\\007\\033[31m\\nhosttrace:\\302\\2330m\\342\\200\\256 8@$8"));
        puts("fired 1");
        fflush(stdout);
    }
    return 0;
}
