/* ASSERTION: a row of probes outside is one mistake; the brace that is too many belongs to it */
probe before(int x);
probe before_too(int x);
provider app {
    probe a();
};
    probe behind();
};
