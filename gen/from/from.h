#ifndef GEN_FROM_FROM_H
#define GEN_FROM_FROM_H

/**
 * `probegen from BINARY`: a first definition, and a first map, of what the notes and the debug information of a binary say.
 * @return exit status
 */
int from_main(int argc, char **argv);

#endif
