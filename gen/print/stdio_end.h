#ifndef GEN_PRINT_STDIO_END_H
#define GEN_PRINT_STDIO_END_H

/** Ends standard output. @return EXIT_OK, or EXIT_FILE when not all could be printed: reported then */
int finish_stdout(void);

#endif
