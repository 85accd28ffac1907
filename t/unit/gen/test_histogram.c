/*
 * ASSERTION: the buckets of all probes have every event that was added, each in the bucket that its time says, in whatever order
 * the times come and however far they are from each other; first and last are the first and the last of them.
 */

#include "audit/trace/histogram.h"
#include "tap.h"

#define MAX_EVENTS 5000
#define NUM_ROWS 3

typedef struct st_lab_t {
    audit_t audit;
    audit_row_t rows[NUM_ROWS], *list[NUM_ROWS];
    audit_seen_t seen[NUM_ROWS];
    double times[MAX_EVENTS];
    unsigned num;
} lab_t;

static lab_t lab;

/* the last row has not been seen in any trace */
static void begin(void)
{
    memset(&lab, 0, sizeof(lab));
    lab.audit = (audit_t){.rows = lab.list, .num_rows = NUM_ROWS, .time = {.first = 1, .last = 0}};
    for (int i = 0; i < NUM_ROWS; ++i) {
        lab.list[i] = lab.rows + i;
        lab.rows[i].seen = i < NUM_ROWS - 1 ? lab.seen + i : NULL;
    }
}

static void add(double time)
{
    histogram_add(&lab.audit, lab.seen + lab.num % (NUM_ROWS - 1), time);
    lab.times[lab.num++] = time;
}

/* Counts all events again, by the definition of the axis. Times in these tests are whole microseconds, as those of tracers are. */
static int num_wrong_buckets(void)
{
    const audit_time_t *axis = &lab.audit.time;
    uint64_t expected[NUM_ROWS][AUDIT_NUM_BUCKETS] = {{0}};
    int num_wrong = 0;

    for (unsigned i = 0; i < lab.num; ++i) {
        double place = (lab.times[i] - axis->start) / axis->bucket_size;
        if (!(place >= -1e-6 && place < AUDIT_NUM_BUCKETS)) {
            diag("%.3f is not on the axis from %.3f in steps of %.3f", lab.times[i], axis->start, axis->bucket_size);
            return -1;
        }
        /* the same in whole numbers */
        uint64_t us = (uint64_t)(lab.times[i] * 1000 + 0.5), start = (uint64_t)(axis->start * 1000 + 0.5),
                 size = (uint64_t)(axis->bucket_size * 1000 + 0.5);
        ++expected[i % (NUM_ROWS - 1)][(us - start) / size];
    }
    for (int i = 0; i < NUM_ROWS; ++i) {
        for (int j = 0; j < AUDIT_NUM_BUCKETS; ++j)
            num_wrong += expected[i][j] != lab.seen[i].buckets[j];
    }
    return num_wrong;
}

static void is_right(const char *what)
{
    const audit_time_t *axis = &lab.audit.time;
    double first = lab.times[0], last = lab.times[0];

    for (unsigned i = 0; i < lab.num; ++i) {
        first = lab.times[i] < first ? lab.times[i] : first;
        last = lab.times[i] > last ? lab.times[i] : last;
    }
    is_int(num_wrong_buckets(), 0, what);
    ok(axis->first == first && axis->last == last, "... first and last");
    histogram_settle(&lab.audit);
    is_int(num_wrong_buckets(), 0, "... also after it was settled");
    ok(axis->first >= axis->start && axis->first < axis->start + axis->bucket_size, "... the first bucket has the first event");
    ok(axis->bucket_size == 0.001 || axis->last - axis->first >= axis->bucket_size * (AUDIT_NUM_BUCKETS / 2 - 1),
       "... and buckets are no wider than they have to be");
}

static void test_few(void)
{
    begin();
    histogram_settle(&lab.audit);
    ok(lab.audit.time.first > lab.audit.time.last, "without events there is no axis");
    add(1795364222938.463);
    is_right("one event");
    add(1795364222938.463);
    is_right("another one at the same time");
    add(1795364222938.464);
    is_right("a microsecond later");
    add(1795364222938.462);
    is_right("a microsecond earlier");
    add(1795364222938.463 + 0.059);
    is_right("as late as the axis goes");
    add(1795364222938.463 + 1);
    is_right("later");
    add(1795364222938.463 - 1);
    is_right("earlier");
    add(0);
    is_right("1970");
    add(HISTOGRAM_MAX_TIME - 1);
    is_right("the year 9999");
}

static unsigned seed = 7;

static unsigned roll(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % n;
}

static void test_orders(void)
{
    const double begin_time = 1795364222938;
    static const char *const names[] = {"forwards",
                                        "backwards",
                                        "from the middle to both sides",
                                        "in disorder",
                                        "two traces, years from each other",
                                        "further and further back"};

    for (int order = 0; order < 6; ++order) {
        begin();
        for (int i = 0; i < MAX_EVENTS; ++i) {
            double ms = order == 0   ? i
                        : order == 1 ? -i
                        : order == 2 ? (i % 2 ? i : -i)
                        : order == 3 ? roll(1000000) / 8.0
                        : order == 4 ? (i % 2 ? 1e11 : 0) + i
                                     : -(double)i * i * 1000;
            add(begin_time + ms);
        }
        is_right(names[order]);
    }
}

/* a settled axis goes on with the next trace */
static void test_traces(void)
{
    begin();
    for (int trace = 0; trace < 50; ++trace) {
        for (int i = 0; i < 100; ++i)
            add(1795364222938 + roll(1u << (roll(31))) - (trace % 3 == 0 ? 1e7 * trace : 0));
        histogram_settle(&lab.audit);
    }
    is_right("fifty traces");
}

int main(void)
{
    test_few();
    test_orders();
    test_traces();
    return done_testing();
}
