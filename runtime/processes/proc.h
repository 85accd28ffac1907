#ifndef RUNTIME_PROCESSES_PROC_H
#define RUNTIME_PROCESSES_PROC_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Questions to /proc. What is asked about can end, and its pid can be another one's, at any moment: whoever has to be sure holds a
 * pidfd.
 */

typedef void proc_pid_fn(void *data, pid_t pid);

/** Calls the function for all processes. */
void proc_each(proc_pid_fn *fn, void *data);
/** Calls the function for the children of a process. */
void proc_each_child(pid_t pid, proc_pid_fn *fn, void *data);

#define PROC_NAME_SIZE 256
/** The path of the program of a process, or the name of its main thread, cut at its beginning if that is too long. */
void proc_name(pid_t pid, char name[PROC_NAME_SIZE]);
/** The file that a process executes. @return 0, or -1 with errno set */
int proc_program(pid_t pid, struct stat *st);
/** Opens what proc_code() asks, for close(); that can be asked also by who may not look at the process any more. @return -1: errno
 */
int proc_code_open(pid_t pid);
/** How much code a process has mapped, in KiB: its program, and libraries. @return 0, or -1: it has ended */
int proc_code(int fd, uint64_t *program, uint64_t *libraries);
/**
 * How much of that is not its own: pages for uprobes, which the kernel maps when the first of some kinds fires.
 * @param maps its /proc/PID/maps, opened before; is read from its beginning
 */
uint64_t proc_uprobe_code(FILE *maps);
/**
 * A number that changes when a process executes another program, or maps or unmaps code; it may also change without. It costs less
 * than to read the memory map. 0: it cannot be had.
 */
uint64_t proc_signature(pid_t pid);
/**
 * How a process has ended, as wait(2) tells its parent: whether that has waited for it, or has not yet.
 * @param pidfd of that process, and readable
 * @return 0, or -1: it cannot be known
 */
int proc_end(pid_t pid, int pidfd, int *status);
/** The pid namespace of the caller; both 0: it is the initial one. */
void proc_own_namespace(uint64_t *dev, uint64_t *ino);

#endif
