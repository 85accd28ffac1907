provider app {
    /** other */
    probe a(int x);
    /** two lines */
    probe b(int x);
    /** new */
    probe c(int x);
    probe d(int x);
};
