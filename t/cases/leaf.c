/*
 * A function that calls no other one keeps its variables below the stack pointer, if it may. Commands on standard input: "run
 * COUNT" calls it, with a probe site in its middle, and tells how often its result was wrong; "enabled" tells whether somebody
 * listens to the sites of the program, and to those of its library.
 */
#include <stdio.h>
#include "leaf.h"

int library_enabled(void);
long library_fire(long x);

/* COUNT local variables, all of them in memory, before the site and behind it */
#define COUNT 14

__attribute__((noinline)) static long leaf(long x, const char *text)
{
    volatile long local[COUNT];
    long sum = 0;

    for (int i = 0; i < COUNT; ++i)
        local[i] = x + i;
    LEAF_FIRED(x, text);
    for (int i = 0; i < COUNT; ++i)
        sum += local[i];
    return sum;
}

int main(void)
{
    char line[64];
    unsigned long count;

    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (sscanf(line, "run %lu", &count) == 1) {
            unsigned long wrong = 0;
            for (unsigned long i = 0; i < count; ++i)
                wrong += leaf((long)i, "text") != COUNT * (long)i + COUNT * (COUNT - 1) / 2;
            printf("wrong %lu\n", wrong);
        } else if (sscanf(line, "library %lu", &count) == 1) {
            printf("fired %ld\n", library_fire((long)count));
        } else {
            printf("enabled %d%d\n", LEAF_FIRED_ENABLED() != 0, library_enabled() != 0);
        }
    }
    return 0;
}
