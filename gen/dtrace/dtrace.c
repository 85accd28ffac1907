#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "dtrace/dtrace.h"
#include "base/exit.h"
#include "base/file.h"
#include "common/safe.h"
#include "d/preprocess.h"
#include "model/load.h"
#include "dtrace/object.h"
#include "dtrace/options.h"
#include "base/out.h"
#include "model/sema.h"
#include "emit/usdt.h"

int is_dtrace(const char *argv0)
{
    return argv0 != NULL && strcmp(basename(argv0), "dtrace") == 0;
}

/* What a comment says is about tracers: it keeps no program from being built. */
static int tolerate(void *taker, diag_tag_t tag, span_t at, const char *text)
{
    diag_t *diag = taker;

    if (tag != E_APPDATA)
        return 0;
    diag->take = NULL;
    diag_report(diag, W_APPDATA, at, "%s", text);
    diag->take = tolerate;
    return 1;
}

/* @return NULL when there are mistakes: reported */
static ir_t *read_definitions(arena_t *arena, diag_t *diag, const dtrace_options_t *options)
{
    inputs_t inputs;
    ir_t *ir;

    inputs_init(&inputs);
    diag->take = tolerate;
    diag->taker = diag;
    for (size_t i = 0; i < options->num_scripts; ++i) {
        const char *path = options->scripts[i];
        src_t *src = options->preprocess ? preprocess(arena, diag, &options->cpp_args, path) : src_load(arena, diag, path);
        if (src != NULL)
            inputs_parse(&inputs, arena, diag, src);
    }
    if (diag->num_errors == 0 && inputs.files == NULL)
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "only .map files given, no definitions");
    if (diag->num_errors != 0)
        return NULL;
    ir = sema(arena, diag, inputs.files, inputs.maps,
              &(sema_wish_t){.site = options->site, .macros = options->wants_header ? SEMA_MACROS : SEMA_SOME_MACROS});
    return diag->num_errors == 0 ? ir : NULL;
}

/*
 * An include guard of the probes themselves. A provider may be spread over several headers, and headers of several folders have
 * the same name; a program that includes all of them wants all of their probes.
 */
static str_t make_guard(const ir_t *ir)
{
    unsigned long hash = 0;

    for (unsigned i = 0; i < ir->num_probes; ++i) {
        const ir_probe_t *probe = ir->probes + i;
        hash = str_hash(arena_printf(ir->arena, "%lx %.*s %.*s %u", hash, STR_ARG(probe->provider->name), STR_ARG(probe->name),
                                     probe->num_args));
    }
    return arena_printf(ir->arena, "PROBEGEN_%.*s_%08lX_H", STR_ARG(ir->providers[0].name), hash & 0xffffffff);
}

static void write_header(const ir_t *ir, diag_t *diag, const dtrace_options_t *options)
{
    outdir_t *dir;
    out_t *out = out_begin_file(ir->arena, diag, options->output, &dir);

    usdt_header(ir, out, make_guard(ir), STR(""));
    out_commit(dir);
}

/* The dtrace of other systems changes these objects. We only look whether they are there, so that a wrong name is noticed. */
static void look_at_objects(diag_t *diag, const dtrace_options_t *options)
{
    for (size_t i = 0; i < options->num_objects; ++i) {
        if (access(options->objects[i], R_OK) != 0)
            diag_report(diag, E_FILE, (span_t){.src = NULL}, "cannot read '%s': %s", options->objects[i], strerror(errno));
    }
}

int dtrace_main(int argc, char **argv)
{
    arena_t *arena = arena_create();
    diag_t diag = {0};
    dtrace_options_t options;

    dtrace_options_parse(&options, arena, argc, argv);
    look_at_objects(&diag, &options);
    const ir_t *ir = read_definitions(arena, &diag, &options);
    if (diag.num_errors == 0 && options.wants_object)
        write_object(ir, &diag, &options);
    else if (diag.num_errors == 0)
        write_header(ir, &diag, &options);
    if (diag.num_errors == 0 && options.is_verbose)
        safe_say(stderr, "probegen dtrace", "'%s' has %u probes", options.output, ir->num_probes);
    int status = diag.num_errors == 0 ? EXIT_OK : diag.num_file_errors != 0 ? EXIT_FILE : EXIT_MISTAKES;
    arena_destroy(arena);
    return status;
}
