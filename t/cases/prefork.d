/* What the servers of prefork.c fire for each request; `number` counts them in a worker. */

provider prefork {
    probe request(int worker, uint64_t number, const char *path);
    probe response(int worker, uint64_t number, int status);
};
