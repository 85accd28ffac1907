typedef uint64_t size_x;
typedef struct st_b a_t;
provider app {
    probe p(size_x x);
    probe q(a_t *a);
};
