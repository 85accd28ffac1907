provider app {
    probe a(int x, const char *s, int n);
    probe b(uint64_t id);
    probe c(int x);
};
