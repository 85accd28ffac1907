#ifndef RUNTIME_COMMON_RECORD_H
#define RUNTIME_COMMON_RECORD_H

/*
 * What the BPF program and the tracer must agree on: what the code of a site is made of and hands over (operands of the sites,
 * paths into the target's structs, settings) and the head that every record in the ring begins with. Included by both worlds, so it
 * uses the kernel's types only. All numbers are in the byte order of the machine.
 */

#include <linux/types.h>

#define PG_MAX_ARGS 12     /* sys/sdt.h has macros for no more */
#define PG_MAX_HOPS 4      /* dereferences of one path */
#define PG_MAX_SITES 16384 /* of one tracer */
#define PG_MAX_PROBES 65535
#define PG_MAX_STRING 32768

/** A map as the BPF object defines it (section "maps"); the loader creates it, with a size of its own where max_entries is 0. */
struct pg_map_def {
    __u32 type, key_size, value_size, max_entries, flags;
};

/* ---- sites ---- */

enum {
    PG_OPERAND_READABLE = 1, /* clear: the argument is null at this site */
    PG_OPERAND_DEREF = 2,    /* the value is in the target's memory at the address */
    PG_OPERAND_SIGNED = 4,   /* sign-extend the value from `size` bytes */
    PG_OPERAND_TEXT = 8,     /* points to a string that ends with a NUL and will be shown */
    PG_OPERAND_FLOAT = 16    /* a floating-point number of 4 bytes: it becomes one of 8, as all that are in records */
};

/**
 * How one argument is read at one site: x = disp + regs[base] + (regs[index] << shift), then, with DEREF, the `size` bytes at
 * address x. `base` and `index` are words of the kernel's struct pt_regs (see usdt/regs.h), PG_REG_NONE for none.
 */
struct pg_operand {
    __s64 disp;
    __u8 base, index, shift, size;
    __u8 flags;
    __u8 pad[3];
};

/** One location of a probe in a binary. */
struct pg_site {
    __u32 probe; /* index in the catalog */
    __u16 num_args;
    __u16 pad;
    struct pg_operand args[PG_MAX_ARGS];
};

/* ---- struct fields ---- */

/**
 * How to read a field of a struct that an argument points to: follow offsets[0 .. num_hops-2], then `size` bytes at the last one.
 * What is wanted of them is shifted to the left by `left` bits and back by `right`: a bit field is less than its bytes.
 */
struct pg_path {
    __u8 num_hops; /* 0: unknown in this target, the field is null */
    __u8 size;     /* 1 to 8; 0: text, bytes or an address that is there itself: the value is where that is */
    __u8 is_signed;
    __u8 is_float;
    __u8 left, right;
    __u8 pad[2];
    __u32 whole_size; /* bytes of a struct that is copied whole, or of what is there itself; 0: a pointer leads to it */
    __u32 offsets[PG_MAX_HOPS];
    __u32 pad2;
    __u64 sign;  /* the bit of the sign, if it has one */
    __u64 place; /* all bits, if the value is where it is */
};

/* ---- connections ---- */

#define PG_MAX_WANTED 64 /* ids, and addresses */

/* what connections are wanted by: bits */
enum { PG_BY_SAMPLE = 1, PG_BY_ADDRESS = 2, PG_BY_ID = 4, PG_BY_NAME = 8 };

/** Addresses whose first bits are the same, as they stand in memory; those of IPv4 are in the form ::ffff:192.0.2.1. */
struct pg_network {
    __u64 address[2], mask[2];
};

/** Which connections are wanted. Set before the program is loaded, and constant from then on. */
struct pg_wanted {
    __u32 by;    /* PG_BY_* */
    __u32 ratio; /* of a sample: the bits of a float */
    __u64 limit; /* the same, of numbers of 32 bits: those below it */
    __u64 seed;  /* of the numbers that stand for connections which have no random one */
    __u32 num_ids, num_networks;
    __u64 ids[PG_MAX_WANTED];
    struct pg_network networks[PG_MAX_WANTED];
};

/** What a connection is known by where its id is not. Key of pg_known; struct pg_call.args has it first. */
struct pg_identity {
    __u32 tgid, random;
    __u64 address[2];
};

#define PG_MAX_KEY 16 /* bytes beside its id that tell a connection from all others */

/** A connection that is not wanted, for good: an element of pg_refused. struct pg_call.words has that of the event first. */
struct pg_refused {
    __u64 tgid, id;
    __u64 key[PG_MAX_KEY / 8];
};

#define PG_MAX_REFUSED 32768 /* connections in pg_refused: a power of 2 */

