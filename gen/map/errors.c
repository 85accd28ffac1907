#include "map/front.h"
#include "map/parse.h"

static str_t refused(map_state_t *st)
{
    if (st->current.kind == 0)
        return STR("the end of the file");
    str_t text = scan_shown(st->arena, st->current.span);
    return arena_printf(st->arena, "'%.*s'", STR_ARG(text));
}

/** the character after a token and blanks */
static char char_after(const map_state_t *st, span_t span)
{
    const char *p = st->src->text + span.end;

    while (*p == ' ' || *p == '\t')
        ++p;
    return *p;
}

static int is_text(span_t span, const char *text)
{
    return str_is(span_text(span), text);
}

/** whether the item ends here, so that something is missing before */
static int is_at_end(map_state_t *st)
{
    return st->current.kind == 0 || st->current.kind == '}' || st->current.kind == ';' || map_begins_stmt(st, &st->current);
}

static void report_no_target(map_state_t *st)
{
    str_t got = refused(st);

    if (st->previous.kind == ',' && is_at_end(st)) {
        diag_report(st->diag, E_COMMA, st->previous.span, "comma without a target after it: remove it");
    } else if (is_at_end(st)) {
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "a target is missing: write 'provider:probe.argument'");
    } else if (is_text(st->current.span, ":") || char_after(st, st->current.span) == ':') {
        diag_report(st->diag, E_SYNTAX, st->current.span, "a target has both parts and no blanks: write 'provider:probe.argument'");
    } else {
        diag_report(st->diag, E_SYNTAX, st->current.span, "a target 'provider:probe.argument' was expected, not %.*s",
                    STR_ARG(got));
    }
}

static void report_in_statement(map_state_t *st, unsigned wanted)
{
    str_t got = refused(st);

    if (st->current.kind == UNKNOWN) {
        str_t words = map_stmt_words(st);
        diag_report(st->diag, E_SYNTAX, st->current.span, "unknown statement %.*s: there are %.*s", STR_ARG(got), STR_ARG(words));
    } else if ((wanted & MAP_WANT_TARGET) != 0) {
        report_no_target(st);
    } else if (st->previous.kind == '=') {
        if (is_at_end(st))
            diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "a name or a number is missing after '='");
        else
            diag_report(st->diag, E_SYNTAX, st->current.span, "a name or a number was expected after '=', not %.*s", STR_ARG(got));
    } else if (is_at_end(st)) {
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "missing ';' at the end of the statement");
    } else if (st->current.kind == TARGET && st->previous.kind == TARGET) {
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "missing ',' between two targets");
    } else if (is_text(st->current.span, ".")) {
        diag_report(st->diag, E_SYNTAX, st->current.span, "a target is 'provider:probe.argument', without blanks and with one '.'");
    } else {
        diag_report(st->diag, E_SYNTAX, st->current.span, "%s was expected, not %.*s",
                    st->previous.kind == TARGET ? "',', '=' or ';'" : "';'", STR_ARG(got));
    }
}

static void report_in_pair(map_state_t *st, unsigned wanted)
{
    static const char form[] = "write 'pair BEGIN -> END by KEY;', where BEGIN and END are probes, and KEY is an argument of both";
    str_t got = refused(st);

    if ((wanted & MAP_WANT_TARGET) != 0 && !is_at_end(st))
        report_no_target(st);
    else if (is_at_end(st) && st->previous.kind != PAIR && (wanted & MAP_WANT_SEMICOLON) != 0)
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "missing ';' at the end of the statement");
    else if (is_at_end(st))
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "this is no pair yet: %s", form);
    else
        diag_report(st->diag, E_SYNTAX, st->current.span, "%.*s cannot stand here: %s", STR_ARG(got), form);
}

void map_report_mode(map_state_t *st, span_t mode)
{
    str_t shown = scan_shown(st->arena, mode);

    diag_report(st->diag, E_SYNTAX, mode, "'{ fields }', 'address;' or 'whole;' was expected, not '%.*s'", STR_ARG(shown));
}

