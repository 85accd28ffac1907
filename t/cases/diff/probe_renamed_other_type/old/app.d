provider app {
    probe a(int x);
    probe b(char *x);
    probe c(long x);
};
