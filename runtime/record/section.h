#ifndef RUNTIME_RECORD_SECTION_H
#define RUNTIME_RECORD_SECTION_H

#include "output/describe.h"
#include "output/json.h"
#include "record/format.h"

/** A probe of the recording, by its number there. */
typedef struct st_recorded_probe_t {
    char *name;               /* "PROVIDER:PROBE", as the recording says: it may have anything in it */
    int own;                  /* its number in the catalog; -1: it is not there, or its record is another one */
    uint32_t size, num_slots; /* of its records there */
    uint64_t num;             /* of events that cannot be shown for that reason */
} recorded_probe_t;

/** A section of a recording, as far as it was read. */
typedef struct st_section_t {
    record_begin_t begin;
    char *texts[5]; /* tracer, version, program, build id, filters */
    recorded_probe_t *probes;
    unsigned num_probes;
    char *is_selected, *is_attached;      /* by index in the catalog */
    layout_t *layouts;                    /* as json_t has them, for the paths of the catalog */
    unsigned num_files, num_layout_files; /* that are known; that `layouts` has room for */
    size_t num_steps, text_size;          /* of all layouts: bounded */
    uint64_t epoch;
    int has_begun, has_state, has_ended;
} section_t;

enum { SECTION_TRACER, SECTION_VERSION, SECTION_PROGRAM, SECTION_BUILD_ID, SECTION_FILTERS };

/* Each takes what is in a block. @return NULL, or why it is not what it should be */
const char *section_begin(section_t *section, const char *bytes, size_t size);
const char *section_add_probe(section_t *section, const char *bytes, size_t size);
const char *section_add_layout(section_t *section, const char *bytes, size_t size);
const char *section_set_state(section_t *section, const char *bytes, size_t size);
/**
 * Whether a view can read a record: then its probe, and the layouts that it names, have the numbers that they have here.
 * @param show what of it will be read @param own that probe; -1: it is none of this catalog
 */
const char *section_check_record(section_t *section, struct pg_head *record, size_t size, uint32_t show, int *own);
/** @param size of what may be a struct pg_told */
const char *section_check_told(const struct pg_told *told, size_t size);
/** Gives probes the numbers that they have here. Those that the catalog does not have go. @param num may become less */
const char *section_check_counts(const section_t *section, record_count_t *counts, size_t *num);
/**
 * Whether there can be such a block, of which a part is there.
 * @param size that its head says, `got` bytes of which are there @return NULL, or why not
 */
const char *section_check_part(const section_t *section, unsigned kind, size_t size, const char *bytes, size_t got);
void section_dispose(section_t *section);

#endif
