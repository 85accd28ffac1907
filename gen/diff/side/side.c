#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "model/load.h"
#include "model/sema.h"
#include "diff/side/side.h"
#include "diff/side/tree.h"

/* ---- grouping ---- */

typedef struct st_group_t {
    side_provider_t *provider;
    unsigned num_probes;
} group_t;

/* the groups, in the order in which their providers come first */
static group_t *count_probes(side_t *side, arena_t *arena, const side_item_t *items, size_t num, table_t *by_name)
{
    group_t *groups = arena_alloc(arena, num * sizeof(*groups));

    for (size_t i = 0; i < num; ++i) {
        group_t *made = groups + side->num_providers, *group = table_put(by_name, items[i].provider, made);
        if (group == NULL) {
            group = made;
            ++side->num_providers;
        }
        group->num_probes += items[i].name.n != 0;
    }
    return groups;
}

void side_make(side_t *side, arena_t *arena, side_item_t *items, size_t num)
{
    table_t by_name = {.arena = arena};
    group_t *groups = count_probes(side, arena, items, num, &by_name);

    side->providers = arena_alloc(arena, side->num_providers * sizeof(*side->providers));
    for (unsigned i = 0; i < side->num_providers; ++i) {
        groups[i].provider = side->providers + i;
        side->providers[i].probes = arena_alloc(arena, groups[i].num_probes * sizeof(side_probe_t));
    }
    for (size_t i = 0; i < num; ++i) {
        group_t *group = table_get(&by_name, items[i].provider);
        side_provider_t *provider = group->provider;
        provider->name = items[i].provider;
        if (provider->doc.n == 0)
            provider->doc = items[i].doc;
        if (items[i].name.n == 0)
            continue;
        unsigned index = provider->num_probes++, num_args = items[i].ir != NULL ? items[i].ir->num_args : 0;
        items[i].made = provider->probes + index;
        *items[i].made =
            (side_probe_t){.provider = provider, .name = items[i].name, .ir = items[i].ir, .index = index, .num_args = num_args};
        ++side->num_probes;
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

int side_has_record(const side_probe_t *probe)
{
    if (!side_has_event(probe) || probe->num_args > IR_MAX_ARGS)
        return 0;
    for (unsigned i = 0; i < probe->num_args; ++i) {
        if (probe->ir->args[i].meaning.scalar == SCALAR_UNREADABLE)
            return 0;
    }
    return 1;
}

/* ---- definitions ---- */

/*
 * Mistakes that keep a tracer from being made of definitions need not keep two versions of them from being compared, and what is
 * wrong in an old version cannot be mended any more. They become notes.
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
            return 1; /* one of the sides has it, perhaps */
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
    /* what was tolerated before muted its notes */
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

static int load_definitions(side_t *side, arena_t *arena, diag_t *diag, const side_maps_t *maps)
{
    tolerance_t tolerance = {.diag = diag, .maps = maps};
    int num_errors = diag->num_errors;
    const ir_t *ir = NULL;
    inputs_t inputs;

    inputs_init(&inputs);
    diag->take = tolerate;
    diag->taker = &tolerance;
    diag->num_errors = 0; /* the other side may have had some, and sema ends at them */
    tree_read(&inputs, arena, diag, side->path);
    for (size_t i = 0; i < maps->num; ++i)
        inputs_read(&inputs, arena, diag, maps->paths[i]);
    if (diag->num_errors == 0 && inputs.files == NULL)
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "'%s' has no definitions: files that end in .d", side->path);
    tolerance.has_crowd = has_crowd(inputs.files);
    if (diag->num_errors == 0)
        ir = sema(arena, diag, inputs.files, inputs.maps, &(sema_wish_t){.records = 1});
    diag->take = NULL;
    int is_good = diag->num_errors == 0;
    diag->num_errors += num_errors;
    if (is_good)
        make_of_model(side, arena, ir);
    return is_good ? 0 : -1;
}

/* ---- any of them ---- */

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

int side_load(side_t *side, arena_t *arena, diag_t *diag, const char *path, const side_maps_t *maps)
{
    *side = (side_t){.path = path};
    return !tree_is_git(path) && is_elf(path) ? side_load_binary(side, arena, diag, path)
                                              : load_definitions(side, arena, diag, maps);
}

/* ---- ways ---- */

side_ways_t side_way(unsigned size, int is_float, int is_signed)
{
    unsigned place = 4;

    for (unsigned i = 0; i < 4; ++i) {
        if (size == 1u << i)
            place = i;
    }
    return (side_ways_t)(1 << (place + (is_float ? 10 : is_signed ? 5 : 0)));
}

static side_ways_t way_of(const type_t *type, int is_32)
{
    return side_way(is_32 ? type->size_ilp32 : type->size, type->scalar == SCALAR_FLOAT,
                    type->scalar == SCALAR_INT || type->scalar == SCALAR_UNKNOWN);
}

void side_add_ways(side_t *side, arena_t *arena, int is_32)
{
    for (unsigned i = 0; i < side->num_providers; ++i) {
        const side_provider_t *provider = side->providers + i;
        for (unsigned j = 0; j < provider->num_probes; ++j) {
            side_probe_t *probe = provider->probes + j;
            probe->ways = arena_alloc(arena, probe->num_args * sizeof(*probe->ways));
            for (unsigned k = 0; k < probe->num_args; ++k)
                probe->ways[k] = way_of(&probe->ir->args[k].declared, is_32);
        }
    }
}

str_t side_ways_text(arena_t *arena, side_ways_t ways)
{
    static const char *const kinds[] = {"", ", signed", ", floating-point"};
    str_t text = {NULL, 0};

    for (unsigned way = 0; way < 15; ++way) {
        if ((ways & 1 << way) == 0)
            continue;
        const char *joint = text.n != 0 ? " or " : "";
        unsigned size = way % 5;
        if (size == 4)
            text = arena_printf(arena, "%.*s%san odd size%s", STR_ARG(text), joint, kinds[way / 5]);
        else
            text = arena_printf(arena, "%.*s%s%u byte%s%s", STR_ARG(text), joint, 1u << size, size == 0 ? "" : "s", kinds[way / 5]);
    }
    if ((ways & SIDE_WAY_ABSENT) != 0)
        text = arena_printf(arena, "%.*s%snot at all", STR_ARG(text), text.n != 0 ? " or " : "");
    return text;
}
