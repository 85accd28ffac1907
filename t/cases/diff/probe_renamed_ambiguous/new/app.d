provider app {
    probe a(int x);
    probe d(int x);
    probe e(int x);
    probe c(int x);
};
