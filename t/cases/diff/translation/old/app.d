provider app {
    probe a(int x) : (info_t *i);
    probe b(int x);
};
