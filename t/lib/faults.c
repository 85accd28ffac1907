/*
 * Loaded into a program by a test: functions fail that are no system calls (those are up to inject.c). FAULT is "NAME FIRST LAST":
 * calls FIRST to LAST of malloc or realpath fail, as they do without memory. What the program starts is left alone, unless it is
 * itself once more: a worker. FAULT_PROGRAM is its name, probegen if it is not said. With 0 as FIRST none fails, and at the end
 * standard error says how many there are, as inject.c does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char wanted[32];
static unsigned long first, last, num_calls;

static __attribute__((constructor)) void begin(void)
{
    const char *fault = getenv("FAULT"), *program = getenv("FAULT_PROGRAM");

    if (fault != NULL && strcmp(program_invocation_short_name, program != NULL ? program : "probegen") == 0)
        sscanf(fault, "%31s %lu %lu", wanted, &first, &last);
}

static __attribute__((destructor)) void end(void)
{
    if (wanted[0] != '\0' && first == 0)
        fprintf(stderr, "inject: %lu calls of %s\n", num_calls, wanted);
}

static int fails(const char *name)
{
    if (strcmp(name, wanted) != 0)
        return 0;
    ++num_calls;
    return num_calls >= first && num_calls <= last;
}

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t num, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t size)
{
    return fails("malloc") ? no_memory() : __libc_malloc(size);
}

void *calloc(size_t num, size_t size)
{
    return fails("malloc") ? no_memory() : __libc_calloc(num, size);
}

void *realloc(void *p, size_t size)
{
    return fails("malloc") ? no_memory() : __libc_realloc(p, size);
}

char *realpath(const char *path, char *resolved)
{
    char *(*real)(const char *, char *) = (char *(*)(const char *, char *))dlsym(RTLD_NEXT, "realpath");

    return fails("realpath") ? no_memory() : real(path, resolved);
}

/* a file system that has no links */
int link(const char *from, const char *to)
{
    if (getenv("NO_LINKS") == NULL)
        return (int)syscall(SYS_linkat, -100, from, -100, to, 0);
    errno = EPERM;
    return -1;
}
