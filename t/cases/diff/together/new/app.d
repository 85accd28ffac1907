provider app {
    /** someone begins */
    probe enter(uint64_t time_spent, int who, const void *name, size_t name_len);
    probe tick(void);
    probe leave(int whom);
    probe young(long x);
    probe extra(int y);
    probe note(const char *text);
    probe pay(float amount);
    probe last(int b, int a);
};
