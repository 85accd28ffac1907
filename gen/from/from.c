/*
 * `probegen from`: from a binary to a definition. The steps in a row:
 *
 *     options -> gather_file, gather_process -> decide -> write_definition, write_map
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/exit.h"
#include "base/out.h"
#include "base/text.h"
#include "common/safe.h"
#include "from/binary/gather.h"
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
    safe_say(stderr, "probegen from", "%.*s:%.*s is left out: %.*s", STR_ARG(a), STR_ARG(b), STR_ARG(why));
}

/* Probes that are not in the definition are told: nobody looks for them in a comment. */
static void tell_left_out(const gathered_t *gathered, const from_probe_t *probes)
{
    for (const gathered_odd_t *odd = gathered->odd; odd != NULL; odd = odd->next)
        print_warning(odd->provider, odd->name, STR("no definition can have this name"));
    if (gathered->num_odd > GATHERED_MAX_ODD)
        fprintf(stderr, "probegen from: and %zu more names that no definition can have\n", gathered->num_odd - GATHERED_MAX_ODD);
    for (size_t i = 0; i < gathered->num_probes; ++i) {
        if (probes[i].why_not.n != 0)
            print_warning(gathered->probes[i]->provider, gathered->probes[i]->name, probes[i].why_not);
    }
    if (gathered->num_broken != 0)
        fprintf(stderr, "probegen from: %zu notes are malformed, and left out ('readelf -n' shows them)\n", gathered->num_broken);
    if (gathered->num_sites == GATHERED_MAX_SITES)
        fprintf(stderr, "probegen from: only the first %d sites were looked at\n", GATHERED_MAX_SITES);
}

static void check_any(arena_t *arena, diag_t *diag, const gathered_t *gathered)
{
    if (diag->num_errors != 0 || gathered->num_probes != 0)
        return;
    if (gathered->num_others != 0)
        fail(diag, arena_printf(arena, "no such provider; there are: %s", escaped_text(arena, print_safely, gathered->others)));
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
    return arena_printf(arena, "%.*s%s", STR_ARG(what->probes[0].gathered->provider), kind->ending);
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
    text_stream_t text;

    text_stream_begin(&text);
    kind->write(what, text.out);
    text_stream_end(&text);
    out_bytes(out_begin(dir, file_name(arena, what, kind).p), text.p, text.n);
    free(text.p);
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
static write_t *split(arena_t *arena, const gathered_t *gathered, const from_probe_t *probes, size_t *num)
{
    write_t *parts = arena_alloc(arena, gathered->num_probes * sizeof(*parts));

    *num = 0;
    for (size_t i = 0; i < gathered->num_probes; ++i) {
        if (i == 0 || !str_eq(probes[i].gathered->provider, probes[i - 1].gathered->provider))
            parts[(*num)++] = (write_t){.gathered = gathered, .probes = probes + i};
        ++parts[*num - 1].num;
    }
    return parts;
}

static void write_all(arena_t *arena, diag_t *diag, const from_options_t *options, const gathered_t *gathered)
{
    const from_probe_t *probes = decide(arena, gathered);
    const write_t whole = {.gathered = gathered, .probes = probes, .num = gathered->num_probes};
    size_t num;

    tell_left_out(gathered, probes);
    if (options->outdir != NULL) {
        const write_t *parts = split(arena, gathered, probes, &num);
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
    gathered_t gathered;

    from_options_parse(&options, arena, argc, argv);
    gather_begin(&gathered, arena, &diag, options.providers, options.num_providers);
    for (size_t i = 0; i < options.num_files; ++i)
        gather_file(&gathered, options.files[i]);
    if (options.pid != 0)
        gather_process(&gathered, options.pid);
    gather_finish(&gathered);
    check_any(arena, &diag, &gathered);
    if (diag.num_errors == 0)
        write_all(arena, &diag, &options, &gathered);
    int status = finish_stdout();
    if (diag.num_errors != 0)
        status = EXIT_FILE;
    arena_destroy(arena);
    return status;
}
