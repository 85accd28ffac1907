provider app {
    probe first(int x);
    probe other(int fd, const char *name);
    probe third(uint64_t id, const void *data, size_t data_len);
};
