#ifndef RUNTIME_BPF_PRELUDE_BPF_H
#define RUNTIME_BPF_PRELUDE_BPF_H

/*
 * The fixed half of every BPF program that probegen writes.
 *
 * What is here is compiled when the tracer is built, and it does not know the target. When the tracer attaches, it puts code for
 * each site in front (assemble.c) and takes of this what that calls: pg_begin(), the function of the site's probe, and so on, by
 * their names. The code of a site fills a struct pg_call on the stack: the arguments, what is lifted out of structs. The function
 * of the probe builds the record *in the ring buffer* and submits it. Nothing is built in a per-CPU buffer: the program is
 * sleepable (bpf_copy_from_user() faults in pages that are not resident), a sleepable program can be preempted, and another thread
 * would write into the same buffer. (Since Linux 6.13 the stack is one, unless it is told not to: put_own_stack() of assemble.c.)
 *
 * Settings are in a map that is frozen before the program is loaded, so they are constants to the verifier: what they exclude, such
 * as all that is done for text which is not shown, is neither verified nor run.
 *
 * The verifier. It walks through a function once for every call and once for every combination of what it knows of the values, and
 * that is most of the time that a tracer takes to start. So the functions of the probes have few branches: what can be computed
 * without one is. Functions of numbers alone are the exception: the verifier goes through them once (types.c), so they may branch.
 *
 * Strings. bpf_ringbuf_reserve() takes constant sizes only, so a record is its fixed part and as many slots of one size as its
 * probe has strings. The size is the smallest of four that holds the longest of them; a record with short strings stays short. The
 * verifier follows each of the sizes as a path of its own and so knows `slot` as a constant in each. (It forgets 32-bit constants
 * on the stack when their neighbour is written: `slot` has 64 bits.)
 *
 * Text up to its NUL has to be read to know how long it is. What has been read stays on the stack (pg_text()), and if all strings
 * are short, it is copied from there: to read is what costs. Strings of known length, if short, are read to the stack, too, when
 * the record has been reserved: a hardened kernel checks the destination of each read, which is soon done for the stack only.
 *
 * The stack. Functions that call each other have 512 bytes together, each rounded up to a multiple of 16 or 32 by the kernel's
 * version. struct pg_call takes 384 of them, and the code of a site takes some. So there is little for the function of a probe and
 * for one that it calls, and these use pg_call.memory.
 *
 * Where programs at uprobes must not sleep (before 6.0), program_make_nonsleepable() replaces the calls of bpf_copy_from_user() by
 * bpf_probe_read_user(), which takes the same arguments.
 *
 * Losses. What cannot be reserved is counted, for the probe in `pg_lost` and in sum in `pg_state`, with atomic adds: per-CPU
 * counters would be wrong for the same reason as per-CPU buffers.
 */

#include <linux/bpf.h>
#include "common/record.h"

#define PG_INLINE static inline __attribute__((always_inline))
/* all in one section; the tracer takes of it what it needs */
#define PG_NOINLINE static __attribute__((noinline, unused, section("uprobe")))
/* what the tracer knows by name: it calls it from the code of a site, or tells the verifier its type (types.c) */
#define PG_EXPORT __attribute__((noinline, section("uprobe")))
/* keeps the compiler from dropping a bounds check that only the verifier needs */
#define PG_OPAQUE(x) __asm__ volatile("" : "+r"(x))
#define NULL ((void *)0)

/* helpers, by their numbers in enum bpf_func_id of linux/bpf.h */
static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) = (void *)BPF_FUNC_map_update_elem;
static long (*bpf_map_delete_elem)(void *map, const void *key) = (void *)BPF_FUNC_map_delete_elem;
static __u64 (*bpf_ktime_get_ns)(void) = (void *)BPF_FUNC_ktime_get_ns;
static __u64 (*bpf_get_current_pid_tgid)(void) = (void *)BPF_FUNC_get_current_pid_tgid;
static long (*bpf_get_ns_current_pid_tgid)(__u64 dev, __u64 ino, struct bpf_pidns_info *info,
                                           __u32 size) = (void *)BPF_FUNC_get_ns_current_pid_tgid;
static __u64 (*bpf_get_current_ancestor_cgroup_id)(int level) = (void *)BPF_FUNC_get_current_ancestor_cgroup_id;
static __u64 (*bpf_get_attach_cookie)(void *ctx) = (void *)BPF_FUNC_get_attach_cookie;
static long (*bpf_copy_from_user)(void *dst, __u32 size, const void *src) = (void *)BPF_FUNC_copy_from_user;
static long (*bpf_probe_read_user)(void *dst, __u32 size, const void *src) = (void *)BPF_FUNC_probe_read_user;
static long (*bpf_probe_read_user_str)(void *dst, __u32 size, const void *src) = (void *)BPF_FUNC_probe_read_user_str;
static void *(*bpf_ringbuf_reserve)(void *ring, __u64 size, __u64 flags) = (void *)BPF_FUNC_ringbuf_reserve;
static void (*bpf_ringbuf_submit)(void *data, __u64 flags) = (void *)BPF_FUNC_ringbuf_submit;
static __u64 (*bpf_ringbuf_query)(void *ring, __u64 what) = (void *)BPF_FUNC_ringbuf_query;

/* ---- maps: created by the loader from these definitions, by name ---- */

#define PG_MAP(name, type, value, entries, flags)                                                                                  \
    struct pg_map_def name                                                                                                         \
        __attribute__((section("maps"), used)) = {type, (type) == BPF_MAP_TYPE_RINGBUF ? 0 : sizeof(__u32), value, entries, flags}

#define PG_MAP_BY(name, type, key, value, entries)                                                                                 \
    struct pg_map_def name __attribute__((section("maps"), used)) = {type, key, value, entries, 0}

#define PG_SCRATCH_SIZE 65536
/* strings are counted up to here */
#define PG_MAX_COUNTED (PG_SCRATCH_SIZE - 1)
/* the size of the smallest slot: what most strings have room in */
#define PG_SHORT 64
_Static_assert(PG_SPAN_LEN_UNKNOWN == 1, "what pg_piece_flag_length() computes");
_Static_assert(PG_SHORT == sizeof(((struct pg_call *)0)->value.bytes), "pg_clear() clears a value");
_Static_assert(PG_SHORT == sizeof(((struct pg_call *)0)->memory), "pg_call.memory is on the way to a short slot");
_Static_assert(sizeof(struct pg_begin_key) + 8 <= PG_MAX_SPAN, "pg_call.memory has what has begun");

