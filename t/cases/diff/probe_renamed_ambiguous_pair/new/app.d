provider app {
    probe c(int x);
    probe d(int y);
};
