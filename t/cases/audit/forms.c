/*
 * Probes whose operands are in every place that compilers choose. It needs no C library, so that it can be built for machines that are not here:
 * BARE has _start() only. SEMAPHORES: with the header that probegen makes of forms.d; else with sys/sdt.h as it is. WAIT: a program that
 * ends with its standard input; LIBRARY: no main(). NEEDS: calls a library's function, too.
 */
#ifdef SEMAPHORES
#include "forms-probes.h"
#else
#include <sys/sdt.h>
#define FORMS_NONE() STAP_PROBE(forms, none)
#define FORMS_WIDTHS(...) STAP_PROBE9(forms, widths, __VA_ARGS__)
#define FORMS_MEMORY(...) STAP_PROBE4(forms, memory, __VA_ARGS__)
#define FORMS_CONSTANTS(...) STAP_PROBE4(forms, constants, __VA_ARGS__)
#define FORMS_SYMBOL(...) STAP_PROBE2(forms, symbol, __VA_ARGS__)
#define FORMS_REAL(...) STAP_PROBE2(forms, real, __VA_ARGS__)
#define FORMS_TWELVE(...) STAP_PROBE12(forms, twelve, __VA_ARGS__)
#define FORMS_INLINED(...) STAP_PROBE1(forms, inlined, __VA_ARGS__)
#define FORMS_DIFFERS(...) STAP_PROBE3(forms, differs, __VA_ARGS__)
#endif

#define KEPT __attribute__((noinline, used))

struct st_thing_t {
    char name[40];
    unsigned long member;
    short elements[16];
    unsigned char far[5000];
};

volatile int counter = 7;
volatile long table[4] = {1, 2, 3, 4};

KEPT static int fire_widths(signed char a, unsigned char b, short c, unsigned short d, int e, unsigned int f, long g, unsigned long h)
{
    FORMS_WIDTHS(a, b, c, d, e, f, g, h, (void *)&counter);
    return a + e;
}

KEPT static long fire_memory(struct st_thing_t *thing, int i)
{
    volatile int local = i;

    FORMS_MEMORY(local, thing->member, thing->elements[i], thing->far[4321]);
    return local;
}

KEPT static void fire_constants(void)
{
    FORMS_NONE();
    FORMS_CONSTANTS(0, -1, 0x12345678L, (unsigned char)'x');
    FORMS_CONSTANTS(1, -2147483647, -5L,
                    (unsigned char)255);
}

KEPT static void fire_symbols(void)
{
    FORMS_SYMBOL(counter, table[1]);
}

KEPT static void fire_reals(float a, double b)
{
    FORMS_REAL(a, b);
}

KEPT static void fire_twelve(int *p)
{
    FORMS_TWELVE(p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11]);
}

static inline __attribute__((always_inline)) int inlined(int where)
{
    FORMS_INLINED(where);
    return where + 1;
}

KEPT int first_caller(int x)
{
    return inlined(x) * 2;
}

KEPT int second_caller(int x)
{
    FORMS_DIFFERS(x, x, x);
    return inlined(x * 3) - 1;
}

#ifdef NEEDS
int fire_library(int x);
#else
#define fire_library(x) (x)
#endif

KEPT int fire_forms(int x)
{
    static struct st_thing_t thing;
    static int twelve[12];

    fire_constants();
    fire_symbols();
    fire_reals((float)x, x);
    fire_twelve(twelve);
    return fire_widths((signed char)x, (unsigned char)x, (short)x, (unsigned short)x, x, (unsigned)x, x, (unsigned long)x) +
           (int)fire_memory(&thing, x & 15) + first_caller(x) + second_caller(x) + fire_library(x);
}

#if defined(BARE)
void _start(void)
{
    fire_forms(counter);
    for (;;)
        ;
}
#elif defined(WAIT)
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc > 1 && (chroot(argv[1]) != 0 || chdir("/") != 0))
        return 1;
    fire_forms(argc);
    puts("ready");
    fflush(stdout);
    return getchar() != EOF;
}
#elif !defined(LIBRARY)
int main(int argc, char **argv)
{
    return fire_forms(argc) == (int)argv[0][0];
}
#endif
