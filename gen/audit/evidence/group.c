/*
 * "Not documented" of each of 500 probes is 500 lines that say one thing, and hide what is said of one probe alone. So what all
 * probes of a provider have in common is told once. As soon as one of them differs, each is told again: then it matters which.
 */
#include "audit/evidence/group.h"

/* fewer can be read one by one */
#define MIN_ROWS 4

/* The findings of a kind of a provider. */
typedef struct st_candidate_t {
    finding_group_t group;
    const audit_row_t *last_row;
    unsigned num_rows, num_findings;
    unsigned num_concerned; /* probes that could have one */
    int is_mixed;           /* they do not say the same */
} candidate_t;

static int has_arg(const audit_row_t *row, finding_kind_t kind)
{
    for (unsigned i = 0; i < row->probe->num_args && i < IR_MAX_ARGS; ++i) {
        scalar_t scalar = row->probe->args[i].meaning.scalar;
        if (scalar == (kind == FINDING_P010 ? SCALAR_STRING : SCALAR_BYTES))
            return 1;
    }
    return 0;
}

/* Whether a probe could have a finding of that kind; all others of the provider may have it without this one. */
static int is_concerned(const audit_t *audit, const audit_row_t *row, finding_kind_t kind)
{
    switch (kind) {
    case FINDING_P010:
    case FINDING_P011:
        return has_arg(row, kind);
    case FINDING_P014:
        return row->sites != NULL;
    case FINDING_P015:
        return audit_is_expected(audit, row);
    default:
        return 1;
    }
}

static const char *name_what_is_counted(finding_kind_t kind, int are_all)
{
    switch (kind) {
    case FINDING_P010:
        return "texts";
    case FINDING_P011:
        return "pointers to bytes";
    default:
        return are_all ? "probes" : "built probes";
    }
}

/* The kinds of each provider; NULL: it has no such finding. */
typedef struct st_candidates_t {
    candidate_t *of_kind[FINDING_NUM_KINDS];
} candidates_t;

static void collect(audit_t *audit, candidates_t *candidates)
{
    for (audit_finding_t *finding = audit->findings; finding != NULL; finding = finding->next) {
        if (finding->row == NULL || finding->row->probe == NULL)
            continue;
        candidate_t **at = &candidates[finding->provider->index].of_kind[finding->kind], *candidate = *at;
        if (candidate == NULL) {
            candidate = *at = arena_alloc(audit->arena, sizeof(*candidate));
            candidate->group.first = finding;
        }
        candidate->is_mixed |=
            !str_eq(candidate->group.first->text, finding->text) || candidate->group.first->suppressed.p != finding->suppressed.p;
        candidate->num_rows += candidate->last_row != finding->row;
        candidate->last_row = finding->row;
        ++candidate->num_findings;
    }
}

static void count_concerned(const audit_t *audit, const candidates_t *candidates)
{
    for (unsigned i = 0; i < audit->num_rows; ++i) {
        const audit_row_t *row = audit->rows[i];
        for (finding_kind_t kind = 0; row->probe != NULL && kind != FINDING_NUM_KINDS; ++kind) {
            candidate_t *candidate = candidates[row->of->index].of_kind[kind];
            if (candidate != NULL)
                candidate->num_concerned += (unsigned)is_concerned(audit, row, kind);
        }
    }
}

void audit_group(audit_t *audit)
{
    candidates_t *candidates = arena_alloc(audit->arena, audit->num_providers * sizeof(*candidates));

    collect(audit, candidates);
    count_concerned(audit, candidates);
    for (audit_finding_t *finding = audit->findings; finding != NULL; finding = finding->next) {
        if (finding->row == NULL || finding->row->probe == NULL)
            continue;
        candidate_t *candidate = candidates[finding->provider->index].of_kind[finding->kind];
        if (candidate->is_mixed || candidate->num_rows < MIN_ROWS || candidate->num_rows != candidate->num_concerned)
            continue;
        int is_of_args = finding->arg >= 0;
        candidate->group.num = is_of_args ? candidate->num_findings : candidate->num_rows;
        candidate->group.what = name_what_is_counted(finding->kind, candidate->num_rows == finding->provider->num_probes);
        finding->group = &candidate->group;
    }
}
