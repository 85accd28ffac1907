provider app {
    probe p(int a, char *s);
};
