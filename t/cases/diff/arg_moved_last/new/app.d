provider app {
    probe p(int a, int b, uint64_t id);
};
