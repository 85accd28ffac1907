#ifndef RUNTIME_TARGETS_PROGRAMS_H
#define RUNTIME_TARGETS_PROGRAMS_H

#include "bpf/bcc.h"
#include "bpf/kernel.h"
#include "targets/maps.h"
#include "options/options.h"
#include "survey/survey.h"

/** The programs that are loaded: each is for sites that follow each other in the list of them. */
typedef struct st_programs_t {
    struct st_loaded_t {
        int fd;
        size_t first, end; /* numbers of its sites; the cookie of a site is its distance from the first */
    } * list;
    size_t num, capacity;
} programs_t;

/**
 * Makes and loads as many programs as it takes. @param first_file number of the first file of the survey among all. With -d twice,
 * they are printed on standard error.
 * @return 0, or -1 with a reason; programs_dispose() is needed in any case
 */
int programs_load(programs_t *programs, const object_t *object, const maps_t *maps, const survey_t *survey, unsigned first_file,
                  const tracer_options_t *options, const kernel_t *kernel, reason_t *reason);
/** See bcc_num_missed(). */
uint64_t programs_num_missed(const programs_t *programs);
void programs_dispose(programs_t *programs);

#endif
