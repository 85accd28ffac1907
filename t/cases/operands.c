/*
 * Arguments of probes that compilers have names of their own for: constants of floating point, addresses, variables of threads;
 * and what else can be an argument. C, from C90, and C++, from C++98.
 */
#include "operands.h"

#ifdef __cplusplus
#define C extern "C"
#else
#define C extern
#endif
C const char witness_array[], witness_unknown[];
C long witness_variable;
C double witness_double;
C __thread long witness_thread;
C void witness_fire(int one);
C const void *witness_member(void);

const char witness_array[] = "array";
long witness_variable = 1234567890123L;
double witness_double = -0.125;
__thread long witness_thread = 77;
static __thread int thread_hidden = -78;
static __thread struct {
    int before;
    short number;
    const char *text;
} thread_struct = {1, -79, "of a thread"};
static int hidden = -5;
static float hidden_float = 3.5f;
static struct {
    int before, member;
} whole = {1, 2};
__extension__ static struct {
    int few : 5;
    unsigned fewer : 3;
    int : 0;
    long many : 40;
#ifdef __cplusplus
    bool one : 1;
#else
    _Bool one : 1;
#endif
} bits;
static struct __attribute__((packed)) {
    char before;
    int number;
} packed_struct = {1, 305419896};

const void *witness_member(void)
{
    return &whole.member;
}

static __inline__ __attribute__((always_inline)) void fire_double(double x, float y)
{
    WITNESS_FLOATS(1.25, 0.5f, 0.0, -2.5f, 1e300, 1.0f / 3, x, y);
}

static __inline__ __attribute__((always_inline)) void fire_thread(long x, int y)
{
    WITNESS_THREADS(x, y);
}

void witness_fire(int one)
{
    char local[6] = "local";
    volatile int changes = 11 * one;
    register int in_register = 12 * one;
    const int fixed = 13;
    int count = one;

    local[0] = (char)('k' + one);
    /* none of them is a constant to the compiler */
    hidden *= one;
    hidden_float *= (float)one;
    whole.before *= one;
    thread_hidden *= one;
    thread_struct.number = (short)(thread_struct.number * one);
    bits.few = -7 * one;
    bits.fewer = (unsigned)(5 * one) & 7;
    bits.many = -500000000000L * one;
    bits.one = one != 0;
    packed_struct.number *= one;

    fire_double(-1e-5, 16777216.0f);
    WITNESS_ADDRESSES(witness_array, &witness_array[2], "literal", local, witness_unknown, witness_fire, &witness_variable,
                      &whole.member);
    WITNESS_CAST((unsigned long)witness_array, &witness_fire);
    fire_thread(witness_thread, thread_hidden);
    WITNESS_THREAD_STRUCT(thread_struct.number, thread_struct.text);
    WITNESS_GLOBALS(witness_variable, hidden);
    WITNESS_GLOBAL_FLOATS(witness_double, hidden_float);
    WITNESS_BITS(bits.few, bits.fewer, bits.many, bits.one);
    WITNESS_KINDS(changes, in_register, fixed, (++count, count), __extension__({
                      int sum = count;
                      sum + 20;
                  }),
                  packed_struct.number, -one, count == 2);
    WITNESS_TWELVE(1.5, witness_array, 2.5f, "literal", one, -0.5, local, 9000000000L * one, 8.0f, one == 1, (double)one, fixed);
}
