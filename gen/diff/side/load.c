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
 * Mistakes that keep a tracer from being made of definitions need not keep two versions from being compared, and an old version
 * cannot be corrected any more. They become notes.
 */
typedef struct st_tolerance_t {
    diag_t *diag;
    const side_maps_t *maps;
    int has_crowd; /* a probe has more than SIDE_MAX_ARGS arguments */
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
        return 1;
    case E_MAP:
    case E_MAP_UNMATCHED:
        if (is_of_both(tolerance->maps, at))
            return 1; /* perhaps the other side has it */
        if (tag == E_MAP)
            return 0;
        break;
    case E_TOO_MANY_ARGS:
        if (tolerance->has_crowd)
            return 0;
        break;
    case E_APPDATA:
    case E_TYPE:
    case E_COLLISION:
    case E_DUP_ARG:
    case E_DUP_FIELD:
        break;
    default:
        return 0;
    }
    /* a report that was tolerated has muted the notes after it */
    tolerance->diag->is_muted = ++tolerance->num_notes > DIAG_MAX_ERRORS;
    diag_note(tolerance->diag, at, "%s [%s]", text, diag_tag_name(tag));
    return 1;
}

static int has_crowd(const ast_file_t *files)
{
    for (const ast_file_t *file = files; file != NULL; file = file->next) {
        for (const ast_provider_t *provider = file->providers; provider != NULL; provider = provider->next) {
            for (const ast_probe_t *probe = provider->probes; probe != NULL; probe = probe->next) {
                unsigned n = 0;
                for (const ast_arg_t *arg = probe->args; arg != NULL && n <= SIDE_MAX_ARGS; arg = arg->next)
                    ++n;
                if (n > SIDE_MAX_ARGS)
                    return 1;
            }
        }
    }
    return 0;
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
    if (diag->num_errors != 0)
        return -1;
    tolerance.has_crowd = has_crowd(inputs.files);
    const ir_t *ir = sema(arena, diag, inputs.files, inputs.maps, &(sema_wish_t){.records = 1, .macros = SEMA_MACROS});
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
