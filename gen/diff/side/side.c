/*
 * What both kinds of side have: probes grouped by provider, and the ways in which arguments are passed.
 */
#include "diff/side/side.h"

void side_make(side_t *side, arena_t *arena, side_item_t *items, size_t num)
{
    table_t by_name = {.arena = arena};

    side->providers = arena_alloc(arena, num * sizeof(*side->providers));
    for (size_t i = 0; i < num; ++i) {
        const side_item_t *item = items + i;
        side_provider_t *made = side->providers + side->num_providers, *provider = table_put(&by_name, item->provider, made);
        if (provider == NULL) {
            provider = made;
            provider->name = item->provider;
            ++side->num_providers;
        }
        if (provider->doc.n == 0)
            provider->doc = item->doc;
        provider->num_probes += item->name.n != 0;
    }
    for (unsigned i = 0; i < side->num_providers; ++i) {
        side_provider_t *provider = side->providers + i;
        provider->probes = arena_alloc(arena, provider->num_probes * sizeof(*provider->probes));
        provider->num_probes = 0; /* counted again as they are made */
    }
    for (size_t i = 0; i < num; ++i) {
        side_item_t *item = items + i;
        if (item->name.n == 0)
            continue;
        side_provider_t *provider = table_get(&by_name, item->provider);
        unsigned index = provider->num_probes++, num_args = item->ir != NULL ? item->ir->num_args : 0;
        item->made = provider->probes + index;
        *item->made =
            (side_probe_t){.provider = provider, .name = item->name, .ir = item->ir, .index = index, .num_args = num_args};
        ++side->num_probes;
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

void side_add_ways(side_t *side, arena_t *arena, int is_32)
{
    for (unsigned i = 0; i < side->num_providers; ++i) {
        const side_provider_t *provider = side->providers + i;
        for (unsigned j = 0; j < provider->num_probes; ++j) {
            side_probe_t *probe = provider->probes + j;
            probe->ways = arena_alloc(arena, probe->num_args * sizeof(*probe->ways));
            for (unsigned k = 0; k < probe->num_args; ++k) {
                const type_t *type = &probe->ir->args[k].declared;
                probe->ways[k] = side_way(is_32 ? type->size_ilp32 : type->size, type->scalar == SCALAR_FLOAT,
                                          type->scalar == SCALAR_INT || type->scalar == SCALAR_UNKNOWN);
            }
        }
    }
}

str_t side_ways_text(arena_t *arena, side_ways_t ways)
{
    static const char *const kinds[] = {"", ", signed", ", floating-point"};
    str_t text = {NULL, 0};

    for (unsigned way = 0; way < 16; ++way) {
        const char *joint = text.n != 0 ? " or " : "";
        unsigned size = 1u << way % 5;
        if ((ways & 1 << way) == 0)
            continue;
        if (way == 15) /* SIDE_WAY_ABSENT */
            text = arena_printf(arena, "%.*s%snot at all", STR_ARG(text), joint);
        else if (size == 16)
            text = arena_printf(arena, "%.*s%san odd size%s", STR_ARG(text), joint, kinds[way / 5]);
        else
            text = arena_printf(arena, "%.*s%s%u byte%s%s", STR_ARG(text), joint, size, size == 1 ? "" : "s", kinds[way / 5]);
    }
    return text;
}
