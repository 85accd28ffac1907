#ifndef RUNTIME_DESTINATION_H
#define RUNTIME_DESTINATION_H

#include "options/options.h"
#include "output/output.h"

/**
 * Opens what events are written to: a file with the rights of the user whom root becomes; standard output is open.
 * @param interrupt what ends waiting for a reader; it may be opened later
 * @return 0, or -1 with a reason
 */
int destination_open(output_t *output, const tracer_options_t *options, interrupt_t *interrupt, reason_t *reason);

#endif
