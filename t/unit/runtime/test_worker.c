/*
 * ASSERTION: what a worker finds arrives, whole or up to where it ended; it ends when it crashes, when it takes too long in either
 * way, and when nobody listens; it cannot take more memory than it may.
 */

#include <sys/mman.h>
#include <unistd.h>
#include "common/worker.h"
#include "tap.h"

static char answer[64];

/* Runs it to its end, which is returned; `answer` is what it wrote. */
static worker_end_t end_of(void (*work)(FILE *out, void *arg), void *arg)
{
    worker_t worker;

    if (worker_start(&worker, 1, 2, work, arg) != 0)
        bail_out("no worker can be started");
    answer[fread(answer, 1, sizeof(answer) - 1, worker.answer)] = '\0';
    return worker_end(&worker);
}

static void say(FILE *out, void *arg)
{
    fprintf(out, "I know %s", (const char *)arg);
}

static void crash(FILE *out, void *arg)
{
    (void)arg;
    fputs("half", out);
    fflush(out);
    fputs(" is lost", out);
    abort();
}

static void spin(FILE *out, void *arg)
{
    fputs("spinning", out);
    fflush(out);
    while (*(volatile int *)arg == 0)
        ;
}

static void sleep_long(FILE *out, void *arg)
{
    (void)out;
    (void)arg;
    sleep(60);
}

static void take_memory(FILE *out, void *arg)
{
    size_t size = (size_t)256 << 20;

    (void)arg;
    worker_limit_memory(size / 2);
    fputs(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? "no" : "yes", out);
    fputs(malloc(size) == NULL ? " no" : " yes", out);
    fputs(mmap(NULL, size / 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? " no" : " yes", out);
    fputs(mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? " no" : " yes", out);
}

static void spin_a_second(FILE *out, void *arg)
{
    fputs("spinning", out);
    fflush(out);
    worker_limit_time(0);
    while (*(volatile int *)arg == 0)
        ;
}

static void write_on(FILE *out, void *arg)
{
    (void)arg;
    while (fputs("more ", out) >= 0)
        ;
}

int main(void)
{
    static int zero;

    is_int(end_of(say, "all that you know"), WORKER_DONE, "a worker ends well");
    is_str(answer, "I know all that you know", "... and its answer arrives");
    is_int(end_of(crash, NULL), WORKER_CRASHED, "another crashes");
    is_str(answer, "half", "... and what it wrote before arrives");
    is_int(end_of(spin, &zero), WORKER_TOO_LONG, "one that computes without end is ended");
    is_str(answer, "spinning", "... its answer, too");
    is_int(end_of(spin_a_second, &zero), WORKER_TOO_LONG, "... earlier, if it says so itself");
    is_int(end_of(sleep_long, NULL), WORKER_TOO_LONG, "so is one that waits without end");
#ifdef __SANITIZE_ADDRESS__
    (void)take_memory;
    skip("memory is limited", "sanitizers map terabytes");
#else
    is_int(end_of(take_memory, NULL), WORKER_DONE, "one asks for more memory than it may have");
    is_str(answer, "no no yes yes", "... and does not get it, but what it may have, and what is only read");
#endif
    is_int(end_of(write_on, NULL), WORKER_CRASHED, "one that writes without end, though nobody listens any more, is ended");
    return done_testing();
}
