/* Why the kernel refuses. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpf/refusal.h"

/* ---- what the verifier says ---- */

static int begins_with(const char *line, size_t len, const char *text)
{
    return len >= strlen(text) && memcmp(line, text, strlen(text)) == 0;
}

/* What comes behind the reason. */
static int is_sum(const char *line, size_t len)
{
    return len == 0 || begins_with(line, len, "processed ") || begins_with(line, len, "verification time ") ||
           begins_with(line, len, "stack depth ");
}

const char *refusal_line(const char *log, int is_cut, size_t *len)
{
    const char *line, *end = log + strlen(log);
    int has_sums = 0;

    for (;; end = line - 1) {
        for (line = end; line > log && line[-1] != '\n'; --line)
            ;
        if (!is_sum(line, end - line))
            break;
        has_sums |= end != line;
        if (line == log)
            return NULL;
    }
    if (is_cut && !has_sums)
        return NULL;
    *len = end - line;
    return line;
}

/* ---- who may not ---- */

/* numbers of linux/capability.h */
#define CAPABILITY(number) (UINT64_C(1) << (number))
#define CAP_SYS_ADMIN CAPABILITY(21)
#define CAP_PERFMON CAPABILITY(38)
#define CAP_BPF CAPABILITY(39)

/* The text of a file of /proc or /sys, cut to the size of the buffer; "" if it cannot be read. */
static const char *text_of(const char *path, char *text, size_t size)
{
    FILE *fp = fopen(path, "re");

    text[fp != NULL ? fread(text, 1, size - 1, fp) : 0] = '\0';
    if (fp != NULL)
        fclose(fp);
    return text;
}

/* A number of /proc/self/status. @param fallback if there is none of that name */
static uint64_t number_of(const char *status, const char *name, int base, uint64_t fallback)
{
    const char *p = strstr(status, name);

    return p != NULL ? strtoull(p + strlen(name), NULL, base) : fallback;
}

static const char *reason_of_denial(void)
{
    char text[8192];
    unsigned long inside, outside, num;

    if (geteuid() != 0)
        return " (are you root?)";
    /* in the first namespace all users are themselves */
    if (sscanf(text_of("/proc/self/uid_map", text, sizeof(text)), "%lu%lu%lu", &inside, &outside, &num) == 3 && num != UINT32_MAX)
        return " (this is root of a user namespace, as of a container, and that may not trace)";
    if (strchr(text_of("/sys/kernel/security/lockdown", text, sizeof(text)), '[') != NULL && strstr(text, "[none]") == NULL)
        return " (the kernel is locked down: see /sys/kernel/security/lockdown)";
    text_of("/proc/self/status", text, sizeof(text));
    uint64_t has = number_of(text, "\nCapEff:", 16, UINT64_MAX);
    if ((has & CAP_SYS_ADMIN) == 0 && (~has & (CAP_BPF | CAP_PERFMON)) != 0)
        return " (this root lacks CAP_BPF or CAP_PERFMON, as it does in a container that was not given them)";
    if (number_of(text, "\nSeccomp:", 10, 0) != 0)
        return " (a seccomp filter, as of a container, may forbid it)";
    return " (a security module may forbid it)";
}

const char *refusal_denied(int error)
{
    int before = errno;
    const char *reason = error == EPERM || error == EACCES ? reason_of_denial() : "";

    errno = before;
    return reason;
}
