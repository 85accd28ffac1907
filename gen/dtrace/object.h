#ifndef GEN_DTRACE_OBJECT_H
#define GEN_DTRACE_OBJECT_H

#include "base/diag.h"
#include "dtrace/options.h"

/** Makes an object with the semaphores of all probes. What goes wrong is reported through `diag`, and then nothing is written. */
void write_object(const ir_t *ir, diag_t *diag, const dtrace_options_t *options);

#endif
