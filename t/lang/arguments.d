/* ASSERTION: which word of an argument is its name, and how its type is spelled */

provider app {
    probe none();
    probe none_said(void);
    probe none_spaced( void );
    probe none_const(const void);
    probe none_gnu_const(__const void);
    probe none_qualified(register void __volatile__ __const__);
    probe unnamed(int, uint64_t, unsigned, unsigned long, struct foo, Oid, const char *, void *);
    probe named(int a, uint64_t b, unsigned c, unsigned long d, struct foo e, Oid f, const char *g, void *h);
    probe mixed(int, uint64_t b, char *, Oid, Oid x);
    probe integers(long long a, unsigned long long int b, short int c, signed char d, long e, signed f, int unsigned g);
    probe others(float a, double b, bool c, _Bool d, string e, size_t f, bool, string);
    probe pointers(char **a, void ***, struct foo**b, int* c, int *d, Oid * * e, union u *f, enum e g);
    probe qualified(const int a, int const b, volatile unsigned c, const foo_t d, foo_t const e, char *const f, const char *const *g,
                    char *restrict h, struct foo const *i, const struct foo *volatile j, const volatile int, const foo_t);
    probe arrays(char a[16], int b[], int[], char [4], char *c[8], char d[2][3], int e[SIZE], int f[SIZE * 2 + 1]);
    probe functions(void (*a)(int, char *), int (*)(void), void *(*b)(void), int (*c[4])(int), void d(int x), int (*e)(int, ...),
                    void (*f)(void (*)(int), struct foo *x));
    probe stored(register int a, register const char *b);
    probe words(char *probe, char *provider, struct probe *p, int translator_x);
    probe translated(struct buf *b) : (bufinfo_t *b, devinfo_t *d, fileinfo_t *);
    probe translated_none(int a) : ();
    probe translated_void(int a):(void);
    probe over_lines(
        int
            a
        ,
        const
        char
        *
        b
    )
    ;
    probe dense(int a,int b,char*c,const char**d);
};
