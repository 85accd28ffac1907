/* Probes of a program that means harm: see hostile.c. */
provider hostile {
    probe said(const char *text, long number);
    probe odd(long first, long second);
};
