#ifndef GEN_AUDIT_EVIDENCE_EVIDENCE_H
#define GEN_AUDIT_EVIDENCE_EVIDENCE_H

#include <stdint.h>
#include <sys/types.h>
#include "base/diag.h"
#include "model/ir.h"

/**
 * What is known of every probe: a table with a row for each, which definitions, sources, binaries and traces fill, each its own
 * columns. Checks and reports read it. All of it lives in the arena. Lists are in the order in which things were found unless said
 * otherwise.
 */

/* ---- called ---- */

/** One call of a probe in the sources. */
typedef struct st_audit_call_t {
    struct st_audit_call_t *next; /* sorted by file and line */
    str_t file;                   /* the folder that was given, and the path below it */
    unsigned line;
    unsigned num_args;
    str_t macro;     /* what is written there: the probe's macro, or one that wraps it */
    str_t condition; /* the #if's around it, outermost first, joined by " && "; n == 0: none */
} audit_call_t;

typedef struct st_audit_sources_t {
    int is_given;
    unsigned num_files, num_calls;
} audit_sources_t;

/* ---- built ---- */

/** A program or shared library. */
typedef struct st_audit_binary_t {
    struct st_audit_binary_t *next;
    str_t path;    /* as given; of a library that was found: where */
    str_t machine; /* "x86-64", "aarch64", …, "machine 4711" */
    unsigned bits; /* 32 or 64 */
    /** whether tracers made by probegen know the operands of its machine; if not, audit_operand_t.reason is always NULL */
    int is_readable;
    int has_functions;    /* a symbol table or debug information, own or separate */
    unsigned num_notes;   /* of all providers */
    unsigned num_sites;   /* of the providers that are audited */
    unsigned num_probes;  /* that have a site in it */
    unsigned num_broken;  /* notes that are malformed, or whose site cannot be attached to */
    str_t refused;        /* the first of the latter: which, where, why; n == 0: there is none */
    unsigned num_dropped; /* sites of probes that no definition has, beyond AUDIT_MAX_UNDEFINED */
    dev_t device;         /* of the file: one that is reached in two ways counts once */
    ino_t inode;
} audit_binary_t;

typedef struct st_audit_operand_t {
    str_t text;    /* "-4@$1" */
    unsigned size; /* in bytes; 0: not known */
    int is_signed, is_float;
    int is_constant;    /* it is `value`, as the site's size and sign say */
    int64_t value;      /* of a constant */
    const char *reason; /* why it cannot be read, a literal; NULL: it can */
} audit_operand_t;

/** One site of a probe in a binary. */
typedef struct st_audit_site_t {
    struct st_audit_site_t *next;
    const audit_binary_t *binary;
    uint64_t address; /* virtual address in the file */
    int has_semaphore;
    audit_operand_t *operands;
    unsigned num_operands;
    str_t function; /* that contains it; of C++ with its parameters; n == 0: not known */
    str_t symbol;   /* the function's name in the binary, if that is another one; else n == 0 */
    str_t file;     /* source file and line, by the debug information; n == 0: not known */
    unsigned line;
} audit_site_t;

/* ---- seen ---- */

/** columns of the histogram of events over time */
#define AUDIT_NUM_BUCKETS 60

/** A trace: a file, or standard input. */
typedef struct st_audit_trace_t {
    struct st_audit_trace_t *next;
    str_t path;
    uint64_t num_lines, num_events; /* events of all providers; reports of lost events are not counted */
    uint64_t num_foreign;           /* events of providers that are not audited */
    uint64_t num_lost;              /* events that the tracer says it lost */
    uint64_t num_bad_lines;         /* that are not events */
    uint64_t first_bad_line;        /* from 1; 0: none */
    int is_cut;                     /* its compressed data end early, or are damaged: what comes after that is not counted */
} audit_trace_t;

/** A key of events that the definitions do not have for them. */
typedef struct st_audit_key_t {
    struct st_audit_key_t *next;
    str_t name;
    uint64_t count;
} audit_key_t;

/** What all traces together have of one probe. */
typedef struct st_audit_seen_t {
    uint64_t num_events, num_lost;
    double first, last;        /* ms since 1970-01-01 UTC, when num_events != 0 */
    uint64_t *num_present;     /* events that have this field, by index in ir_probe_t.fields; NULL when the probe is not defined */
    uint64_t *num_nulls;       /* of them, those where it is null */
    audit_key_t *unknown_keys; /* the first few of them */
    uint64_t buckets[AUDIT_NUM_BUCKETS]; /* see audit_time_t */
} audit_seen_t;

