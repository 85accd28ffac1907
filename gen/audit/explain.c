#include <stdio.h>
#include <string.h>
#include "audit/audit.h"
#include "audit/evidence/finding.h"
#include "common/cmdline.h"
#include "common/safe.h"
#include "print/print.h"

#define WIDTH 78

/* Prints paragraphs, separated by empty lines, in lines of at most WIDTH columns. */
static void print_paragraphs(const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        print_wrapped(stdout, (str_t){text, n}, 0, WIDTH);
        putchar('\n');
        text += n + (text[n] != '\0');
    }
}

int explain_main(int argc, char **argv)
{
    finding_kind_t kind;

    if (argc == 1) {
        for (kind = 0; kind != FINDING_NUM_KINDS; ++kind) {
            const finding_info_t *info = finding_infos + kind;
            printf("%s  %-8s %-20s %s\n", info->id, severity_name(info->severity), info->slug, info->title);
        }
        return finish_stdout();
    }
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        puts("Usage: probegen explain [FINDING]\n"
             "Explains a finding of 'probegen audit', given as 'P003' or 'not-built'; without one, lists them all.");
        return finish_stdout();
    }
    if (argc != 2 || (kind = finding_of_name(argv[1])) == FINDING_NUM_KINDS) {
        if (argc != 2)
            fputs("probegen explain: one finding at a time\n", stderr);
        else
            safe_say(stderr, "probegen explain", "there is no finding '%s'", argv[1]);
        fputs("Try 'probegen explain', which lists them.\n", stderr);
        return CMDLINE_WRONG_USAGE;
    }
    const finding_info_t *info = finding_infos + kind;
    printf("%s %s: %s (%s)\n\n", info->id, info->slug, info->title, severity_name(info->severity));
    print_paragraphs(info->explanation);
    return finish_stdout();
}
