provider app {
    probe q(struct st_a *a);
};
