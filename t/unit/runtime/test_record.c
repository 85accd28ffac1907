/*
 * ASSERTION: what a recording is printed as is byte for byte what the same records were printed as at once: events, losses, steps
 * of the clock, first and last line. Both views get the same calls, in two runs of the same script.
 */
#include "options/options.h"
#include "record/format.h"
#include "replay.h"
#include "view/feed.h"
#include "lab.h"

typedef struct st_ev_t {
    struct pg_head head;
    uint64_t number;
    struct pg_span text, whole;
} ev_t;

static char *print_number(char *p, const void *record, const json_t *json)
{
    p = json_head(stpcpy(p, "{\"module\":\"lab\",\"type\":\"number\",\"tid\":"), record, json);
    return stpcpy(json_uint(stpcpy(p, ",\"number\":"), ((const ev_t *)record)->number), "}\n");
}

static char *print_strings(char *p, const void *record, const json_t *json)
{
    const ev_t *e = record;
    json_marks_t marks = {0};

    p = json_head(stpcpy(p, "{\"module\":\"lab\",\"type\":\"strings\",\"tid\":"), record, json);
    p = json_string(stpcpy(p, ",\"text\":"), &e->text, PG_SLOT(e, 0, e->head.slot), 0, 0, &marks);
    p = json_whole(stpcpy(p, ",\"whole\":"), &e->whole, PG_SLOT(e, 1, e->head.slot), json_layout(json, &e->whole, 1));
    return stpcpy(p, "}\n");
}

static const catalog_field_t fields[] = {
    {.name = "text", .value = CATALOG_VALUE_TEXT, .slot = 0, .offset = offsetof(ev_t, text), .path = -1},
    {.name = "whole", .value = CATALOG_VALUE_OBJECT, .bit = 1, .slot = 1, .offset = offsetof(ev_t, whole), .path = 1}};
static const catalog_probe_t probes[] = {{.provider = "lab",
                                          .name = "number",
                                          .size = sizeof(ev_t),
                                          .json_size = JSON_MAX_EVENT + 100,
                                          .json = print_number,
                                          .layout = 1},
                                         {.provider = "lab",
                                          .name = "strings",
                                          .size = sizeof(ev_t),
                                          .num_slots = 2,
                                          .json_size = JSON_MAX_EVENT + 200,
                                          .json = print_strings,
                                          .fields = fields,
                                          .num_fields = 2,
                                          .paths = (const uint16_t[]){1},
                                          .num_paths = 1,
                                          .layout = 2}};
static const catalog_path_t paths[] = {{.type = "struct a", .path = "x", .kind = CATALOG_NUMBER},
                                       {.type = "struct b", .path = "", .kind = CATALOG_WHOLE}};
const catalog_t catalog = {.tracer = "labtrace", .probes = probes, .num_probes = 2, .paths = paths, .num_paths = 2};
const char pg_bpf_object[1], pg_bpf_object_end[1];

static layout_step_t steps_a[] = {{.kind = LAYOUT_OBJECT, .size = 8}, {LAYOUT_UINT, "one", 0, 8, 0, 0}, {.kind = LAYOUT_END}};
static layout_step_t steps_b[] = {
    {.kind = LAYOUT_OBJECT, .size = 8}, {LAYOUT_INT, "half", 0, 4, 0, 0}, {LAYOUT_UINT, "rest", 4, 4, 0, 0}, {.kind = LAYOUT_END}};
/* of two files */
static const layout_t layouts[] = {{0}, {8, steps_a, 3}, {0}, {8, steps_b, 4}};

static uint64_t lost[3], filtered[3];

static void take_number(feed_t *feed, uint64_t time, uint64_t number)
{
    ev_t e = {.head = {.time = time, .tid = 7, .tgid = 8, .probe = 0, .lost = (uint32_t)lost[0]}, .number = number};

    feed_take(feed, &e.head, sizeof(e));
}

static void take_strings(feed_t *feed, uint64_t time, const char *text, unsigned file)
{
    struct {
        ev_t e;
        char slots[2][16];
    } r = {.e = {.head = {.time = time, .tid = 7, .tgid = 9, .probe = 1, .slot = 16, .lost = (uint32_t)lost[0]},
                 .text = {.len = strlen(text) + 5, .got = (uint32_t)strlen(text)},
                 .whole = {.len = 8, .got = 8, .flags = file * catalog.num_paths << PG_SPAN_PATHS_SHIFT}},
           .slots = {"", "abcdefgh"}};

    memcpy(r.slots[0], text, strlen(text));
    feed_take(feed, &r.e.head, sizeof(r));
}

