/* ASSERTION: several mistakes in one file, one message each, and no others */
provider first {
    probe a(int x int y);
    probe b(int x, );
    probe c(int x;
    probe d(int x, void);
    probe e(int x)
    probe f(int x);
};
provider second {
    probe a(int return);
};
