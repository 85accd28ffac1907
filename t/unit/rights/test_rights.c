/*
 * ASSERTION: after rights_drop() a process has those rights that were to stay, and no others, whoever tries to get them back; the
 * filter lets through what a trace does until its end, and nothing that could harm anybody. Each case is a process of its own.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/catalog.h"
#include "rights/capability.h"
#include "rights/drop.h"
#include "tap.h"

/* @return the errno of a call that may fail, else 0 */
#define ERROR_OF(call) ((call) == -1 ? errno : 0)

const catalog_t catalog = {.tracer = "rights"};

static const char *file; /* that the user may write */

static int after_drop(unsigned keep)
{
    static rights_t rights;
    static user_t user;
    reason_t reason;

    if (user_choose(&user, NULL, 0, &reason) == 0 && rights_prepare(&rights, &user, keep, &reason) == 0 &&
        rights_drop(&rights, &reason) == 0)
        return 0;
    diag("%s", reason.text);
    return -1;
}

/* Runs the code in a process of its own, after rights_drop(). @return its result */
static int result_of(unsigned keep, int (*code)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(after_drop(keep) != 0 ? 100 : code());
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* ---- what is refused ---- */

static int opens_for_reading(void)
{
    return ERROR_OF(open("/dev/null", O_RDONLY));
}
static int opens_for_both(void)
{
    return ERROR_OF(open("/dev/null", O_RDWR));
}
static int opens_for_writing(void)
{
    return ERROR_OF(open("/dev/null", O_WRONLY));
}
static int forks(void)
{
    return ERROR_OF(fork());
}
static int executes(void)
{
    return ERROR_OF(execl("/bin/true", "true", (char *)NULL));
}
static int makes_socket(void)
{
    return ERROR_OF(socket(AF_UNIX, SOCK_STREAM, 0));
}
static int kills(void)
{
    return ERROR_OF(kill(getpid(), 0));
}
static int traces(void)
{
    return ERROR_OF(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}
static int becomes_root(void)
{
    return ERROR_OF(setuid(0));
}
static int makes_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
}
static int makes_map(void)
{
    const struct {
        uint32_t type, key, value, num, rest[28];
    } attr = {2, 4, 4, 1, {0}};
    return ERROR_OF(syscall(SYS_bpf, 0, &attr, sizeof(attr)));
}

/* ---- what is not ---- */

static int works(void)
{
    char *text = malloc(1000000);
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600), failed = text == NULL || fd == -1 || write(fd, "x", 1) != 1;
    char other[4096];

    snprintf(other, sizeof(other), "%s.1", file);
    failed |= ftruncate(fd, 0) != 0 || close(fd) != 0 || rename(file, other) != 0 || unlink(other) != 0;
    free(text);
    return failed ? errno : 0;
}
static int aborts(void)
{
    abort();
}
static int returns(void)
{
    exit(7);
}

static int has_those_to_attach(void)
{
    int is_there = capability_has(CAP_BPF) && capability_has(CAP_PERFMON) && capability_has(CAP_SYS_PTRACE);

    return is_there && !capability_has(CAP_SETUID) && !capability_has(CAP_CHOWN) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
           geteuid() != 0;
}

static const struct st_case_t {
    const char *name;
    int (*code)(void);
    unsigned keep;
    int result;
} cases[] = {
    {"a file cannot be read", opens_for_reading, RIGHTS_TO_REOPEN, EPERM},
    {"... nor be opened for both", opens_for_both, RIGHTS_TO_REOPEN, EPERM},
    {"... nor be written, where the output is standard output", opens_for_writing, 0, EPERM},
    {"... but it can, where it is a file", opens_for_writing, RIGHTS_TO_REOPEN, 0},
    {"there is no other process", forks, RIGHTS_TO_REOPEN, EPERM},
    {"... and no other program", executes, RIGHTS_TO_REOPEN, EPERM},
    {"... no socket", makes_socket, RIGHTS_TO_REOPEN, EPERM},
    {"... no signal", kills, RIGHTS_TO_REOPEN, EPERM},
    {"... no tracing", traces, RIGHTS_TO_REOPEN, EPERM},
    {"... no way back to root", becomes_root, RIGHTS_TO_REOPEN, EPERM},
    {"... no memory that is code", makes_code, RIGHTS_TO_REOPEN, EPERM},
    {"... no BPF", makes_map, RIGHTS_TO_REOPEN | RIGHTS_TO_ASK, EPERM},
    {"what a trace does goes on", works, RIGHTS_TO_REOPEN, 0},
    {"... so does its end", returns, RIGHTS_TO_REOPEN, 7},
    {"... and that by a mistake", aborts, 0, -SIGABRT},
    {"those capabilities stay that attaching takes", has_those_to_attach, RIGHTS_TO_ATTACH, 1},
    {"... with which files can be read", opens_for_reading, RIGHTS_TO_ATTACH, 0},
    {"... but nobody become root", becomes_root, RIGHTS_TO_ATTACH, EPERM},
};

int main(void)
{
    const char *tmp = getenv("TMPDIR");
    char folder[3000], path[sizeof(folder) + 8];
    reason_t reason;

    unsetenv("SUDO_UID");
    if (geteuid() != 0 || capability_may_trace(&reason) != 0) {
        skip("rights are given up", "this is not root, or not all of it");
        return done_testing();
    }
    snprintf(folder, sizeof(folder), "%s/rights-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL || chmod(folder, 0777) != 0)
        bail_out("cannot make a folder");
    snprintf(path, sizeof(path), "%s/file", folder);
    file = path;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        int result = result_of(cases[i].keep, cases[i].code);
#ifdef __SANITIZE_ADDRESS__ /* no filter */
        if ((cases[i].result == EPERM && cases[i].code != becomes_root) || cases[i].result < 0) {
            skip(cases[i].name, "with a sanitizer there is no filter");
            continue;
        }
#endif
        ok(result == cases[i].result, "%s (%d)", cases[i].name, result);
    }
    rmdir(folder);
    return done_testing();
}
