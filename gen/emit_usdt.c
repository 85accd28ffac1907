#include <string.h>
#include "emit.h"

static void emit_probe(const ir_t *ir, out_t *out, const ir_probe_t *probe)
{
    str_t provider = probe->provider->name, name = probe->name, macro = probe->macro;

    out_printf(out, "\n/* %.*s:%.*s(", STR_ARG(provider), STR_ARG(name));
    for (unsigned i = 0; i < probe->num_args; ++i) {
        str_t declaration = emit_declaration(ir->arena, probe->args + i);
        out_text(out, i == 0 ? "" : ", ");
        out_str(out, declaration);
    }
    out_printf(out, ")\n");
    emit_comment_text(out, probe->doc, " * ");
    out_printf(out, " */\n#define %.*s_ENABLED() __builtin_expect(%.*s_%.*s_semaphore, 0)\n", STR_ARG(macro), STR_ARG(provider),
               STR_ARG(name));
    out_printf(out, "PROBEGEN_SEMAPHORE(%.*s_%.*s_semaphore);\n#define %.*s(", STR_ARG(provider), STR_ARG(name), STR_ARG(macro));
    for (unsigned i = 0; i < probe->num_args; ++i)
        out_printf(out, "%sarg%u", i == 0 ? "" : ", ", i + 1);
    if (probe->num_args == 0)
        out_printf(out, ") STAP_PROBE(%.*s, %.*s", STR_ARG(provider), STR_ARG(name));
    else
        out_printf(out, ") STAP_PROBE%u(%.*s, %.*s", probe->num_args, STR_ARG(provider), STR_ARG(name));
    for (unsigned i = 0; i < probe->num_args; ++i)
        out_printf(out, ", arg%u", i + 1);
    out_text(out, ")\n");
}

static int is_first_of_its_name(const ir_t *ir, unsigned n)
{
    for (unsigned i = 0; i < n; ++i) {
        if (str_eq(ir->providers[i].name, ir->providers[n].name))
            return 0;
    }
    return 1;
}

/*
 * A file for every provider. The semaphores are declared weak and defined in the header itself, so that a program needs no second
 * generated file; the linker keeps one of each.
 */
static void emit_header(const ir_t *ir, outdir_t *dir, unsigned n)
{
    const ir_provider_t *provider = ir->providers + n;
    str_t name = provider->name;
    out_t *out = out_begin(dir, arena_printf(ir->arena, "%.*s-probes.h", STR_ARG(name)).p);

    emit_banner(out, "The macros that fire the probes");
    out_printf(out, "#ifndef PROBEGEN_%.*s_PROBES_H\n#define PROBEGEN_%.*s_PROBES_H\n\n", STR_ARG(name), STR_ARG(name));
    out_text(out,
             "#ifndef _SDT_HAS_SEMAPHORES\n#define _SDT_HAS_SEMAPHORES 1\n#endif\n#include <sys/sdt.h>\n\n"
             "/* a counter that tracers raise while they listen; all files of a program share it */\n"
             "#ifndef PROBEGEN_SEMAPHORE\n"
             "#define PROBEGEN_SEMAPHORE(name) \\\n"
             "    __extension__ unsigned short name __attribute__((weak, unused, section(\".probes\"), visibility(\"hidden\")))\n"
             "#endif\n");
    for (unsigned i = n; i < ir->num_providers; ++i) {
        if (!str_eq(ir->providers[i].name, name))
            continue;
        for (unsigned j = 0; j < ir->providers[i].num_probes; ++j)
            emit_probe(ir, out, ir->providers[i].probes[j]);
    }
    out_text(out, "\n#endif\n");
}

void emit_usdt(const ir_t *ir, outdir_t *dir)
{
    for (unsigned i = 0; i < ir->num_providers; ++i) {
        if (is_first_of_its_name(ir, i))
            emit_header(ir, dir, i);
    }
}
