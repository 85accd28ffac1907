#ifndef GEN_EXERCISER_EXERCISER_H
#define GEN_EXERCISER_EXERCISER_H

/*
 * What the generated half of an exerciser, exerciser.c, calls: the fixed half is main.c. This includes no header of the system that
 * declares structs, since exerciser.c makes up structs of the target, whatever their names are.
 */

#include <stddef.h>
#include <stdint.h>

/** The firing that goes on. */
typedef struct st_ex_t ex_t;

/** A string that an argument points to. */
typedef struct st_ex_text_t {
    const char *p;
    size_t len;
    int is_null; /* the tracer cannot read it */
} ex_text_t;

/** A probe; the generated half has a list of all. */
typedef struct st_ex_probe_t {
    const char *name; /* "provider:probe" */
    void (*fire)(ex_t *);
    int (*is_enabled)(void);
} ex_probe_t;

extern const ex_probe_t ex_probes[];
extern const unsigned ex_num_probes;

/* ---- values; which ones depends on the round and on the argument's place ---- */

uint64_t ex_uint(ex_t *x, unsigned arg, unsigned size);
int64_t ex_int(ex_t *x, unsigned arg, unsigned size);
double ex_float(ex_t *x, unsigned arg, unsigned size);
#define EX_NO_LIMIT UINT64_MAX
/**
 * A string. `fixed`: its length, where that cannot be chosen; else at most `max_len`. With `is_text` a NUL ends it and its length
 * is where the first one is.
 */
ex_text_t ex_text(ex_t *x, unsigned arg, int is_text, size_t fixed, uint64_t max_len);
/** the largest value of an integer, an lvalue */
#define EX_LARGEST_OF(x) (UINT64_MAX >> (64 - 8 * sizeof(x)) >> ((__typeof__(x))~0 < 1))
/** Puts a string into an array of that size. */
void ex_copy(void *array, ex_text_t text);
/** A struct sockaddr; which one depends on the round. */
void *ex_address(ex_t *x, unsigned arg);
/** One that is in a struct. */
struct ex_address {
    _Alignas(8) unsigned char bytes[128];
};
void ex_fill_address(ex_t *x, unsigned arg, struct ex_address *address);
/** A struct that an argument points to: zeroed, to be filled if ex_is_readable(). */
void *ex_struct(ex_t *x, size_t size);
int ex_is_readable(const ex_t *x);
/** To be called just before the probe fires. */
void ex_ready(ex_t *x);

/* ---- what a tracer has to print, between ex_begin() and ex_end() ---- */

/** Whether somebody wants to know. */
int ex_is_expecting(const ex_t *x);
/** Whether application data or secrets are shown. */
enum { EX_SHOW_APPDATA = 1, EX_SHOW_SECRETS = 2 };
int ex_shows(const ex_t *x, int what);
void ex_begin(ex_t *x, const char *provider, const char *type);
void ex_end(ex_t *x);
/** What is not there; if that is because memory cannot be read, the end of the event says so. */
void ex_put_null(ex_t *x, const char *name);
void ex_put_uint(ex_t *x, const char *name, uint64_t value);
void ex_put_int(ex_t *x, const char *name, int64_t value);
void ex_put_bool(ex_t *x, const char *name, int value);
void ex_put_float(ex_t *x, const char *name, double value, unsigned size);
void ex_put_pointer(ex_t *x, const char *name, const void *value);
void ex_put_text(ex_t *x, const char *name, ex_text_t text);
void ex_put_bytes(ex_t *x, const char *name, ex_text_t text);
void ex_put_address(ex_t *x, const char *name, const void *address);

/* ---- a struct that is printed whole: every kind of member ---- */

enum ex_colour { EX_RED = 1, EX_GREEN = 7 };

#define EX_WHOLE_MEMBERS                                                                                                           \
    uint64_t counter;                                                                                                              \
    struct {                                                                                                                       \
        uint32_t low;                                                                                                              \
        int16_t negative;                                                                                                          \
        double ratio;                                                                                                              \
        _Bool on;                                                                                                                  \
    } nested;                                                                                                                      \
    uint64_t list[3];                                                                                                              \
    struct {                                                                                                                       \
        int8_t x, y;                                                                                                               \
    } points[2];                                                                                                                   \
    union {                                                                                                                        \
        uint32_t inner;                                                                                                            \
        float inner_as_float;                                                                                                      \
    };                                                                                                                             \
    enum ex_colour colour;                                                                                                         \
    char text[8];                                                                                                                  \
    unsigned bits : 3;                                                                                                             \
    int signed_bits : 5;                                                                                                           \
    void *pointer

void ex_fill_whole(ex_t *x, unsigned arg, void *whole);
void ex_put_whole(ex_t *x, const char *name, const void *whole);

#endif