PG_MAP(pg_ring, BPF_MAP_TYPE_RINGBUF, 0, 0 /* chosen by the loader */, 0);
/* what processes do; see struct pg_notice */
PG_MAP(pg_notices, BPF_MAP_TYPE_RINGBUF, 0, 0 /* chosen by the loader */, 0);
/* those whose firings are events, if they are some; the value says nothing */
PG_MAP(pg_processes, BPF_MAP_TYPE_HASH, sizeof(__u32), 0 /* chosen by the loader */, 0);
PG_MAP(pg_paths, BPF_MAP_TYPE_ARRAY, sizeof(struct pg_path), 0 /* chosen by the loader */, 0);
/* of each probe; read by the tracer through mmap() */
PG_MAP(pg_lost, BPF_MAP_TYPE_ARRAY, sizeof(__u64), 0 /* chosen by the loader */, BPF_F_MMAPABLE);
/* connections that are wanted by their id, by what is known of them where that is not; the value says nothing */
PG_MAP_BY(pg_known, BPF_MAP_TYPE_LRU_HASH, sizeof(struct pg_identity), sizeof(__u32), 0 /* chosen by the loader */);
/* connections that are not wanted, whatever else may come to be known of them: each has one place, and the last one stays there */
PG_MAP(pg_refused, BPF_MAP_TYPE_ARRAY, sizeof(struct pg_refused), 0 /* chosen by the loader */, 0);
/* of each thread, by process and number: whether the connection of its last event that others follow is wanted */
PG_MAP_BY(pg_threads, BPF_MAP_TYPE_LRU_HASH, sizeof(__u64), sizeof(__u32), 0 /* chosen by the loader */);
/* events by the value of a field; the key is struct pg_value */
struct pg_map_def pg_values __attribute__((section("maps"), used)) = {BPF_MAP_TYPE_HASH, sizeof(struct pg_value), sizeof(__u64),
                                                                      0 /* chosen by the loader */, 0};
/* of each probe: how many events were not wanted */
PG_MAP(pg_filtered, BPF_MAP_TYPE_ARRAY, sizeof(__u64), 0 /* chosen by the loader */, BPF_F_MMAPABLE);
/* what strings are compared with */
PG_MAP(pg_patterns, BPF_MAP_TYPE_ARRAY, sizeof(struct pg_pattern), 0 /* chosen by the loader */, 0);
/* where bytes go that are only counted; what stands there is never read, so threads may share it */
PG_MAP(pg_scratch, BPF_MAP_TYPE_ARRAY, PG_SCRATCH_SIZE, 1, 0);

/* variables: each is a map of one element, whose address is a part of the instructions */
const volatile struct pg_settings pg_settings __attribute__((section("data.constant"))) = {0};
const volatile struct pg_wanted pg_wanted __attribute__((section("data.constant"))) = {0};
volatile struct pg_state pg_state __attribute__((section("data.shared"))) = {0};

/* ---- one firing ---- */

/*
 * 0, but the verifier takes it for any number. Added to a value, it makes the verifier forget what it knows of it, so that paths
 * that differ in nothing else are one again; read anew each time, since it would follow copies of one value together.
 */
PG_INLINE __u64 pg_zero(const struct pg_call *call)
{
    (void)call;
    return pg_state.zero;
}

/*
 * Reads the target's memory; returns 0, or a negative number. Most pages are resident, and bpf_probe_read_user() is the faster one:
 * it does without the check that a hardened kernel makes of the destination, which looks up the ring's mapping each time. The other
 * one faults pages in. (Struct fields are read with that one alone: it costs little on the stack, and one call less to verify.)
 */
PG_INLINE long pg_read(void *to, __u32 size, const void *from)
{
    long result = bpf_probe_read_user(to, size, from);

    return result == 0 ? 0 : bpf_copy_from_user(to, size, from);
}

/* not 0: argument `arg` could not be read */
PG_INLINE __u64 pg_is_null(const struct pg_call *call, __u32 arg)
{
    return call->nulls & 1ull << arg;
}

/* bit n, if x is not 0; without a branch, which the compiler would make of this if it saw through it */
PG_INLINE __u64 pg_bit(__u64 x, __u32 n)
{
    __u64 minus = -x;

    PG_OPAQUE(minus);
    x = (x | minus) >> 63;
    PG_OPAQUE(x);
    return x << n;
}

/* 1 if x is not 0, whatever its width */
PG_INLINE __u64 pg_is_true(__u64 x)
{
    return pg_bit(x, 0);
}

/* Whether a process is one of those whose firings are events. To the verifier that is one of the four ways. */
PG_INLINE __u64 pg_is_traced(__u32 tgid)
{
    if (pg_settings.scope == PG_SCOPE_ONE)
        return tgid == pg_state.tgid;
    if (pg_settings.scope == PG_SCOPE_SOME)
        return pg_state.tgid != 0 && bpf_map_lookup_elem(&pg_processes, &tgid) != NULL;
    if (pg_settings.scope == PG_SCOPE_CGROUP)
        return pg_state.tgid != 0 && bpf_get_current_ancestor_cgroup_id((int)pg_state.cgroup_level) == pg_state.cgroup;
    return pg_state.tgid != 0;
}

/* Returns 0 if this firing is none of the tracer's. */
PG_EXPORT __u64 pg_begin(struct pg_call *call)
{
    __u32 tgid;

    if (pg_settings.pidns_ino == 0) {
        __u64 pid_tgid = bpf_get_current_pid_tgid();
        tgid = pid_tgid >> 32;
        call->tid = (__u32)pid_tgid;
    } else {
        struct bpf_pidns_info info = {0};
        if (bpf_get_ns_current_pid_tgid(pg_settings.pidns_dev, pg_settings.pidns_ino, &info, sizeof(info)) != 0)
            return 0;
        tgid = info.tgid;
        call->tid = info.pid;
    }
    call->tgid = tgid;
    return pg_is_traced(tgid);
}

/* ---- which connections are wanted: see connection.c ---- */

PG_EXPORT __u64 pg_is_wanted_id(__u64 id)
{
#pragma clang loop unroll(disable)
    for (__u32 i = 0; i < PG_MAX_WANTED && i < pg_wanted.num_ids; ++i) {
        if (pg_wanted.ids[i] == id)
            return 1;
    }
    return 0;
}

