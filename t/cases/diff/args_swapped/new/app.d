provider app {
    probe p(int b, int a);
};
