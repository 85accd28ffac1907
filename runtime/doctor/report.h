#ifndef RUNTIME_DOCTOR_REPORT_H
#define RUNTIME_DOCTOR_REPORT_H

/** What was looked at: all is well, something is lost, or nothing can be traced. */
typedef enum en_doctor_level_t { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL, DOCTOR_NUM_LEVELS } doctor_level_t;

/**
 * A line on standard output: the level (in colour on a terminal), the subject, and what there is to say; if all is not well, what
 * to do, too. It may have names in it that a target chose: it is escaped.
 */
void doctor_say(doctor_level_t level, const char *subject, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/** How many lines of a level were said. */
unsigned doctor_num_said(doctor_level_t level);

#endif
