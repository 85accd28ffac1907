/* Why the kernel refuses. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/refusal.h"
#include "rights/capability.h"

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

/* The text of a file of /proc or /sys, cut to the size of the buffer; "" if it cannot be read. */
static const char *text_of(const char *path, char *text, size_t size)
{
    FILE *fp = fopen(path, "re");

    text[fp != NULL ? fread(text, 1, size - 1, fp) : 0] = '\0';
    if (fp != NULL)
        fclose(fp);
    return text;
}

static const char *reason_of_denial(void)
{
    char text[8192];
    reason_t reason;

    if (capability_may_trace(&reason) != 0)
        return " (it takes CAP_BPF and CAP_PERFMON)";
    if (strchr(text_of("/sys/kernel/security/lockdown", text, sizeof(text)), '[') != NULL && strstr(text, "[none]") == NULL)
        return " (the kernel is locked down: see /sys/kernel/security/lockdown)";
    const char *filter = strstr(text_of("/proc/self/status", text, sizeof(text)), "\nSeccomp:");
    if (filter != NULL && strtoul(filter + strlen("\nSeccomp:"), NULL, 10) != 0)
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
