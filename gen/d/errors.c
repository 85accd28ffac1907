/*
 * Texts of syntax errors. What bison knows, the refused token and the tokens that it would have taken, is not what the writer of a
 * file wants to hear: `unexpected identifier, expecting ','` is right, but "missing ',' between arguments", shown where it is
 * missing, can be acted on. So the text depends on the kind of item, the token before and the place in a list; bison's set decides
 * between cases.
 */
#include "d/front.h"
#include "d/parse.h"

static str_t refused(d_state_t *st)
{
    if (st->current.kind == 0)
        return STR("the end of the file");
    if (st->current.kind == BODY)
        return STR("'{'");
    str_t text = scan_shown(st->arena, st->current.span);
    return arena_printf(st->arena, "'%.*s'", STR_ARG(text));
}

static uint32_t line_of(span_t span)
{
    return src_position(span.src, span.start).line;
}

/** @param what "a probe" and so on */
static void report_name(d_state_t *st, const char *what, const char *example)
{
    str_t got = refused(st);

    switch (st->current.kind) {
    case PROVIDER:
    case PROBE:
        if (line_of(st->current.span) != line_of(st->previous.span)) {
            diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "the name of %s is missing: write '%s'", what, example);
            break;
        }
        st->skip_refused = 1;
        /* fall through */
    case TYPEDEF:
    case TAG:
    case QUALIFIER:
    case BASIC:
    case DECLARE:
    case KEYWORD:
        diag_report(st->diag, E_SYNTAX, st->current.span, "%.*s is a keyword and cannot name %s: choose another name", STR_ARG(got),
                    what);
        break;
    case NUMBER:
        diag_report(st->diag, E_SYNTAX, st->current.span, "the name of %s cannot begin with a digit", what);
        break;
    case '{':
    case '(':
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "the name of %s is missing: write '%s'", what, example);
        break;
    default:
        diag_report(st->diag, E_SYNTAX, st->current.span, "the name of %s was expected, not %.*s", what, STR_ARG(got));
        break;
    }
}

static void report_in_provider_head(d_state_t *st)
{
    if (st->previous.kind == PROVIDER) {
        report_name(st, "a provider", "provider name {");
    } else {
        str_t name = scan_shown(st->arena, st->previous.span);
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "missing '{' after the name of provider '%.*s'",
                    STR_ARG(name));
    }
}

/* an argument should begin here, or its type go on */
static void report_no_argument(d_state_t *st)
{
    str_t got = refused(st);

    switch (st->current.kind) {
    case ')':
        diag_report(st->diag, E_COMMA, st->previous.span, "comma without an argument after it: remove it");
        break;
    case ',':
        diag_report(st->diag, E_COMMA, st->current.span, "comma without an argument before it: remove it");
        break;
    case ELLIPSIS:
        diag_report(st->diag, E_SYNTAX, st->current.span, "a probe cannot have a variable number of arguments: list them");
        break;
    case KEYWORD:
        diag_report(st->diag, E_SYNTAX, st->current.span, "%.*s is a keyword, not the type of an argument", STR_ARG(got));
        break;
    default:
        diag_report(st->diag, E_SYNTAX, st->current.span, "the type of an argument was expected, not %.*s", STR_ARG(got));
        break;
    }
}

