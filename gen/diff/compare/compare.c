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

static void find_moved(arena_t *arena, side_provider_t *before)
{
    int *places = arena_alloc(arena, before->num_probes * sizeof(*places));
    unsigned num = 0;

    for (unsigned i = 0; i < before->num_probes; ++i) {
        if (before->probes[i].partner != NULL)
            places[num++] = (int)before->probes[i].partner->index;
    }
    const char *is_moved = order_find_moved(arena, places, num);
    num = 0;
    for (unsigned i = 0; i < before->num_probes; ++i) {
        if (before->probes[i].partner != NULL)
            before->probes[i].is_moved = before->probes[i].partner->is_moved = is_moved[num++];
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
        if (diff->has_binary)
            continue; /* the order of notes is the linker's */
        pair_renamed(diff->arena, before, after);
        find_moved(diff->arena, before);
    }
}

/* ---- ends of changes ---- */

static change_end_t of_provider(const side_provider_t *provider, str_t text)
{
    return (change_end_t){.provider = provider, .arg = -1, .text = text};
}

static change_end_t of_probe(const side_probe_t *probe, str_t text)
{
    return (change_end_t){.provider = probe->provider, .probe = probe, .arg = -1, .text = text};
}

static const change_end_t nowhere = {.arg = -1};

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

/* ---- documentation ---- */

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

static void add_probe_gone(diff_t *diff, const side_probe_t *probe)
{
    change_t *change = change_add(diff, CHANGE_PROBE_REMOVED, of_probe(probe, args_of(diff->arena, probe)), nowhere);

    change->text = arena_printf(diff->arena, "%.*s(%.*s)", STR_ARG(probe->name), STR_ARG(change->before.text));
}

/* Adds those in [i, end) that have no partner; `to_first` stops at one that has. @return where it stopped */
static unsigned add_probes_gone(diff_t *diff, const side_provider_t *before, unsigned i, unsigned end, int to_first)
{
    for (; i < end; ++i) {
        if (before->probes[i].partner == NULL)
            add_probe_gone(diff, before->probes + i);
        else if (to_first)
            break;
    }
    return i;
}

static void add_probe_new(diff_t *diff, const side_probe_t *probe)
{
    change_t *change = change_add(diff, CHANGE_PROBE_ADDED, nowhere, of_probe(probe, args_of(diff->arena, probe)));

    change->text = arena_printf(diff->arena, "%.*s(%.*s)", STR_ARG(probe->name), STR_ARG(change->after.text));
}

static void compare_maps(diff_t *diff, const side_probe_t *before, const side_probe_t *after)
{
    str_t old_name = before->ir->json_name, new_name = after->ir->json_name;
    change_t *change;

    if (!before->ir->is_skipped && after->ir->is_skipped)
        change_add(diff, CHANGE_PROBE_SKIPPED, of_probe(before, STR("")), of_probe(after, STR("skip")));
    if (before->ir->is_skipped && !after->ir->is_skipped)
        change_add(diff, CHANGE_PROBE_UNSKIPPED, of_probe(before, STR("skip")), of_probe(after, STR("")));
    if (str_eq(old_name, new_name) || before->ir->is_skipped || after->ir->is_skipped)
        return;
    /* if they follow the name of their probe, its renaming says so */
    if (!str_eq(old_name, before->name) || !str_eq(new_name, after->name)) {
        change = change_add(diff, CHANGE_EVENTS_RENAMED, of_probe(before, old_name), of_probe(after, new_name));
        change->text = arena_printf(diff->arena, "events renamed: '%.*s' -> '%.*s'", STR_ARG(old_name), STR_ARG(new_name));
    }
}

static void compare_translation(diff_t *diff, const side_probe_t *before, const side_probe_t *after)
{
    str_t old_args = list_args(diff->arena, before, before->ir->xargs, before->ir->num_xargs),
          new_args = list_args(diff->arena, after, after->ir->xargs, after->ir->num_xargs);

    if (str_eq(old_args, new_args))
        return;
    change_t *change = change_add(diff, CHANGE_TRANSLATION, of_probe(before, old_args), of_probe(after, new_args));
    change->text = arena_printf(diff->arena, "translated arguments: '%.*s' -> '%.*s'", STR_ARG(old_args), STR_ARG(new_args));
}

