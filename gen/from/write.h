#ifndef GEN_FROM_WRITE_H
#define GEN_FROM_WRITE_H

#include <stdio.h>
#include "from/decide.h"

/** What is written: the probes of one provider, or of all. */
typedef struct st_write_t {
    const gathered_t *gathered;
    const from_probe_t *probes; /* a part of what decide() returns */
    size_t num;
} write_t;

/** A definition of the probes. */
void write_definition(const write_t *what, FILE *out);
/** A map that says what may be said of their arguments, most of it in comments. */
void write_map(const write_t *what, FILE *out);

#endif
