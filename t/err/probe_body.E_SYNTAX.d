/* ASSERTION: a probe has no block; what braces come of it is the same mistake */
provider first {
    probe a(int x) { foo(); };
    probe b();
};
provider second {
    probe c() {
    probe d(int x int y);
};