static void lose(uint64_t first, uint64_t second)
{
    lost[1] += first;
    lost[2] += second;
    lost[0] += first + second;
}

/* What happens in a trace. */
static void play(feed_t *feed)
{
    json_t *json = &feed->run.json;

    json->epoch = 1795000000000000000;
    json->layouts = layouts;
    json->num_files = 1;
    take_number(feed, 1000, 1);
    take_strings(feed, 2000, "a\xff\n", 0);
    lose(2, 0);
    take_number(feed, 3000000, UINT64_MAX);
    json->epoch += 3600000000000; /* the clock was set */
    take_number(feed, 4000000, 2);
    json->num_files = 2; /* a library was loaded */
    take_strings(feed, 5000000, "two", 1);
    lose(1, 70000);
    feed_tell_losses(feed, 6000000);
    take_strings(feed, 7000000, "", 0);
}

/* @param filters whether events were chosen */
static void trace(const view_t *view, const char *name, int describes, int filters)
{
    const output_wish_t wish = {.path = name, .magic = view->magic};
    const describe_start_t start = {.time = 1794999999123456789,
                                    .program = "/bin/\"lab\"\x1b",
                                    .build_id = "00ff",
                                    .is_selected = "\1\1",
                                    .is_attached = "\1\0",
                                    .num_sites = 3,
                                    .filters = "--filter=id == 5\n--sample=0.5\n",
                                    .string_limit = 16};
    const describe_end_t end = {.time = 1795000000987654321, .seconds = 1.25, .why = "target", .target_status = 11};
    feed_t feed = {0};
    reason_t reason;

    memset(lost, 0, sizeof(lost));
    if (feed_open(&feed, view, &reason) != 0 || output_open(&feed.output, &wish, NULL, &reason) != 0)
        bail_out(reason.text);
    feed.account.kernel = feed.account.sum = lost;
    feed.account.filtered = filters ? filtered : NULL;
    feed.account.last = 500;
    feed.run.json.shows_pid = 1;
    if (feed_begin(&feed, &start, describes, &reason) != 0)
        bail_out(reason.text);
    play(&feed);
    feed_end(&feed, &end);
    if (output_close(&feed.output) != 0)
        bail_out("cannot write");
    feed_close(&feed);
}

static char *contents(const char *name, size_t *size)
{
    FILE *fp = fopen(name, "r");
    char *bytes = calloc(1, 1 << 20);

    if (fp == NULL || bytes == NULL)
        bail_out("cannot read");
    *size = fread(bytes, 1, 1 << 20, fp);
    fclose(fp);
    return bytes;
}

static void compare(int describes, int filters, const char *ending)
{
    char json[600], recording[600], replayed[600];
    tracer_options_t options = {
        .view = &view_events, .replay = recording, .file = replayed, .is_quiet = !describes, .user = {.keeps_root = 1}};
    size_t size, other_size;

    snprintf(json, sizeof(json), "%s", lab_path("%d.json", describes));
    snprintf(recording, sizeof(recording), "%s", lab_path("%d.rec%s", describes, ending));
    snprintf(replayed, sizeof(replayed), "%s", lab_path("%d%s.again", describes, ending));
    unlink(json);
    unlink(recording);
    unlink(replayed);
    trace(&view_events, json, describes, filters);
    trace(&view_record, recording, describes, filters);
    ok(replay_run(&options, "\1\1") == 0, "it is replayed");
    char *bytes = contents(json, &size), *other = contents(replayed, &other_size);
    ok(size > 800 && size == other_size && memcmp(bytes, other, size) == 0,
       "... as %zu bytes that a trace would have written%s%s%s", size, describes ? "" : ", without first and last line",
       filters ? ", with events that were filtered" : "", ending);
    if (size != other_size || memcmp(bytes, other, size) != 0)
        diag("%s\nis not\n%s", other, bytes);
    free(bytes);
    free(other);
}

int main(void)
{
    lab_init();
    compare(1, 0, "");
    compare(0, 0, "");
    compare(1, 0, ".zst");
    compare(1, 0, ".gz");
    compare(1, 1, "");
    filtered[1] = 70;
    compare(1, 1, "");
    return done_testing();
}
