/* ASSERTION: void stands alone in a list */
provider app {
    probe a(int x, void);
    probe b(void, void);
    probe c(void x);
    probe d(const void x, int y);
    probe fine(void, void *);
    probe e(void) : (void, int x);
    probe good(void *, void *x, void (*f)(void), const void *y);
    probe good_too(void) : (void);
};
