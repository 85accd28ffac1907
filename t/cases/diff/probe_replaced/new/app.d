provider app {
    probe a(int x);
    probe d(const char *s);
    probe c(int x);
};
