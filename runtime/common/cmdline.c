#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "common/cmdline.h"
#include "common/reason.h"
#include "common/safe.h"

/* where --help has what it says of an option */
#define HELP_COLUMN 25
#define WIDTH 80

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

/*
 * Prints text and ends the line. Between words it is broken so that lines fit a terminal; a line of the text that begins with a
 * blank is left as it is.
 * @param indent where lines begin
 * @param col    where the first one is, at most there
 */
static void print_text(const char *text, int indent, int col)
{
    for (const char *p = text; *p != '\0';) {
        int is_whole = *p == ' ' && (p == text || p[-1] == '\n');
        int n = (int)strcspn(p, is_whole ? "\n" : " \n");
        if (col > indent && col + 1 + n > WIDTH) {
            putchar('\n');
            col = 0;
        }
        if (n != 0 && col > indent)
            col += printf(" %.*s", n, p);
        else if (n != 0)
            col += printf("%*s%.*s", indent - col, "", n, p);
        p += n;
        if (*p == '\n') {
            putchar('\n');
            col = 0;
        }
        p += *p != '\0';
    }
    putchar('\n');
}

static void print_choices(const cmdline_option_t *option)
{
    int width = 0;

    for (size_t i = 0; choice(option, i)[0] != NULL; ++i) {
        int n = strlen(choice(option, i)[0]);
        width = n > width ? n : width;
    }
    for (size_t i = 0; choice(option, i)[0] != NULL; ++i) {
        int col = printf("%*s%s", HELP_COLUMN + 2, "", choice(option, i)[0]);
        print_text(choice(option, i)[1], HELP_COLUMN + 2 + width + 2, col);
    }
}

/* Of an option that has a name only. */
static int may_be_left_out(const char *arg)
{
    return arg != NULL && arg[0] == '[';
}

static void print_option(const cmdline_option_t *option)
{
    int col = option->letter != '\0' ? printf("  -%c", option->letter) : printf("    ");

    if (option->name != NULL)
        col += printf("%s--%s", option->letter != '\0' ? ", " : "  ", option->name);
    if (may_be_left_out(option->arg))
        col += printf("[=%s", option->arg + 1);
    else if (option->arg != NULL)
        col += printf("%c%s", option->name != NULL ? '=' : ' ', option->arg);
    if (col >= HELP_COLUMN) {
        putchar('\n');
        col = 0;
    }
    print_text(option->help, HELP_COLUMN, col);
    if (option->choices != NULL && option->help[strlen(option->help) - 1] == ':')
        print_choices(option);
}

/* @return whether the row is a headline, of rows that follow */
static int is_headline(const cmdline_option_t *row)
{
    return row->help != NULL && row->letter == '\0' && row->name == NULL;
}

static void print_options(const cmdline_option_t *rows, int with_rare)
{
    const cmdline_option_t *headline = NULL; /* not printed yet */

    for (const cmdline_option_t *row = rows; !is_end(row); ++row) {
        if (is_headline(row))
            headline = row;
        if (is_headline(row) || row->letters != NULL || (row->is_rare && !with_rare))
            continue;
        if (headline != NULL)
            print_text(headline->help, 0, 0);
        headline = NULL;
        print_option(row);
    }
    if (headline != NULL)
        print_text(headline->help, 0, 0);
}

static _Noreturn void print_help(const cmdline_t *cmdline, int with_rare)
{
    char *about;

    if (asprintf(&about, cmdline->about, cmdline->program) >= 0) {
        print_text(about, 0, 0);
        free(about);
    }
    putchar('\n');
    print_options(cmdline->options, with_rare);
    putchar('\n');
    print_text(cmdline->notes, 0, 0);
    exit(cmdline->end_stdout());
}

void cmdline_help(const cmdline_use_t *use)
{
    print_help(use->cmdline, 0);
}

void cmdline_help_all(const cmdline_use_t *use)
{
    print_help(use->cmdline, 1);
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

/* What a size ends with: "K", "KB" and "KiB" are 2^10 all the same, in either case. @return the shift; -1: it is none of them */
static int shift_of(const char *suffixes, const char *suffix)
{
    const char *known;

    if (*suffix == '\0')
        return 0;
    if (suffixes == NULL || (known = strchr(suffixes, toupper((unsigned char)*suffix))) == NULL)
        return -1;
    ++suffix;
    return *suffix == '\0' || strcasecmp(suffix, "B") == 0 || strcasecmp(suffix, "iB") == 0 ? 10 * (known - suffixes + 1) : -1;
}

static _Noreturn void refuse_value(const cmdline_use_t *use)
{
    cmdline_refuse(use->cmdline, "%s, not '%s'", use->option->wants, use->arg);
}

void cmdline_number(const cmdline_use_t *use)
{
    const cmdline_option_t *option = use->option;
    char *end;

    errno = 0;
    unsigned long long x = strtoull(use->arg, &end, 10);
    int shift = shift_of(option->suffixes, end);
    if (errno != 0 || !isdigit((unsigned char)use->arg[0]) || shift == -1 || x < 1 || x > option->max >> shift ||
        x << shift < option->min)
        refuse_value(use);
    if (option->size == sizeof(uint32_t))
        *(uint32_t *)use->member = x << shift;
    else
        *(uint64_t *)use->member = x << shift;
}

/* A time such as "90", "1.5h" or "200ms". @return nanoseconds; 0: it is none, or none that 64 bits can hold */
static uint64_t duration_of(const char *text)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"", 1000000000},   {"us", 1000},         {"ms", 1000000},      {"s", 1000000000},
                 {"m", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000}};
    const char *unit = text + strspn(text, "0123456789."), *p;
    uint64_t ns = 0, sum;
    char *end;

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); ++i)
        ns = strcmp(unit, units[i].name) == 0 ? units[i].ns : ns;
    errno = 0;
    unsigned long long whole = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || errno != 0 || __builtin_mul_overflow(whole, ns, &sum))
        return 0;
    p = end;
    if (*p == '.' && isdigit((unsigned char)p[1])) {
        for (++p; isdigit((unsigned char)*p); ++p) {
            ns /= 10;
            if (__builtin_add_overflow(sum, (*p - '0') * ns, &sum))
                return 0;
        }
    }
    return p == unit ? sum : 0;
}

