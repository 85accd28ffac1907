/* ASSERTION: an event holds at most eight strings */
provider app {
    probe fine(char *a, char *b, char *c, char *d, char *e, char *f, char *g, char *h);
    probe much(char *a, char *b, char *c, char *d, char *e, char *f, char *g, char *h, char *i);
};
