/* Records as they are, to be printed later: record/format.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/format.h"
#include "record/write.h"
#include "view/view.h"

/* What all records so far need to be read is also in the head, since the file that they go on in has to be readable alone. */
typedef struct st_recording_t {
    record_bytes_t begin; /* of the head */
    uint64_t epoch;       /* of the state that was written last */
    unsigned num_files;
    int has_state;
} recording_t;

static void fail(view_run_t *run)
{
    if (run->output->error == 0)
        run->output->error = ENOMEM;
}

static void put(view_run_t *run, record_bytes_t *bytes)
{
    if (bytes->has_failed)
        fail(run);
    else if (bytes->n != 0)
        output_put(run->output, bytes->p, bytes->n);
    free(bytes->p);
}

static int open_recording(view_run_t *run, reason_t *reason)
{
    run->state = calloc(1, sizeof(recording_t));
    return run->state != NULL ? 0 : reason_set(reason, "out of memory");
}

static int make_head(view_run_t *run, const describe_start_t *start, int describes)
{
    recording_t *recording = run->state;

    (void)describes; /* whoever prints it decides */
    record_add_begin(&recording->begin, start, run->account->last, &run->json);
    record_bytes_t head = {0};
    record_add(&head, recording->begin.p, recording->begin.n);
    run->head = (output_head_t){head.p, head.n};
    return recording->begin.has_failed || head.has_failed ? -1 : 0;
}

static void remake_head(view_run_t *run, const record_bytes_t *state)
{
    const recording_t *recording = run->state;
    record_bytes_t head = {0};

    record_add(&head, recording->begin.p, recording->begin.n);
    record_add(&head, state->p, state->n);
    if (head.has_failed || state->has_failed) {
        fail(run);
        free(head.p);
        return;
    }
    free(run->head.bytes);
    run->head = (output_head_t){head.p, head.n};
}

/* The clock was set, or there is a file more. */
static void keep_state(view_run_t *run)
{
    recording_t *recording = run->state;
    record_bytes_t all = {0}, news = {0};

    record_add_state(&all, &run->json, 0);
    remake_head(run, &all);
    free(all.p);
    record_add_state(&news, &run->json, recording->num_files);
    put(run, &news);
    recording->epoch = run->json.epoch;
    recording->num_files = run->json.num_files;
    recording->has_state = 1;
}

static inline void check_state(view_run_t *run)
{
    const recording_t *recording = run->state;

    if (!recording->has_state || recording->epoch != run->json.epoch || recording->num_files != run->json.num_files)
        keep_state(run);
}

static void keep_event(view_run_t *run, const struct pg_head *record, size_t size)
{
    const catalog_probe_t *probe = catalog.probes + record->probe;
    size_t used = probe->size + (size_t)probe->num_slots * record->slot;

    (void)size; /* the ring rounds it up */
    check_state(run);
    char *p = output_room(run->output, RECORD_BLOCK_SIZE(used));
    if (p != NULL)
        output_advance(run->output, record_put(p, RECORD_RECORD, record, used));
}

/* What is not used of it is what was in the ring before. */
static void keep_told(view_run_t *run, const struct pg_told *told)
{
    struct pg_told copy = *told;
    char *p;

    check_state(run);
    memset(copy.name + copy.name_size, 0, sizeof(copy.name) - copy.name_size);
    if (copy.peer.family == 0)
        memset(&copy.peer, 0, sizeof(copy.peer));
    if ((p = output_room(run->output, RECORD_BLOCK_SIZE(sizeof(copy)))) != NULL)
        output_advance(run->output, record_put(p, RECORD_TOLD, &copy, sizeof(copy)));
}

static void keep_losses(view_run_t *run, uint64_t time)
{
    record_bytes_t bytes = {0};

    check_state(run);
    record_add_lost(&bytes, run->account, time);
    put(run, &bytes);
}

static void keep_end(view_run_t *run, const describe_end_t *end, int describes)
{
    record_bytes_t bytes = {0};

    (void)describes;
    if (run->output->error != 0)
        return;
    record_add_end(&bytes, end, run->account);
    put(run, &bytes);
}

static void close_recording(view_run_t *run)
{
    recording_t *recording = run->state;

    if (recording != NULL)
        free(recording->begin.p);
    free(recording);
}

const view_t view_record = {.name = "record",
                            .magic = RECORD_MAGIC,
                            .open = open_recording,
                            .head = make_head,
                            .event = keep_event,
                            .told = keep_told,
                            .lost = keep_losses,
                            .end = keep_end,
                            .close = close_recording};
