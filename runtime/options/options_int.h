#ifndef RUNTIME_OPTIONS_OPTIONS_INT_H
#define RUNTIME_OPTIONS_OPTIONS_INT_H

/* What the files of the command line share. */

#include "common/cmdline.h"
#include "options/exit.h"
#include "options/options.h"

/** The table of options, and all that is said of them. */
extern cmdline_t options_cmdline;

/** Ends the program. */
_Noreturn void options_out_of_memory(void);

/* ---- set.c ---- */

cmdline_set_t options_add_glob, options_add_sample, options_add_addresses, options_add_ids, options_add_names, options_add_text,
    options_add_processes, options_set_slower, options_add_program, options_set_compat, options_set_rotation, options_set_ring,
    options_set_record, options_set_interval, options_set_format;

/* ---- select.c ---- */

/** Which view shows the events; what is said of another one is wrong usage. */
void options_choose_view(tracer_options_t *options);

#endif
