/*
 * probegen: from D probe definitions to a tracer. The passes, in a row:
 *
 *     src_load -> d_parse_file, map_parse_file -> sema -> emitters -> out_commit
 *
 * Its other commands are in folders of their own.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "audit/audit.h"
#include "diff/diff.h"
#include "dtrace/dtrace.h"
#include "model/dump.h"
#include "emit/emit.h"
#include "model/load.h"
#include "model/sema.h"
#include "base/exit.h"
#include "base/file.h"
#include "print/print.h"
#include "emit/usdt/usdt.h"
#include "common/version.h"

typedef enum en_dump_t { DUMP_NONE, DUMP_TOKENS, DUMP_AST, DUMP_IR, DUMP_JSON } dump_t;

typedef struct st_options_t {
    const char *outdir, *depfile, *tracer;
    dump_t dump;
    site_t site;
    int check_only;
    int wanted[64]; /* by emitter */
    char *const *files;
    size_t num_files;
} options_t;

static void print_help(void)
{
    printf("Usage: probegen [OPTION]... FILE.d... [FILE.map]...\n"
           "   or: probegen COMMAND ...\n"
           "Reads definitions of USDT probes (D provider files, as dtrace(1) reads them) and writes the sources of a BPF tracer "
           "for them.\n"
           "A .map file says what a definition cannot: lengths, flags, secrets, fields of structs.\n"
           "\n"
           "  -o, --output-dir=DIR   write the files into DIR (default: .)\n"
           "  -e, --emit=LIST        what to write, names with commas between them (default: all)\n"
           "      --list-emitters    print what there is to write, and exit\n"
           "      --site=KIND        what probe sites are made of in headers for programs: nop (default), nop5, sdt\n"
           "      --tracer=NAME      name of the tracer that is made of the files (default: tracer)\n"
           "      --depfile=NAME     also write a dependency file for make into DIR\n"
           "  -n, --check            only check the files\n"
           "      --dump=json        print the definitions as one JSON document, and write nothing\n"
           "      --dump=tokens, --dump=ast, --dump=ir\n"
           "                         print what a stage of probegen sees (for its developers)\n"
           "  -h, --help             print this text, and exit\n"
           "  -V, --version          print the version, and exit\n"
           "\n"
           "Commands; each has a --help of its own:\n"
           "  audit                  which probes are defined, called, built and seen, and what is wrong with them\n"
           "  dtrace                 dtrace(1) for builds: headers and objects for programs (so does probegen when it is called "
           "dtrace)\n"
           "  explain                what a finding of audit means\n"
           "  diff                   what changed between two versions of definitions, and whom it breaks\n"
           "\n"
           "Files that would not change are not touched. After an error nothing is changed at all.\n"
           "Exit status: 0 all right, 1 mistakes in the definitions, 2 wrong usage, 3 a file cannot be read or written.\n");
}

static _Noreturn void usage(const char *fmt, const char *what)
{
    fputs("probegen: ", stderr);
    fprintf(stderr, fmt, what);
    fputs("\nTry 'probegen --help'.\n", stderr);
    exit(EXIT_USAGE);
}

static void choose_emitters(options_t *options, char *list)
{
    char *rest = NULL;
    int num = 0;

    memset(options->wanted, 0, sizeof(options->wanted));
    for (const char *name = strtok_r(list, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest)) {
        size_t i = 0;
        while (i < num_emitters && strcmp(emitters[i].name, name) != 0)
            ++i;
        if (i == num_emitters)
            usage("there is no emitter '%s'; --list-emitters lists them", name);
        options->wanted[i] = 1;
        ++num;
    }
    if (num == 0)
        usage("%s", "--emit names no emitter; --list-emitters lists them");
}

static dump_t dump_of_name(const char *name)
{
    static const char *const names[] = {[DUMP_TOKENS] = "tokens", [DUMP_AST] = "ast", [DUMP_IR] = "ir", [DUMP_JSON] = "json"};

    for (size_t i = DUMP_TOKENS; i < sizeof(names) / sizeof(names[0]); ++i) {
        if (strcmp(name, names[i]) == 0)
            return i;
    }
    usage("--dump takes json, tokens, ast or ir, not '%s'", name);
}

static void list_emitters(void)
{
    for (size_t i = 0; i < num_emitters; ++i)
        printf("%-10s %s\n", emitters[i].name, emitters[i].help);
}

