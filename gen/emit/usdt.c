/*
 * Headers for programs. Three kinds of sites:
 *
 *     nop   of our own, one byte. The default: it costs the same on every kernel, and every tracer knows it.
 *     nop5  of our own, five bytes, which Linux 6.18 on x86-64 replaces by a call while a tracer listens: no trap, so an event is
 *           cheaper there. Not the default: before 6.16 kernels execute it out of line by single-stepping, which makes an event
 *           dearer; that call overwrites what a function keeps below its stack pointer, so that every function with a site has to
 *           move it (see usdt/site.h); and later kernels do the same with a no-op of 10 bytes instead, which leaves the red zone
 * alone. sdt   those of <sys/sdt.h>, for programs that want SystemTap's own.
 *
 * The text that does not depend on the probes is usdt/semaphore.h and usdt/site.h. It stands in every header, so that a program
 * needs this one file, as with other dtraces.
 */
#include "emit/emit.h"
#include "emit/usdt.h"

extern const char usdt_semaphore_h[], usdt_semaphore_h_end[], usdt_site_h[], usdt_site_h_end[];

const site_name_t site_names[] = {
    [SITE_NOP] = {"nop", "a no-op of one byte, and nothing but the header is needed (default)"},
    [SITE_NOP5] = {"nop5", "the same with a no-op of five bytes, which Linux 6.18 on x86-64 can do without a trap"},
    [SITE_SDT] = {"sdt", "what <sys/sdt.h> makes of them"},
    {0},
};

/* The macros of a probe. What they do is one of two templates, for probes without arguments and for those with some. */
static void emit_macros(printer_t *to, const ir_probe_t *probe, const char *without_args, const char *with_args)
{
    str_t declarations = STR(""), args = STR("");

    for (unsigned i = 0; i < probe->num_args; ++i) {
        const char *comma = i != 0 ? ", " : "";
        declarations = arena_printf(to->arena, "%.*s%s%.*s", STR_ARG(declarations), comma, STR_ARG(probe->args[i].declaration));
        args = arena_printf(to->arena, "%.*s%sarg%u", STR_ARG(args), comma, i + 1);
    }
    EMIT(to,
         "\n"
         "/* $provider$:$probe$($declarations$)\n"
         "$doc$"
         " */\n"
         "#define $macro$_ENABLED() __builtin_expect($provider$_$probe$_semaphore, 0)\n"
         "PROBEGEN_SEMAPHORE($provider$_$probe$_semaphore)\n"
         "#define $macro$($args$) ",
         TEXT("declarations", declarations), TEXT("args", args));
    EMIT(to, probe->num_args == 0 ? without_args : with_args, TEXT("args", args));
    emit(to, "\n");
}

/* Names are passed to sites of our own as strings, so that no macro of the program can hit them. */
static void emit_nop(printer_t *to, const ir_probe_t *probe)
{
    emit_macros(to, probe, "PROBEGEN_SITE0(PROBEGEN_NOP, \"$provider$\", \"$probe$\")",
                "PROBEGEN_SITE$num_args$(PROBEGEN_NOP, \"$provider$\", \"$probe$\", $args$)");
}

static void emit_nop5(printer_t *to, const ir_probe_t *probe)
{
    emit_macros(
        to, probe, "do { PROBEGEN_NO_RED_ZONE(); PROBEGEN_SITE0(PROBEGEN_NOP5, \"$provider$\", \"$probe$\"); } while (0)",
        "do { PROBEGEN_NO_RED_ZONE(); PROBEGEN_SITE$num_args$(PROBEGEN_NOP5, \"$provider$\", \"$probe$\", $args$); } while (0)");
}

static void emit_sdt(printer_t *to, const ir_probe_t *probe)
{
    emit_macros(to, probe, "STAP_PROBE($provider$, $probe$)", "STAP_PROBE$num_args$($provider$, $probe$, $args$)");
}

void usdt_header(const ir_t *ir, out_t *out, str_t guard, str_t provider)
{
    static const emit_probe_fn emit_by_site[] = {[SITE_NOP] = emit_nop, [SITE_NOP5] = emit_nop5, [SITE_SDT] = emit_sdt};
    printer_t to = printer_begin(out);

    emit_banner(&to, "The macros that fire the probes");
    EMIT(&to,
         "#ifndef $guard$\n"
         "#define $guard$\n"
         "\n",
         TEXT("guard", guard));
    out_bytes(out, usdt_semaphore_h, (size_t)(usdt_semaphore_h_end - usdt_semaphore_h));
    emit(&to, "\n");
    if (ir->site == SITE_SDT)
        emit(&to, "#ifndef _SDT_HAS_SEMAPHORES\n"
                  "#define _SDT_HAS_SEMAPHORES 1\n"
                  "#endif\n"
                  "#include <sys/sdt.h>\n");
    else
        out_bytes(out, usdt_site_h, (size_t)(usdt_site_h_end - usdt_site_h));
    for (unsigned i = 0; i < ir->num_providers; ++i) {
        if (provider.n != 0 && !str_eq(ir->providers[i].name, provider))
            continue;
        for (unsigned j = 0; j < ir->providers[i].num_probes; ++j) {
            if (!ir->providers[i].probes[j]->has_no_macro)
                emit_probe(&to, ir->providers[i].probes[j], emit_by_site[ir->site]);
        }
    }
    emit(&to, "\n"
              "#endif\n");
    printer_end(&to);
}

void usdt_semaphores(const ir_t *ir, FILE *out)
{
    fwrite(usdt_semaphore_h, 1, (size_t)(usdt_semaphore_h_end - usdt_semaphore_h), out);
    for (unsigned i = 0; i < ir->num_probes; ++i)
        fprintf(out, "PROBEGEN_SEMAPHORE(%.*s_%.*s_semaphore)\n", STR_ARG(ir->probes[i].provider->name),
                STR_ARG(ir->probes[i].name));
}

/* a file for every provider, or for all that have the same name */
void emit_usdt(const ir_t *ir, outdir_t *dir)
{
    table_t written = {.arena = ir->arena};

    for (unsigned i = 0; i < ir->num_providers; ++i) {
        str_t name = ir->providers[i].name;
        if (table_put(&written, name, ir->providers + i) == NULL)
            usdt_header(ir, out_begin(dir, arena_printf(ir->arena, "%.*s-probes.h", STR_ARG(name)).p),
                        arena_printf(ir->arena, "PROBEGEN_%.*s_PROBES_H", STR_ARG(name)), name);
    }
}
