/* ASSERTION: a backslash at the end of a line joins it to the next wherever a C preprocessor takes it: between words, in words, in comments */
#define wor\
d_t un\
signed \
  char
typedef struct st_x \
 *x_t;
pro\
vider joined {
    /** of \
     * the first */
    probe o\
ne(in\
t x, // a comment \
        probe not(int);
        const char *\
text);
    probe \
two \
(/\
* this, \
too *\
/ lo\
ng y);
};
