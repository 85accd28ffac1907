/* Definitions of fired.c: records of very different sizes. `site` is which of its sites it is, `seq` how often the thread was there before. */

provider fired {
    probe bare(int thread, int site, uint64_t seq);
    probe text(int thread, int site, uint64_t seq, const char *text);
    probe page(int thread, int site, uint64_t seq, const char *page);
};
