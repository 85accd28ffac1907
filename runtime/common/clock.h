#ifndef RUNTIME_COMMON_CLOCK_H
#define RUNTIME_COMMON_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/** Seconds on the monotonic clock. */
static inline double clock_now(void)
{
    return clock_ns(CLOCK_MONOTONIC) / 1e9;
}

#endif
