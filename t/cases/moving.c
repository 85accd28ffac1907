/*
 * For each line that it reads, fires the probe of the library of its first argument, and prints what has to be seen: number and
 * address. Then it unloads the library and loads it again, elsewhere. `mine` and `other` fire, too: each names a `level`, a static
 * one here, a global one in the other half (-DOTHER).
 */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/mman.h>

#ifndef NOP
#define NOP "nop"
#endif

#define PROBE(name)                                                                                                                \
    __asm__ volatile("990: " NOP "\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f,994f-993f,3\n"           \
                     "991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b,0,0\n"                                             \
                     ".asciz \"moving\",\"" name "\",\"-4@level(%%rip)\"\n994: .balign 4\n.popsection\n" ::                        \
                         : "memory")

void other(void);

#ifdef OTHER

volatile int level = 2222;

void other(void)
{
    PROBE("other");
}

#else

static volatile int level = 1111;

static __attribute__((noinline)) void mine(void)
{
    ++level;
    PROBE("mine");
    --level;
}

int main(int argc, char **argv)
{
    for (int n = 1; argc == 2; ++n) {
        void *library = dlopen(argv[1], RTLD_NOW), *(*set)(int), (*run)(void);
        char line[64];
        *(void **)&set = dlsym(library, "set");
        *(void **)&run = dlsym(library, "run");
        if (fgets(line, sizeof(line), stdin) == NULL)
            return 0;
        void *address = set(1000 + n);
        run();
        mine();
        other();
        dlclose(library);
        /* something else is where it was */
        mmap(NULL, 16384, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        printf("%d %p\n", 1000 + n, address);
        fflush(stdout);
    }
    return 1;
}

#endif
