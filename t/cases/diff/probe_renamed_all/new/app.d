provider app {
    probe app_first(int x);
    probe app_second(int fd, const char *name);
    probe app_third(uint64_t id, const void *data, size_t data_len);
};
