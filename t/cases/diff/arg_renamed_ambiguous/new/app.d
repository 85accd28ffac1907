provider app {
    probe p(int n, int x, char *s);
};
