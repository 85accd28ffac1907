provider app {
    probe p(int n, int a, int b);
};
