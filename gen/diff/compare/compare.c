/*
 * What changed between two sides. First everything is paired: providers by name; probes by name, then those that were renamed. Then
 * both sides are walked together, in the order of the new one, and what differs between the two of a pair, or has no partner, is
 * a change.
 *
 * A probe that is gone and one that is new are taken for one that was renamed if they have arguments of the same types and stand at
 * the same place: between the same two probes that both sides have. Where several could be meant, none is.
 *
 * All of it takes n log n, since definitions may be large and hostile.
 */
#include <string.h>
#include "base/text.h"
#include "diff/compare/compare.h"
#include "diff/compare/order.h"
#include "diff/compare/parts.h"
#include "print/print.h"

/* ---- pairing probes ---- */

static void make_partners(arena_t *arena, side_probe_t *before, side_probe_t *after)
{
    before->partner = after;
    after->partner = before;
    if (before->ir == NULL || after->ir == NULL)
        return;
    for (int i = 0; i < 2; ++i) {
        side_probe_t *probe = i == 0 ? before : after;
        unsigned num_args = probe->num_args, num_fields = probe->ir->num_fields;
        probe->arg_partners = arena_alloc(arena, num_args * sizeof(int));
        probe->field_partners = arena_alloc(arena, num_fields * sizeof(int));
        memset(probe->arg_partners, -1, num_args * sizeof(int));
        memset(probe->field_partners, -1, num_fields * sizeof(int));
    }
}

static void pair_by_name(arena_t *arena, side_provider_t *before, side_provider_t *after)
{
    table_t by_name = {.arena = arena};

    for (unsigned i = 0; i < after->num_probes; ++i)
        table_put(&by_name, after->probes[i].name, after->probes + i);
    for (unsigned i = 0; i < before->num_probes; ++i) {
        side_probe_t *partner = table_get(&by_name, before->probes[i].name);
        if (partner != NULL)
            make_partners(arena, before->probes + i, partner);
    }
}

/* the types of the arguments, as one word; `const` does not matter */
static void put_signature(text_t *text, const ir_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        const type_t *type = &probe->args[i].declared;
        str_t name = type->pointee.n != 0 ? type->pointee : type->unknown;
        str_t word = arena_printf(text->arena, "|%d %u %.*s", type->scalar, type->size, STR_ARG(name));
        text_put(text, word.p, word.n);
    }
}

/* the probes without partner that stand at one place and have one signature */
typedef struct st_candidates_t {
    side_probe_t *before, *after;
    unsigned num_before, num_after;
} candidates_t;

/* Probes of the provider on one side, in order; places are indices of the new side, so that the two sides can be compared. */
static void add_candidates(arena_t *arena, table_t *table, side_provider_t *provider, int is_after)
{
    unsigned *next = arena_alloc(arena, (provider->num_probes + 1) * sizeof(*next)), previous = 0;
    text_t key = {.arena = arena};

    for (unsigned i = provider->num_probes; i-- != 0;) {
        const side_probe_t *probe = provider->probes + i;
        next[i] = probe->partner == NULL ? next[i + 1] : 1 + (is_after ? probe->index : probe->partner->index);
    }
    for (unsigned i = 0; i < provider->num_probes; ++i) {
        side_probe_t *probe = provider->probes + i;
        if (probe->partner != NULL) {
            previous = next[i];
            continue;
        }
        key.n = 0;
        str_t place = arena_printf(arena, "%u %u", previous, next[i]);
        text_put(&key, place.p, place.n);
        put_signature(&key, probe->ir);
        candidates_t *made = arena_alloc(arena, sizeof(*made)),
                     *candidates = table_put(table, arena_strdup(arena, (str_t){key.p, key.n}), made);
        if (candidates == NULL)
            candidates = made;
        *(is_after ? &candidates->after : &candidates->before) = probe;
        ++*(is_after ? &candidates->num_after : &candidates->num_before);
    }
}

static void pair_renamed(arena_t *arena, side_provider_t *before, side_provider_t *after)
{
    table_t table = {.arena = arena};

    add_candidates(arena, &table, before, 0);
    add_candidates(arena, &table, after, 1);
    for (size_t i = 0; i < table.capacity; ++i) {
        const candidates_t *candidates = table.slots[i].value;
        if (candidates != NULL && candidates->num_before == 1 && candidates->num_after == 1)
            make_partners(arena, candidates->before, candidates->after);
    }
}

