#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/safe.h"
#include "doctor/report.h"

#define SUBJECT_WIDTH 12

static unsigned num_said[DOCTOR_NUM_LEVELS];

static void put_level(doctor_level_t level)
{
    static const struct st_word_t {
        const char *word, *colour;
    } words[DOCTOR_NUM_LEVELS] = {{"ok", "32"}, {"warn", "33"}, {"fail", "31"}};

    if (isatty(STDOUT_FILENO))
        printf("\x1b[%sm%-4s\x1b[m", words[level].colour, words[level].word);
    else
        printf("%-4s", words[level].word);
}

void doctor_say(doctor_level_t level, const char *subject, const char *fmt, ...)
{
    va_list args;
    char *text;

    ++num_said[level];
    put_level(level);
    printf("  %-*s  ", SUBJECT_WIDTH, subject);
    va_start(args, fmt);
    int len = vasprintf(&text, fmt, args);
    va_end(args);
    if (len != -1) {
        safe_print(stdout, text, len);
        free(text);
    }
    putchar('\n');
}

unsigned doctor_num_said(doctor_level_t level)
{
    return num_said[level];
}
