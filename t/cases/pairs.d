/** Work that begins and ends, in all the ways in which both can be told to belong together. */
provider work {
    /** A piece of work begins. */
    probe start(uint64_t id, int kind);
    /** It is done; the numbers are narrower here. */
    probe done(uint32_t id, int8_t kind, int status);
    /** All that is left of it is gone. */
    probe gone(uint64_t number);
    /** A job, of which only the struct is passed. */
    probe open(struct st_job *job);
    probe close(struct st_job *job, const char *why);
    /** A function is entered and left: both by one thread. */
    probe enter(int depth);
    probe leave(int depth);
    /** Something happens again and again. */
    probe mark(int n);
    /** None of this. */
    probe other(int n, int duration);
    probe end_other(int n, int duration);
};
