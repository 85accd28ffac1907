#ifndef RUNTIME_DOCTOR_PROGRAM_H
#define RUNTIME_DOCTOR_PROGRAM_H

#include <sys/types.h>

/** Says what of the probes a process has, and what of them can be traced; the files of it that have probes, too. */
void doctor_examine_process(pid_t pid);
/** The same of a program or library that need not run. */
void doctor_examine_file(const char *path);

#endif