PG_EXPORT __u64 pg_is_wanted_address(__u64 a, __u64 b)
{
#pragma clang loop unroll(disable)
    for (__u32 i = 0; i < PG_MAX_WANTED && i < pg_wanted.num_networks; ++i) {
        const volatile struct pg_network *network = pg_wanted.networks + i;
        if ((a & network->mask[0]) == network->address[0] && (b & network->mask[1]) == network->address[1])
            return 1;
    }
    return 0;
}

/* Whether a connection without a number of its own that is random is in the sample: by one that its id, or its address, has. */
PG_EXPORT __u64 pg_is_sampled(__u64 a, __u64 b)
{
    __u64 x = a ^ (b << 32 | b >> 32) ^ pg_wanted.seed;

    /* David Stafford's mixing function (variant 13) */
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    x ^= x >> 31;
    return (x >> 32) < pg_wanted.limit;
}

/* A wanted connection is known by more than its id from now on. Its struct pg_identity is in pg_call.args, all but the process. */
PG_EXPORT __u64 pg_note_known(struct pg_call *call)
{
    struct pg_identity *identity = (struct pg_identity *)call->args;

    identity->tgid = call->tgid;
    call->key = 0;
    bpf_map_update_elem(&pg_known, identity, &call->key, BPF_ANY);
    return 1;
}

PG_EXPORT __u64 pg_is_known(struct pg_call *call)
{
    struct pg_identity *identity = (struct pg_identity *)call->args;

    identity->tgid = call->tgid;
    return bpf_map_lookup_elem(&pg_known, identity) != NULL;
}

/*
 * The struct sockaddr at `from` becomes the struct pg_identity in pg_call.args, its port in place of a random number. Returns 0 if
 * there is none.
 */
PG_EXPORT __u64 pg_peer(struct pg_call *call, __u64 from)
{
    struct pg_identity *identity = (struct pg_identity *)call->args;
    __u16 family;

    if (bpf_copy_from_user(call->memory, 8, (void *)from) != 0)
        return 0;
    family = *(__u16 *)call->memory;
    identity->random = ((__u16 *)call->memory)[1];
    identity->address[0] = 0;
    identity->address[1] = (__u64)((__u32 *)call->memory)[1] << 32 | 0xffff0000;
    /* AF_INET is 2, AF_INET6 10 */
    if (family == 10)
        return bpf_copy_from_user(identity->address, sizeof(identity->address), (void *)(from + 8)) == 0;
    return family == 2;
}

/* Whether what follows on this thread is of a connection that is wanted. */
PG_EXPORT __u64 pg_lead(struct pg_call *call, __u64 is_wanted)
{
    call->args[0] = (__u64)call->tgid << 32 | call->tid;
    call->key = (__u32)is_wanted;
    bpf_map_update_elem(&pg_threads, &call->args[0], &call->key, BPF_ANY);
    return is_wanted;
}

PG_EXPORT __u64 pg_follow_thread(struct pg_call *call)
{
    const __u32 *is_wanted;

    call->args[0] = (__u64)call->tgid << 32 | call->tid;
    is_wanted = bpf_map_lookup_elem(&pg_threads, &call->args[0]);
    return is_wanted != NULL && *is_wanted != 0;
}

/* Where a connection has its place in pg_refused: ids are counted up, so there is one for each of the last ones of a process. */
PG_INLINE struct pg_refused *pg_refused_place(struct pg_call *call, const struct pg_refused *own)
{
    call->key = ((__u32)own->id + (__u32)own->tgid * 0x9e3779b1) & (PG_MAX_REFUSED - 1);
    return bpf_map_lookup_elem(&pg_refused, &call->key);
}

/*
 * Whether it is known that a connection is not wanted. Its struct pg_refused is in pg_call.words, all but the process. Another
 * thread may write what is compared: then it is another connection's in part, whose id is another one, or the same again.
 */
PG_EXPORT __u64 pg_is_refused(struct pg_call *call)
{
    struct pg_refused *own = (struct pg_refused *)call->words, *known;

    own->tgid = call->tgid;
    known = pg_refused_place(call, own);
    return known != NULL && known->id == own->id && known->tgid == own->tgid && known->key[0] == own->key[0] &&
           known->key[1] == own->key[1];
}

/* After pg_is_refused(). What stood there before is forgotten, and found out anew when it is asked for. */
PG_EXPORT __u64 pg_refuse(struct pg_call *call)
{
    const struct pg_refused *own = (const struct pg_refused *)call->words;
    struct pg_refused *known = pg_refused_place(call, own);

    if (known != NULL)
        *known = *own;
    return 0;
}

/* ---- what has begun: see pair.c ---- */

/* Where a struct pg_begin_key has been put, and what comes with it. */
#define PG_BEGIN_KEY(call) ((struct pg_begin_key *)(call)->memory)
#define PG_BEGIN_VALUE(call) ((call)->memory[sizeof(struct pg_begin_key) / 8])

/* `begun`: the map of the pair; `nulls`: not 0 if a key could not be read. */
PG_EXPORT __u64 pg_note_begin(struct pg_call *call, __u64 time, __u64 nulls, void *begun)
{
    if (nulls != 0)
        return 0;
    PG_BEGIN_KEY(call)->tgid = call->tgid;
    PG_BEGIN_VALUE(call) = time;
    bpf_map_update_elem(begun, PG_BEGIN_KEY(call), &PG_BEGIN_VALUE(call), BPF_ANY);
    return 0;
}

/* When what ends now has begun, which is known no more then: of two that end it at the same time, one gets it. 0: it is not known.
 */
PG_INLINE __u64 pg_take_begin(struct pg_call *call, void *begun)
{
    __u64 *value = bpf_map_lookup_elem(begun, PG_BEGIN_KEY(call)), time;

    if (value == NULL)
        return pg_zero(call);
    time = __sync_lock_test_and_set(value, 0);
    bpf_map_delete_elem(begun, PG_BEGIN_KEY(call));
    return time + pg_zero(call);
}

/* How long it took, to PG_BEGIN_VALUE(). Returns 1 if there is none; then that is 1 if a key could not be read, else 0. */
PG_EXPORT __u64 pg_end(struct pg_call *call, __u64 time, __u64 nulls, void *begun)
{
    __u64 since, is_known, duration;

    PG_BEGIN_KEY(call)->tgid = call->tgid;
    since = nulls == 0 ? pg_take_begin(call, begun) : pg_zero(call);
    is_known = pg_is_true(since);
    duration = (time - since) & -is_known;
    /* the clocks of two processors may differ by less than it takes to tell */
    duration &= (duration >> 63) - 1;
    PG_BEGIN_VALUE(call) = duration | pg_is_true(nulls);
    return is_known ^ 1;
}

