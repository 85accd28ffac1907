/* The probes of forms.c. */
provider forms {
    /* nothing is passed */
    probe none();
    /* from registers, as far as the machine has enough of them */
    probe widths(signed char a, unsigned char b, short c, unsigned short d, int e, unsigned int f, long g, unsigned long h, void *i);
    /* from memory: a local variable, a member, an element */
    probe memory(int local, unsigned long member, short element, unsigned char far);
    /* written in the code */
    probe constants(int zero, int minus, long large, unsigned char letter);
    /* from a variable that has a name */
    probe symbol(int counter, long second);
    /* floating-point numbers */
    probe real(float a, double b);
    /* as many as there can be */
    probe twelve(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);
    /* from a function that its two callers contain */
    probe inlined(int where);
    /* the call passes other types */
    probe differs(long wide, unsigned int sign, int same);
    /* is not called */
    probe absent(int a);
};
