/* Every line of standard input fires the probes of operands.c once. The answer: addresses that are among the arguments. */
#include <stdio.h>

#ifdef __cplusplus
#define C extern "C"
#else
#define C extern
#endif
C const char witness_array[];
C long witness_variable;
C const void *witness_member(void);
C void witness_fire(int one);
C const char witness_unknown[];
const char witness_unknown[] = "unknown";

int main(void)
{
    char line[16];

    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        witness_fire(line[0] == '1');
        printf("0x%lx 0x%lx %lu 0x%lx\n", (unsigned long)witness_fire, (unsigned long)&witness_variable,
               (unsigned long)witness_array, (unsigned long)witness_member());
    }
    return 0;
}
