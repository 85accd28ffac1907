#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/cmdline.h"
#include "common/safe.h"

/* where --help has what it says of an option */
#define HELP_COLUMN 25

/* what getopt_long() returns for the name of the first row; for a letter it returns that */
#define FIRST_NAME 256

/* ---- wrong usage ---- */

static _Noreturn void give_up(const cmdline_t *cmdline)
{
    fprintf(stderr, "Try '%s --help'.\n", cmdline->program);
    exit(CMDLINE_WRONG_USAGE);
}

_Noreturn void cmdline_refuse(const cmdline_t *cmdline, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    safe_vsay(stderr, cmdline->program, fmt, args);
    va_end(args);
    give_up(cmdline);
}

/* ---- help ---- */

static int is_end(const cmdline_option_t *row)
{
    return row->help == NULL && row->letters == NULL;
}

/* @return name and help of a choice; the name is NULL after the last */
static const char *const *choice(const cmdline_option_t *option, size_t i)
{
    return (const char *const *)((const char *)option->choices + i * option->choice_size);
}

static void print_choices(const cmdline_option_t *option)
{
    int width = 0;

    for (size_t i = 0; choice(option, i)[0] != NULL; ++i) {
        int n = strlen(choice(option, i)[0]);
        width = n > width ? n : width;
    }
    for (size_t i = 0; choice(option, i)[0] != NULL; ++i)
        printf("%*s%-*s  %s\n", HELP_COLUMN + 2, "", width, choice(option, i)[0], choice(option, i)[1]);
}

static void print_option(const cmdline_option_t *option)
{
    const char *line = option->help;
    int col = option->letter != '\0' ? printf("  -%c", option->letter) : printf("    ");

    if (option->name != NULL)
        col += printf("%s--%s", option->letter != '\0' ? ", " : "  ", option->name);
    if (option->arg != NULL)
        col += printf("%c%s", option->name != NULL ? '=' : ' ', option->arg);
    if (col >= HELP_COLUMN) {
        putchar('\n');
        col = 0;
    }
    for (size_t n; *line != '\0'; line += n + (line[n] == '\n'), col = 0) {
        n = strcspn(line, "\n");
        printf("%*s%.*s\n", HELP_COLUMN - col, "", (int)n, line);
    }
    if (option->choices != NULL && line[-1] == ':')
        print_choices(option);
}

void cmdline_help(const cmdline_use_t *use)
{
    const cmdline_t *cmdline = use->cmdline;

    printf(cmdline->about, cmdline->program);
    fputs("\n\n", stdout);
    for (const cmdline_option_t *row = cmdline->options; !is_end(row); ++row) {
        if (row->letter != '\0' || row->name != NULL)
            print_option(row);
        else if (row->help != NULL)
            puts(row->help);
    }
    printf("\n%s\n", cmdline->notes);
    exit(cmdline->end_stdout());
}

void cmdline_version(const cmdline_use_t *use)
{
    printf(use->cmdline->version, use->cmdline->program);
    putchar('\n');
    exit(use->cmdline->end_stdout());
}

/* ---- values ---- */

void cmdline_flag(const cmdline_use_t *use)
{
    *(unsigned *)use->member |= use->option->bits != 0 ? use->option->bits : 1;
}

void cmdline_count(const cmdline_use_t *use)
{
    ++*(unsigned *)use->member;
}

void cmdline_string(const cmdline_use_t *use)
{
    *(const char **)use->member = use->arg;
}

void cmdline_number(const cmdline_use_t *use)
{
    const cmdline_option_t *option = use->option;
    char *end;

    errno = 0;
    unsigned long long x = strtoull(use->arg, &end, 10);
    const char *suffix = option->suffixes != NULL && *end != '\0' ? strchr(option->suffixes, *end) : NULL;
    int shift = suffix != NULL ? 10 * (suffix - option->suffixes + 1) : 0;
    if (errno != 0 || !isdigit((unsigned char)use->arg[0]) || end[suffix != NULL] != '\0' || x < 1 || x > option->max >> shift)
        cmdline_refuse(use->cmdline, "%s, not '%s'", option->wants, use->arg);
    if (option->size == sizeof(uint32_t))
        *(uint32_t *)use->member = x << shift;
    else
        *(uint64_t *)use->member = x << shift;
}

