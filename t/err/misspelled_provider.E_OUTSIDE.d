/* ASSERTION: a block that has probes in it was meant as a provider */
provder app {
    probe a(int x);
    probe b(int x);
};
