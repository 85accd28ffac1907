/* ASSERTION: a probe has at most 12 arguments */
provider app {
    probe fine(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);
    probe much(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m);
    probe more(int, int, int, int, int, int, int, int, int, int, int, int,
               int, int, int, int, int);
};
