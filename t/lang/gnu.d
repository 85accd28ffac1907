/* ASSERTION: what system headers have in them is passed over; types that attributes change are what they are made */
# 1 "/usr/include/some.h" 1 3 4
__extension__ typedef unsigned long long big_t;
typedef int register_t __attribute__ ((__mode__ (__word__)));
typedef unsigned int eight_t __attribute__((mode(DI))), aligned_t;
typedef float vector_t __attribute__((vector_size (16)));
typedef struct __attribute__((packed)) st_packed { char c; } __attribute__((aligned(8))) packed_t;
typedef __typeof__(sizeof(int)) size_of_t;
typedef char checked_t[(sizeof(struct st_packed) == 1 && 'a' != 'b') ? 1 : -1];
typedef struct { unsigned long bits[1024 / (8 * (int)sizeof(unsigned long))]; } fd_set_t;
typedef int (*compare_t)(const void *, const void *) __attribute__((nonnull(1, 2)));
typedef _Float128 wide_t;
extern int open_it(const char *__path, int __flags, ...) __asm__("" "open64") __attribute__((__nonnull__(1)));
extern __inline __attribute__((__gnu_inline__)) int twice(int x) { if (x) { return x * 2; } return ({ 0; }); }
static int table[2] = {1, 2}, more[] = {3};
struct st_packed one(void) { struct st_packed x = {'}'}; return x; }
_Static_assert(sizeof(int) == 4, "provider of { integers");
_Noreturn void stop(void);
unsigned typedef odd_t;
int probe_count(void) { return 1; }
provider gnu {
    probe types(eight_t a, register_t b, packed_t *c, checked_t d, char e[sizeof(struct st_packed)], char f[sizeof(int[3]) + (1, 2)]);
    probe attributes(int __attribute__((unused)) a, __attribute__((aligned(8))) char *b, int asm);
} __attribute__((x));
