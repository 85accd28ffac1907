/* A library that comes back elsewhere, and variables of one name: see moving_library.c, moving.c. */
provider moving {
    probe level(int n, const void *address);
    probe mine(int n);
    probe other(int n);
};
