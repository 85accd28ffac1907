#ifndef RUNTIME_OUTPUT_ACCOUNT_H
#define RUNTIME_OUTPUT_ACCOUNT_H

#include <stdio.h>
#include "common/catalog.h"

/** For every probe: how many events were printed, and how many were lost since the ring was full. */
typedef struct st_account_t {
    uint64_t *printed;                 /* by probe */
    uint64_t num_printed;              /* their sum */
    const volatile uint64_t *kernel;   /* counters of the BPF program: [1 + probe]; NULL before it is loaded */
    const volatile uint64_t *sum;      /* theirs */
    const volatile uint64_t *filtered; /* the same of events that were not wanted; NULL: all are */
    uint64_t *hidden;                  /* by probe: the same of those that a view has taken as an event, and does not show */
    uint64_t *reported;                /* losses that are in the stream already, in the same order */
    uint32_t seen;                     /* pg_head.lost of the record before */
    uint64_t last;                     /* when the event before was recorded: ns, CLOCK_MONOTONIC */
    double stood_still, waited;        /* seconds at a time, before losses were found: the tracer, and for its reader */
} account_t;

/** @return 0, or -1 when out of memory */
int account_init(account_t *account);
void account_dispose(account_t *account);

/** Whether events were lost that are not in the stream yet. */
static inline int account_has_unreported(const account_t *account)
{
    return *account->sum != account->reported[0];
}
/** How many events of a probe were not wanted. */
static inline uint64_t account_filtered(const account_t *account, unsigned probe)
{
    uint64_t hidden = account->hidden != NULL ? account->hidden[probe] : 0;

    return (account->filtered != NULL ? account->filtered[1 + probe] : 0) + hidden;
}
/** The same of all. */
uint64_t account_sum_filtered(const account_t *account);
/** What was printed, or is about to be, is not: the events are of what is not wanted as a whole. */
static inline void account_hide(account_t *account, unsigned probe, uint64_t num)
{
    account->printed[probe] -= num;
    account->num_printed -= num;
    account->hidden[probe] += num;
}
/** How many events of a probe were lost that are not in the stream yet. They are then: the caller puts them there. */
uint64_t account_gain(account_t *account, unsigned probe);
/** Bytes that account_report() needs at most. */
size_t account_bound(void);
/**
 * Prints the losses that are not in the stream yet as an event; nothing when there are none:
 * {"module":TRACER,"type":"lost","time":…,"since":…,"probes":{"P:Q":N,…},"count":N}. The gap is between the two times.
 * @param time  ns since the epoch
 * @param epoch ns that make such times of those of CLOCK_MONOTONIC
 * @return the new end
 */
char *account_report(account_t *account, char *p, uint64_t time, uint64_t epoch);
/** The same without an event, for who tells of them otherwise. @return how many */
uint64_t account_take_losses(account_t *account);
/** The sums, for people. @param tail what the first line ends with */
void account_print(const account_t *account, FILE *out, double seconds, uint64_t num_missed, int details, const char *tail);

#endif
