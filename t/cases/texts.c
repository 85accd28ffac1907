/*
 * Texts of any length, at the end of memory. A line on standard input has numbers: for each of them cases:tock is fired with a text of
 * that length, whose NUL is the last byte that there is; then once without text, and once with a text that is not there. The answer
 * is "fired N".
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sdt.h>

#define SIZE (1u << 18)
#define PAGE 4096u

/* keeps the compiler from knowing the value */
static const char *volatile none;

static int fire(const char *lengths)
{
    char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *last = memory + SIZE - PAGE - 1;
    unsigned len;
    int num = 0;

    if (memory == MAP_FAILED || munmap(last + 1, PAGE) != 0)
        return 0;
    for (unsigned i = 0; i < SIZE - PAGE - 1; ++i)
        last[-1 - (int)i] = (char)('a' + i % 26);
    for (int used; sscanf(lengths, "%u%n", &len, &used) == 1 && len < SIZE - PAGE; lengths += used, ++num)
        STAP_PROBE3(cases, tock, 0, (uint64_t)len, (const char *)last - len);
    STAP_PROBE3(cases, tock, 0, (uint64_t)0, none);
    STAP_PROBE3(cases, tock, 0, (uint64_t)1, (const char *)last + 1);
    munmap(memory, SIZE - PAGE);
    return num + 2;
}

int main(void)
{
    char line[4096];

    while (fgets(line, sizeof(line), stdin) != NULL) {
        printf("fired %d\n", fire(line));
        fflush(stdout);
    }
    return 0;
}
