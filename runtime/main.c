/* The tracer: what is done, in a row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/kernel.h"
#include "common/clock.h"
#include "doctor.h"
#include "exit.h"
#include "list.h"
#include "rights/capability.h"
#include "common/say.h"
#include "output/interrupt.h"
#include "output/standard.h"
#include "survey/survey.h"
#include "tracer.h"

/* What is done with a process that has been looked at. */
static int trace_or_list(const tracer_options_t *options, const target_t *target, const survey_t *survey, double started)
{
    const sites_t *sites = &survey->sites;

    if (sites->num == 0 && sites->num_refused != 0) {
        tracer_say("process %d has no site that can be attached to", (int)options->pid);
        return TRACER_TARGET;
    }
    if (sites->num == 0) {
        tracer_say("process %d (%s) has none of the probes; was it built with USDT (sys/sdt.h)? 'readelf -n' shows what a file has",
                   (int)options->pid, target->num_modules != 0 ? target->modules[0].name : "?");
        return TRACER_TARGET;
    }
    return options->list ? list_sites(sites, options->is_verbose) : tracer_run(options, target, survey, started);
}

static int run(const tracer_options_t *options, const char *is_selected, double started)
{
    const survey_wish_t wish = {.is_selected = is_selected,
                                .show = options->show,
                                .sites_only = options->list,
                                .is_detailed = options->debug,
                                .say = tracer_say};
    target_t target;
    survey_t survey;
    reason_t reason;
    int status;

    if (capability_may_look(options->pid, &reason) != 0) {
        tracer_say("%s", reason.text);
        return TRACER_ENVIRONMENT;
    }
    if (target_open(&target, options->pid, &reason) != 0) {
        tracer_say("%s", reason.text);
        return TRACER_TARGET;
    }
    if (survey_make(&survey, &target, &wish, &reason) != 0) {
        tracer_say("%s", reason.text);
        status = target_has_ended(&target) ? TRACER_TARGET : TRACER_ENVIRONMENT;
    } else {
        status = trace_or_list(options, &target, &survey, started);
    }
    survey_dispose(&survey);
    target_close(&target);
    return status;
}

/* Whether we may trace at all, rather than that somebody who may not is told of a target that he may not look at. */
static int may_trace(tracer_options_t *options, reason_t *reason)
{
    kernel_t kernel;

    if (capability_may_trace(reason) != 0 || kernel_ask(&kernel, options->use_perf, reason) != 0 ||
        (!kernel.has_multi && capability_may_use_perf(reason) != 0))
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
    if (options.list && options.pid == 0) {
        status = list_catalog(is_selected, options.is_verbose);
    } else if (!options.list && options.file == NULL && !standard_can_print()) {
        tracer_say("standard output is closed: events need it, or -w FILE");
        status = TRACER_OUTPUT;
    } else if (!options.list && may_trace(&options, &reason) != 0) {
        tracer_say("%s", reason.text);
        status = TRACER_ENVIRONMENT;
    } else {
        status = run(&options, is_selected, started);
    }
    free(is_selected);
    free((void *)options.globs);
    return status;
}
