#ifndef GEN_FROM_DECIDE_H
#define GEN_FROM_DECIDE_H

#include "from/binary/gathered.h"
#include "model/ir.h"

/* From what all sites of a probe say of an argument to one type and one name. */

typedef struct st_from_arg_t {
    str_t name, type;
    str_t remark;            /* for a comment: what of it is a guess, or differs between sites; n == 0: nothing */
    int is_text, is_address; /* a char pointer; a pointer to what is not known */
    int is_bytes;            /* a pointer to bytes */
    int is_integer;
    str_t points_to; /* "struct st_conn"; n == 0: to no struct */
} from_arg_t;

typedef struct st_from_probe_t {
    const gathered_probe_t *gathered;
    from_arg_t args[IR_MAX_ARGS];
    unsigned num_args;
    str_t sites;        /* how many, and where */
    str_t why_not;      /* it cannot be declared beside another one; n == 0: it can */
    unsigned num_texts; /* strings and bytes of an event, as far as is known */
} from_probe_t;

/** @return as many as gathered->num_probes, in their order */
from_probe_t *decide(arena_t *arena, const gathered_t *gathered);
/** The argument whose value is the length of this one by its name, as definitions have it; NULL: there is none. */
const from_arg_t *partner_of(const from_probe_t *probe, const from_arg_t *arg);

#endif
