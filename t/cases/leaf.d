/* functions that call no other, and a library with the probes of the program */
provider leaf {
    probe fired(long x, const char *text);
};
