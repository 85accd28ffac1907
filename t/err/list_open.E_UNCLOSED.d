/* ASSERTION: a list without ')' ends at its ';', at the next probe, at '}' or at the end of the file */
provider app {
    probe a(int x;
    probe b(int x,
            int y
    probe c(int x, const char *;
    probe d(int x);
    probe e(
};
provider other {
    probe f(int x