static void compare_probe(diff_t *diff, side_probe_t *before, side_probe_t *after)
{
    change_t *change;

    if (!str_eq(before->name, after->name)) {
        change = change_add(diff, CHANGE_PROBE_RENAMED, of_probe(before, before->name), of_probe(after, after->name));
        change->text = arena_printf(diff->arena, "renamed: it was '%.*s'", STR_ARG(before->name));
    }
    if (before->is_moved) {
        change = change_add(diff, CHANGE_PROBE_MOVED, of_probe(before, arena_printf(diff->arena, "%u", before->index + 1)),
                            of_probe(after, arena_printf(diff->arena, "%u", after->index + 1)));
        change->text = arena_printf(diff->arena, "stands elsewhere: it was number %u, and is number %u of the provider",
                                    before->index + 1, after->index + 1);
    }
    if (diff->has_binary) {
        diff_compare_ways(diff, before, after);
        return;
    }
    if (!is_same_doc(before->ir->doc, after->ir->doc))
        change_add(diff, CHANGE_PROBE_DOC, of_probe(before, before->ir->doc), of_probe(after, after->ir->doc));
    compare_maps(diff, before, after);
    change_t **first = diff->next;
    diff_compare_args(diff, before, after);
    if (side_has_event(before) && side_has_event(after))
        diff_compare_members(diff, before, after, first);
    compare_translation(diff, before, after);
}

/* ---- changes of providers ---- */

static void compare_provider(diff_t *diff, side_provider_t *before, side_provider_t *after)
{
    unsigned gone = 0; /* probes of the old side before this one have been looked at */

    if (!diff->has_binary && !is_same_doc(before->doc, after->doc))
        change_add(diff, CHANGE_PROVIDER_DOC, of_provider(before, before->doc), of_provider(after, after->doc));
    for (unsigned i = 0; i < after->num_probes; ++i) {
        side_probe_t *probe = after->probes + i;
        /* those that are gone come before what took their place */
        gone = add_probes_gone(diff, before, gone, probe->partner != NULL ? probe->partner->index : before->num_probes,
                               probe->partner == NULL);
        gone += probe->partner != NULL && gone == probe->partner->index;
        if (probe->partner != NULL)
            compare_probe(diff, probe->partner, probe);
        else
            add_probe_new(diff, probe);
    }
    add_probes_gone(diff, before, gone, before->num_probes, 0);
}

static str_t count_probes(arena_t *arena, const side_provider_t *provider)
{
    return arena_printf(arena, "%u probe%s", provider->num_probes, plural_of(provider->num_probes));
}

static void add_provider_gone(diff_t *diff, const side_provider_t *provider)
{
    change_t *change =
        change_add(diff, CHANGE_PROVIDER_REMOVED, of_provider(provider, count_probes(diff->arena, provider)), nowhere);

    change->text = arena_printf(diff->arena, "provider removed: %.*s", STR_ARG(change->before.text));
    for (unsigned i = 0; i < provider->num_probes; ++i)
        add_probe_gone(diff, provider->probes + i);
}

static void add_provider_new(diff_t *diff, const side_provider_t *provider)
{
    change_t *change = change_add(diff, CHANGE_PROVIDER_ADDED, nowhere, of_provider(provider, count_probes(diff->arena, provider)));

    change->text = arena_printf(diff->arena, "provider added: %.*s", STR_ARG(change->after.text));
    for (unsigned i = 0; i < provider->num_probes; ++i)
        add_probe_new(diff, provider->probes + i);
}

/* ---- record ids ---- */

static const side_probe_t *old_event_of(const diff_t *diff, const ir_probe_t *event)
{
    const side_probe_t *before = diff->after.by_ir[event - diff->after.ir->probes]->partner;

    return before != NULL && side_has_event(before) ? before : NULL;
}

static void compare_ids(diff_t *diff)
{
    const ir_t *ir = diff->after.ir;
    const side_probe_t *first_old = NULL;
    unsigned num = 0;

    diff->shifts = arena_alloc(diff->arena, ir->num_events * sizeof(*diff->shifts));
    for (unsigned i = ir->num_events; i-- != 0;) {
        const side_probe_t *before = old_event_of(diff, ir->events[i]);
        diff->shifts[i] = num;
        if (before != NULL && before->ir->id != i) {
            first_old = before;
            ++num;
        }
    }
    if (num == 0)
        return;
    const side_probe_t *first = first_old->partner;
    change_t *change = change_add(diff, CHANGE_RECORD_IDS, nowhere, nowhere);
    change->before.text = arena_printf(diff->arena, "%u", first_old->ir->id);
    change->after.text = arena_printf(diff->arena, "%u", first->ir->id);
    change->text = arena_printf(diff->arena, "record ids of %u probe%s changed, from %.*s:%.*s on: %u -> %u", num, plural_of(num),
                                STR_ARG(first->provider->name), STR_ARG(first->name), first_old->ir->id, first->ir->id);
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
            add_provider_gone(diff, provider);
    }
    for (unsigned i = 0; i < diff->after.num_providers; ++i) {
        if (diff->after.providers[i].partner == NULL)
            add_provider_new(diff, diff->after.providers + i);
    }
    if (!diff->has_binary)
        compare_ids(diff);
}
