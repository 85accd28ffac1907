/* What swap.c maps: code at the start of the file, without anything that a linker would have to do. */

void here(void)
{
    __asm__ volatile("990: nop\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f,994f-993f,3\n"
                     "991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b,0,0\n.asciz \"swap\",\"here\",\"8@$7\"\n"
                     "994: .balign 4\n.popsection\n");
}
