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
    /** a path that opens the mapped file itself, also when it was replaced, deleted or is in another mount namespace:
     * /proc/PID/map_files/A-B, else /proc/PID/root/NAME */
    char *path;
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
 * Looks at a process. Modules are listed once each (by device and inode), those with an executable mapping of a regular file only.
 * @return 0, or -1 with a reason (no such process, a thread's id, a zombie, a kernel thread, no permission, 32-bit)
 */
int target_open(target_t *target, pid_t pid, reason_t *reason);
void target_close(target_t *target);

#endif
