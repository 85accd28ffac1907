#ifndef RUNTIME_UPROBES_H
#define RUNTIME_UPROBES_H

#include "bpf/attach.h"
#include "common/reason.h"
#include "programs.h"
#include "survey/sites.h"

/** What is attached to. */
typedef struct st_attached_t {
    size_t num_sites;
    unsigned num_probes; /* of these sites */
    char *is_attached;   /* by index in the catalog, for free(): whether it has one of them */
} attached_t;

/**
 * Attaches the programs to their sites. Those that cannot be attached to are left out, and named on standard error.
 * @param is_multi by uprobe_multi links; else by perf events
 * @param pid      0: such links are not to look at the process
 * @return 0, or -1 with a reason: none is left. attach_dispose() is needed in any case
 */
int uprobes_attach(attach_t *attach, attached_t *attached, const sites_t *sites, pid_t pid, const programs_t *programs,
                   int is_multi, reason_t *reason);

#endif
