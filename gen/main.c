/*
 * probegen: from D probe definitions to a tracer. The passes, in a row:
 *
 *     src_load -> d_parse_file, map_parse_file -> sema -> emitters -> out_commit
 *
 * Its other commands are in folders of their own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "audit/audit.h"
#include "common/cmdline.h"
#include "diff/diff.h"
#include "dtrace/dtrace.h"
#include "from/from.h"
#include "model/dump.h"
#include "emit/emit.h"
#include "model/load.h"
#include "model/sema.h"
#include "base/exit.h"
#include "base/file.h"
#include "d/preprocess.h"
#include "print/print.h"
#include "emit/usdt.h"
#include "common/version.h"

/* what --dump takes */
typedef enum en_dump_t { DUMP_NONE = -1, DUMP_JSON, DUMP_TOKENS, DUMP_AST, DUMP_IR } dump_t;

typedef struct st_options_t {
    const char *outdir, *depfile, *tracer;
    dump_t dump;
    site_kind_t site;
    int check_only, is_strict;
    int preprocess;
    command_t cpp_args; /* -I, -D and -U in their order */
    uint64_t wanted;    /* bits of emitters */
    char *const *files;
    size_t num_files;
} options_t;

static void list_emitters(const cmdline_use_t *use)
{
    for (const emitter_t *emitter = emitters; emitter->name != NULL; ++emitter)
        printf("%-10s %s\n", emitter->name, emitter->help);
    exit(use->cmdline->end_stdout());
}

static const struct {
    const char *name, *help;
} dumps[] = {[DUMP_JSON] = {"json"}, [DUMP_TOKENS] = {"tokens"}, [DUMP_AST] = {"ast"}, [DUMP_IR] = {"ir"}, {0}};

/* whoever says what the preprocessor shall know wants it to run */
static void add_cpp_arg(const cmdline_use_t *use)
{
    options_t *options = use->options;

    options->preprocess = 1;
    command_add(&options->cpp_args, arena_printf(options->cpp_args.arena, "-%c%s", use->letter, use->arg).p);
}

#define MEMBER(name) CMDLINE_MEMBER(options_t, name)

static const cmdline_option_t rows[] = {
    {'o', "output-dir", "DIR", "write the files into DIR (default: .)", .set = cmdline_string, MEMBER(outdir)},
    {'e', "emit", "LIST", "what to write, names with commas between them (default: all)", .set = cmdline_choices, MEMBER(wanted),
     CMDLINE_CHOICES(emitters)},
    {0, "list-emitters", NULL, "print what there is to write, and exit", .set = list_emitters},
    {0, "site", "KIND", "what probe sites are made of in headers for programs: nop (default), nop5, sdt", .set = cmdline_choice,
     MEMBER(site), CMDLINE_CHOICES(site_names)},
    {0, "tracer", "NAME", "name of the tracer that is made of the files (default: tracer)", .set = cmdline_string, MEMBER(tracer)},
    {0, "depfile", "NAME", "also write a dependency file for make into DIR", .set = cmdline_string, MEMBER(depfile)},
    {'C', NULL, NULL, "run the definitions through the C preprocessor ($CPP, else cpp), for those whose #if decides",
     .set = cmdline_flag, MEMBER(preprocess)},
    {'D', NULL, "NAME[=VALUE]", "a macro to define (implies -C)", .set = add_cpp_arg, MEMBER(cpp_args)},
    {'U', NULL, "NAME", "a macro to undefine (implies -C)", .set = add_cpp_arg, MEMBER(cpp_args)},
    {'I', NULL, "DIR", "where the preprocessor looks for included files (implies -C)", .set = add_cpp_arg, MEMBER(cpp_args)},
    {'n', "check", NULL, "only check the files", .set = cmdline_flag, MEMBER(check_only)},
    {0, "strict", NULL, "warnings about maps and secrets are errors, one for each entry", .set = cmdline_flag, MEMBER(is_strict)},
    {0, "dump", "json", "print the definitions as one JSON document, and write nothing", .set = cmdline_choice, MEMBER(dump),
     CMDLINE_CHOICES(dumps)},
    {.help = "      --dump=tokens, --dump=ast, --dump=ir\n"
             "                         what a stage of probegen sees (for its developers)"},
    {'h', "help", NULL, "print this text, and exit", .set = cmdline_help},
    {'V', "version", NULL, "print the version, and exit", .set = cmdline_version},
    {0},
};

static const cmdline_t cmdline = {
    .program = "probegen",
    .version = "%s " PROBEGEN_VERSION,
    .about = "Usage: probegen [OPTION]... FILE.d... [FILE.map]...\n"
             "   or: probegen COMMAND ...\n"
             "Reads definitions of USDT probes (D provider files, as dtrace(1) reads them) and writes the sources of a BPF tracer "
             "for them.\n"
             "A .map file says what a definition cannot: lengths, flags, secrets, fields of structs.",
    .options = rows,
    .notes = "Commands; each has a --help of its own:\n"
             "  audit                  which probes are defined, called, built and seen, and\n"
             "                         what is wrong with them\n"
             "  dtrace                 dtrace(1) for builds: headers and objects for programs\n"
             "                         (so does probegen when it is called dtrace)\n"
             "  explain                what a finding of audit means\n"
             "  diff                   what changed between two versions of definitions, and\n"
             "                         whom it breaks\n"
             "  from                   a first definition from a binary, a program that has\n"
             "                         probes and comes without one\n"
             "\n"
             "Files that would not change are not touched. After an error nothing is changed at all.\n"
             "Exit status: 0 all right, 1 mistakes in the definitions, 2 wrong usage, 3 a file cannot be read or written.",
    .end_stdout = finish_stdout,
};

