/*
 * Honest sums. The BPF program counts each event that it could not put into the ring, per probe and in sum, and every record
 * carries the sum as of its reservation. So where that number changes between two records, there is a gap. An event is put into the
 * stream there, with what the counters have gained since the last such event. So every loss is reported once, whatever is lost
 * meanwhile.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "output/account.h"
#include "output/json.h"
#include "common/say.h"

#define NOTEWORTHY 0.5 /* seconds */

int account_init(account_t *account)
{
    *account = (account_t){0};
    account->printed = calloc(catalog.num_probes + 1, sizeof(*account->printed));
    account->hidden = calloc(catalog.num_probes + 1, sizeof(*account->hidden));
    account->reported = calloc(catalog.num_probes + 1, sizeof(*account->reported));
    if (account->printed == NULL || account->hidden == NULL || account->reported == NULL) {
        account_dispose(account);
        return -1;
    }
    return 0;
}

void account_dispose(account_t *account)
{
    free(account->printed);
    free(account->hidden);
    free(account->reported);
    *account = (account_t){0};
}

size_t account_bound(void)
{
    size_t size = 320 + strlen(catalog.tracer);

    for (unsigned i = 0; i < catalog.num_probes; ++i)
        size += strlen(catalog.probes[i].provider) + strlen(catalog.probes[i].name) + JSON_MAX_NUMBER;
    return size;
}

uint64_t account_gain(account_t *account, unsigned probe)
{
    uint64_t now = account->kernel[1 + probe], gained = now - account->reported[1 + probe];

    account->reported[1 + probe] = now;
    account->reported[0] += gained;
    return gained;
}

char *account_report(account_t *account, char *begin, uint64_t time, uint64_t epoch)
{
    uint64_t sum = 0, since = account->last + epoch;
    char *p = begin;

    p += sprintf(p,
                 "{\"module\":\"%s\",\"type\":\"lost\",\"time\":%" PRIu64 ".%03" PRIu64 ",\"since\":%" PRIu64 ".%03" PRIu64
                 ",\"probes\":{",
                 catalog.tracer, time / 1000000, time / 1000 % 1000, since / 1000000, since / 1000 % 1000);
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        uint64_t gained = account_gain(account, i);
        if (gained == 0)
            continue;
        p += sprintf(p, "%s\"%s:%s\":%" PRIu64, sum != 0 ? "," : "", catalog.probes[i].provider, catalog.probes[i].name, gained);
        sum += gained;
    }
    /* a loss is counted for its probe first, then in the sum, so it may have been reported in between */
    if (sum == 0)
        return begin;
    return p + sprintf(p, "},\"count\":%" PRIu64 "}\n", sum);
}

uint64_t account_take_losses(account_t *account)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        uint64_t now = account->kernel[1 + i];
        sum += now - account->reported[1 + i];
        account->reported[1 + i] = now;
    }
    account->reported[0] += sum;
    return sum;
}

/* Why the buffer was full. What is measured is said; what is not is left open. */
static void print_hints(const account_t *account, FILE *out)
{
    fputs("Events are lost while the buffer for them is full: they came faster than they were taken out.\n", out);
    if (account->stood_still >= NOTEWORTHY)
        fprintf(out, "Before that, the tracer stood still for %.1f s: it was stopped, or had no processor.\n",
                account->stood_still);
    if (account->waited >= NOTEWORTHY)
        fprintf(out, "Before that, it waited for %.1f s for whoever reads the events.\n", account->waited);
    if (account->stood_still < NOTEWORTHY && account->waited < NOTEWORTHY)
        fputs("A larger buffer (-b) helps against bursts, fewer probes (-t) against a steady flood.\n", out);
}

uint64_t account_sum_filtered(const account_t *account)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i)
        sum += account_filtered(account, i);
    return sum;
}

static void print_filtered(const account_t *account, FILE *out, uint64_t num)
{
    if (account->filtered != NULL)
        fprintf(out, ", %" PRIu64 " filtered", num);
}

void account_print(const account_t *account, FILE *out, double seconds, uint64_t num_missed, int details, const char *tail)
{
    uint64_t num_lost = account->sum != NULL ? *account->sum : 0;
    unsigned num_probes = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i)
        num_probes += account->printed[i] != 0;
    fprintf(out, "%s: %" PRIu64 " event%s of %u probe%s in %.2f s, %" PRIu64 " lost", catalog.tracer, account->num_printed,
            say_s(account->num_printed), num_probes, say_s(num_probes), seconds, num_lost);
    print_filtered(account, out, account_sum_filtered(account));
    fprintf(out, "%s\n", tail);
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        uint64_t lost = account->kernel != NULL ? account->kernel[1 + i] : 0, filtered = account_filtered(account, i);
        if (lost == 0 && (!details || (account->printed[i] == 0 && filtered == 0)))
            continue;
        fprintf(out, "  %s:%s: %" PRIu64 " event%s, %" PRIu64 " lost", probe->provider, probe->name, account->printed[i],
                say_s(account->printed[i]), lost);
        print_filtered(account, out, filtered);
        putc('\n', out);
    }
    if (num_lost != 0)
        print_hints(account, out);
    if (num_missed != 0)
        fprintf(out, "The kernel skipped %" PRIu64 " more firing%s; of which probes is not known.\n", num_missed,
                say_s(num_missed));
}
