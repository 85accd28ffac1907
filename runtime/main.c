/* The tracer: what is done, in a row. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "bpf/kernel.h"
#include "common/clock.h"
#include "exit.h"
#include "list.h"
#include "common/say.h"
#include "tracer.h"

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
    if (options.list && options.num_processes == 0 && options.num_programs == 0 && options.cgroup == NULL) {
        status = list_catalog(is_selected);
    } else if (!options.list && geteuid() != 0) {
        tracer_say("tracing needs root (CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE)");
        status = TRACER_ENVIRONMENT;
    } else if (!options.list && kernel_ask(&kernel, options.use_perf, &reason) != 0) {
        /* rather than that somebody who may not trace is told of a target that he may not look at */
        tracer_say("%s", reason.text);
        status = TRACER_ENVIRONMENT;
    } else {
        status = tracer_run(&options, is_selected, started);
    }
    free(is_selected);
    free((void *)options.globs);
    free(options.processes);
    free((void *)options.programs);
    return status;
}
