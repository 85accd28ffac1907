#include "d/front.h"
#include "map/front.h"
#include "syntax/scan.h"

static void d_state_init(d_state_t *st, arena_t *arena, diag_t *diag, src_t *src)
{
    *st = (d_state_t){.arena = arena, .diag = diag, .src = src, .text.arena = arena};
    st->file = arena_alloc(arena, sizeof(*st->file));
    st->file->src = src;
    st->next_provider = &st->file->providers;
    st->next_typedef = &st->file->typedefs;
    st->next_appdata = &st->file->appdata;
    diag->lexer_reported = 0;
}

ast_file_t *parse_d(arena_t *arena, diag_t *diag, src_t *src)
{
    int errors_before = diag->num_errors;
    d_state_t st;

    d_state_init(&st, arena, diag, src);
    if (!scan_check_bytes(diag, src))
        return st.file;
    d_scan_open(&st, scan_start(src));
    d_close_file(&st, d_parse(&st) == 0);
    d_scan_close(&st);
    if (!st.has_provider && diag->num_errors == errors_before)
        diag_report(diag, E_NO_PROVIDER, (span_t){src, src->len, src->len}, "no provider in the file: '%s' was expected",
                    "provider name { ... };");
    diag->lexer_reported = 0;
    return st.file;
}

map_file_t *parse_map(arena_t *arena, diag_t *diag, src_t *src)
{
    map_state_t st;

    map_state_init(&st, arena, diag, src);
    if (!scan_check_bytes(diag, src))
        return st.file;
    map_scan_open(&st, scan_start(src));
    if (map_parse(&st) == 0)
        map_report_open(&st);
    map_scan_close(&st);
    diag->lexer_reported = 0;
    return st.file;
}

static void dump_token(FILE *out, const char *name, span_t span)
{
    position_t at = src_position(span.src, span.start);
    str_t text = span_text(span);

    fprintf(out, "%u:%u %s %.*s\n", at.line, at.col, name, STR_ARG(text));
}

void dump_tokens(FILE *out, arena_t *arena, diag_t *diag, src_t *src)
{
    if (!scan_check_bytes(diag, src))
        return;
    if (str_ends_in(str_of(src->path), ".map")) {
        map_state_t st;
        map_state_init(&st, arena, diag, src);
        map_scan_open(&st, scan_start(src));
        for (map_token_t token; (token = map_scan_next(&st)).kind != 0;)
            dump_token(out, map_token_name(token.kind), token.span);
        map_scan_close(&st);
    } else {
        d_state_t st;
        d_state_init(&st, arena, diag, src);
        d_scan_open(&st, scan_start(src));
        for (d_token_t token; (token = d_scan_next(&st)).kind != 0;)
            dump_token(out, d_token_name(token.kind), token.span);
        d_scan_close(&st);
    }
    diag->lexer_reported = 0;
}