static void pair_all(diff_t *diff)
{
    table_t by_name = {.arena = diff->arena};

    for (unsigned i = 0; i < diff->after.num_providers; ++i)
        table_put(&by_name, diff->after.providers[i].name, diff->after.providers + i);
    for (unsigned i = 0; i < diff->before.num_providers; ++i) {
        side_provider_t *before = diff->before.providers + i, *after = table_get(&by_name, before->name);
        if (after == NULL)
            continue;
        before->partner = after;
        after->partner = before;
        pair_by_name(diff->arena, before, after);
        if (!diff->has_binary)
            pair_renamed(diff->arena, before, after);
    }
}

/* ---- texts ---- */

/* "int fd, const char *name"; of a binary: "4 bytes, signed; 8 bytes" */
static str_t list_args(arena_t *arena, const side_probe_t *probe, const ir_arg_t *args, unsigned num)
{
    text_t text = {.arena = arena};

    for (unsigned i = 0; i < num; ++i) {
        str_t arg = args != NULL ? args[i].declaration : side_ways_text(arena, probe->ways[i]);
        if (i != 0)
            text_put(&text, args != NULL ? ", " : "; ", 2);
        text_put(&text, arg.p, arg.n);
    }
    return (str_t){text.p, text.n};
}

static str_t args_of(arena_t *arena, const side_probe_t *probe)
{
    return list_args(arena, probe, probe->ir != NULL ? probe->ir->args : NULL, probe->num_args);
}

static str_t next_word(str_t *rest)
{
    while (rest->n != 0 && (*rest->p == ' ' || *rest->p == '\n' || *rest->p == '\t'))
        ++rest->p, --rest->n;
    str_t word = {rest->p, 0};
    while (rest->n != 0 && *rest->p != ' ' && *rest->p != '\n' && *rest->p != '\t')
        ++rest->p, --rest->n, ++word.n;
    return word;
}

/* whether it has the same words; lines may be broken elsewhere */
static int is_same_doc(str_t a, str_t b)
{
    while (1) {
        str_t word = next_word(&a), other = next_word(&b);
        if (!str_eq(word, other))
            return 0;
        if (word.n == 0)
            return 1;
    }
}

/* ---- changes of probes ---- */

static const change_end_t nowhere = {.arg = -1};

/* a probe that is on one side only */
static void add_probe(diff_t *diff, const side_probe_t *probe, int is_new)
{
    change_end_t end = end_of_probe(probe);
    str_t args = args_of(diff->arena, probe);

    if (is_new)
        change_add(diff, CHANGE_PROBE_ADDED, nowhere, STR(""), end, args, "%.*s(%.*s)", STR_ARG(probe->name), STR_ARG(args));
    else
        change_add(diff, CHANGE_PROBE_REMOVED, end, args, nowhere, STR(""), "%.*s(%.*s)", STR_ARG(probe->name), STR_ARG(args));
}

static void compare_maps(diff_t *diff, const side_probe_t *before, const side_probe_t *after)
{
    str_t old_name = before->ir->json_name, new_name = after->ir->json_name;
    change_end_t old_end = end_of_probe(before), new_end = end_of_probe(after);

    if (!before->ir->is_skipped && after->ir->is_skipped)
        change_add(diff, CHANGE_PROBE_SKIPPED, old_end, STR(""), new_end, STR("skip"), "skipped by a map");
    else if (before->ir->is_skipped && !after->ir->is_skipped)
        change_add(diff, CHANGE_PROBE_UNSKIPPED, old_end, STR("skip"), new_end, STR(""), "no longer skipped by a map");
    /* if they follow the name of their probe, its renaming says so */
    else if (!before->ir->is_skipped && !str_eq(old_name, new_name) &&
             (!str_eq(old_name, before->name) || !str_eq(new_name, after->name)))
        change_add(diff, CHANGE_EVENTS_RENAMED, old_end, old_name, new_end, new_name, "events renamed: '%.*s' -> '%.*s'",
                   STR_ARG(old_name), STR_ARG(new_name));
}

static void compare_translation(diff_t *diff, const side_probe_t *before, const side_probe_t *after)
{
    str_t old_args = list_args(diff->arena, before, before->ir->xargs, before->ir->num_xargs),
          new_args = list_args(diff->arena, after, after->ir->xargs, after->ir->num_xargs);

    if (!str_eq(old_args, new_args))
        change_add(diff, CHANGE_TRANSLATION, end_of_probe(before), old_args, end_of_probe(after), new_args,
                   "translated arguments: '%.*s' -> '%.*s'", STR_ARG(old_args), STR_ARG(new_args));
}

