provider app {
    probe a(int x);
    probe d(void *x);
    probe c(long x);
};
