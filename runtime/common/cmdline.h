#ifndef RUNTIME_COMMON_CMDLINE_H
#define RUNTIME_COMMON_CMDLINE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Command lines. Each program, and each command of probegen, has one table of its options; how they are read, how wrong usage is
 * reported and what --help prints follow from it. Reading is that of getopt_long(3): values apart or joined, abbreviations,
 * options after other arguments.
 */

/** The exit status of wrong usage, in all programs. */
enum { CMDLINE_WRONG_USAGE = 2 };

typedef struct st_cmdline_t cmdline_t;
typedef struct st_cmdline_option_t cmdline_option_t;

/** One use of an option. */
typedef struct st_cmdline_use_t {
    const cmdline_t *cmdline;
    const cmdline_option_t *option;
    int letter;             /* as which it was given; 0: by its name */
    const char *arg;        /* NULL: it takes none, or it was left out */
    void *options, *member; /* the struct that cmdline_parse() was called with, and what of it is the option's */
} cmdline_use_t;

typedef void cmdline_set_t(const cmdline_use_t *use);

/** A row of a table: an option or, if it has neither letter nor name, lines that stand between options in --help. */
struct st_cmdline_option_t {
    char letter;      /* '\0': none */
    const char *name; /* without its dashes; NULL: none */
    const char *arg;  /* what --help calls its argument; "[NAME]": it may be left out; NULL: it takes none */
    const char *help; /* lines are broken where they have to be; after a colon at the end the choices are listed */
    cmdline_set_t *set;
    int is_rare;                /* only cmdline_help_all() shows it */
    const char *letters;        /* instead of all above: letters that --help does not show, as getopt(3) takes them */
    size_t offset, size;        /* what is set: CMDLINE_MEMBER() */
    unsigned bits;              /* of cmdline_flag(); 0: 1 */
    uint64_t min, max;          /* of numbers and times; 0: 1, and for times as long as 64 bits can hold */
    const char *suffixes;       /* of numbers: "KMG", capitals for 2^10, 2^20 and so on that one may end with; NULL: none */
    const char *wants;          /* of numbers and times: how the message about a wrong one begins, "-p wants a process id" */
    const char *const *choices; /* CMDLINE_CHOICES() */
    size_t choice_size;
};

/** A member of the struct that is given to cmdline_parse(). */
#define CMDLINE_MEMBER(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)NULL)->member)
/** An array of structs that begin with `const char *name, *help`; the last one has no name. */
#define CMDLINE_CHOICES(list) .choices = &(list)->name, .choice_size = sizeof(*(list))

/** Options that have no meaning together. */
typedef struct st_cmdline_exclusion_t {
    const char *option, *others; /* the name of one, and names of those that have none with it, with blanks between them */
    const char *does;            /* why, as the end of a message about both: "lists probes and prints no events" */
} cmdline_exclusion_t;

/** The command line of a program. */
struct st_cmdline_t {
    const char *program;                   /* as messages and --help name it */
    const char *version;                   /* what --version prints; %s stands for the program */
    const char *about, *notes;             /* what --help prints before the options, with %1$s for the program, and after them */
    const cmdline_option_t *options;       /* the last row is empty */
    const cmdline_exclusion_t *exclusions; /* the last row is empty; NULL: there are none */
    /** gets arguments that are no options, in their order; `option` is the last one before, or NULL. NULL: they are left */
    cmdline_set_t *operand;
    /** Called after --help and --version have printed. @return exit status: when it could not be printed, that is reported */
    int (*end_stdout)(void);
};

/* ---- what options do ---- */

/** Sets `bits` of an int or unsigned. */
cmdline_set_t cmdline_flag;
/** Adds 1 to an int or unsigned. */
cmdline_set_t cmdline_count;
/** Sets a const char *. Of an option with one value, this one and those below, the last use counts. */
cmdline_set_t cmdline_string;
/** Sets an integer of 4 or 8 bytes, from `min` to `max`; of suffixes, "K", "k", "KB" and "KiB" are the same. */
cmdline_set_t cmdline_number;
/** Sets a uint64_t: nanoseconds, of a number with decimals or without, and us, ms, s, m, h or d; without one, it is seconds. */
cmdline_set_t cmdline_duration;
/** Sets an unsigned or enum: the index of a choice. */
cmdline_set_t cmdline_choice;
/** Sets a uint64_t: the bits of one or more choices, with commas between their names. */
cmdline_set_t cmdline_choices;
/** Print what they are called after, and end the program. */
cmdline_set_t cmdline_help, cmdline_help_all, cmdline_version;

/**
 * Does what the options say; wrong usage ends the program.
 * @param argv is permuted; argv[0] becomes the program's name
 * @return index of the first argument that is no option
 */
int cmdline_parse(const cmdline_t *cmdline, void *options, int argc, char **argv);

/** Ends the program for wrong usage: "PROGRAM: message", and a hint at --help. */
_Noreturn void cmdline_refuse(const cmdline_t *cmdline, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
