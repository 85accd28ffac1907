/* The tracer: what is done, in a row. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "bpf/kernel.h"
#include "common/clock.h"
#include "exit.h"
#include "list.h"
#include "common/say.h"
#include "targets.h"
#include "tracer.h"

static int list_all(const attachments_t *files)
{
    int status = TRACER_OK;

    for (size_t i = 0; i < files->num && status == TRACER_OK; ++i)
        status = list_sites(&files->list[i]->survey.sites);
    return status;
}

static int run(const tracer_options_t *options, const char *is_selected, double started)
{
    targets_t targets;
    targets_result_t result = targets_find(&targets, options, is_selected);
    int status = result == TARGETS_NONE ? TRACER_TARGET : TRACER_ENVIRONMENT;

    if (result == TARGETS_OK)
        status = options->list ? list_all(&targets.files) : tracer_run(options, &targets, started);
    targets_close(&targets);
    return status;
}

int main(int argc, char **argv)
{
    double started = clock_now();
    tracer_options_t options;
    kernel_t kernel;
    reason_t reason;
    char *is_selected;
    int status;

    tracer_options_parse(&options, argc, argv);
    is_selected = tracer_options_select(&options);
    if (options.list && options.num_processes == 0 && options.num_programs == 0) {
        status = list_catalog(is_selected);
    } else if (!options.list && geteuid() != 0) {
        tracer_say("tracing needs root (CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE)");
        status = TRACER_ENVIRONMENT;
    } else if (!options.list && kernel_ask(&kernel, options.use_perf, &reason) != 0) {
        /* rather than that somebody who may not trace is told of a target that he may not look at */
        tracer_say("%s", reason.text);
        status = TRACER_ENVIRONMENT;
    } else {
        status = run(&options, is_selected, started);
    }
    free(is_selected);
    free((void *)options.globs);
    free(options.processes);
    free((void *)options.programs);
    return status;
}