/* ---- patterns ---- */

#define PG_MATCH_CHUNK 32  /* bytes that are read at once */
#define PG_MATCH_LIMIT 256 /* bytes of a string that are looked at */
#define PG_MATCH_TEXT 32   /* the bit beside the number of a pattern that says that a NUL ends the string */

enum { PG_MATCH_NO, PG_MATCH_YES, PG_MATCH_UNREADABLE };

/** What a string is compared with: see choose/pattern.h. The states are the bits of a number, which is 1 at the beginning. */
struct pg_pattern {
    __u64 masks[256]; /* of each byte: the states from which it leads to the next one */
    __u64 stays;      /* those that any byte leaves as they are */
    __u64 end;        /* the one that matches */
};

/* ---- settings ---- */

enum { PG_SHOW_APPDATA = 1, PG_SHOW_SECRETS = 2, PG_SHOW_DURATIONS = 4 };
/* what is not for everybody's eyes */
#define PG_SHOW_PRIVATE (PG_SHOW_APPDATA | PG_SHOW_SECRETS)

/** Set before the program is loaded, and constant from then on: what they exclude is no part of what the kernel makes of it. */
struct pg_settings {
    __u64 pidns_dev, pidns_ino; /* the tracer's pid namespace; ino 0: the initial one */
    __u64 wakeup_bytes;         /* wake the tracer when this much waits in the ring */
    __u32 show;                 /* PG_SHOW_* */
    __u32 string_limit;         /* bytes copied of one string, at most PG_MAX_STRING */
    __u32 scope;                /* PG_SCOPE_* */
    __u32 pad;
};

/** Whose firings are events. */
enum {
    PG_SCOPE_ONE,    /* those of the process pg_state.tgid */
    PG_SCOPE_SOME,   /* of the processes in pg_processes */
    PG_SCOPE_CGROUP, /* of those in the control group pg_state.cgroup, or below it */
    PG_SCOPE_ALL     /* of all that execute the files */
};

/** Shared with the tracer while the program runs. */
struct pg_state {
    __u64 zero; /* 0: see pg_zero() of the prelude */
    __u64 lost; /* the sum of losses */
    __u32 tgid; /* the process whose firings are events, or any number if it is not one; 0: none is any more */
    __u32 missed_notices;
    __u64 cgroup;       /* its number, which is another one when it was removed and made anew */
    __u32 cgroup_level; /* how many groups are above that */
    __u32 untraced;     /* children that pg_processes had no room for */
};

/* ---- pairs ---- */

#define PG_MAX_PAIRS 4 /* that an event begins, and that it ends */
#define PG_MAX_KEYS 3

/** What has begun: a key of the map of its pair, whose value is the time. Keys that the pair does not have are 0. */
struct pg_begin_key {
    __u32 tgid, pad;
    __u64 keys[PG_MAX_KEYS];
};

/* ---- counts ---- */

#define PG_MAX_VALUE 64 /* bytes of text, bytes or an address that are counted by */

/** A key of pg_values, which counts events by the value of a field. */
struct pg_value {
    __u32 probe; /* index in the catalog */
    __u16 got;   /* bytes of the value that are here; the others are 0 */
    __u16 flags; /* PG_VALUE_* */
    __u64 bytes[PG_MAX_VALUE / 8];
};
enum {
    PG_VALUE_CUT = 1,       /* it is longer */
    PG_VALUE_NULL = 2,      /* there is none */
    PG_VALUE_UNREADABLE = 4 /* since it could not be read */
};

/* ---- one firing ---- */

#define PG_MAX_SPAN 64 /* bytes that are read at once */
#define PG_MAX_SLOTS 8 /* strings of an event */

/**
 * What is to be copied into a slot. `len` is the whole length, negative if it is null; `got` is what will be copied of it. If it is
 * null, `from` is not 0 when that is because memory could not be read. For what is lifted, the code of the site writes `from` and
 * `len`. `got` and `flags` become those of the struct pg_span.
 */
struct pg_piece {
    __u64 from, len;
    __u32 got, flags;
};

/** What the code of a site finds out, and the function of its probe makes a record of. */
struct pg_call {
    union {
        struct pg_piece pieces[PG_MAX_SLOTS]; /* by slot, from the start */
        __u64 words[PG_MAX_SLOTS * 3];        /* what is lifted out of structs, from the end; between them, starts of text */
        struct pg_value value;                /* where events are counted by a value: that, room for a byte too many, and lifted: */
    };
    __u64 args[PG_MAX_ARGS];       /* extended to 64 bits by the operand's size and sign; those that nobody needs are 0 */
    __u64 memory[PG_MAX_SPAN / 8]; /* what was read of the target's memory */
    __u64 nulls;                   /* bit n: argument n could not be read */
    __u64 paths;                   /* what the site's file has of pg_paths begins here */
    __u32 tid, tgid;
    __u32 key; /* of a map */
    __u32 pad;
};

