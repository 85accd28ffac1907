#ifndef RUNTIME_USDT_TARGET_H
#define RUNTIME_USDT_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "common/reason.h"

/** One ELF file that a process executes code from: the program itself or a shared library. */
typedef struct st_module_t {
    /** as the target sees it, for people ("/usr/sbin/h2o", "… (deleted)") */
    char *name;
    /** the mapped file itself, also when it was replaced, deleted or is in another mount namespace; -1: it cannot be opened */
    int fd;
    int error;       /* if not: errno */
    char path[32];   /* opens what `fd` is: /proc/self/fd/N. Every look at the file, and the kernel's, goes this way */
    uint64_t start;  /* address of the first mapping */
    uint64_t offset; /* file offset of that mapping */
} module_t;

typedef struct st_target_t {
    pid_t pid;
    int pidfd; /* readable when the process ends */
    module_t *modules;
    size_t num_modules;
} target_t;

/**
 * Looks at a process, and opens its modules, which stay open until target_close(). Modules are listed once each (by device and
 * inode), those with an executable mapping of a regular file only.
 * @return 0, or -1 with a reason (no such process, a thread's id, a zombie, a kernel thread, no permission, 32-bit)
 */
int target_open(target_t *target, pid_t pid, reason_t *reason);
/** Whether the process has ended by now. */
int target_has_ended(const target_t *target);
/**
 * How a process that has ended did so, as waitpid(2) has it, though it is not our child. Of another user's it may wait, for 100 ms
 * at most, until somebody has waited for it. @return -1: that is not known
 */
int target_exit_status(const target_t *target);
void target_close(target_t *target);

#endif