/* How many bits a number needs: 0 of 0. */
PG_EXPORT __u64 pg_num_bits(__u64 x)
{
    __u64 num = 0;

#pragma clang loop unroll(full)
    for (int step = 32; step != 0; step /= 2) {
        __u64 is_above = pg_is_true(x >> step) * step;
        num += is_above;
        x >>= is_above;
    }
    return num + x;
}

/* ---- processes that are followed ---- */

/* What the tracepoint task:task_newtask tells, behind what all of them do; the tracer has compared that with the kernel's own
 * description. */
struct pg_newtask {
    __u64 common;
    __s32 pid;
    char comm[16];
    __u64 clone_flags;
};
#define PG_CLONE_THREAD 0x00010000

PG_INLINE int pg_notify(__u32 kind, __u32 tgid, __u32 parent)
{
    struct pg_notice *notice = bpf_ringbuf_reserve(&pg_notices, sizeof(*notice), 0);

    if (notice == NULL) {
        __sync_fetch_and_add(&pg_state.missed_notices, 1);
        return 0;
    }
    notice->kind = kind;
    notice->tgid = tgid;
    notice->parent = parent;
    notice->pad = 0;
    bpf_ringbuf_submit(notice, BPF_RB_FORCE_WAKEUP);
    return 0;
}

/* At task:task_newtask, in the parent, before the child has run: the child of a followed process is one, too. */
PG_EXPORT int pg_on_fork(const struct pg_newtask *task)
{
    __u32 parent = bpf_get_current_pid_tgid() >> 32, child = task->pid, value = 0;

    if ((task->clone_flags & PG_CLONE_THREAD) != 0 || bpf_map_lookup_elem(&pg_processes, &parent) == NULL)
        return 0;
    if (bpf_map_update_elem(&pg_processes, &child, &value, BPF_ANY) != 0) {
        __sync_fetch_and_add(&pg_state.untraced, 1);
        return 0;
    }
    return pg_notify(PG_NOTICE_FORK, child, parent);
}

/* At sched:sched_process_exec: it has other files now, and the tracer has to look at them. */
PG_EXPORT int pg_on_exec(const void *context)
{
    __u32 tgid = bpf_get_current_pid_tgid() >> 32;

    (void)context;
    return bpf_map_lookup_elem(&pg_processes, &tgid) != NULL ? pg_notify(PG_NOTICE_EXEC, tgid, 0) : 0;
}

/* The bits of a floating-point number of 4 bytes → those of the same one of 8 (IEEE 754). There is one for each of them. */
PG_EXPORT __u64 pg_widen(__u64 bits)
{
    __u64 sign = bits >> 31 & 1, exponent = bits >> 23 & 0xff, fraction = (bits & 0x7fffff) << 29;

    if (exponent == 0xff) {
        exponent = 0x7ff; /* an infinity, or none */
    } else if (exponent != 0) {
        exponent += 1023 - 127;
    } else if (fraction != 0) {
        /* no leading 1 in 4 bytes, one in 8 */
        exponent = 1023 - 126;
#pragma clang loop unroll(disable)
        for (int i = 0; i < 24 && (fraction & 1ull << 52) == 0; ++i) {
            fraction <<= 1;
            --exponent;
        }
        fraction &= (1ull << 52) - 1;
    }
    return sign << 63 | exponent << 52 | fraction;
}

/* What helpers fill in part has to be written before (until Linux 6.3). */
PG_INLINE void pg_clear(__u64 *start)
{
#pragma clang loop unroll(full)
    for (int i = 0; i < PG_SHORT / 8; ++i)
        start[i] = 0;
}

/*
 * Length of a NUL-terminated string, counted up to PG_MAX_COUNTED; all bits if it cannot be read. The helper's result includes the
 * NUL, but kernels before 2025 return 0, not 1, for an empty string (strncpy_from_user_nofault()).
 *
 * It does not fault pages in. So if it fails, as many bytes are copied as the string may have, which does that for all pages up to
 * the first one that there is not; what comes of it does not matter. Few strings end beyond the next page.
 */
PG_EXPORT __u64 pg_strlen(__u64 from)
{
    __u32 zero = 0;
    char *scratch;
    long n;

    if ((scratch = bpf_map_lookup_elem(&pg_scratch, &zero)) == NULL)
        return ~0ull;
    n = bpf_probe_read_user_str(scratch, PG_SCRATCH_SIZE, (void *)from);
    if (n < 0) {
        bpf_copy_from_user(scratch, 4096, (void *)from);
        n = bpf_probe_read_user_str(scratch, PG_SCRATCH_SIZE, (void *)from);
    }
    if (n < 0) {
        bpf_copy_from_user(scratch, PG_SCRATCH_SIZE, (void *)from);
        n = bpf_probe_read_user_str(scratch, PG_SCRATCH_SIZE, (void *)from);
    }
    return n < 0 ? ~0ull : n - (n != 0);
}

/* What pg_text() does for text that is not short, or whose memory is not there yet. */
PG_NOINLINE __u64 pg_text_otherwise(__u64 from, __u64 *start)
{
    __u64 len = pg_strlen(from), got = len < PG_SHORT ? len : PG_SHORT;

    if (len >> 63 != 0)
        return len;
    PG_OPAQUE(got);
    if (got <= PG_SHORT)
        bpf_copy_from_user(start, got, (void *)from);
    return len;
}

/* Where the start of a text stands, of what is between pieces and lifted values; 0: there was no room, so it is not kept. */
#define PG_START(call, word) ((word) != 0 ? (call)->words + (word) : (call)->memory)

/* The same; its first PG_SHORT bytes stand at `start` then: most strings are no longer, and need no other read. */
PG_INLINE __u64 pg_text(const struct pg_call *call, __u64 from, __u64 *start)
{
    __u64 len = ~0ull;

    if (from != 0) {
        len = bpf_probe_read_user_str(start, PG_SHORT, (void *)from);
        if (len >= PG_SHORT)
            len = pg_text_otherwise(from, start);
        else
            len -= pg_is_true(len);
    } else {
        pg_clear(start);
    }
    return len + pg_zero(call);
}

/* ---- events that are not wanted: see choose.c ---- */

PG_EXPORT int pg_count_filtered(__u32 probe)
{
    __u32 key = 1 + probe;
    __u64 *count = bpf_map_lookup_elem(&pg_filtered, &key);

    if (count != NULL)
        __sync_fetch_and_add(count, 1);
    return 0;
}

/* What pg_match_chunk() returns beside states: no pattern has all of these bits. 0 is the state that nothing leads out of. */
#define PG_MATCHED (~0ull)
#define PG_UNREADABLE (~1ull)