/* words of pg_call.memory: what pg_tell() makes a struct pg_told of. Addresses are 0 where there is nothing. */
enum { PG_TELL_CONNECTION = 1, PG_TELL_HANDLES, PG_TELL_PEER = 4, PG_TELL_ADDRESS, PG_TELL_ADDRESS_SIZE, PG_TELL_NAME };

/* words beyond pg_call.value: what is lifted for it, and the length of that */
enum { PG_VALUE_WORD = sizeof(struct pg_value) / 8 + 1, PG_VALUE_LENGTH_WORD };

/* ---- records ---- */

/** Head of every record. */
struct pg_head {
    __u64 time;  /* ns, CLOCK_MONOTONIC */
    __u64 nulls; /* bit n: field n is null */
    __u32 tid, tgid;
    __u32 lost;  /* losses so far, low 32 bits: a change between two records is a gap */
    __u16 probe; /* index in the catalog, which has at most PG_MAX_PROBES */
    __u16 slot;  /* size of each of the record's slots for strings; 0 when it has none */
};

/** A field's bit in pg_head.nulls, where BIT_FIELD is an enumerator for its number. */
#define PG_BIT(field) (1ull << BIT_##field)
/** Whether a field of a record is null. */
#define PG_IS_NULL(record, field) (((record)->head.nulls & PG_BIT(field)) != 0)
/*
 * A field is null since there is nothing (a null pointer, a negative length, an argument that this site does not pass), or since
 * what a pointer leads to could not be read. Which of both, its own bytes say then: these tell whether it is the second.
 */
#define PG_IS_UNREADABLE_VALUE(record, field) ((record)->field != 0)
#define PG_IS_UNREADABLE_SPAN(record, field) (((record)->field.flags & PG_SPAN_POINTER) != 0)
#define PG_IS_UNREADABLE_ADDRESS(record, field) ((record)->field.data[0] != 0)
/** Slot number `n` of a record whose slots have `size` bytes each: they follow its struct. */
#define PG_SLOT(record, n, size) ((char *)((record) + 1) + (n) * (size))

/** A string, bytes or struct in a slot: `got` of its `len` bytes are there. */
struct pg_span {
    __u64 len;
    __u32 got;
    __u32 flags; /* PG_SPAN_* */
};
enum {
    PG_SPAN_LEN_UNKNOWN = 1, /* longer than the tracer counted; len is what was counted */
    PG_SPAN_POINTER = 2      /* its pointer is not null: if the field is, it could not be read */
};
/* the flags of a whole struct also have pg_site.paths */
#define PG_SPAN_PATHS_SHIFT 8

/** An address: what of struct sockaddr_in, _in6 or _un (without the family) is needed to print it. */
struct pg_address {
    __u16 family; /* AF_*, as in the target; 0 when the field is null, and data[0] says why */
    __u8 data[110];
};

/* ---- connections that are told of ---- */

#define PG_TOLD PG_MAX_PROBES /* in place of a probe's number */
#define PG_MAX_SERVER 256     /* bytes of a server's name, with the NUL */

/**
 * Whose connection it is that an event of the same thread, the next one, is of. No event, and not counted as one: if there is no
 * room for it, there is none for the event, or the connection is not told.
 */
struct pg_told {
    struct pg_head head;
    __u64 connection; /* its number, as the event has it */
    __u64 handles[2]; /* addresses of the structs that tell it, by which others of its events know it; 0: none */
    __u32 name_size;  /* bytes of `name` */
    __u32 name_goes_on;
    __u8 address[16];       /* of the client, IPv6 or ::ffff:192.0.2.1, without a port; zeros: it is not known */
    struct pg_address peer; /* the same with a port; family 0: it is not known */
    char name[PG_MAX_SERVER];
};

/* ---- processes ---- */

/** A followed process has done something that the tracer has to know; in a ring of their own, which no events can fill. */
struct pg_notice {
    __u32 kind; /* PG_NOTICE_* */
    __u32 tgid;
    __u32 parent; /* of PG_NOTICE_FORK */
    __u32 pad;
};
enum {
    PG_NOTICE_FORK, /* it is new, and in pg_processes by now */
    PG_NOTICE_EXEC  /* it executes another program */
};

#endif
