provider app {
    probe b(int x);
    probe c(int x);
    probe d(int x);
    probe a(int x);
};
