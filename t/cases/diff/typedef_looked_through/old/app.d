typedef struct st_a a_t;
provider app {
    probe q(a_t *a);
};
