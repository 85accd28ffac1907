provider app {
    probe p(int a, int b);
};
