#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/exit.h"
#include "print/stdio_end.h"

int finish_stdout(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_OK;
    fprintf(stderr, "probegen: cannot write to standard output: %s\n", strerror(errno));
    return EXIT_FILE;
}
