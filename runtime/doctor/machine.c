/* What this machine can do: of what a kernel could forbid, or could do better, each on a line of its own. */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include "bpf/bcc.h"
#include "bpf/kernel.h"
#include "doctor/machine.h"
#include "doctor/report.h"
#include "rights/capability.h"

/* uprobe(2), by which calls at sites end: arch/x86/entry/syscalls/syscall_64.tbl, since Linux 6.18 */
#define SYS_UPROBE 336

#define MAX_TEXT 256

/* ---- rights ---- */

/* @return whether we may trace */
static int examine_rights(void)
{
    static const struct st_more_t {
        int number;
        const char *name, *lost;
    } more[] = {
        {CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "processes of other users cannot be traced"},
        {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "programs that this user may not read cannot be traced"},
        {CAP_CHECKPOINT_RESTORE, "CAP_CHECKPOINT_RESTORE", "probes in libraries that were replaced or deleted are not found"},
    };
    reason_t reason;

    if (capability_may_trace(&reason) != 0) {
        doctor_say(DOCTOR_FAIL, "rights", "%s", reason.text);
        return 0;
    }
    doctor_say(DOCTOR_OK, "rights", capability_has(CAP_SYS_ADMIN) ? "CAP_SYS_ADMIN" : "CAP_BPF and CAP_PERFMON");
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); ++i) {
        if (!capability_has(more[i].number) && !(more[i].number == CAP_CHECKPOINT_RESTORE && capability_has(CAP_SYS_ADMIN)))
            doctor_say(DOCTOR_WARN, "rights", "without %s %s: run it as root, or give it that", more[i].name, more[i].lost);
    }
    return 1;
}

/* ---- the kernel ---- */

static void examine_kernel(void)
{
    struct utsname name;

    if (uname(&name) == 0)
        doctor_say(DOCTOR_OK, "kernel", "%s %s, %s", name.sysname, name.release, name.machine);
}

static void examine_links(const kernel_t *kernel)
{
    reason_t reason;

    if (!kernel->has_multi) {
        doctor_say(DOCTOR_WARN, "uprobes",
                   "no uprobe_multi links: attaching is site by site, and detaching takes a tenth of a second for "
                   "each; Linux 6.6 has them");
        if (capability_may_use_perf(&reason) != 0)
            doctor_say(DOCTOR_FAIL, "uprobes", "%s", reason.text);
    } else if (!kernel->has_pid_filter) {
        doctor_say(DOCTOR_WARN, "uprobes",
                   "uprobe_multi links, but not of one process: all that run the program pay for the trace; Linux "
                   "6.10 can");
    } else {
        doctor_say(DOCTOR_OK, "uprobes", "uprobe_multi links, of one process");
    }
    if (kernel->can_sleep)
        doctor_say(DOCTOR_OK, "memory", "BPF programs may sleep: what is not resident is read, too");
    else
        doctor_say(DOCTOR_WARN, "memory", "BPF programs may not sleep: text that is not resident is null; in Linux 6.0 they may");
}

static void examine_uprobes(int may_trace)
{
    kernel_t kernel;
    reason_t reason;

    if (!may_trace)
        doctor_say(DOCTOR_WARN, "uprobes", "not known: to ask the kernel takes the rights");
    else if (kernel_ask(&kernel, 0, &reason) != 0)
        doctor_say(DOCTOR_FAIL, "uprobes", "%s", reason.text);
    else
        examine_links(&kernel);
}

/* A kernel that has that call says that this is no place for it, or ends who calls: so somebody else does. */
int doctor_calls_at_nop5(void)
{
#ifdef __x86_64__
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(syscall(SYS_UPROBE) == -1 && errno == ENXIO ? 0 : 1);
    return pid != -1 && waitpid(pid, &status, 0) == pid && status == 0;
#else
    return 0;
#endif
}

static void examine_nop5(void)
{
    doctor_say(
        DOCTOR_OK, "nop5", "%s",
        doctor_calls_at_nop5()
            ? "sites that are a no-op of five bytes are entered by a call, without a trap"
            : "sites that are a no-op of five bytes are entered by a trap, as all others (Linux 6.18 on x86-64 does without)");
}

/* ---- what may be forbidden ---- */

/* The first line of a file; "" if it cannot be read. */
static const char *line_of(const char *path, char text[MAX_TEXT])
{
    FILE *fp = fopen(path, "re");

    if (fp == NULL || fgets(text, MAX_TEXT, fp) == NULL)
        text[0] = '\0';
    if (fp != NULL)
        fclose(fp);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static void examine_lockdown(void)
{
    char text[MAX_TEXT];

    line_of("/sys/kernel/security/lockdown", text);
    if (text[0] == '\0')
        doctor_say(DOCTOR_OK, "lockdown", "none (/sys/kernel/security/lockdown is not there)");
    else if (strstr(text, "[none]") != NULL)
        doctor_say(DOCTOR_OK, "lockdown", "none");
    else
        doctor_say(DOCTOR_WARN, "lockdown", "%s: if the kernel refuses a BPF program, this is why", text);
}

static void examine_settings(int may_trace)
{
    char bpf[MAX_TEXT], perf[MAX_TEXT];

    line_of("/proc/sys/kernel/unprivileged_bpf_disabled", bpf);
    line_of("/proc/sys/kernel/perf_event_paranoid", perf);
    doctor_say(DOCTOR_OK, "settings", "kernel.unprivileged_bpf_disabled=%s and kernel.perf_event_paranoid=%s %s",
               bpf[0] != '\0' ? bpf : "?", perf[0] != '\0' ? perf : "?",
               may_trace ? "do not matter with these rights" : "give nobody the rights, whatever they are");
}

static void examine_jit(void)
{
    char text[MAX_TEXT];

    line_of("/proc/sys/net/core/bpf_jit_enable", text);
    if (strcmp(text, "0") == 0)
        doctor_say(DOCTOR_WARN, "jit", "BPF programs are interpreted, and events cost more: 'sysctl net.core.bpf_jit_enable=1'");
    else if (strcmp(line_of("/proc/sys/net/core/bpf_jit_harden", text), "2") == 0)
        doctor_say(DOCTOR_WARN, "jit",
                   "constants in BPF programs are blinded, root's too, and events cost more: 'sysctl net.core.bpf_jit_harden=1' "
                   "blinds only those of others");
    else
        doctor_say(DOCTOR_OK, "jit", "BPF programs are compiled");
}

static void examine_memlock(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        return;
    if (limit.rlim_cur == RLIM_INFINITY)
        doctor_say(DOCTOR_OK, "memlock", "not limited");
    else
        doctor_say(DOCTOR_OK, "memlock", "%llu KB; does not count for BPF, which the memory cgroup pays for",
                   (unsigned long long)limit.rlim_cur / 1024);
}

void doctor_examine_machine(void)
{
    char version[64];

    examine_kernel();
    int may_trace = examine_rights();
    examine_uprobes(may_trace);
    examine_nop5();
    examine_lockdown();
    examine_settings(may_trace);
    examine_jit();
    examine_memlock();
    bcc_version(version, sizeof(version));
    doctor_say(DOCTOR_OK, "libraries", "libbcc %s, libbpf %s", version, libbpf_version_string() + 1);
}
