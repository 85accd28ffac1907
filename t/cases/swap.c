/*
 * A target that means to have uprobes set in another file than the one that was looked at: swap FILE OTHER OFFSET maps FILE twice.
 * Commands on standard input: "swap" puts OTHER in place of the first mapping, "other" and "file" call the function at OFFSET in
 * the first and in the second one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SIZE 16384

static char *map(const char *path, char *at)
{
    int fd = open(path, O_RDONLY);
    char *p = mmap(at, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE | (at != NULL ? MAP_FIXED : 0), fd, 0);

    if (p == MAP_FAILED)
        exit(1);
    return p;
}

static void call(char *code)
{
    void (*fn)(void);

    memcpy(&fn, &code, sizeof(fn));
    fn();
}

int main(int argc, char **argv)
{
    char line[64], *first, *second;
    long offset;

    if (argc != 4)
        return 2;
    offset = strtol(argv[3], NULL, 0);
    /* the lower address is the first in the kernel's list, so that is the one to be replaced */
    first = map(argv[1], NULL);
    second = map(argv[1], NULL);
    if (second < first) {
        char *other = first;
        first = second;
        second = other;
    }
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (strcmp(line, "swap\n") == 0)
            map(argv[2], first);
        else if (strcmp(line, "other\n") == 0)
            call(first + offset);
        else if (strcmp(line, "file\n") == 0)
            call(second + offset);
        puts("done");
        fflush(stdout);
    }
    return 0;
}
