/*
 * A target for the benchmark: a site whose twelve operands are members of a struct, so that the compiler leaves them in memory
 * behind one register. It takes the commands of every exerciser: gen/exerciser/main.c.
 */
#include "exerciser.h"
#include "bench-probes.h"

struct twelve {
    int a, b, c, d, e, f, g, h, i, j, k, l;
};

static struct twelve twelve = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
/* the compiler does not know where it leads, and cannot take the members for constants */
static struct twelve *volatile where = &twelve;

static void fire_operands(ex_t *x)
{
    const struct twelve *t = where;

    ex_ready(x);
    BENCH_OPERANDS(t->a, t->b, t->c, t->d, t->e, t->f, t->g, t->h, t->i, t->j, t->k, t->l);
}

static int is_enabled(void)
{
    return BENCH_OPERANDS_ENABLED();
}

const ex_probe_t ex_probes[] = {{"bench:operands", fire_operands, is_enabled}, {NULL, NULL, NULL}};
const unsigned ex_num_probes = 1;
