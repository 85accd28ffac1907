provider app {
    probe a(int x);
};
