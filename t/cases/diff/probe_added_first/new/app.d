provider app {
    probe zeroth(int y);
    probe first(int x);
    probe second(int fd, const char *name);
    probe third(uint64_t id, const void *data, size_t data_len);
};
