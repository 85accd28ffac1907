#ifndef GEN_DIFF_DIFF_H
#define GEN_DIFF_DIFF_H

/** `probegen diff`: argv[0] is "diff". @return the exit status, EXIT_* */
int diff_main(int argc, char **argv);

#endif
