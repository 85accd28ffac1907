provider app {
    probe first(int x);
    probe other(int handle, char *name);
    probe third(uint64_t id, const void *data, size_t data_len);
};
