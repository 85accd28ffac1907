typedef int size_x;
typedef struct st_a a_t;
provider app {
    probe p(size_x x);
    probe q(a_t *a);
};
