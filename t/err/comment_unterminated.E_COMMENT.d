/* ASSERTION: a comment without end is reported where it begins, and nothing after it */
provider app {
    probe a(int x);
    /* this one is not closed
    probe b(int x);
};
