provider app {
    probe a(int x) : (info_t *i, job_t *j);
    probe b(int x) : (job_t *j);
};
