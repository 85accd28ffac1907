provider app {
    probe p(int a, int x, char *c);
};