static void compare_probe(diff_t *diff, side_probe_t *before, side_probe_t *after, int is_moved)
{
    change_end_t old_end = end_of_probe(before), new_end = end_of_probe(after);

    if (!str_eq(before->name, after->name))
        change_add(diff, CHANGE_PROBE_RENAMED, old_end, before->name, new_end, after->name, "renamed: it was '%.*s'",
                   STR_ARG(before->name));
    if (is_moved)
        change_add(diff, CHANGE_PROBE_MOVED, old_end, arena_printf(diff->arena, "%u", before->index + 1), new_end,
                   arena_printf(diff->arena, "%u", after->index + 1),
                   "stands elsewhere: it was number %u, and is number %u of the provider", before->index + 1, after->index + 1);
    if (diff->has_binary) {
        diff_compare_args(diff, before, after);
        return;
    }
    if (!is_same_doc(before->ir->doc, after->ir->doc))
        change_add(diff, CHANGE_PROBE_DOC, old_end, before->ir->doc, new_end, after->ir->doc, "documentation changed");
    compare_maps(diff, before, after);
    change_t **first = diff->next;
    diff_compare_args(diff, before, after);
    if (side_has_event(before) && side_has_event(after))
        diff_compare_members(diff, before, after, first);
    compare_translation(diff, before, after);
}

/* ---- changes of providers ---- */

static void compare_provider(diff_t *diff, const side_provider_t *before, const side_provider_t *after)
{
    int *partners = arena_alloc(diff->arena, before->num_probes * sizeof(*partners));
    unsigned num;

    if (!diff->has_binary && !is_same_doc(before->doc, after->doc))
        change_add(diff, CHANGE_PROVIDER_DOC, end_of_provider(before), before->doc, end_of_provider(after), after->doc,
                   "documentation of the provider changed");
    for (unsigned i = 0; i < before->num_probes; ++i)
        partners[i] = before->probes[i].partner != NULL ? (int)before->probes[i].partner->index : -1;
    const order_pair_t *pairs = order_pairs(diff->arena, partners, before->num_probes, after->num_probes, &num);
    for (unsigned i = 0; i < num; ++i) {
        const order_pair_t *pair = pairs + i;
        if (pair->after == -1)
            add_probe(diff, before->probes + pair->before, 0);
        else if (pair->before == -1)
            add_probe(diff, after->probes + pair->after, 1);
        else /* the order of notes in a binary is the linker's */
            compare_probe(diff, before->probes + pair->before, after->probes + pair->after, pair->is_moved && !diff->has_binary);
    }
}

/* a provider that is on one side only */
static void add_provider(diff_t *diff, const side_provider_t *provider, int is_new)
{
    change_end_t end = end_of_provider(provider);
    str_t num = arena_printf(diff->arena, "%u probe%s", provider->num_probes, plural_of(provider->num_probes));

    if (is_new)
        change_add(diff, CHANGE_PROVIDER_ADDED, nowhere, STR(""), end, num, "provider added: %.*s", STR_ARG(num));
    else
        change_add(diff, CHANGE_PROVIDER_REMOVED, end, num, nowhere, STR(""), "provider removed: %.*s", STR_ARG(num));
    for (unsigned i = 0; i < provider->num_probes; ++i)
        add_probe(diff, provider->probes + i, is_new);
}

/* ---- record ids ---- */

static void compare_ids(diff_t *diff)
{
    const ir_t *ir = diff->after.ir;
    const side_probe_t *first = NULL;
    unsigned num = 0;

    for (unsigned id = ir->num_events; id-- != 0;) {
        side_probe_t *probe = diff->after.by_ir[ir->events[id] - ir->probes];
        const side_probe_t *before = probe->partner;
        probe->shifts_ids = id < diff->before.ir->num_events || num != 0;
        if (before != NULL && side_has_event(before) && before->ir->id != id) {
            first = probe;
            ++num;
        }
    }
    if (num == 0)
        return;
    unsigned old_id = first->partner->ir->id, new_id = first->ir->id;
    change_add(diff, CHANGE_RECORD_IDS, nowhere, arena_printf(diff->arena, "%u", old_id), nowhere,
               arena_printf(diff->arena, "%u", new_id), "record ids of %u probe%s changed, from %.*s:%.*s on: %u -> %u", num,
               plural_of(num), STR_ARG(first->provider->name), STR_ARG(first->name), old_id, new_id);
}

/* ---- entry ---- */

void diff_compare(diff_t *diff)
{
    diff->next = &diff->changes;
    pair_all(diff);
    for (unsigned i = 0; i < diff->before.num_providers; ++i) {
        side_provider_t *provider = diff->before.providers + i;
        if (provider->partner != NULL)
            compare_provider(diff, provider, provider->partner);
        else
            add_provider(diff, provider, 0);
    }
    for (unsigned i = 0; i < diff->after.num_providers; ++i) {
        if (diff->after.providers[i].partner == NULL)
            add_provider(diff, diff->after.providers + i, 1);
    }
    if (!diff->has_binary)
        compare_ids(diff);
}
