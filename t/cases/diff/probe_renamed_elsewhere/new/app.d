provider app {
    probe b(char *x);
    probe d(int x);
    probe c(long x);
};
