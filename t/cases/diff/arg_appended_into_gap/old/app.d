provider app {
    probe p(uint64_t id, int x);
};