static void parse_options(options_t *options, int argc, char **argv)
{
    enum { OPT_LIST = 256, OPT_DUMP, OPT_DEPFILE, OPT_SITE, OPT_TRACER };
    static const struct option longopts[] = {{"output-dir", required_argument, NULL, 'o'},
                                             {"emit", required_argument, NULL, 'e'},
                                             {"list-emitters", no_argument, NULL, OPT_LIST},
                                             {"site", required_argument, NULL, OPT_SITE},
                                             {"tracer", required_argument, NULL, OPT_TRACER},
                                             {"depfile", required_argument, NULL, OPT_DEPFILE},
                                             {"check", no_argument, NULL, 'n'},
                                             {"dump", required_argument, NULL, OPT_DUMP},
                                             {"help", no_argument, NULL, 'h'},
                                             {"version", no_argument, NULL, 'V'},
                                             {NULL, 0, NULL, 0}};
    int opt;

    *options = (options_t){.outdir = ".", .tracer = "tracer"};
    for (size_t i = 0; i < num_emitters; ++i)
        options->wanted[i] = 1;
    while ((opt = getopt_long(argc, argv, "o:e:nhV", longopts, NULL)) != -1) {
        switch (opt) {
        case 'o':
            options->outdir = optarg;
            break;
        case 'e':
            choose_emitters(options, optarg);
            break;
        case OPT_LIST:
            list_emitters();
            exit(finish_stdout());
        case OPT_SITE:
            if (site_of_name(optarg, &options->site) != 0)
                usage("--site takes nop, nop5 or sdt, not '%s'", optarg);
            break;
        case OPT_TRACER:
            options->tracer = optarg;
            break;
        case OPT_DEPFILE:
            options->depfile = optarg;
            break;
        case 'n':
            options->check_only = 1;
            break;
        case OPT_DUMP:
            options->dump = dump_of_name(optarg);
            break;
        case 'h':
            print_help();
            exit(finish_stdout());
        case 'V':
            puts("probegen " PROBEGEN_VERSION);
            exit(finish_stdout());
        default:
            fputs("Try 'probegen --help'.\n", stderr);
            exit(EXIT_USAGE);
        }
    }
    options->files = argv + optind;
    options->num_files = argc - optind;
    if (options->num_files == 0)
        usage("%s", "no definitions given");
}

static void read_input(arena_t *arena, diag_t *diag, const options_t *options, const char *path, inputs_t *inputs)
{
    src_t *src;

    if (options->dump != DUMP_TOKENS)
        inputs_read(inputs, arena, diag, path);
    else if ((src = src_load(arena, diag, path)) != NULL)
        (is_map_path(path) ? map_dump_tokens : d_dump_tokens)(stdout, arena, diag, src);
}

static void dump_trees(const inputs_t *inputs)
{
    for (const ast_file_t *file = inputs->files; file != NULL; file = file->next)
        d_dump_tree(stdout, file);
    for (const map_file_t *map = inputs->maps; map != NULL; map = map->next)
        map_dump_tree(stdout, map);
}

/* Whether an output is wanted that has to know how to read every argument. */
static int needs_records(const options_t *options)
{
    if (options->dump != DUMP_NONE)
        return options->dump == DUMP_IR;
    for (size_t i = 0; i < num_emitters; ++i) {
        if (options->wanted[i] && emitters[i].needs_records)
            return 1;
    }
    return 0;
}

static void emit_all(arena_t *arena, diag_t *diag, const options_t *options, const ir_t *ir)
{
    outdir_t *dir = outdir_open(arena, diag, options->outdir);

    if (dir == NULL)
        return;
    for (size_t i = 0; i < num_emitters; ++i) {
        if (options->wanted[i])
            emitters[i].emit(ir, dir);
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
    parse_options(&options, argc, argv);
    for (size_t i = 0; i < options.num_files; ++i)
        read_input(arena, &diag, &options, options.files[i], &inputs);
    if (options.dump == DUMP_AST)
        dump_trees(&inputs);
    if (diag.num_errors == 0 && options.dump != DUMP_TOKENS && options.dump != DUMP_AST) {
        if (inputs.files == NULL)
            usage("%s", "only .map files given, no definitions");
        sema_wish_t wish = {{options.tracer, strlen(options.tracer)}, options.site, needs_records(&options)};
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
    } commands[] = {{"audit", audit_main}, {"dtrace", dtrace_main}, {"explain", explain_main}, {"diff", diff_main}};

    if (is_dtrace(argv[0]))
        return dtrace_main(argc, argv);
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); ++i) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].main(argc - 1, argv + 1);
    }
    return generate(argc, argv);
}