static void report_in_head(map_state_t *st, unsigned wanted)
{
    str_t got = refused(st);

    if (st->previous.kind == COMPAT)
        diag_report(st->diag, E_SYNTAX, st->current.span, "the name of an output was expected, not %.*s: write 'compat NAME;'",
                    STR_ARG(got));
    else if (st->previous.kind == CONNECTION)
        diag_report(st->diag, E_SYNTAX, st->current.span, "'struct', 'union' or 'type' was expected, not %.*s", STR_ARG(got));
    else if (st->previous.kind == STRUCT)
        diag_report(st->diag, E_SYNTAX, st->current.span, "the name of a type was expected, not %.*s", STR_ARG(got));
    else if (st->previous.kind == WORD && (wanted & MAP_WANT_OPEN) == 0 && !is_text(st->previous.span, "address") &&
             !is_text(st->previous.span, "whole"))
        map_report_mode(st, st->previous.span);
    else if ((wanted & MAP_WANT_OPEN) != 0)
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "'{ fields }', 'address;' or 'whole;' is missing");
    else
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "missing ';' at the end of the statement");
}

void map_report_open(map_state_t *st)
{
    if (st->tree.body != NULL && !st->tree.is_body_reported && !st->is_reported)
        diag_report(st->diag, E_UNCLOSED, st->tree.body->struct_span, "missing '}' at the end of the fields");
    st->tree.is_body_reported = 1;
}

static void report_in_field(map_state_t *st, unsigned wanted)
{
    str_t got = refused(st);

    if (st->current.kind == 0 || st->current.kind == '{' || is_text(st->current.span, ":")) {
        /* what stands here is no field, but another statement: the end of this is missing */
        map_report_open(st);
    } else if (st->current.kind == AS || st->previous.kind == AS) {
        diag_report(st->diag, E_SYNTAX, st->current.span, "a field is 'type member as name;': %.*s cannot stand here",
                    STR_ARG(got));
    } else if (st->current.kind == WORD && is_text(st->current.span, "as")) {
        diag_report(st->diag, E_SYNTAX, scan_after(st->current.span), "a name is missing after 'as'");
    } else if (st->current.kind == WORD && is_text(st->current.span, "unless")) {
        diag_report(st->diag, E_SYNTAX, scan_after(st->current.span), "0 is missing after 'unless'");
    } else if (st->current.kind == PATH) {
        diag_report(st->diag, E_SYNTAX, st->current.span, "the type is missing before %.*s: write 'type member as name;'",
                    STR_ARG(got));
    } else if (st->current.kind == ';') {
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "a member is missing: a field is 'type member as name;'");
    } else if (st->current.kind == '}' || ((wanted & MAP_WANT_SEMICOLON) != 0 && st->current.kind != OTHER)) {
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "missing ';' after the field");
    } else {
        diag_report(st->diag, E_SYNTAX, st->current.span, "a field is 'type member as name;': %.*s cannot stand here",
                    STR_ARG(got));
    }
}

void map_report_syntax(map_state_t *st, unsigned wanted)
{
    str_t got = refused(st);

    st->is_recovering = 1;
    if (st->is_reported)
        return;
    switch (st->item_before) {
    case MAP_ITEM_TARGETED:
        report_in_statement(st, wanted);
        break;
    case MAP_ITEM_STRUCT:
        report_in_head(st, wanted);
        break;
    case MAP_ITEM_FIELD:
        report_in_field(st, wanted);
        break;
    case MAP_ITEM_PAIR:
        report_in_pair(st, wanted);
        break;
    case MAP_ITEM_NONE:
        if (st->in_body && st->current.kind != '}')
            report_in_field(st, wanted);
        else if (st->current.kind == UNKNOWN)
            report_in_statement(st, wanted);
        else
            diag_report(st->diag, E_SYNTAX, st->current.span, "a statement was expected, not %.*s", STR_ARG(got));
        break;
    }
}
