/*
 * A binary as a side of a comparison: which probes it has, how many arguments at their sites, and in which ways these are passed.
 */
#include <string.h>
#include "diff/side/load.h"
#include "usdt/note.h"
#include "usdt/operand.h"

/* Adds a site to what is known of its probe from the sites before. */
static void add_site(side_probe_t *probe, arena_t *arena, const note_t *note)
{
    const char *pos = note->args;
    int is_first = probe->ways == NULL;
    unsigned num = 0;
    operand_t operand;

    if (is_first)
        probe->ways = arena_alloc(arena, SIDE_MAX_ARGS * sizeof(*probe->ways));
    for (; num < SIDE_MAX_ARGS && operand_next(&pos, note->syntax, &operand); ++num)
        probe->ways[num] |= side_way(operand.size, operand.is_float, operand.is_signed) |
                            (num >= probe->num_args && !is_first ? SIDE_WAY_ABSENT : 0);
    for (unsigned i = num; i < probe->num_args; ++i)
        probe->ways[i] |= SIDE_WAY_ABSENT;
    if (num > probe->num_args)
        probe->num_args = num;
}

/* A site that cannot be attached to tells as much of its probe as others. */
static const note_t *note_at(const notes_t *notes, size_t i)
{
    return i < notes->num ? notes->list + i : notes->refused + (i - notes->num);
}

static void add_probes(side_t *side, arena_t *arena, const notes_t *notes)
{
    table_t by_key = {.arena = arena};
    size_t num_notes = notes->num + notes->num_refused, num = 0;
    side_item_t *items = arena_alloc(arena, num_notes * sizeof(*items)),
                **of_notes = arena_alloc(arena, num_notes * sizeof(*of_notes));

    for (size_t i = 0; i < num_notes; ++i) {
        const note_t *note = note_at(notes, i);
        str_t key = arena_printf(arena, "%zu %s%s", strlen(note->provider), note->provider, note->name);
        side_item_t *item = table_put(&by_key, key, items + num);
        if (item == NULL) {
            item = items + num++;
            /* the notes are freed */
            *item = (side_item_t){.provider = arena_strdup(arena, str_of(note->provider)),
                                  .name = arena_strdup(arena, str_of(note->name))};
        }
        of_notes[i] = item;
    }
    side_make(side, arena, items, num);
    for (size_t i = 0; i < num_notes; ++i) {
        if (of_notes[i]->made != NULL)
            add_site(of_notes[i]->made, arena, note_at(notes, i));
    }
}

int side_load_binary(side_t *side, arena_t *arena, diag_t *diag)
{
    notes_t notes;
    reason_t reason;
    int status = -1;

    if (notes_read(&notes, side->path, &reason) != 0) {
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "%s", reason.text);
        return -1;
    }
    if (notes.num_broken != 0) {
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "'%s' has %zu notes that are malformed", side->path, notes.num_broken);
    } else if (notes.num + notes.num_refused == 0) {
        diag_report(diag, E_FILE, (span_t){.src = NULL}, "'%s' has no USDT probes: no stapsdt notes", side->path);
    } else {
        side->is_32 = !notes.is_64;
        add_probes(side, arena, &notes);
        status = 0;
    }
    notes_dispose(&notes);
    return status;
}