/*
 * The state after the next bytes of a string, as many as are read at once; or what it comes to. `how` is the number of a pattern,
 * and PG_MATCH_TEXT. A string has ended if less bytes were left than that: else the next call finds that there are none. It may
 * have 64 bytes of the stack.
 */
PG_EXPORT __u64 pg_match_chunk(__u64 state, __u64 from, __u64 left, __u64 how)
{
    __u64 bytes[PG_MATCH_CHUNK / 8 + 1] = {0}, num = left < PG_MATCH_CHUNK ? left : PG_MATCH_CHUNK;
    __u32 key = (__u32)how;
    const struct pg_pattern *pattern = bpf_map_lookup_elem(&pg_patterns, &key);

    if (pattern == NULL)
        return 0;
    PG_OPAQUE(num);
    if (num > PG_MATCH_CHUNK)
        return 0;
    if (how >> PG_MATCH_TEXT != 0) {
        long got = bpf_probe_read_user_str(bytes, PG_MATCH_CHUNK + 1, (void *)from);
        if (got < 0) {
            bpf_copy_from_user(bytes, PG_MATCH_CHUNK, (void *)from);
            got = bpf_probe_read_user_str(bytes, PG_MATCH_CHUNK + 1, (void *)from);
        }
        if (got < 0)
            return PG_UNREADABLE;
        got -= got != 0;
        if (num > (__u64)got)
            num = got;
    } else if (pg_read(bytes, num, (void *)from) != 0) {
        return PG_UNREADABLE;
    }
#pragma clang loop unroll(disable)
    for (__u32 i = 0; i < PG_MATCH_CHUNK; ++i) {
        if (i >= num)
            break;
        state = (state & pattern->masks[((__u8 *)bytes)[i]]) << 1 | (state & pattern->stays);
    }
    if (state & pattern->stays & pattern->end)
        return PG_MATCHED;
    if (num == PG_MATCH_CHUNK)
        return state;
    return state & pattern->end ? PG_MATCHED : 0;
}

/* Whether `left` bytes match a pattern, or as many as there are up to a NUL. Returns PG_MATCH_*. */
PG_EXPORT __u64 pg_match(__u64 from, __u64 left, __u64 how)
{
    __u64 state = 1;

#pragma clang loop unroll(disable)
    for (__u32 i = 0; i < PG_MATCH_LIMIT / PG_MATCH_CHUNK; ++i) {
        state = pg_match_chunk(state, from, left, how);
        if (state == 0)
            return PG_MATCH_NO;
        if (state == PG_MATCHED)
            return PG_MATCH_YES;
        if (state == PG_UNREADABLE)
            return PG_MATCH_UNREADABLE;
        from += PG_MATCH_CHUNK;
        left -= PG_MATCH_CHUNK;
    }
    return PG_MATCH_NO;
}

/* ---- records ---- */

PG_EXPORT int pg_count_lost(__u32 probe)
{
    __u32 key = 1 + probe;
    __u64 *count = bpf_map_lookup_elem(&pg_lost, &key);

    if (count != NULL)
        __sync_fetch_and_add(count, 1);
    __sync_fetch_and_add(&pg_state.lost, 1);
    return 0;
}

/* Of an event that may begin or end something, the code of its site knows the time: a duration is the difference of two of these.
 */
#define PG_TIME_OF(call, word) (pg_settings.show & PG_SHOW_DURATIONS ? (call)->words[word] : bpf_ktime_get_ns())

PG_INLINE void pg_fill_head(struct pg_head *head, const struct pg_call *call, __u32 probe, __u32 slot, __u64 time)
{
    head->time = time;
    head->nulls = call->nulls;
    head->tid = call->tid;
    head->tgid = call->tgid;
    head->lost = (__u32)pg_state.lost;
    head->probe = probe;
    head->slot = slot;
}

/* Wakes the tracer when the ring fills beyond the mark; before that it comes by itself, by its clock, which costs the target
 * nothing. To ask how full it is costs something, so that is done for some records only: by the clock, whose low bits are as good
 * as a die. */
PG_INLINE int pg_submit(struct pg_head *head)
{
    __u64 over;

    if ((head->time & 15) != 0) {
        bpf_ringbuf_submit(head, BPF_RB_NO_WAKEUP);
        return 0;
    }
    over = bpf_ringbuf_query(&pg_ring, BPF_RB_AVAIL_DATA) - pg_settings.wakeup_bytes;
    bpf_ringbuf_submit(head, over >> 63 ? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP);
    return 0;
}

/* Reserves a record of a probe without strings; NULL: counted as lost. */
#define PG_RESERVE(record, call, probe, time)                                                                                      \
    do {                                                                                                                           \
        _Static_assert((probe) < PG_MAX_PROBES, "pg_head.probe has no room");                                                      \
        if (((record) = bpf_ringbuf_reserve(&pg_ring, sizeof(*(record)), 0)) == NULL)                                              \
            return pg_count_lost(probe);                                                                                           \
        pg_fill_head(&(record)->head, (call), (probe), 0, (time));                                                                 \
    } while (0)

#define PG_TRY_SLOT_(record, num_slots, longest, size, variable)                                                                   \
    if ((longest) <= (size)) {                                                                                                     \
        (record) = bpf_ringbuf_reserve(&pg_ring, sizeof(*(record)) + (num_slots) * (size), 0);                                     \
        (variable) = (size);                                                                                                       \
    } else

/* Reserves a record with slots for strings of at most `longest` bytes; sets `slot` to the size of each of them. If none is shown,
 * that is 0. */
#define PG_RESERVE_SLOTS(record, call, probe, num_slots, shown, longest, slot, time)                                               \
    do {                                                                                                                           \
        _Static_assert((probe) < PG_MAX_PROBES, "pg_head.probe has no room");                                                      \
        if (shown)                                                                                                                 \
            pg_clear((call)->memory);                                                                                              \
        if (!(shown)) {                                                                                                            \
            (record) = bpf_ringbuf_reserve(&pg_ring, sizeof(*(record)), 0);                                                        \
            (slot) = 0;                                                                                                            \
        } else                                                                                                                     \
            PG_TRY_SLOT_(record, num_slots, longest, PG_SHORT, slot)                                                               \
        PG_TRY_SLOT_(record, num_slots, longest, 512, slot)                                                                        \
        PG_TRY_SLOT_(record, num_slots, longest, 4096, slot)                                                                       \
        {                                                                                                                          \
            (record) = bpf_ringbuf_reserve(&pg_ring, sizeof(*(record)) + (num_slots)*PG_MAX_STRING, 0);                            \
            (slot) = PG_MAX_STRING;                                                                                                \
        }                                                                                                                          \
        if ((record) == NULL)                                                                                                      \
            return pg_count_lost(probe);                                                                                           \
        pg_fill_head(&(record)->head, (call), (probe), (slot), (time));                                                            \
    } while (0)