static void parse_options(options_t *options, arena_t *arena, int argc, char **argv)
{
    *options = (options_t){.outdir = ".", .tracer = "tracer", .dump = DUMP_NONE, .wanted = UINT64_MAX, .cpp_args.arena = arena};
    int num = cmdline_parse(&cmdline, options, argc, argv);
    options->files = argv + num;
    options->num_files = argc - num;
    if (options->num_files == 0)
        cmdline_refuse(&cmdline, "no definitions given");
}

static int is_wanted(const options_t *options, const emitter_t *emitter)
{
    return (options->wanted >> (emitter - emitters) & 1) != 0;
}

static void read_input(arena_t *arena, diag_t *diag, const options_t *options, const char *path, inputs_t *inputs)
{
    src_t *src =
        options->preprocess && !is_map_path(path) ? preprocess(arena, diag, &options->cpp_args, path) : src_load(arena, diag, path);

    if (src == NULL)
        return;
    if (options->dump != DUMP_TOKENS)
        inputs_parse(inputs, arena, diag, src);
    else
        (is_map_path(path) ? map_dump_tokens : d_dump_tokens)(stdout, arena, diag, src);
}

static void dump_trees(const inputs_t *inputs)
{
    for (const ast_file_t *file = inputs->files; file != NULL; file = file->next)
        d_dump_tree(stdout, file);
    for (const map_file_t *map = inputs->maps; map != NULL; map = map->next)
        map_dump_tree(stdout, map);
}

/* What the outputs that are wanted need together: EMIT_* */
static unsigned needs_of(const options_t *options)
{
    unsigned needs = 0;

    if (options->dump != DUMP_NONE)
        return options->dump == DUMP_IR ? EMIT_RECORDS : 0;
    for (const emitter_t *emitter = emitters; emitter->name != NULL; ++emitter)
        needs |= is_wanted(options, emitter) ? emitter->needs : 0;
    return needs;
}

static sema_wish_t wish_of(const options_t *options)
{
    unsigned needs = needs_of(options);
    /* who asks for headers wants all macros; where everything is written, a tracer is meant */
    sema_macros_t macros = !(needs & EMIT_MACROS) ? SEMA_NO_MACROS : options->wanted == UINT64_MAX ? SEMA_SOME_MACROS : SEMA_MACROS;

    return (sema_wish_t){.tracer = str_of(options->tracer),
                         .site = options->site,
                         .records = needs & EMIT_RECORDS ? RECORDS_MADE : RECORDS_NONE,
                         .macros = macros,
                         .one_by_one = options->is_strict};
}

static void emit_all(arena_t *arena, diag_t *diag, const options_t *options, const ir_t *ir)
{
    outdir_t *dir = outdir_open(arena, diag, options->outdir);

    if (dir == NULL)
        return;
    for (const emitter_t *emitter = emitters; emitter->name != NULL; ++emitter) {
        if (is_wanted(options, emitter))
            emitter->emit(ir, dir);
    }
    if (options->depfile != NULL)
        out_depfile(dir, options->depfile, (const char *const *)options->files, options->num_files);
    out_commit(dir);
}

static int exit_status(const diag_t *diag)
{
    int status = finish_stdout();

    if (status != EXIT_OK)
        return status;
    return diag->num_errors == 0 ? EXIT_OK : diag->num_file_errors != 0 ? EXIT_FILE : EXIT_MISTAKES;
}

static int generate(int argc, char **argv)
{
    options_t options;
    arena_t *arena = arena_create();
    diag_t diag = {0};
    inputs_t inputs;

    inputs_init(&inputs);
    parse_options(&options, arena, argc, argv);
    if (options.is_strict)
        diag.strict = 1ull << W_MAP_UNMATCHED | 1ull << W_MAP_UNFIT | 1ull << W_SECRET;
    for (size_t i = 0; i < options.num_files; ++i)
        read_input(arena, &diag, &options, options.files[i], &inputs);
    if (options.dump == DUMP_AST)
        dump_trees(&inputs);
    if (diag.num_errors == 0 && options.dump != DUMP_TOKENS && options.dump != DUMP_AST) {
        if (inputs.files == NULL)
            cmdline_refuse(&cmdline, "only .map files given, no definitions");
        sema_wish_t wish = wish_of(&options);
        const ir_t *ir = sema(arena, &diag, inputs.files, inputs.maps, &wish);
        if (diag.num_errors != 0 || options.check_only)
            ;
        else if (options.dump == DUMP_JSON)
            dump_json(stdout, ir);
        else if (options.dump == DUMP_IR)
            dump_ir(stdout, ir);
        else
            emit_all(arena, &diag, &options, ir);
    }
    int status = exit_status(&diag);
    arena_destroy(arena);
    return status;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*main)(int argc, char **argv);
    } commands[] = {
        {"audit", audit_main}, {"dtrace", dtrace_main}, {"explain", explain_main}, {"diff", diff_main}, {"from", from_main}};

    if (is_dtrace(argv[0]))
        return dtrace_main(argc, argv);
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); ++i) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].main(argc - 1, argv + 1);
    }
    return generate(argc, argv);
}
