/*
 * A side is a binary, or definitions: these are read and checked as for a tracer, so that what is compared is the model that a
 * tracer would be made of.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "diff/side/load.h"
#include "diff/side/tree.h"
#include "model/load.h"
#include "model/sema.h"

/* ---- definitions ---- */

/*
 * A map for both sides may be about what only one of them has, and an old version cannot be corrected any more. What keeps a tracer
 * from being made is a warning of sema already.
 */
typedef struct st_tolerance_t {
    diag_t *diag;
    const side_maps_t *maps;
    int num_notes;
} tolerance_t;

static int is_of_both(const side_maps_t *maps, span_t at)
{
    for (size_t i = 0; at.src != NULL && i < maps->num; ++i) {
        if (at.src->path == maps->paths[i])
            return 1;
    }
    return 0;
}

static int tolerate(void *arg, diag_tag_t tag, span_t at, const char *text)
{
    tolerance_t *tolerance = arg;

    switch (tag) {
    case W_APPDATA:
    case W_TYPE:
    case W_SECRET:
        return 1;
    case W_MAP_UNMATCHED:
    case W_MAP_UNFIT:
        if (is_of_both(tolerance->maps, at))
            return 1; /* perhaps it is about the other side */
        break;
    case E_APPDATA:
        break;
    default:
        return 0;
    }
    /* a report that was tolerated has muted the notes after it */
    tolerance->diag->is_muted = ++tolerance->num_notes > DIAG_MAX_ERRORS;
    diag_note(tolerance->diag, at, "%s [%s]", text, diag_tag_name(tag));
    return 1;
}

/* More arguments than anybody has written: comparing them takes the square of their number. */
static void check_crowd(diag_t *diag, const ast_probe_t *probe)
{
    unsigned n = 0;

    for (const ast_arg_t *arg = probe->args; arg != NULL && n <= SIDE_MAX_ARGS; arg = arg->next)
        ++n;
    if (n > SIDE_MAX_ARGS)
        diag_report(diag, E_TOO_MANY_ARGS, probe->name, "probe '%.*s' has more than %d arguments: they are not compared",
                    STR_ARG(span_text(probe->name)), SIDE_MAX_ARGS);
}

static void check_crowds(diag_t *diag, const ast_file_t *files)
{
    for (const ast_file_t *file = files; file != NULL; file = file->next) {
        for (const ast_provider_t *provider = file->providers; provider != NULL; provider = provider->next) {
            for (const ast_probe_t *probe = provider->probes; probe != NULL; probe = probe->next)
                check_crowd(diag, probe);
        }
    }
}

static void make_of_model(side_t *side, arena_t *arena, const ir_t *ir)
{
    size_t num = 0;
    side_item_t *items = arena_alloc(arena, (ir->num_probes + ir->num_providers) * sizeof(*items));

    for (unsigned i = 0; i < ir->num_providers; ++i) {
        const ir_provider_t *provider = ir->providers + i;
        items[num++] = (side_item_t){.provider = provider->name, .doc = provider->doc};
        for (unsigned j = 0; j < provider->num_probes; ++j)
            items[num++] = (side_item_t){
                .provider = provider->name, .doc = provider->doc, .name = provider->probes[j]->name, .ir = provider->probes[j]};
    }
    side->ir = ir;
    side_make(side, arena, items, num);
    side->by_ir = arena_alloc(arena, ir->num_probes * sizeof(*side->by_ir));
    for (size_t i = 0; i < num; ++i) {
        if (items[i].ir != NULL)
            side->by_ir[items[i].ir - ir->probes] = items[i].made;
    }
}

static int load_definitions(side_t *side, arena_t *arena, diag_t *diag, const side_maps_t *maps)
{
    tolerance_t tolerance = {.diag = diag, .maps = maps};
    inputs_t inputs;

    inputs_init(&inputs);
    diag->take = tolerate;
    diag->taker = &tolerance;
    tree_read(&inputs, arena, diag, side->path);
    for (size_t i = 0; i < maps->num; ++i)
        inputs_read(&inputs, arena, diag, maps->paths[i]);
    if (diag->num_errors == 0 && inputs.files == NULL)
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "'%s' has no definitions: files that end in .d", side->path);
    check_crowds(diag, inputs.files);
    if (diag->num_errors != 0)
        return -1;
    const ir_t *ir = sema(arena, diag, inputs.files, inputs.maps, &(sema_wish_t){.records = RECORDS_SHOWN, .one_by_one = 1});
    if (diag->num_errors != 0)
        return -1;
    make_of_model(side, arena, ir);
    return 0;
}

/* ---- either of them ---- */

static int is_elf(const char *path)
{
    char magic[4];
    struct stat st;
    int is = 0, fd;

    /* opening a pipe would take from it what its reader needs */
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
        return 0;
    is = read(fd, magic, sizeof(magic)) == sizeof(magic) && memcmp(magic, "\177ELF", 4) == 0;
    close(fd);
    return is;
}

int side_load(side_t *side, arena_t *arena, const char *path, const side_maps_t *maps)
{
    diag_t diag = {0}; /* sema ends at mistakes, and those of the other side are none of this one's */

    *side = (side_t){.path = path};
    return !tree_is_git(path) && is_elf(path) ? side_load_binary(side, arena, &diag) : load_definitions(side, arena, &diag, maps);
}