/* ---- struct fields ---- */

/* the number of a path in pg_paths, for the file of this site */
#define PG_PATH(call, index) ((__u32)(call)->paths + (index))

/* Reads `size` bytes at `base` + `offset`; nothing if `base` is a null pointer. Returns 1 if that failed, else 0. */
PG_INLINE __u64 pg_read_at(void *to, __u32 size, __u64 base, __u64 offset)
{
    __u64 is_there = pg_is_true(base);

    return pg_is_true(bpf_copy_from_user(to, size, (void *)((base + offset) & -is_there))) | (is_there ^ 1);
}

/* Functions that are called last have the least room on the stack: what they read, and a path's number, is in struct pg_call. */
#define PG_LATE(call) ((call)->memory[PG_MAX_SPAN / 8 - 1])

PG_INLINE const struct pg_path *pg_find_path(struct pg_call *call, __u32 path_index)
{
    call->key = path_index;
    return bpf_map_lookup_elem(&pg_paths, &call->key);
}

/* What is at the end of a path: its value, or where it is, to PG_LATE(). If there is none, that is `is_unreadable`, or 1 if it
 * cannot be read. */
PG_INLINE __u64 pg_load(const struct pg_path *path, struct pg_call *call, __u64 base, __u64 offset, __u64 is_unreadable)
{
    __u64 failed, x;

    call->memory[0] = call->memory[1] = 0;
    failed = pg_read_at(call->memory, path->size & 15, base, offset);
    x = call->memory[0] << (path->left & 63) >> (path->right & 63);
    x = (x ^ path->sign) - path->sign;
    x |= (base + offset) & path->place;
    is_unreadable |= pg_is_true(base);
    PG_LATE(call) = (x & (failed - 1)) | (is_unreadable & -failed);
    return failed;
}

/*
 * The value of a field of the struct at `base`, to PG_LATE(). Returns 0, or another number if there is none; then the value is not
 * 0 if memory could not be read. There are few branches, since the verifier would follow each outcome through all that comes after
 * it.
 */
PG_NOINLINE __u64 pg_field(struct pg_call *call, __u32 path_index, __u64 base)
{
    const struct pg_path *path = pg_find_path(call, path_index);

    PG_LATE(call) = pg_zero(call);
    if (path == NULL)
        return 1;
    return pg_load(path, call, base & -pg_is_true(path->num_hops), path->offsets[0], 0);
}

/* The same for a path that follows one pointer, or none where the target has an array. */
PG_NOINLINE __u64 pg_follow_one(struct pg_call *call, __u32 path_index, __u64 base)
{
    const struct pg_path *path = pg_find_path(call, path_index);
    __u64 next, failed, follows, is_unreadable;

    PG_LATE(call) = pg_zero(call);
    if (path == NULL)
        return 1;
    base &= -pg_is_true(path->num_hops);
    follows = -pg_is_true(path->num_hops >> 1);
    failed = pg_read_at(call->memory, sizeof(next), base, path->offsets[0]);
    next = call->memory[0];
    is_unreadable = failed & pg_is_true(base) & follows;
    base = (next & (failed - 1) & follows) | (base & ~follows);
    return pg_load(path, call, base, (path->offsets[1] & follows) | (path->offsets[0] & ~follows), is_unreadable);
}

/* The same for a path that follows more. */
PG_NOINLINE __u64 pg_follow(struct pg_call *call, __u32 path_index, __u64 base)
{
    const struct pg_path *path = pg_find_path(call, path_index);
    __u64 offset, is_unreadable = pg_zero(call);

    PG_LATE(call) = pg_zero(call);
    if (path == NULL)
        return 1;
    base &= -pg_is_true(path->num_hops);
    offset = path->offsets[0];
#pragma clang loop unroll(disable)
    for (__u32 i = 1; i < PG_MAX_HOPS; ++i) {
        __u64 failed;
        if (i >= path->num_hops)
            break;
        failed = pg_read_at(call->memory, sizeof(base), base, offset);
        is_unreadable |= failed & pg_is_true(base);
        base = call->memory[0] & (failed - 1);
        offset = path->offsets[i];
    }
    return pg_load(path, call, base, offset, is_unreadable);
}

/* What was read by a path of a floating-point number, as one of 8 bytes. */
PG_EXPORT __u64 pg_as_double(__u32 path_index, __u64 value)
{
    const struct pg_path *path = bpf_map_lookup_elem(&pg_paths, &path_index);

    return path != NULL && path->size == 4 ? pg_widen(value) : value;
}

/* Returns 0, or -1 for none: see PG_IS_UNREADABLE_ADDRESS(). */
PG_INLINE int pg_address_none(struct pg_address *to, __u64 from)
{
    to->family = 0;
    to->data[0] = pg_is_true(from);
    return -1;
}

PG_INLINE int pg_address_copy(struct pg_address *to, __u64 from)
{
    __u32 size;

    if (from == 0 || bpf_copy_from_user(&to->family, sizeof(to->family), (void *)from) != 0)
        return pg_address_none(to, from);
    /* struct sockaddr_in, _in6, _un without the family; AF_UNIX is 1, AF_INET 2, AF_INET6 10 */
    size = to->family == 2 ? 14 : to->family == 10 ? 26 : 0;
    if (to->family == 1) {
        if (bpf_probe_read_user_str(to->data, 108, (void *)(from + 2)) < 0)
            return pg_address_none(to, from);
        /* an abstract name begins with a NUL byte */
        if (to->data[0] == 0 && bpf_copy_from_user(to->data, 108, (void *)(from + 2)) != 0)
            to->data[0] = to->data[1] = 0;
    } else if (size != 0 && bpf_copy_from_user(to->data, size, (void *)(from + 2)) != 0) {
        return pg_address_none(to, from);
    }
    return 0;
}

/* ---- whose connection it is: see tell.c ---- */

