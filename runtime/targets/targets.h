#ifndef RUNTIME_TARGETS_TARGETS_H
#define RUNTIME_TARGETS_TARGETS_H

#include "targets/attachments.h"
#include "bpf/attach.h"
#include "bpf/kernel.h"
#include "targets/maps.h"
#include "options/options.h"
#include "processes/launch.h"
#include "processes/cgroup.h"
#include "processes/follow.h"
#include "processes/processes.h"

/** A path whose file may be replaced: what comes in its place is attached to before anybody executes it. */
typedef struct st_watched_t {
    char *path;
    struct stat seen; /* its file at the last look */
    int is_refused;   /* that cannot be traced, which was told */
} watched_t;

/** Whom a tracer traces: the processes, their files, and what is attached to these. */
typedef struct st_targets_t {
    const tracer_options_t *options;
    const char *is_selected; /* by index in the catalog: whose events are wanted */
    uint32_t scope;          /* PG_SCOPE_* */
    char *is_found;          /* of each process that was asked for */
    uint32_t *reads;         /* see counting_reads(); NULL: records are made */
    watched_t *watched;
    size_t num_watched, watched_capacity;
    launch_t command; /* if one was asked for */
    cgroup_t cgroup;  /* the same */
    processes_t processes;
    attachments_t files;
    kernel_t kernel;
    object_t object;
    maps_t maps;
    attach_t attach;
    attached_t attached;
    follow_t follow;
    uint32_t missed_notices; /* pg_state.missed_notices as it was last */
    int follows_by_looking;
    size_t num_looks; /* at processes that may have changed */
    int is_full;      /* that there are too many processes was said */
    int is_attached;  /* what is found from now on is attached at once */
    reason_t others;  /* who could have been meant, too, in words; "": nobody */
    int is_forbidden; /* a process may not be looked at by us */
    int code_fd;      /* of a process that will not be looked at again: proc_code_open(); -1: there is none */
    FILE *mappings;   /* of that, too; NULL: there is none */
    uint64_t code;    /* KiB that it had mapped, */
    uint64_t uprobes; /* those of the kernel among it */
    int is_blind;     /* the rights for that were given up: nothing new is looked at */
    int end_status;   /* of the process that has ended last, as waitpid(2) has it; -1: not known, or none has ended */
    double looked;    /* when that was done last: a time of clock_now() */
    /** see survey_wish_t: called while files are looked at, when the trace runs */
    int (*idle)(void *data);
    void *data;
} targets_t;

typedef enum en_targets_result_t {
    TARGETS_OK,
    TARGETS_NONE,  /* the target is at fault: there is none, or it has no probes; that was said */
    TARGETS_FAILED /* the machine is; that was said */
} targets_result_t;

/**
 * Finds processes and files, and looks at the files. What is remarkable is said.
 * @param is_selected by index in the catalog; stays the caller's
 * @return targets_close() is needed in any case
 */
targets_result_t targets_find(targets_t *targets, const tracer_options_t *options, const char *is_selected);
void targets_close(targets_t *targets);
/** Whether more is to be attached to later than what is there: then the rights for that have to stay. */
int targets_may_grow(const targets_t *targets);
/** The first process; 0: none. */
pid_t targets_pid(const targets_t *targets);
/** Creates maps and programs for all that was found. @return 0, or -1 with a reason */
int targets_prepare(targets_t *targets, reason_t *reason);
/** Attaches: from then on there are events. @return 0, or -1 with a reason */
int targets_attach(targets_t *targets, reason_t *reason);
/** Lets the command begin, if there is one. @return 0, or -1 with a reason */
int targets_release(targets_t *targets, reason_t *reason);
/** Has all programs look away: from then on there are no events. */
void targets_look_away(targets_t *targets);
/** To be called some times a second, and when a descriptor of processes or follow is readable. What has changed is said. */
void targets_update(targets_t *targets);
/** Whether something that was asked for is not there yet, and is waited for. */
int targets_wait(const targets_t *targets);
/** Whether nothing can come any more, since all processes have ended; those that have just ended are named. */
int targets_have_ended(targets_t *targets);
/** Those that are traced, for people: "process 12 (/usr/sbin/h2o)". */
void targets_title(const targets_t *targets, reason_t *title);
/** Says which others could have been meant, once, since there was no event. @param seconds for how long */
void targets_say_others(targets_t *targets, double seconds);
uint64_t targets_num_missed(const targets_t *targets);

#endif
