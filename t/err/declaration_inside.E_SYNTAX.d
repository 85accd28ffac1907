/* ASSERTION: only probes stand in a provider */
provider app {
    typedef int x_t;
    probe a(int x);
};
provider other {
    b(int x);
    int x;
    struct foo { int x; };
};