PG_INLINE void pg_tell_address(struct pg_told *told, __u64 from, __u64 size)
{
    __u64 failed = 1;

    ((__u64 *)told->address)[0] = 0;
    ((__u64 *)told->address)[1] = 0;
    if (size == sizeof(told->address)) {
        failed = bpf_copy_from_user(told->address, sizeof(told->address), (void *)from);
    } else if (size == 4) {
        failed = bpf_copy_from_user(told->address + 12, 4, (void *)from);
        ((__u32 *)told->address)[2] = 0xffff0000; /* the form of IPv6 */
    }
    if (failed != 0)
        ((__u64 *)told->address)[1] = 0;
}

PG_INLINE void pg_tell_name(struct pg_told *told, struct pg_call *call, __u64 from)
{
    long n = 0;

    if (from != 0 && (n = bpf_probe_read_user_str(told->name, PG_MAX_SERVER, (void *)from)) < 0) {
        bpf_copy_from_user(call->memory, 1, (void *)from);
        n = bpf_probe_read_user_str(told->name, PG_MAX_SERVER, (void *)from);
    }
    told->name_size = n > 0 ? n - 1 : 0;
    told->name_goes_on = n == PG_MAX_SERVER;
}

/* What cannot be reserved is not counted: it is no event. */
PG_EXPORT int pg_tell(struct pg_call *call)
{
    struct pg_told *told = bpf_ringbuf_reserve(&pg_ring, sizeof(*told), 0);

    if (told == NULL)
        return 0;
    pg_fill_head(&told->head, call, PG_TOLD, 0, bpf_ktime_get_ns());
    told->head.nulls = 0;
    told->connection = call->memory[PG_TELL_CONNECTION];
    told->handles[0] = call->memory[PG_TELL_HANDLES];
    told->handles[1] = call->memory[PG_TELL_HANDLES + 1];
    pg_address_copy(&told->peer, call->memory[PG_TELL_PEER]);
    pg_tell_address(told, call->memory[PG_TELL_ADDRESS], call->memory[PG_TELL_ADDRESS_SIZE]);
    pg_tell_name(told, call, call->memory[PG_TELL_NAME]);
    return pg_submit(&told->head);
}

/* ---- strings ---- */

/* at most `limit` of `len` bytes at `from` */
PG_INLINE void pg_piece_limited(struct pg_piece *piece, const struct pg_call *call, __u64 from, __u64 len, __u64 limit, __u64 nulls)
{
    len |= -pg_is_true(nulls);
    piece->from = from;
    piece->len = len + pg_zero(call);
    piece->got = ((len < limit ? len : limit) & ((len >> 63) - 1)) + pg_zero(call);
    piece->flags = pg_is_true(from) * PG_SPAN_POINTER;
}

/* Text may be longer than it is counted. */
PG_INLINE void pg_piece_flag_length(struct pg_piece *piece)
{
    piece->flags |= (PG_MAX_COUNTED - 1 - piece->len) >> 63;
}

/* `len` bytes at `from`; a length of 0 needs no pointer, a negative one is none */
PG_INLINE void pg_piece_sized(struct pg_piece *piece, const struct pg_call *call, __u64 from, __u64 len, __u64 nulls)
{
    nulls |= len >> 63;
    pg_piece_limited(piece, call, from & (pg_is_true(nulls) - 1), len, pg_settings.string_limit, nulls);
}

/* text up to its NUL; `start`: see PG_START() */
PG_INLINE void pg_piece_text(struct pg_piece *piece, const struct pg_call *call, __u64 from, __u64 nulls, __u64 *start)
{
    pg_piece_limited(piece, call, from, pg_text(call, from, start), pg_settings.string_limit, nulls);
    pg_piece_flag_length(piece);
}

/* how many bytes can be where a path leads to: no bound, if that is a pointer's target */
PG_INLINE __u64 pg_bound(__u32 path_index)
{
    const struct pg_path *path = bpf_map_lookup_elem(&pg_paths, &path_index);

    return path != NULL && path->whole_size != 0 ? path->whole_size : ~0ull >> 1;
}

/* Text that a path has led to. In an array it may be without a NUL, and then nothing after the array is known to be readable. */
PG_INLINE void pg_piece_string(struct pg_piece *piece, const struct pg_call *call, __u32 path_index, __u64 nulls, __u64 *start)
{
    __u64 len = pg_text(call, piece->from, start), bound = pg_bound(path_index);

    if (len > bound && bound != ~0ull >> 1)
        len = bound;
    pg_piece_limited(piece, call, piece->from, len, pg_settings.string_limit, nulls);
    pg_piece_flag_length(piece);
}

/* piece->len bytes that a path has led to, not more than an array has */
PG_INLINE void pg_piece_bytes(struct pg_piece *piece, const struct pg_call *call, __u32 path_index, __u64 nulls)
{
    __u64 limit = pg_settings.string_limit, bound = pg_bound(path_index), is_null = pg_is_true(nulls);
    /* no pointer on the way to the length, or one that is negative: that is not a failure to read */
    __u64 is_none = (is_null & (pg_is_true(piece->len) ^ 1)) | ((is_null ^ 1) & piece->len >> 63);

    pg_piece_limited(piece, call, piece->from & (is_none - 1), piece->len, limit < bound ? limit : bound, nulls);
}

/* all bytes of an array that a path has led to */
PG_INLINE void pg_piece_array(struct pg_piece *piece, const struct pg_call *call, __u32 path_index, __u64 nulls)
{
    const struct pg_path *path = bpf_map_lookup_elem(&pg_paths, &path_index);

    pg_piece_limited(piece, call, piece->from, path != NULL ? path->whole_size : 0, pg_settings.string_limit, nulls);
}

/* a struct that is copied whole; its size comes from the target's debug information, 0 if it is not known */
PG_INLINE void pg_piece_whole(struct pg_piece *piece, const struct pg_call *call, __u32 path_index, __u64 from, __u64 nulls)
{
    const struct pg_path *path = bpf_map_lookup_elem(&pg_paths, &path_index);
    __u64 size = path != NULL ? path->whole_size : 0;

    pg_piece_limited(piece, call, size == 0 ? 0 : from, size, PG_MAX_STRING, size == 0 ? 1 : nulls);
    piece->flags |= (__u32)call->paths << PG_SPAN_PATHS_SHIFT;
}

PG_INLINE __u64 pg_longest(const struct pg_call *call, __u64 longest, const struct pg_piece *piece)
{
    return (piece->got > longest ? piece->got : longest) + pg_zero(call);
}

/* Fills a slot of PG_SHORT bytes. */
PG_INLINE void pg_copy_short(void *to, const __u64 *from)
{
#pragma clang loop unroll(full)
    for (int i = 0; i < PG_SHORT / 8; ++i)
        ((__u64 *)to)[i] = from[i];
}