void cmdline_duration(const cmdline_use_t *use)
{
    uint64_t ns = duration_of(use->arg);

    if (ns == 0 || ns < use->option->min || (use->option->max != 0 && ns > use->option->max))
        refuse_value(use);
    *(uint64_t *)use->member = ns;
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

/* ---- options that have no meaning together ---- */

/* @return its number; that of the end: this program does not have it */
static size_t row_named(const cmdline_t *cmdline, const char *name, size_t n)
{
    const cmdline_option_t *row = cmdline->options;

    while (!is_end(row) && (row->name == NULL || strlen(row->name) != n || memcmp(row->name, name, n) != 0))
        ++row;
    return row - cmdline->options;
}

/* "-w" or "--string-limit" */
static const char *spelling(const cmdline_option_t *row, char *buffer, size_t size)
{
    if (row->letter != '\0')
        snprintf(buffer, size, "-%c", row->letter);
    else
        snprintf(buffer, size, "--%s", row->name);
    return buffer;
}

/* @param is_given by row */
static void check_exclusions(const cmdline_t *cmdline, const char *is_given)
{
    char one[64], other[64];

    for (const cmdline_exclusion_t *row = cmdline->exclusions; row != NULL && row->option != NULL; ++row) {
        size_t i = row_named(cmdline, row->option, strlen(row->option));
        for (const char *name = row->others; *name != '\0'; name += strspn(name, " ")) {
            size_t n = strcspn(name, " "), j = row_named(cmdline, name, n);
            if (!is_end(cmdline->options + i) && !is_end(cmdline->options + j) && is_given[i] && is_given[j])
                cmdline_refuse(cmdline, "%s has no meaning with %s, which %s", spelling(cmdline->options + j, other, sizeof(other)),
                               spelling(cmdline->options + i, one, sizeof(one)), row->does);
            name += n;
        }
    }
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

/* Which option may have been meant; NULL: none is near. */
static const char *find_near(const cmdline_t *cmdline, const char *name)
{
    const char *nearest = NULL;
    unsigned least = UINT_MAX;

    for (const cmdline_option_t *row = cmdline->options; !is_end(row); ++row) {
        unsigned distance = row->name != NULL ? near_distance(name, row->name) : UINT_MAX;
        if (distance == 0 || distance >= least || distance > near_most(name) + (strlen(name) < 8))
            continue;
        least = distance;
        nearest = row->name;
    }
    return nearest;
}

/* getopt_long() has found something wrong, and has not said it. */
static _Noreturn void refuse_option(const cmdline_t *cmdline, int argc, char **argv, const char *letters,
                                    const struct option *names)
{
    int is_unknown = optopt == 0 && optind > 1 && strncmp(argv[optind - 1], "--", 2) == 0, opt;
    const char *typed = is_unknown ? argv[optind - 1] + 2 : "", *near;
    char name[64];

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(typed, "="), typed);
    if (is_unknown && (near = find_near(cmdline, name)) != NULL)
        cmdline_refuse(cmdline, "unrecognized option '--%s'; did you mean --%s?", typed, near);
    optind = 0; /* once more from the beginning */
    opterr = 1;
    while ((opt = getopt_long(argc, argv, letters, names, NULL)) != '?' && opt != -1)
        ;
    give_up(cmdline);
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
            *name++ = (struct option){row->name,
                                      may_be_left_out(row->arg) ? optional_argument
                                      : row->arg != NULL        ? required_argument
                                                                : no_argument,
                                      NULL, FIRST_NAME + (row - cmdline->options)};
        if (row->letter != '\0')
            letter += sprintf(letter, "%c%s", row->letter, row->arg != NULL ? ":" : "");
        if (row->letters != NULL)
            letter = stpcpy(letter, row->letters);
    }
    *name = (struct option){NULL, 0, NULL, 0};
    char is_given[num + 1];
    memset(is_given, 0, sizeof(is_given));
    argv[0] = (char *)cmdline->program; /* which getopt_long() begins its messages with */
    opterr = 0;
    while ((opt = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        if (opt == '?')
            refuse_option(cmdline, argc, argv, letters, names);
        use.arg = optarg;
        if (opt == 1) {
            cmdline->operand(&use);
            continue;
        }
        use.option = option_of(cmdline, opt);
        is_given[use.option - cmdline->options] = 1;
        use.letter = opt < FIRST_NAME ? opt : 0;
        use.member = (char *)options + use.option->offset;
        use.option->set(&use);
    }
    check_exclusions(cmdline, is_given);
    return optind;
}
