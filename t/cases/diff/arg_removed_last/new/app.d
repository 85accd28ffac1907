provider app {
    probe p(int a);
};
