/* ASSERTION: two probes of one name, in one block or in two of one provider; the same name in another provider is another probe */
provider first {
    probe a(int x);
    probe b();
    probe a(long x, long y);
};
provider second {
    probe a(int x);
};
provider first {
    probe b();
};
