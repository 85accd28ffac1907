provider app {
    probe p(int x, char *);
};