static _Noreturn void refuse_choice(const cmdline_use_t *use, const char *name, size_t n)
{
    const cmdline_option_t *option = use->option;

    fprintf(stderr, "%s: --%s takes ", use->cmdline->program, option->name);
    for (size_t i = 0; choice(option, i)[0] != NULL; ++i)
        fprintf(stderr, "%s%s", i == 0 ? "" : choice(option, i + 1)[0] != NULL ? ", " : " or ", choice(option, i)[0]);
    fputs(", not '", stderr);
    safe_print(stderr, name, n);
    fputs("'\n", stderr);
    give_up(use->cmdline);
}

static unsigned find_choice(const cmdline_use_t *use, const char *name, size_t n)
{
    for (unsigned i = 0; choice(use->option, i)[0] != NULL; ++i) {
        const char *known = choice(use->option, i)[0];
        if (strlen(known) == n && memcmp(known, name, n) == 0)
            return i;
    }
    refuse_choice(use, name, n);
}

void cmdline_choice(const cmdline_use_t *use)
{
    *(unsigned *)use->member = find_choice(use, use->arg, strlen(use->arg));
}

void cmdline_choices(const cmdline_use_t *use)
{
    uint64_t bits = 0;

    for (const char *name = use->arg; *name != '\0'; name += *name == ',') {
        size_t n = strcspn(name, ",");
        if (n != 0)
            bits |= 1ull << find_choice(use, name, n);
        name += n;
    }
    if (bits == 0)
        refuse_choice(use, use->arg, strlen(use->arg));
    *(uint64_t *)use->member = bits;
}

/* ---- reading ---- */

static const cmdline_option_t *option_of(const cmdline_t *cmdline, int opt)
{
    const cmdline_option_t *row = cmdline->options;

    if (opt >= FIRST_NAME)
        return row + (opt - FIRST_NAME);
    while (row->letter != opt && (row->letters == NULL || strchr(row->letters, opt) == NULL))
        ++row;
    return row;
}

int cmdline_parse(const cmdline_t *cmdline, void *options, int argc, char **argv)
{
    cmdline_use_t use = {.cmdline = cmdline, .options = options};
    size_t num = 0, size = sizeof("-");
    int opt;

    for (; !is_end(cmdline->options + num); ++num)
        size += 2 + (cmdline->options[num].letters != NULL ? strlen(cmdline->options[num].letters) : 0);
    struct option names[num + 1], *name = names;
    /* "-": arguments that are no options are returned in their place, as if they were arguments of the letter 1 */
    char letters[size], *letter = stpcpy(letters, cmdline->operand != NULL ? "-" : "");
    for (const cmdline_option_t *row = cmdline->options; !is_end(row); ++row) {
        if (row->name != NULL)
            *name++ = (struct option){row->name, row->arg != NULL, NULL, FIRST_NAME + (row - cmdline->options)};
        if (row->letter != '\0')
            letter += sprintf(letter, "%c%s", row->letter, row->arg != NULL ? ":" : "");
        if (row->letters != NULL)
            letter = stpcpy(letter, row->letters);
    }
    *name = (struct option){NULL, 0, NULL, 0};
    argv[0] = (char *)cmdline->program; /* which getopt_long() begins its messages with */
    while ((opt = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        if (opt == '?')
            give_up(cmdline);
        use.arg = optarg;
        if (opt == 1) {
            cmdline->operand(&use);
            continue;
        }
        use.option = option_of(cmdline, opt);
        use.letter = opt < FIRST_NAME ? opt : 0;
        use.member = (char *)options + use.option->offset;
        use.option->set(&use);
    }
    return optind;
}
