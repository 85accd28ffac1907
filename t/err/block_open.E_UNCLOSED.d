/* ASSERTION: a struct without end is reported where it opens, and the provider after it is read */
struct foo {
    int x;
    struct { int y; } z;
provider app {
    probe a(int x int y);
};
