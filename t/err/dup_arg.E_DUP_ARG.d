/* ASSERTION: two arguments of one name; unnamed ones have none */
provider app {
    probe a(int x, const char *y, int x);
    probe b(int, int, int);
    probe c(int x, int X, int y, int z, int y, int z);
};
