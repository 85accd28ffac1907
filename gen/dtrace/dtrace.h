#ifndef GEN_DTRACE_DTRACE_H
#define GEN_DTRACE_DTRACE_H

/**
 * probegen in the place of dtrace(1), as builds call it: `dtrace -h -s FILE.d` for a header, `dtrace -G -s FILE.d` for an object.
 * @return exit status
 */
int dtrace_main(int argc, char **argv);
/** Whether a program that is started by this name is to behave as dtrace. */
int is_dtrace(const char *argv0);

#endif
