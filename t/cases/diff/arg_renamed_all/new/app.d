provider app {
    probe p(int x, int y);
};
