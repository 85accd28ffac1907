#define _GNU_SOURCE
/* a library that is loaded later, with a probe of its own; -DFIRST: a program that is linked with it */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "processes.h"

void plugin(int n);
void hide(int n);

#ifdef FIRST

int main(void)
{
    plugin(2);
    return 0;
}

#else

static __attribute__((constructor)) void fire_first(void)
{
    SERVICE_PLUGIN(1);
}

void plugin(int n)
{
    SERVICE_PLUGIN(n);
}

/* Puts a copy of the program's code where that is, as is done for huge pages. This library stays where it is. */
void hide(int n)
{
    char line[1024], program[512] = "";
    FILE *fp = fopen("/proc/self/maps", "r");
    unsigned long begin, end;

    (void)n;
    if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
        return;
    while (fp != NULL && fgets(line, sizeof(line), fp) != NULL) {
        if (strstr(line, " r-xp ") == NULL || strstr(line, program) == NULL || sscanf(line, "%lx-%lx", &begin, &end) != 2)
            continue;
        void *copy = mmap(NULL, end - begin, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memcpy(copy, (void *)begin, end - begin);
        mremap(copy, end - begin, end - begin, MREMAP_MAYMOVE | MREMAP_FIXED, begin);
    }
    if (fp != NULL)
        fclose(fp);
}

#endif
