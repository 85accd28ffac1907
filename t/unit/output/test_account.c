/*
 * ASSERTION: every lost event is told in the stream exactly once, in whatever order the kernel counts; the sums for people are
 * those of the counters.
 */

#include "output/account.h"
#include "tap.h"

static const catalog_probe_t probes[] = {
    {.provider = "lab", .name = "one"}, {.provider = "lab", .name = "two"}, {.provider = "other", .name = "one"}};
const catalog_t catalog = {.tracer = "labtrace", .probes = probes, .num_probes = 3};

static uint64_t kernel[4];
static account_t account;

static void begin(void)
{
    if (account_init(&account) != 0)
        bail_out("out of memory");
    memset(kernel, 0, sizeof(kernel));
    account.kernel = kernel;
    account.sum = kernel; /* any number that goes on with theirs */
}

static void tells(uint64_t time, const char *expected, const char *what)
{
    static char text[1024];
    char *end = account_report(&account, text, time, 1000000000);

    *end = '\0';
    is_str(text, expected, what);
    ok((size_t)(end - text) <= account_bound(), "%s: no longer than promised", what);
}

static void lose(unsigned probe, uint64_t num)
{
    kernel[1 + probe] += num;
    kernel[0] += num;
}

static void test_gaps(void)
{
    begin();
    ok(!account_has_unreported(&account), "nothing is lost at the beginning");
    tells(0, "", "... so nothing is told");
    lose(0, 2);
    lose(2, 1);
    ok(account_has_unreported(&account), "three are lost");
    tells(1719830000123456789,
          "{\"module\":\"labtrace\",\"type\":\"lost\",\"time\":1719830000123.456,\"since\":1000.000,\"probes\":{\"lab:one\":2,"
          "\"other:one\":1},"
          "\"count\":3}\n",
          "a gap");
    ok(!account_has_unreported(&account), "they are told then");
    tells(1, "", "... and not again");
    lose(1, 5);
    lose(2, 1);
    tells(5007000,
          "{\"module\":\"labtrace\",\"type\":\"lost\",\"time\":5.007,\"since\":1000.000,\"probes\":{\"lab:two\":5,\"other:one\":1},"
          "\"count\":6}\n",
          "the next gap has its own losses alone");
    account_dispose(&account);
}

/* The program counts a probe's loss first, then the sum; a gap may be told in between. */
static void test_between(void)
{
    begin();
    lose(0, 1);
    ++kernel[1];
    tells(0,
          "{\"module\":\"labtrace\",\"type\":\"lost\",\"time\":0.000,\"since\":1000.000,\"probes\":{\"lab:one\":2},\"count\":2}\n",
          "a loss that is not in the sum yet is told");
    ++kernel[0];
    ok(!account_has_unreported(&account), "... and is not untold when it is");
    lose(1, 1);
    tells(0,
          "{\"module\":\"labtrace\",\"type\":\"lost\",\"time\":0.000,\"since\":1000.000,\"probes\":{\"lab:two\":1},\"count\":1}\n",
          "... so the next one is");
    account_dispose(&account);
}

static void test_bound(void)
{
    begin();
    for (unsigned i = 0; i < 3; ++i)
        lose(i, UINT64_MAX / 4 * 3); /* the sum wraps */
    char text[1024];
    size_t len = account_report(&account, text, UINT64_MAX, UINT64_MAX) - text;
    ok(len > 100 && len <= account_bound(), "the largest numbers: %zu bytes of %zu", len, account_bound());
    account_dispose(&account);
}

static void prints(double seconds, uint64_t num_missed, int details, const char *expected, const char *what)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        bail_out("out of memory");
    account_print(&account, out, seconds, num_missed, details, "");
    fclose(out);
    is_str(text, expected, what);
    free(text);
}

#define FULL "Events are lost while the buffer for them is full: they came faster than they were taken out.\n"
#define ADVICE FULL "A larger buffer (-b) helps against bursts, fewer probes (-t) against a steady flood.\n"

static void test_sums(void)
{
    begin();
    account.kernel = NULL;
    prints(0, 0, 1, "labtrace: 0 events of 0 probes in 0.00 s, 0 lost\n", "before the program is loaded");
    account.kernel = kernel;
    account.printed[0] = 7;
    account.printed[2] = 1;
    account.num_printed = 8;
    prints(1.234, 0, 0, "labtrace: 8 events of 2 probes in 1.23 s, 0 lost\n", "nothing lost");
    prints(1.234, 0, 1,
           "labtrace: 8 events of 2 probes in 1.23 s, 0 lost\n"
           "  lab:one: 7 events, 0 lost\n"
           "  other:one: 1 event, 0 lost\n",
           "... with details");
    lose(1, 3);
    prints(0.5, 0, 0,
           "labtrace: 8 events of 2 probes in 0.50 s, 3 lost\n"
           "  lab:two: 0 events, 3 lost\n" ADVICE,
           "losses are printed for each probe, and what helps");
    prints(0.5, 9, 1,
           "labtrace: 8 events of 2 probes in 0.50 s, 3 lost\n"
           "  lab:one: 7 events, 0 lost\n"
           "  lab:two: 0 events, 3 lost\n"
           "  other:one: 1 event, 0 lost\n" ADVICE "The kernel skipped 9 more firings; of which probes is not known.\n",
           "... and what the kernel skipped");
    account.stood_still = 6.04;
    prints(0.5, 0, 0,
           "labtrace: 8 events of 2 probes in 0.50 s, 3 lost\n"
           "  lab:two: 0 events, 3 lost\n" FULL
           "Before that, the tracer stood still for 6.0 s: it was stopped, or had no processor.\n",
           "if the tracer stood still, that is said instead");
    account.stood_still = 0.1;
    account.waited = 2;
    prints(0.5, 0, 0,
           "labtrace: 8 events of 2 probes in 0.50 s, 3 lost\n"
           "  lab:two: 0 events, 3 lost\n" FULL "Before that, it waited for 2.0 s for whoever reads the events.\n",
           "... and that it waited for its reader");
    static const uint64_t filtered[] = {0, 2, 0, 40};
    account.filtered = filtered;
    account.waited = 0;
    account.stood_still = 0;
    prints(0.5, 0, 0,
           "labtrace: 8 events of 2 probes in 0.50 s, 3 lost, 42 filtered\n"
           "  lab:two: 0 events, 3 lost, 0 filtered\n" ADVICE,
           "what was not wanted is counted");
    prints(0.5, 0, 1,
           "labtrace: 8 events of 2 probes in 0.50 s, 3 lost, 42 filtered\n"
           "  lab:one: 7 events, 0 lost, 2 filtered\n"
           "  lab:two: 0 events, 3 lost, 0 filtered\n"
           "  other:one: 1 event, 0 lost, 40 filtered\n" ADVICE,
           "... for each probe");
    account_dispose(&account);
}

int main(void)
{
    test_gaps();
    test_between();
    test_bound();
    test_sums();
    return done_testing();
}
