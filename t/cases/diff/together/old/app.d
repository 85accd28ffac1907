provider app {
    /** begins */
    probe enter(int who, const char *name, size_t name_len);
    probe leave(int who);
    probe tick(void);
    probe old(long x);
    probe note(const char *text);
    probe pay(double amount);
    probe last(int a, int b);
};
