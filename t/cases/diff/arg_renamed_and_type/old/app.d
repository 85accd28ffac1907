provider app {
    probe p(int ret, int b);
};
