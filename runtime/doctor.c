#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "common/catalog.h"
#include "common/cmdline.h"
#include "common/version.h"
#include "doctor.h"
#include "doctor/machine.h"
#include "doctor/program.h"
#include "doctor/report.h"
#include "options/exit.h"

typedef struct st_doctor_options_t {
    uint32_t pid;     /* 0: none given */
    const char *file; /* NULL: none given */
} doctor_options_t;

static int end_stdout(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return TRACER_OK;
    fprintf(stderr, "%s: cannot write to standard output: %s\n", catalog.tracer, strerror(errno));
    return TRACER_OUTPUT;
}

static void set_file(const cmdline_use_t *use)
{
    doctor_options_t *options = use->options;

    if (options->file != NULL)
        cmdline_refuse(use->cmdline, "one file at a time, not '%s', too", use->arg);
    options->file = use->arg;
}

static const cmdline_option_t rows[] = {
    {'p', "pid", "PID", "a process that is to be traced", .set = cmdline_number, CMDLINE_MEMBER(doctor_options_t, pid),
     .max = INT32_MAX, .wants = "-p wants a process id"},
    {'h', "help", NULL, "print this text, and exit", .set = cmdline_help},
    {'V', "version", NULL, "print the version, and exit", .set = cmdline_version},
    {0},
};

int doctor_run(int argc, char **argv)
{
    char program[256];
    cmdline_t cmdline = {
        .program = program,
        .version = "%s (probegen " PROBEGEN_VERSION ")",
        .about =
            "Usage: %1$s [-p PID | FILE]\n"
            "Says what tracing needs and whether it is there: what the machine can do, and what of the probes a process, or a\n"
            "program or library, has. Each line begins with 'ok', 'warn' (something is lost) or 'fail' (nothing can be traced).",
        .options = rows,
        .notes = "Nothing is attached, and nothing changed.\n"
                 "Exit status: 0 tracing is possible, 2 wrong usage, 3 not on this machine or with these rights, 4 not that "
                 "program, 5 the\n"
                 "lines cannot be written.",
        .operand = set_file,
        .end_stdout = end_stdout,
    };
    doctor_options_t options = {0};

    snprintf(program, sizeof(program), "%s doctor", catalog.tracer);
    int next = cmdline_parse(&cmdline, &options, argc, argv);
    for (; next < argc; ++next) /* after -- */
        set_file(&(cmdline_use_t){.cmdline = &cmdline, .options = &options, .arg = argv[next]});
    if (options.pid != 0 && options.file != NULL)
        cmdline_refuse(&cmdline, "a process or a file, not both");
    doctor_examine_machine();
    unsigned num_failed = doctor_num_said(DOCTOR_FAIL);
    if (options.pid != 0)
        doctor_examine_process((pid_t)options.pid);
    else if (options.file != NULL)
        doctor_examine_file(options.file);
    int status = end_stdout();
    if (status != TRACER_OK)
        return status;
    return num_failed != 0 ? TRACER_ENVIRONMENT : doctor_num_said(DOCTOR_FAIL) != 0 ? TRACER_TARGET : TRACER_OK;
}
