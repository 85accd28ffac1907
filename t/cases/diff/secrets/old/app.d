provider app {
    probe a(const char *x);
    probe b(const char *x);
    probe c(const char *x);
    probe d(const char *x);
    probe e(const char *x);
    probe f(const char *x);
};
