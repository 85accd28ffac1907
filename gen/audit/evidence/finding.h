#ifndef GEN_AUDIT_EVIDENCE_FINDING_H
#define GEN_AUDIT_EVIDENCE_FINDING_H

#include "audit/evidence/evidence.h"

typedef enum en_severity_t { SEVERITY_NONE, SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR } severity_t;

/** The closed set of findings: see findings.def. */
typedef enum en_finding_kind_t {
#define FINDING(id, slug, severity, title, explanation) FINDING_##id,
#include "audit/evidence/findings.def"
#undef FINDING
    FINDING_NUM_KINDS
} finding_kind_t;

/** What there is to know of a kind of finding. */
typedef struct st_finding_info_t {
    const char *id, *slug; /* "P001", "not-called": both stable */
    severity_t severity;
    const char *title;       /* one line */
    const char *explanation; /* paragraphs: what it means, why it matters, what to do */
} finding_info_t;

/**
 * Findings of one kind that say the same of all probes of a provider (all that can have it): reports for people tell them in one
 * line, see group.c.
 */
typedef struct st_finding_group_t {
    const audit_finding_t *first; /* it stands for all */
    unsigned num;                 /* of what is counted: "57 probes" */
    const char *what;             /* "probes", "texts": a literal */
} finding_group_t;

/** A mistake, or what looks like one. */
struct st_audit_finding_t {
    struct st_audit_finding_t *next;        /* of all */
    struct st_audit_finding_t *next_of_row; /* of the same probe */
    finding_kind_t kind;
    const audit_row_t *row;           /* NULL: it is about no probe */
    const audit_provider_t *provider; /* of row; or a provider that it is about as a whole; NULL: neither */
    const finding_group_t *group;     /* NULL: it is told by itself */
    int arg;                          /* index of the argument that it is about, else -1 */
    str_t text;                       /* what its kind does not say: names, numbers, places */
    str_t file;                       /* where to look: a definition, map, call or binary; n == 0: nowhere */
    unsigned line, col;               /* 0: the file as a whole; col in bytes */
    unsigned col_chars;               /* col in characters; 0: not known */
    str_t suppressed;                 /* the reason that the suppression file has; p == NULL: it is not suppressed */
};

extern const finding_info_t finding_infos[FINDING_NUM_KINDS];

/** "error", "warning", "info" */
const char *severity_name(severity_t severity);
/** @return SEVERITY_NONE for what is none of these names */
severity_t severity_of_name(const char *name);
/** The kind of an id ("P004") or slug ("not-called"), upper or lower case; FINDING_NUM_KINDS for what is neither. */
finding_kind_t finding_of_name(const char *name);

/**
 * Adds a finding to a row (NULL: to the audit); its text is formatted into the arena. It is about the definition, if there is one:
 * the caller may say where else to look, and fill in the rest.
 */
audit_finding_t *finding_add(audit_t *audit, audit_row_t *row, finding_kind_t kind, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/** The same about a provider as a whole. */
audit_finding_t *finding_add_of_provider(audit_t *audit, const audit_provider_t *provider, finding_kind_t kind, const char *fmt,
                                         ...) __attribute__((format(printf, 4, 5)));
/** Says that it is about this place of a source. */
void finding_at(audit_finding_t *finding, span_t at);
/** ... or about this file, and a line of it; 0: as a whole. */
void finding_in(audit_finding_t *finding, str_t file, unsigned line);

/**
 * What the finding is about, as suppressions name it: "provider:probe.argument", "provider:probe", "provider:*" for a provider as a
 * whole, or, of one that is about neither, the file's name.
 */
str_t finding_target(arena_t *arena, const audit_finding_t *finding);
/** The same for reports for people, where one line stands for a group: "all 57 probes of provider". */
str_t finding_subject(arena_t *arena, const audit_finding_t *finding);
/** Whether such a report has a line for it: no other one stands for it. */
static inline int finding_has_line(const audit_finding_t *finding)
{
    return finding->group == NULL || finding->group->first == finding;
}

#endif
