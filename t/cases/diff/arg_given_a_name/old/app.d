provider app {
    probe p(int, char *);
};
