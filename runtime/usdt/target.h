#ifndef RUNTIME_USDT_TARGET_H
#define RUNTIME_USDT_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "common/reason.h"

/** A file, by what /proc/PID/maps says of it: on btrfs and overlayfs the device is not that of stat(2). */
typedef struct st_mapped_file_t {
    uint64_t inode;
    unsigned major, minor;
} mapped_file_t;

/** A part of a file: offsets, the second one is behind it. */
typedef struct st_file_part_t {
    uint64_t begin, end;
} file_part_t;

/** One ELF file that a process executes code from: the program itself or a shared library. */
typedef struct st_module_t {
    mapped_file_t file;
    /** as the target sees it, for people ("/usr/sbin/h2o", "… (deleted)") */
    char *name;
    /** the mapped file itself, also when it was replaced, deleted or is in another mount namespace; -1: it cannot be opened */
    int fd;
    int error;         /* if not: errno */
    char path[32];     /* opens what `fd` is: /proc/self/fd/N. Every look at the file, and the kernel's, goes this way */
    uint64_t start;    /* address of the first mapping */
    uint64_t offset;   /* file offset of that mapping */
    file_part_t *text; /* the parts that are mapped to be executed */
    size_t num_text;
} module_t;

typedef struct st_target_t {
    pid_t pid;     /* 0: no process, but a file */
    pid_t view;    /* a thread that still has the memory map: the main thread may have ended before others */
    int pidfd;     /* readable when the process ends; -1: there is no process */
    char *name;    /* of the program, as the target sees it */
    char root[32]; /* path of its root: /proc/VIEW/root; "": there is no process, and the root is ours */
    int is_part;   /* the modules are not those of a whole program: what they lack may be elsewhere */
    module_t *modules;
    size_t num_modules;
} target_t;

/** Whether a file is of no interest. */
typedef int target_skip_fn(void *data, const mapped_file_t *file);

/**
 * Looks at a process, and opens its modules, which stay open until target_close(). Modules are listed once each (by device and
 * inode), those with an executable mapping of a regular file only.
 * @return 0, or -1 with a reason (no such process, a thread's id, a zombie, a kernel thread, no permission, 32-bit)
 */
int target_open(target_t *target, pid_t pid, reason_t *reason);
/** The same without the files that `skip` does not want; it may be that none is left. */
int target_open_some(target_t *target, pid_t pid, target_skip_fn *skip, void *data, reason_t *reason);
/** A file that no process needs to execute yet; the one module is what the path leads to now. @return as target_open() */
int target_open_file(target_t *target, const char *path, reason_t *reason);
/** A thread of a process by which /proc tells of its memory: the main one, unless that has ended before others; 0: there is none.
 */
pid_t target_view(pid_t pid);
/** Whether a place in a module's file is mapped to be executed: a program can move its code to anonymous memory. */
int target_executes(const module_t *module, uint64_t offset);
/** Whether the process has ended by now; a file never does. */
int target_has_ended(const target_t *target);
void target_close(target_t *target);

#endif
