provider app {
    probe a(int x);
    probe d();
    probe c(long x);
};
