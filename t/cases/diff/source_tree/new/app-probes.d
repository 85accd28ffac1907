provider app {
    probe a(int x);
    probe c(int y);
};
