provider app {
    probe p(int b);
};
