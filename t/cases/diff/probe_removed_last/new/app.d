provider app {
    probe first(int x);
    probe second(int fd, const char *name);
};
