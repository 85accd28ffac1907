/*
 * A binary as a side of a comparison: which probes it has, how many arguments at their sites, and in which ways these are passed.
 */
#include <string.h>
#include "diff/side/binary.h"
#include "usdt/note.h"
#include "usdt/operand.h"

static side_ways_t way_of(const operand_t *operand)
{
    return side_way(operand->size, operand->is_float, operand->is_signed);
}

/* Makes room for as many arguments; what is new is zeroed. */
static void reserve_args(side_probe_t *probe, arena_t *arena, unsigned num)
{
    side_ways_t *ways = arena_alloc(arena, num * sizeof(*ways));

    if (probe->num_args != 0)
        memcpy(ways, probe->ways, probe->num_args * sizeof(*ways));
    probe->ways = ways;
}

/* Adds a site to what is known of its probe from the sites before. */
static void add_site(side_probe_t *probe, arena_t *arena, const note_t *note, unsigned machine)
{
    side_ways_t ways[SIDE_MAX_ARGS];
    const char *pos = note->args;
    int is_first = probe->ways == NULL;
    unsigned num = 0;
    operand_t operand;

    for (; num < SIDE_MAX_ARGS && operand_next(&pos, machine, &operand); ++num)
        ways[num] = way_of(&operand);
    if (num > probe->num_args || is_first)
        reserve_args(probe, arena, num);
    for (unsigned i = 0; i < num; ++i)
        probe->ways[i] |= ways[i] | (i >= probe->num_args && !is_first ? SIDE_WAY_ABSENT : 0);
    for (unsigned i = num; i < probe->num_args; ++i)
        probe->ways[i] |= SIDE_WAY_ABSENT;
    if (num > probe->num_args)
        probe->num_args = num;
}

/* the string lives as long as the notes */
static str_t copy(arena_t *arena, const char *text)
{
    return arena_printf(arena, "%s", text);
}

static void add_probes(side_t *side, arena_t *arena, const notes_t *notes)
{
    table_t by_key = {.arena = arena};
    side_item_t *items = arena_alloc(arena, notes->num * sizeof(*items)),
                **of_notes = arena_alloc(arena, notes->num * sizeof(*of_notes));
    size_t num = 0;

    for (size_t i = 0; i < notes->num; ++i) {
        const note_t *note = notes->list + i;
        str_t key = arena_printf(arena, "%zu %s%s", strlen(note->provider), note->provider, note->name);
        side_item_t *item = table_put(&by_key, key, items + num);
        if (item == NULL) {
            item = items + num++;
            *item = (side_item_t){.provider = copy(arena, note->provider), .name = copy(arena, note->name)};
        }
        of_notes[i] = item;
    }
    side_make(side, arena, items, num);
    for (size_t i = 0; i < notes->num; ++i) {
        if (of_notes[i]->made != NULL)
            add_site(of_notes[i]->made, arena, notes->list + i, notes->machine);
    }
}

int side_load_binary(side_t *side, arena_t *arena, diag_t *diag, const char *path)
{
    const span_t nowhere = {.src = NULL};
    notes_t notes;
    reason_t reason;
    int status = -1;

    if (notes_read(&notes, path, &reason) != 0) {
        diag_report(diag, E_FILE, nowhere, "%s", reason.text);
        return -1;
    }
    if (notes.num_broken != 0) {
        diag_report(diag, E_FILE, nowhere, "'%s' has %zu notes that are malformed", path, notes.num_broken);
    } else if (notes.num == 0) {
        diag_report(diag, E_FILE, nowhere, "'%s' has no USDT probes: no stapsdt notes", path);
    } else {
        side->is_32 = !notes.is_64;
        add_probes(side, arena, &notes);
        status = 0;
    }
    notes_dispose(&notes);
    return status;
}
