/* ASSERTION: what does not fit into a register cannot be read, under whatever name */
typedef struct st_x x_t;
typedef long double real_t;
provider app {
    probe a(int x, struct st_x y);
    probe b(union u);
    probe c(long double x, unsigned __int128 y);
    probe d(x_t x, real_t y);
    probe fine(struct st_x *x, x_t *y, real_t *z);
};
