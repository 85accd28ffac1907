provider app {
    probe a(int y);
};
