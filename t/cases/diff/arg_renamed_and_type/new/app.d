provider app {
    probe p(ssize_t result, int b);
};
