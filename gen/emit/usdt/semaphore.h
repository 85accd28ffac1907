/*
 * Semaphores: counters that tracers raise while they listen to a probe. Every file that has the header defines them, and the linker
 * keeps one of each for every program or shared library: no further object is needed, and one that defines them too does no harm.
 * They are `used` since asm statements name them, which link-time optimization does not see.
 */
#ifndef PROBEGEN_SEMAPHORE
#define PROBEGEN_COUNTER(name)                                                                                                     \
    extern unsigned short name; /* for compilers that warn of definitions without a declaration */                                 \
    unsigned short name __attribute__((weak, used, section(".probes"), visibility("hidden")));
#ifdef __cplusplus
#define PROBEGEN_SEMAPHORE(name)                                                                                                   \
    extern "C" {                                                                                                                   \
    PROBEGEN_COUNTER(name)                                                                                                         \
    }
#else
#define PROBEGEN_SEMAPHORE(name) PROBEGEN_COUNTER(name)
#endif
#endif
