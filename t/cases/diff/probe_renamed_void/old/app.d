provider app {
    probe a(int x);
    probe b(void);
    probe c(long x);
};
