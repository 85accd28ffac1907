/* The tracer: what is done, in a row. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "bpf/attach.h"
#include "exit.h"
#include "list.h"
#include "say.h"
#include "tracer.h"

static int run(const tracer_options_t *options, const char *is_selected, double started)
{
    target_t target;
    sites_t sites;
    reason_t reason;
    int status;

    if (target_open(&target, options->pid, &reason) != 0) {
        tracer_say("%s", reason.text);
        return TRACER_TARGET;
    }
    if (sites_find(&sites, &target, is_selected, options->show, tracer_say, options->debug ? tracer_say : NULL, &reason) != 0) {
        tracer_say("%s", reason.text);
        status = TRACER_ENVIRONMENT;
    } else if (sites.num == 0 && sites.num_refused != 0) {
        tracer_say("process %d has no site that can be attached to", (int)options->pid);
        status = TRACER_TARGET;
    } else if (sites.num == 0) {
        tracer_say("process %d (%s) has none of the probes; was it built with USDT (sys/sdt.h)? 'readelf -n' shows what a file has",
                   (int)options->pid, target.num_modules != 0 ? target.modules[0].name : "?");
        status = TRACER_TARGET;
    } else if (options->list) {
        status = list_sites(&sites);
    } else {
        status = tracer_run(options, &target, &sites, started);
    }
    sites_dispose(&sites);
    target_close(&target);
    return status;
}

int main(int argc, char **argv)
{
    double started = tracer_now();
    tracer_options_t options;
    char *is_selected;
    int status;

    tracer_options_parse(&options, argc, argv);
    is_selected = tracer_options_select(&options);
    if (options.list && options.pid == 0) {
        status = list_catalog(is_selected);
    } else if (!options.list && attach_best_way() == ATTACH_NONE) {
        tracer_say("this kernel is too old: tracing needs Linux 5.15, and works best from 6.6 on");
        status = TRACER_ENVIRONMENT;
    } else if (!options.list && geteuid() != 0) {
        tracer_say("tracing needs root (CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE)");
        status = TRACER_ENVIRONMENT;
    } else {
        status = run(&options, is_selected, started);
    }
    free(is_selected);
    free((void *)options.globs);
    return status;
}