/*
 * Reads `got` bytes of the target into a slot. Returns 0, or a negative number. Short ones go by way of the stack: a hardened
 * kernel sees at once that the destination is all right, and the helper that faults pages in costs no more than the other one.
 */
PG_INLINE long pg_read_slot(void *to, __u64 slot, __u64 got, __u64 from, struct pg_call *call)
{
    long result;

    if (slot != PG_SHORT)
        return pg_read(to, got, (void *)from);
    result = bpf_copy_from_user(call->memory, got, (void *)from);
    pg_copy_short(to, call->memory);
    return result;
}

/* Copies a piece into a slot. Returns 0, or 1 if it is null. */
PG_INLINE __u64 pg_piece_copy(struct pg_span *span, void *to, __u64 slot, const struct pg_piece *piece, struct pg_call *call)
{
    __u64 got = piece->got;

    span->len = piece->len;
    span->got = piece->got;
    span->flags = piece->flags;
    PG_OPAQUE(got);
    if (got > slot)
        got = slot;
    return (piece->len | (__u64)pg_read_slot(to, slot, got, piece->from, call)) >> 63;
}

/* The same for text up to its NUL. If its start has been kept, that is not read again. */
PG_INLINE __u64 pg_piece_copy_text(struct pg_span *span, void *to, __u64 slot, const struct pg_piece *piece, struct pg_call *call,
                                   const __u64 *start)
{
    if (slot != PG_SHORT || start == call->memory)
        return pg_piece_copy(span, to, slot, piece, call);
    span->len = piece->len;
    span->got = piece->got;
    span->flags = piece->flags;
    pg_copy_short(to, start);
    return piece->len >> 63;
}

/* ---- counts by the value of a field: the code of a site (count.c) calls one of pg_value_*(), then pg_count_value() ---- */

/* Whether there was room for the value in pg_call.value, if it is a new one. */
PG_EXPORT __u64 pg_count_value(struct pg_call *call)
{
    __u64 zero = 0, *count = bpf_map_lookup_elem(&pg_values, &call->value);

    if (count == NULL) {
        /* another thread may just do the same */
        bpf_map_update_elem(&pg_values, &call->value, &zero, BPF_NOEXIST);
        count = bpf_map_lookup_elem(&pg_values, &call->value);
    }
    if (count == NULL)
        return 0;
    __sync_fetch_and_add(count, 1);
    return 1;
}

PG_INLINE int pg_value_none(struct pg_call *call, __u64 is_unreadable)
{
    pg_clear(call->value.bytes);
    call->value.got = 0;
    call->value.flags = PG_VALUE_NULL | (is_unreadable != 0 ? PG_VALUE_UNREADABLE : 0);
    return 0;
}

PG_EXPORT int pg_value_number(struct pg_call *call, __u64 number, __u64 nulls)
{
    if (nulls != 0)
        return pg_value_none(call, number);
    pg_clear(call->value.bytes);
    call->value.bytes[0] = number;
    call->value.got = sizeof(number);
    call->value.flags = 0;
    return 0;
}

/* `got` bytes at `from`, of `len` */
PG_INLINE int pg_value_copy(struct pg_call *call, __u64 from, __u64 len, __u64 got)
{
    pg_clear(call->value.bytes);
    PG_OPAQUE(got);
    if (got > PG_MAX_VALUE || pg_read(call->value.bytes, got, (void *)from) != 0)
        return pg_value_none(call, from);
    call->value.got = got;
    call->value.flags = len > PG_MAX_VALUE ? PG_VALUE_CUT : 0;
    return 0;
}

/* `len` bytes at `from`, at most `bound`; a negative length is none */
PG_EXPORT int pg_value_bytes(struct pg_call *call, __u64 from, __u64 len, __u64 nulls, __u64 bound)
{
    if (nulls != 0 || len >> 63 != 0)
        return pg_value_none(call, nulls != 0 ? from : 0);
    if (len > bound)
        len = bound;
    return pg_value_copy(call, from, len, len < PG_MAX_VALUE ? len : PG_MAX_VALUE);
}

/* text up to its NUL, or as long as the array that it is in, which is `bound` */
PG_EXPORT int pg_value_text(struct pg_call *call, __u64 from, __u64 nulls, __u64 bound)
{
    /* with the NUL and one more, which tells whether there is more */
    const __u32 size = PG_MAX_VALUE + 2;
    long n;

    if (nulls != 0 || from == 0)
        return pg_value_none(call, from);
    pg_clear(call->value.bytes);
    n = bpf_probe_read_user_str(call->value.bytes, size, (void *)from);
    if (n < 0) {
        bpf_copy_from_user(call->memory, 1, (void *)from);
        bpf_copy_from_user(call->memory, PG_MAX_VALUE, (void *)from);
        n = bpf_probe_read_user_str(call->value.bytes, size, (void *)from);
    }
    if (n < 0)
        return pg_value_none(call, from);
    n -= n != 0;
    if (n > (long)bound || n > PG_MAX_VALUE)
        return pg_value_copy(call, from, n < (long)bound ? n : bound, bound < PG_MAX_VALUE ? bound : PG_MAX_VALUE);
    call->value.got = n;
    call->value.flags = 0;
    return 0;
}

/* an address: its family, and as much of struct sockaddr_in, _in6 or _un as is shown */
PG_EXPORT int pg_value_address(struct pg_call *call, __u64 from, __u64 nulls)
{
    __u16 family;

    if (nulls != 0 || from == 0 || bpf_copy_from_user(call->memory, 2, (void *)from) != 0)
        return pg_value_none(call, from);
    family = *(__u16 *)call->memory;
    if (family != 1) {
        pg_value_copy(call, from, 0, family == 2 ? 8 : family == 10 ? 24 : 2);
        if (family == 10)
            call->value.bytes[0] &= 0xffffffff; /* without flow information */
        return 0;
    }
    pg_clear(call->value.bytes);
    *(__u16 *)call->value.bytes = family;
    if (bpf_probe_read_user_str((char *)call->value.bytes + 2, PG_MAX_VALUE - 2, (void *)(from + 2)) < 0)
        return pg_value_none(call, from);
    /* an abstract name begins with a NUL byte */
    if (((char *)call->value.bytes)[2] == 0)
        bpf_probe_read_user_str((char *)call->value.bytes + 3, PG_MAX_VALUE - 3, (void *)(from + 3));
    call->value.got = PG_MAX_VALUE;
    call->value.flags = 0;
    return 0;
}

#endif
