#ifndef GEN_AUDIT_AUDIT_H
#define GEN_AUDIT_AUDIT_H

/** `probegen audit`: argv[0] is "audit". @return the exit status, EXIT_* */
int audit_main(int argc, char **argv);
/** `probegen explain`: prints what a finding means, or the list of all. */
int explain_main(int argc, char **argv);

#endif
