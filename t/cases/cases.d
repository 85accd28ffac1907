/* Definitions of the programs in this folder, for the live tests. */

provider cases {
    /* as many arguments as sys/sdt.h has macros for, of all widths */
    probe twelve(int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f, int64_t g, uint64_t h, const char *i, const void *j, size_t j_len,
                 void *k);
    probe real(float single, double twice, double pi);
    /* the target passes numbers of another kind than these say */
    probe other_kind(double from_int, int from_double);
    probe holder(struct st_holder_t *holder);
    probe whole(struct st_whole_t *whole);
    /* what a thread fires: its number, and how many it has fired before */
    probe tick(int thread, uint64_t seq);
    probe tock(int thread, uint64_t seq, const char *text);
};
