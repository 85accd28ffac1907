/*
 * Headers for programs. Three kinds of sites:
 *
 *     nop   of our own, one byte. The default: it costs the same on every kernel, and every tracer knows it.
 *     nop5  of our own, five bytes, which Linux 6.18 on x86-64 replaces by a call while a tracer listens: no trap, so an event is
 *           cheaper there. Not the default: before 6.16 kernels execute it out of line by single-stepping, which makes an event
 *           dearer; that call overwrites what a function keeps below its stack pointer, so that every function with a site has to
 *           move it (see site.h); and later kernels do the same with a no-op of 10 bytes instead, which leaves the red zone alone.
 *     sdt   those of <sys/sdt.h>, for programs that want SystemTap's own.
 *
 * The text that does not depend on the probes is dtrace/semaphore.h and dtrace/site.h.
 */
#include <string.h>
#include "emit/emit.h"
#include "emit/usdt/usdt.h"

extern const char usdt_semaphore_h[], usdt_semaphore_h_end[], usdt_site_h[], usdt_site_h_end[];

const site_name_t site_names[] = {
    [SITE_NOP] = {"nop", "a no-op of one byte, and nothing but the header is needed (default)"},
    [SITE_NOP5] = {"nop5", "the same with a no-op of five bytes, which Linux 6.18 on x86-64 can do without a trap"},
    [SITE_SDT] = {"sdt", "what <sys/sdt.h> makes of them"},
    {0},
};

static void emit_arguments(out_t *out, unsigned num_args, const char *before_first)
{
    for (unsigned i = 0; i < num_args; ++i)
        out_printf(out, "%sarg%u", i == 0 ? before_first : ", ", i + 1);
}

/* What the macro of a probe does. */
static void emit_site(out_t *out, const ir_probe_t *probe, site_t site)
{
    str_t provider = probe->provider->name, name = probe->name;

    if (site == SITE_SDT) {
        out_text(out, "STAP_PROBE");
        if (probe->num_args != 0)
            out_printf(out, "%u", probe->num_args);
        out_printf(out, "(%.*s, %.*s", STR_ARG(provider), STR_ARG(name));
    } else {
        /* names are passed as strings, so that no macro of the program can hit them */
        out_printf(out, "PROBEGEN_SITE%u(%s, \"%.*s\", \"%.*s\"", probe->num_args,
                   site == SITE_NOP5 ? "PROBEGEN_NOP5" : "PROBEGEN_NOP", STR_ARG(provider), STR_ARG(name));
    }
    emit_arguments(out, probe->num_args, ", ");
    out_text(out, ")");
}

static void emit_probe(const ir_t *ir, out_t *out, const ir_probe_t *probe)
{
    str_t provider = probe->provider->name, name = probe->name, macro = probe->macro;

    out_printf(out, "\n/* %.*s:%.*s(", STR_ARG(provider), STR_ARG(name));
    for (unsigned i = 0; i < probe->num_args; ++i) {
        out_text(out, i == 0 ? "" : ", ");
        out_str(out, probe->args[i].declaration);
    }
    out_printf(out, ")\n");
    emit_comment_text(out, probe->doc, " * ");
    out_printf(out, " */\n#define %.*s_ENABLED() __builtin_expect(%.*s_%.*s_semaphore, 0)\n", STR_ARG(macro), STR_ARG(provider),
               STR_ARG(name));
    out_printf(out, "PROBEGEN_SEMAPHORE(%.*s_%.*s_semaphore)\n#define %.*s(", STR_ARG(provider), STR_ARG(name), STR_ARG(macro));
    emit_arguments(out, probe->num_args, "");
    out_text(out, ir->site == SITE_NOP5 ? ") do { PROBEGEN_NO_RED_ZONE(); " : ") ");
    emit_site(out, probe, ir->site);
    out_text(out, ir->site == SITE_NOP5 ? "; } while (0)\n" : "\n");
}

void usdt_header(const ir_t *ir, out_t *out, str_t guard, str_t provider)
{
    emit_banner(out, "The macros that fire the probes");
    out_printf(out, "#ifndef %.*s\n#define %.*s\n\n", STR_ARG(guard), STR_ARG(guard));
    out_bytes(out, usdt_semaphore_h, (size_t)(usdt_semaphore_h_end - usdt_semaphore_h));
    if (ir->site == SITE_SDT) {
        out_text(out, "\n#ifndef _SDT_HAS_SEMAPHORES\n#define _SDT_HAS_SEMAPHORES 1\n#endif\n#include <sys/sdt.h>\n");
    } else {
        out_text(out, "\n");
        out_bytes(out, usdt_site_h, (size_t)(usdt_site_h_end - usdt_site_h));
    }
    for (unsigned i = 0; i < ir->num_providers; ++i) {
        if (provider.n != 0 && !str_eq(ir->providers[i].name, provider))
            continue;
        for (unsigned j = 0; j < ir->providers[i].num_probes; ++j)
            emit_probe(ir, out, ir->providers[i].probes[j]);
    }
    out_text(out, "\n#endif\n");
}

void usdt_semaphores(const ir_t *ir, FILE *out)
{
    fwrite(usdt_semaphore_h, 1, (size_t)(usdt_semaphore_h_end - usdt_semaphore_h), out);
    for (unsigned i = 0; i < ir->num_probes; ++i)
        fprintf(out, "PROBEGEN_SEMAPHORE(%.*s_%.*s_semaphore)\n", STR_ARG(ir->probes[i].provider->name),
                STR_ARG(ir->probes[i].name));
}