/** The time axis of all histograms. */
typedef struct st_audit_time_t {
    double first, last;        /* of all events of providers that are audited; first > last: there is none */
    double start, bucket_size; /* ms; bucket i is [start + i * bucket_size, start + (i + 1) * bucket_size) */
    /** the same in integers: a bucket has 2^shift microseconds, and so many buckets lie between 1970 and the first one */
    unsigned shift;
    int64_t first_bucket;
} audit_time_t;

/* ---- findings: see finding.h ---- */

typedef struct st_audit_finding_t audit_finding_t;

/* ---- the table ---- */

/** What is known of a provider as a whole, however many files define it; check.c works it out. */
typedef struct st_audit_provider_t {
    str_t name;
    unsigned index;               /* in audit_t.provider_list */
    const ir_provider_t *defined; /* the first definition of it */
    unsigned num_probes;
    unsigned num_called, num_built; /* probes that are defined and have calls, sites */
    /** all its integers are passed as values of so many bytes, more than their definitions say: macros cast them; 0: they are not
     */
    unsigned word_size;
} audit_provider_t;

/** One probe. */
typedef struct st_audit_row_t {
    str_t provider, name;
    audit_provider_t *of;    /* its provider */
    const ir_probe_t *probe; /* NULL: found somewhere, but not defined */
    audit_call_t *calls;
    unsigned num_calls;
    audit_site_t *sites;
    unsigned num_sites;
    audit_seen_t *seen;                        /* NULL: no trace has it */
    audit_finding_t *findings, **next_finding; /* linked by next_of_row */
} audit_row_t;

/** so many rows of probes that are not defined at most, whatever sources, binaries and traces contain */
#define AUDIT_MAX_UNDEFINED 1000
/** a "provider:name" of so many bytes gets a row; a longer one only if some probe that is defined has one as long */
#define AUDIT_MIN_KEY 512

typedef struct st_audit_t {
    arena_t *arena;
    diag_t *diag; /* for inputs that cannot be read: E_FILE */
    const ir_t *ir;
    audit_row_t **rows; /* those that are defined, in the order of the definitions; then the others, as they were found */
    unsigned num_rows, num_undefined;
    table_t by_key;    /* "provider:name" -> audit_row_t * */
    table_t by_type;   /* "module:type" of events -> audit_row_t * */
    table_t providers; /* name -> audit_provider_t * */
    audit_provider_t **provider_list;
    unsigned num_providers;
    char *key; /* room for the one that is looked for: max_key bytes */
    size_t max_key;
    audit_sources_t sources;
    audit_binary_t *binaries; /* NULL: none was given */
    audit_trace_t *traces;    /* NULL: none was given */
    audit_time_t time;
    audit_finding_t *findings, **next_finding; /* all of them, linked by next */
} audit_t;

/** Makes the table of what is defined. */
void audit_init(audit_t *audit, arena_t *arena, diag_t *diag, const ir_t *ir);
/** Whether a provider is audited: definitions have it. */
int audit_has_provider(const audit_t *audit, str_t provider);
/**
 * The row of a probe; one that is not defined gets a row. The names are copied.
 * @return NULL when there are AUDIT_MAX_UNDEFINED of them already, or the name is longer than that of any probe
 */
audit_row_t *audit_row(audit_t *audit, str_t provider, str_t name);
/**
 * The row of the events that have this module and type (maps may rename them); the rest as audit_row().
 * @param is_made whether one that is not defined gets a row; else it is found only if an event had it before
 */
audit_row_t *audit_row_of_event(audit_t *audit, str_t module, str_t type, int is_made);

/** Sorts the rows of probes that are not defined, which were added as they were found. */
void audit_sort(audit_t *audit);
/** Whether a trace should have the probe: it is built, if there are binaries, else it is defined; maps do not skip it. */
int audit_is_expected(const audit_t *audit, const audit_row_t *row);

/**
 * Reports an input that cannot be read, or has nothing of what it should have: `probegen: …` on standard error, and the audit will
 * end with EXIT_FILE, whatever it finds.
 */
void audit_fail(audit_t *audit, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
