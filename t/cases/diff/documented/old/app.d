provider app {
    /** one */
    probe a(int x);
    /** two
     * lines */
    probe b(int x);
    probe c(int x);
    /** four */
    probe d(int x);
};
