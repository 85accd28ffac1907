#ifndef RUNTIME_TARGETS_UPROBES_H
#define RUNTIME_TARGETS_UPROBES_H

#include "bpf/attach.h"
#include "common/reason.h"
#include "targets/programs.h"
#include "survey/sites.h"

/** What is attached to, in all files. All zero is nothing. */
typedef struct st_attached_t {
    size_t num_sites;
    unsigned num_probes; /* of these sites */
    char *has_probe;     /* by index in the catalog: to be freed by the caller */
} attached_t;

/**
 * Attaches the programs to their sites. Those that cannot be attached to are left out, and named on standard error.
 * @param attached what is attached to is added to it
 * @param is_multi by uprobe_multi links; else by perf events
 * @param pid      0: such links are not to look at the process
 * @return 0, or -1 with a reason; that none is left is no failure. attach_dispose() is needed in any case
 */
int uprobes_attach(attach_t *attach, attached_t *attached, const sites_t *sites, pid_t pid, const programs_t *programs,
                   int is_multi, reason_t *reason);

#endif
