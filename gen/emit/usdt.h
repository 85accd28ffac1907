#ifndef GEN_EMIT_USDT_H
#define GEN_EMIT_USDT_H

#include <stdio.h>
#include "model/ir.h"
#include "base/out.h"

/** The kinds of sites, as --site takes them: the index is the site_kind_t. Ends with a NULL name. */
typedef struct st_site_name_t {
    const char *name, *help;
} site_name_t;

extern const site_name_t site_names[];

/**
 * Prints a header for programs: the macros that fire the probes, and what these are made of.
 * @param guard    name of the include guard
 * @param provider name of the providers whose probes it has; n == 0: all
 */
void usdt_header(const ir_t *ir, out_t *out, str_t guard, str_t provider);
/** Prints C with the semaphores of all probes, and nothing else: for a program whose headers only declare them. */
void usdt_semaphores(const ir_t *ir, FILE *out);

#endif
