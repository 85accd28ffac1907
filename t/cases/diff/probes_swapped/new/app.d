provider app {
    probe a(int x);
    probe c(int x);
    probe b(int x);
    probe d(int x);
};
