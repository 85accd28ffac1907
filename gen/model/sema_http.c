/*
 * What events are of HTTP. Maps say it of probes and of arguments, or of what they lift out of these, so the fields are looked for
 * when records have been laid out. What does not fit is left out with a warning, as with all that maps say.
 */
#include "model/sema_int.h"

int sema_has_lifted(const sema_t *sema, const map_target_t *target)
{
    for (const ir_probe_t *probe = NULL; (probe = sema_next_probe(sema, target, probe)) != NULL;) {
        for (unsigned i = 0; i < probe->num_args; ++i) {
            const type_t *type = &probe->args[i].meaning;
            const map_stmt_t *about = type->pointee.n != 0 ? table_get(&sema->structs, type->pointee) : NULL;
            for (const map_field_t *field = about != NULL ? about->fields : NULL; field != NULL; field = field->next) {
                if (sema_matches(target->arg, field->name))
                    return 1;
            }
        }
    }
    return 0;
}

/* ---- fields ---- */

static int is_text(const ir_field_t *field)
{
    return field->kind == FIELD_STRING;
}

static int fits(const ir_field_t *field, map_http_field_t role)
{
    switch (role) {
    case MAP_HTTP_NAME:
    case MAP_HTTP_VALUE:
    case MAP_HTTP_SERVER:
        return is_text(field);
    case MAP_HTTP_PEER:
        return is_text(field) || field->kind == FIELD_ADDRESS;
    case MAP_HTTP_HANDLE:
        return field->kind == FIELD_POINTER;
    case MAP_HTTP_SUCCESS:
        return field->kind == FIELD_BOOL || field->kind == FIELD_INT || field->kind == FIELD_UINT;
    default:
        return field->kind == FIELD_INT || field->kind == FIELD_UINT;
    }
}

static void report_unfit(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target, const ir_field_t *field)
{
    static const char *const wanted[] = {
#define HTTP_FIELD(kind, word, wants) [MAP_HTTP_##kind] = wants,
#include "map/http.def"
#undef HTTP_FIELD
    };

    diag_report(sema->diag, W_MAP_UNFIT, target->span, "'%.*s' is said of %s, but field '%.*s' is something else: it is left alone",
                STR_ARG(stmt->value_name), wanted[stmt->role], STR_ARG(field->name));
    diag_note(sema->diag, field->at, "the field is declared here");
}

/* What maps call a field: an argument by its name in the definition, what is lifted by the one that the map gives it. */
static str_t target_name(const ir_probe_t *probe, const ir_field_t *field)
{
    return ir_is_lifted(field) || field->pair != NULL ? field->name : probe->args[field->arg].target_name;
}

static void apply(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target)
{
    int is_reported = 0;

    for (ir_probe_t *probe = NULL; (probe = sema_next_probe(sema, target, probe)) != NULL;) {
        for (unsigned i = 0; i < probe->num_fields && probe->http.event != MAP_HTTP_NONE; ++i) {
            const ir_field_t *field = probe->fields + i;
            if (!sema_matches(target->arg, target_name(probe, field)))
                continue;
            if (fits(field, stmt->role))
                probe->http.fields[stmt->role] = field;
            else if (!is_reported++)
                report_unfit(sema, stmt, target, field);
        }
    }
}

/* ---- what an event cannot be without ---- */

static int has(const ir_probe_t *probe, map_http_field_t role)
{
    return probe->http.fields[role] != NULL;
}

/* @return the word for the first field that is missing; NULL: none is */
static const char *missing_field(const ir_probe_t *probe)
{
    map_http_event_t event = probe->http.event;
    int is_of_request = event < MAP_HTTP_OPEN, may_have_handle = !is_of_request && has(probe, MAP_HTTP_HANDLE);
    int is_header = event == MAP_HTTP_REQUEST_HEADER || event == MAP_HTTP_RESPONSE_HEADER;

    return !has(probe, MAP_HTTP_CONNECTION) && !may_have_handle ? "connection"
           : is_of_request && !has(probe, MAP_HTTP_ID)          ? "id"
           : is_header && !has(probe, MAP_HTTP_NAME)            ? "name"
           : is_header && !has(probe, MAP_HTTP_VALUE)           ? "value"
                                                                : NULL;
}

static void check(sema_t *sema, ir_probe_t *probe)
{
    const char *missing = probe->http.event != MAP_HTTP_NONE ? missing_field(probe) : NULL;

    if (missing == NULL)
        return;
    diag_report(sema->diag, W_MAP_UNFIT, probe->http.at, "no argument of '%.*s:%.*s' is said to be its '%s': it is no part of HTTP",
                STR_ARG(probe->provider->name), STR_ARG(probe->name), missing);
    diag_note(sema->diag, probe->at, "the probe is declared here");
    probe->http.event = MAP_HTTP_NONE;
}

void sema_find_http(sema_t *sema)
{
    if (sema->records == RECORDS_NONE)
        return;
    for (const map_file_t *file = sema->maps; file != NULL; file = file->next) {
        for (const map_stmt_t *stmt = file->stmts; stmt != NULL; stmt = stmt->next) {
            if (stmt->kind != MAP_HTTP || stmt->targets->arg.n == 0)
                continue;
            for (const map_target_t *target = stmt->targets; target != NULL; target = target->next)
                apply(sema, stmt, target);
        }
    }
    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        if (!sema->ir->probes[i].is_skipped)
            check(sema, sema->ir->probes + i);
    }
}
