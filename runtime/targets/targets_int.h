#ifndef RUNTIME_TARGETS_TARGETS_INT_H
#define RUNTIME_TARGETS_TARGETS_INT_H

/* What the files that find, follow and name targets share. */

#include "targets/targets.h"

/* ---- files.c ---- */

/** Makes the programs for an attachment. @return 0, or -1 with a reason */
int targets_load(targets_t *targets, attachment_t *attachment, reason_t *reason);
/** Attaches them. @return the same */
int targets_attach_file(targets_t *targets, attachment_t *attachment, reason_t *reason);
/** Does both for all that is not attached yet; what cannot be is said. @param begun when the file was found: a time of clock_now()
 */
void targets_attach_late(targets_t *targets, double begun);
/**
 * Attaches anew if the links look for a main thread that is another one by now: the kernel compares the process by that, and one of
 * the others becomes it when it executes a program.
 */
void targets_attach_again(targets_t *targets);
/** Looks at the files of a process, if they may have changed. @return 0, or -1 with a reason */
int targets_look(targets_t *targets, process_t *process, reason_t *reason);
/** The same while the trace runs: what goes wrong is said. */
void targets_look_late(targets_t *targets, process_t *process);
/** Attaches to whatever comes to a path, before it is executed. @return 0; -1: out of memory */
int targets_watch(targets_t *targets, const char *path);
void targets_look_at_watched(targets_t *targets);

/* ---- members.c ---- */

/** Finds all that was asked for. @return 0, or -1 with a reason */
int targets_find_wanted(targets_t *targets, reason_t *reason);
/** Finds one of the processes that were asked for. @return the same */
int targets_find_process(targets_t *targets, size_t number, reason_t *reason);
int targets_may_come_later(const targets_t *targets, const wanted_process_t *wanted);
/** Finds the control group that was asked for, if one was, and the processes that are new in it. @return the same */
int targets_find_cgroup(targets_t *targets, reason_t *reason);
void targets_set_cgroup(const targets_t *targets);
void targets_add_all_descendants(targets_t *targets);
/** See follow_begin(). @param data the targets */
void targets_take_notice(void *data, const struct pg_notice *notice);
/** Takes out the processes that have ended, and says so. */
void targets_take_ended(targets_t *targets);

/* ---- names.c ---- */

/** Says that nothing that was asked for has the probes. */
void targets_say_none(const targets_t *targets);
/** Says that a process has none, and which of its descendants have. */
void targets_say_has_none(const targets_t *targets, const process_t *process);
/** Says which of the processes that were asked for have none, where others have. */
void targets_say_idle(const targets_t *targets);
/** Finds out who else has the probes, for targets_say_others(): later there may be no rights for that. */
void targets_note_others(targets_t *targets);
void targets_say_end(const process_t *process, int status, int is_detailed);

#endif
