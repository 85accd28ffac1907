/* ASSERTION: probes that cannot be told apart in C: '__' is '_' in macros, which are in capitals, and each has a second one with _ENABLED */
provider app {
    probe query__start();
    probe query_start();
    probe Done();
    probe done();
    probe flush();
    probe flush_enabled();
};
provider a_b {
    probe c();
};
provider a {
    probe b_c();
    probe __x_y();
};
provider a__ {
    probe x_y();
};
