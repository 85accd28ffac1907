provider app {
    probe p(int a, const char *n, int b);
};
