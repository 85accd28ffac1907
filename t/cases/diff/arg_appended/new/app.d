provider app {
    probe p(uint64_t id, uint64_t size);
};
