#include <inttypes.h>
#include "map/front.h"
#include "map/map.h"

static void state_init(map_state_t *st, arena_t *arena, diag_t *diag, src_t *src)
{
    *st = (map_state_t){.arena = arena, .diag = diag, .src = src, .words.arena = arena};
    ctype_log_init(&st->types, arena, src);
    st->tree.file = arena_alloc(arena, sizeof(*st->tree.file));
    st->tree.file->src = src;
    st->tree.next_stmt = &st->tree.file->stmts;
}

map_file_t *map_parse_file(arena_t *arena, diag_t *diag, src_t *src)
{
    map_state_t st;

    state_init(&st, arena, diag, src);
    if (!scan_check_file(diag, src))
        return st.tree.file;
    map_scan_open(&st, scan_start(src));
    if (map_parse(&st) == 0)
        map_report_open(&st);
    map_scan_close(&st);
    return st.tree.file;
}

/* ---- dumps ---- */

void map_dump_tokens(FILE *out, arena_t *arena, diag_t *diag, src_t *src)
{
    map_state_t st;

    state_init(&st, arena, diag, src);
    if (!scan_check_file(diag, src))
        return;
    map_scan_open(&st, scan_start(src));
    for (map_token_t token; (token = map_scan_next(&st)).kind != 0;)
        scan_dump_token(out, map_token_name(token.kind), token.span);
    map_scan_close(&st);
}

static position_t position(span_t span)
{
    return src_position(span.src, span.start);
}

static void dump_struct(FILE *out, const map_stmt_t *stmt)
{
    static const char *const modes[] = {
        [MAP_STRUCT_FIELDS] = "fields", [MAP_STRUCT_ADDRESS] = "address", [MAP_STRUCT_WHOLE] = "whole"};
    position_t at = position(stmt->struct_span);

    str_t name = stmt->struct_scoped.n != 0 ? stmt->struct_scoped : stmt->struct_name;
    fprintf(out, "    %s %u:%u '%.*s' %s\n", stmt->kind == MAP_STRUCT ? "struct" : "connection", at.line, at.col, STR_ARG(name),
            modes[stmt->struct_mode]);
    for (const map_field_t *field = stmt->fields; field != NULL; field = field->next) {
        at = position(field->span);
        fprintf(out, "        field %u:%u '%.*s' %.*s", at.line, at.col, STR_ARG(field->type.text), STR_ARG(field->path));
        if (field->length_span.src != NULL) {
            str_t length = span_text(field->length_span);
            fprintf(out, " length %.*s", STR_ARG(length));
        }
        fprintf(out, " as %.*s%s\n", STR_ARG(field->name), field->unless_span.src != NULL ? " unless 0" : "");
    }
}

static void dump_targets(FILE *out, const map_target_t *first, const char *word)
{
    for (const map_target_t *target = first; target != NULL; target = target->next) {
        position_t at = position(target->span);
        fprintf(out, "        %s %u:%u provider=%.*s probe=%.*s", word, at.line, at.col, STR_ARG(target->provider),
                STR_ARG(target->probe));
        if (target->arg.n != 0)
            fprintf(out, " argument=%.*s", STR_ARG(target->arg));
        if (target->is_optional)
            fputs(" optional", out);
        fputc('\n', out);
    }
}

void map_dump_tree(FILE *out, const map_file_t *file)
{
    static const char *const words[] = {
#define STATEMENT(kind, word, targets, value, example) word,
#include "map/statements.def"
#undef STATEMENT
        [MAP_COMPAT] = "compat",
        [MAP_PAIR] = "pair",
    };

    fputs("map\n", out);
    for (const map_stmt_t *stmt = file->stmts; stmt != NULL; stmt = stmt->next) {
        if (stmt->kind == MAP_STRUCT || stmt->kind == MAP_CONNECTION) {
            dump_struct(out, stmt);
            continue;
        }
        position_t at = position(stmt->span);
        fprintf(out, "    %s %u:%u", words[stmt->kind], at.line, at.col);
        if (stmt->value_span.src != NULL) {
            if (stmt->value_is_number)
                fprintf(out, " = %" PRIu64, stmt->value_number);
            else
                fprintf(out, " = %.*s", STR_ARG(stmt->value_name));
        }
        fputc('\n', out);
        dump_targets(out, stmt->targets, "target");
        dump_targets(out, stmt->ends, "end");
        for (const map_key_t *key = stmt->keys; key != NULL; key = key->next) {
            at = position(key->begin_at);
            fprintf(out, "        key %u:%u %.*s = %.*s\n", at.line, at.col, STR_ARG(key->begin), STR_ARG(key->end));
        }
    }
}
