provider app {
    probe a(int x, const char *s, int n);
    probe b(struct st_c *c, uint64_t id);
    probe c(int x);
};
