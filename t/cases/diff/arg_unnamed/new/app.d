provider app {
    probe p(int n, int, long);
};
