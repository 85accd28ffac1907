/* A library whose operand names a static variable: the operand is `-4@level(%rip)`, an address `8@$level`. */
#ifndef NOP
#define NOP "nop"
#endif

#define PROBE(name, args)                                                                                                          \
    __asm__ volatile("990: " NOP "\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f,994f-993f,3\n"           \
                     "991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b,0,0\n"                                             \
                     ".asciz \"moving\",\"" name "\",\"" args "\"\n994: .balign 4\n.popsection\n" ::                               \
                         : "memory")

static volatile int level;

void *set(int n)
{
    level = n;
    return (void *)&level;
}

void run(void)
{
    PROBE("level", "-4@level(%%rip) 8@$level");
}
