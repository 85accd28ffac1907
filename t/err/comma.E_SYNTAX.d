/* ASSERTION: a missing ',' is shown where it should be, the other mistakes in lists where they are */
provider app {
    probe a(int x int y);
    probe b(const char *s size_t len, int z);
    probe c(struct foo *a const char *b);
    probe d(uint64_t a uint64_t b);
    probe f(int x), int y);
    probe g(int 2x);
    probe h(*x);
    probe i(int x = 1);
    probe j(const, int x);
    probe k(struct, int x);
    probe l(int x, ...);
    probe m(int x[4);
    probe n(int *const *x y);
    probe o(struct struct x);
    probe last(int x);
};
