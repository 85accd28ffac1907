provider app {
    probe p(int n, int a, char *t);
};
