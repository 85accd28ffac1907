/* The tracer: what is done, in a row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/kernel.h"
#include "common/clock.h"
#include "doctor.h"
#include "options/exit.h"
#include "list.h"
#include "rights/capability.h"
#include "common/say.h"
#include "output/interrupt.h"
#include "output/standard.h"
#include "replay.h"
#include "tracer.h"

/* Whether we may trace at all, rather than that somebody who may not is told of a target that he may not look at. */
static int may_trace(const tracer_options_t *options, reason_t *reason)
{
    kernel_t kernel;

    if (capability_may_trace(reason) != 0 || kernel_ask(&kernel, options->use_perf, reason) != 0 ||
        (!kernel.has_multi && capability_may_use_perf(reason) != 0))
        return -1;
    return 0;
}

static int may_begin(tracer_options_t *options, reason_t *reason)
{
    if (options->replay == NULL && may_trace(options, reason) != 0)
        return -1;
    return user_choose(&options->user, options->user_name, options->keeps_root, reason);
}

int main(int argc, char **argv)
{
    double started = clock_now();
    tracer_options_t options;
    reason_t reason;
    char *is_selected;
    int status;

    if (standard_secure() != 0)
        return TRACER_ENVIRONMENT;
    if (argc > 1 && strcmp(argv[1], "doctor") == 0)
        return doctor_run(argc - 1, argv + 1);
    interrupt_delay_requests();
    tracer_options_parse(&options, argc, argv);
    is_selected = tracer_options_select(&options);
    tracer_options_find_fields(&options, options.is_shown);
    if (options.list && options.num_processes == 0 && options.num_programs == 0 && options.cgroup == NULL) {
        status = list_catalog(is_selected, options.is_verbose);
    } else if (!options.list && options.file == NULL && !standard_can_print()) {
        tracer_say("standard output is closed: events need it, or -w FILE");
        status = TRACER_OUTPUT;
    } else if (!options.list && may_begin(&options, &reason) != 0) {
        tracer_say("%s", reason.text);
        status = TRACER_ENVIRONMENT;
    } else if (options.replay != NULL) {
        status = replay_run(&options, options.is_shown);
    } else {
        status = tracer_run(&options, is_selected, started);
    }
    free(is_selected);
    free(options.is_shown);
    free(options.pairs_asked);
    free((void *)options.globs);
    free(options.filters);
    free((void *)options.expressions.list);
    free((void *)options.headers.list);
    free((void *)options.masks.list);
    free((void *)options.stat.fields);
    free((void *)options.untils.list);
    choose_dispose(&options.choose);
    choose_dispose(&options.until);
    choose_dispose(&options.groups);
    wanted_dispose(&options.wanted);
    free(options.processes);
    free((void *)options.programs);
    return status;
}
