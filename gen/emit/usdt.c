#include "emit/emit.h"
#include "emit/usdt/usdt.h"

static int is_first_of_its_name(const ir_t *ir, unsigned n)
{
    for (unsigned i = 0; i < n; ++i) {
        if (str_eq(ir->providers[i].name, ir->providers[n].name))
            return 0;
    }
    return 1;
}

/* a file for every provider, or for all that have the same name */
void emit_usdt(const ir_t *ir, outdir_t *dir)
{
    for (unsigned i = 0; i < ir->num_providers; ++i) {
        str_t name = ir->providers[i].name;
        if (is_first_of_its_name(ir, i))
            usdt_header(ir, out_begin(dir, arena_printf(ir->arena, "%.*s-probes.h", STR_ARG(name)).p),
                        arena_printf(ir->arena, "PROBEGEN_%.*s_PROBES_H", STR_ARG(name)), name);
    }
}