static void report_in_list(d_state_t *st, unsigned wanted)
{
    str_t got = refused(st);

    switch (st->current.kind) {
    case 0:
    case ';':
    case '}':
    case PROBE:
    case PROVIDER:
        diag_report(st->diag, E_UNCLOSED, scan_after(st->previous.span), "missing ')' at the end of the list");
        diag_note(st->diag, st->open_paren, "the list begins here");
        return;
    }
    if (st->previous.kind == '(' || st->previous.kind == ',') {
        report_no_argument(st);
        return;
    }
    switch (st->current.kind) {
    case KEYWORD:
        if ((wanted & D_WANT_NAME) != 0) {
            report_name(st, "an argument", "");
            return;
        }
        break;
    case IDENT:
    case BASIC:
    case TAG:
    case QUALIFIER:
        if ((wanted & D_WANT_COMMA) != 0) {
            diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "missing ',' between two arguments");
            return;
        }
        break;
    }
    if (st->previous.kind == TAG) {
        str_t tag = scan_shown(st->arena, st->previous.span);
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "a name is missing after '%.*s'", STR_ARG(tag));
    } else if (st->previous.kind == QUALIFIER && (wanted & D_WANT_TYPE) != 0 && (wanted & D_WANT_COMMA) == 0) {
        str_t qualifier = scan_shown(st->arena, st->previous.span);
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "a type is missing after '%.*s'", STR_ARG(qualifier));
    } else if ((wanted & D_WANT_BRACKET) != 0) {
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "missing ']' after the size of an array");
    } else if ((wanted & D_WANT_COMMA) != 0) {
        diag_report(st->diag, E_SYNTAX, st->current.span, "',' or ')' was expected, not %.*s", STR_ARG(got));
    } else {
        diag_report(st->diag, E_SYNTAX, st->current.span, "%.*s cannot stand here in the list of arguments", STR_ARG(got));
    }
}

static void report_in_probe(d_state_t *st, unsigned wanted)
{
    if (st->before.parens != 0) {
        report_in_list(st, wanted);
    } else if (st->previous.kind == PROBE) {
        report_name(st, "a probe", "probe name(...);");
    } else if (st->previous.kind == ':') {
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "missing '(' of the translated arguments after ':'");
    } else if ((wanted & D_WANT_SEMICOLON) != 0) {
        if (st->current.kind == ')')
            diag_report(st->diag, E_SYNTAX, st->current.span, "')' without '(': remove it");
        else
            diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "missing ';' after the probe");
    } else if (st->current.kind == OTHER && str_is(span_text(st->current.span), "-")) {
        diag_report(st->diag, E_SYNTAX, st->current.span, "'-' cannot be part of a name: write '__', which is shown as '-'");
    } else {
        str_t name = scan_shown(st->arena, st->previous.span);
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "missing '(' after the name of probe '%.*s'", STR_ARG(name));
    }
}

static void report_in_declaration(d_state_t *st)
{
    str_t got = refused(st);

    switch (st->current.kind) {
    case 0:
        if (!st->has_provider)
            return; /* not a definition at all: d_close_file() says so */
        /* fall through */
    case '}':
    case PROBE:
    case PROVIDER:
        diag_report(st->diag, E_SYNTAX, scan_after(st->previous.span), "missing ';' after the declaration");
        break;
    default:
        diag_report(st->diag, E_SYNTAX, st->current.span, "%.*s cannot stand here in a declaration", STR_ARG(got));
        break;
    }
}

void d_report_syntax(d_state_t *st, unsigned wanted)
{
    str_t got = refused(st);

    st->is_recovering = 1;
    if (st->current.kind == BODY && st->tree.open != NULL) {
        st->tree.open->is_reported = 1; /* its end may be in the block */
        st->tree.ignores_braces = 1;
    }
    if (st->is_reported)
        return;
    switch (st->before.item) {
    case D_ITEM_PROVIDER:
        report_in_provider_head(st);
        break;
    case D_ITEM_PROBE:
        report_in_probe(st, wanted);
        break;
    case D_ITEM_TYPEDEF:
    case D_ITEM_OTHER:
        report_in_declaration(st);
        break;
    case D_ITEM_NONE:
        diag_report(st->diag, E_SYNTAX, st->current.span, "%s was expected, not %.*s",
                    st->tree.open != NULL ? "'probe' or '}'" : "'provider' or a declaration", STR_ARG(got));
        break;
    }
}

void d_report_depth(d_state_t *st)
{
    diag_report(st->diag, E_DEPTH, st->current.span, "brackets are nested too deeply here: use a typedef");
}
