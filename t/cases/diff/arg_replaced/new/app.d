provider app {
    probe p(const char *s, int b);
};
