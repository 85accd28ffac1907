/*
 * `probegen from`: from a binary to a definition. The steps in a row:
 *
 *     options -> found_add_file, found_add_process -> decide -> write_definition, write_map
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/exit.h"
#include "base/out.h"
#include "from/decide.h"
#include "from/from.h"
#include "from/options.h"
#include "from/write.h"
#include "print/print.h"

/* ---- what is told ---- */

static void fail(diag_t *diag, str_t text)
{
    diag_report(diag, E_FILE, (span_t){.src = NULL}, "%.*s", STR_ARG(text));
}

static void print_warning(str_t a, str_t b, str_t why)
{
    fputs("probegen from: ", stderr);
    print_safely(stderr, a);
    fputc(':', stderr);
    print_safely(stderr, b);
    fprintf(stderr, " is left out: %.*s\n", STR_ARG(why));
}

/* Probes that are not in the definition are told: nobody looks for them in a comment. */
static void tell_left_out(const found_t *found, const from_probe_t *probes)
{
    for (const found_odd_t *odd = found->odd; odd != NULL; odd = odd->next)
        print_warning(odd->provider, odd->name, STR("no definition can have this name"));
    if (found->num_odd > FOUND_MAX_ODD)
        fprintf(stderr, "probegen from: and %zu more names that no definition can have\n", found->num_odd - FOUND_MAX_ODD);
    for (size_t i = 0; i < found->num_probes; ++i) {
        if (probes[i].why_not.n != 0)
            print_warning(found->probes[i]->provider, found->probes[i]->name, probes[i].why_not);
    }
    if (found->num_broken != 0)
        fprintf(stderr, "probegen from: %zu notes are malformed, and left out ('readelf -n' shows them)\n", found->num_broken);
    if (found->num_sites == FOUND_MAX_SITES)
        fprintf(stderr, "probegen from: only the first %d sites were looked at\n", FOUND_MAX_SITES);
}

static void check_any(arena_t *arena, diag_t *diag, const found_t *found)
{
    if (diag->num_errors != 0 || found->num_probes != 0)
        return;
    if (found->num_others != 0)
        fail(diag, arena_printf(arena, "no such provider; there are: %s", escaped_text(arena, print_safely, found->others)));
    else
        fail(diag, STR("no definition can have any of these probes"));
}

/* ---- files ---- */

typedef struct st_file_kind_t {
    const char *ending;
    void (*write)(const write_t *what, FILE *out);
} file_kind_t;

static const file_kind_t kinds[] = {{".d", write_definition}, {".map", write_map}};
enum { NUM_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static str_t file_name(arena_t *arena, const write_t *what, const file_kind_t *kind)
{
    return arena_printf(arena, "%.*s%s", STR_ARG(what->probes[0].found->provider), kind->ending);
}

/* Somebody may have worked on it. */
static void check_absent(arena_t *arena, diag_t *diag, const char *dir, const write_t *what)
{
    for (size_t i = 0; i < NUM_KINDS; ++i) {
        str_t path = arena_printf(arena, "%s/%.*s", dir, STR_ARG(file_name(arena, what, &kinds[i])));
        if (access(path.p, F_OK) == 0)
            fail(diag, arena_printf(arena,
                                    "'%.*s' is there already; 'probegen diff' says what differs from it, and --force overwrites it",
                                    STR_ARG(path)));
    }
}

static void write_file(arena_t *arena, outdir_t *dir, const write_t *what, const file_kind_t *kind)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (stream == NULL)
        out_of_memory();
    kind->write(what, stream);
    if (fclose(stream) != 0)
        out_of_memory();
    out_bytes(out_begin(dir, file_name(arena, what, kind).p), text, size);
    free(text);
}

static void write_files(arena_t *arena, diag_t *diag, const from_options_t *options, const write_t *parts, size_t num)
{
    outdir_t *dir;

    for (size_t i = 0; i < num && !options->is_forced; ++i)
        check_absent(arena, diag, options->outdir, &parts[i]);
    if (diag->num_errors != 0 || (dir = outdir_open(arena, diag, options->outdir)) == NULL)
        return;
    for (size_t i = 0; i < num; ++i) {
        for (size_t kind = 0; kind < NUM_KINDS; ++kind)
            write_file(arena, dir, &parts[i], &kinds[kind]);
    }
    out_commit(dir);
}

/* @return one part for each provider; the probes are sorted by it */
static write_t *split(arena_t *arena, const found_t *found, const from_probe_t *probes, size_t *num)
{
    write_t *parts = arena_alloc(arena, found->num_probes * sizeof(*parts));

    *num = 0;
    for (size_t i = 0; i < found->num_probes; ++i) {
        if (i == 0 || !str_eq(probes[i].found->provider, probes[i - 1].found->provider))
            parts[(*num)++] = (write_t){.found = found, .probes = probes + i};
        ++parts[*num - 1].num;
    }
    return parts;
}

static void write_all(arena_t *arena, diag_t *diag, const from_options_t *options, const found_t *found)
{
    const from_probe_t *probes = decide(arena, found);
    const write_t whole = {.found = found, .probes = probes, .num = found->num_probes};
    size_t num;

    tell_left_out(found, probes);
    if (options->outdir != NULL) {
        const write_t *parts = split(arena, found, probes, &num);
        write_files(arena, diag, options, parts, num);
    } else {
        (options->wants_map ? write_map : write_definition)(&whole, stdout);
    }
}

int from_main(int argc, char **argv)
{
    arena_t *arena = arena_create();
    diag_t diag = {0};
    from_options_t options;
    found_t found;

    from_options_parse(&options, arena, argc, argv);
    found_init(&found, arena, &diag, options.providers, options.num_providers);
    for (size_t i = 0; i < options.num_files; ++i)
        found_add_file(&found, options.files[i]);
    if (options.pid != 0)
        found_add_process(&found, options.pid);
    found_finish(&found);
    check_any(arena, &diag, &found);
    if (diag.num_errors == 0)
        write_all(arena, &diag, &options, &found);
    int status = finish_stdout();
    if (diag.num_errors != 0)
        status = EXIT_FILE;
    arena_destroy(arena);
    return status;
}
