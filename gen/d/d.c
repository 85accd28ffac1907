#include "d/d.h"
#include "d/front.h"

static void state_init(d_state_t *st, arena_t *arena, diag_t *diag, src_t *src)
{
    *st = (d_state_t){.arena = arena, .diag = diag, .src = src, .comments.text.arena = arena};
    ctype_log_init(&st->types, arena, src);
    ctype_log_init(&st->defines, arena, src);
    st->tree.file = arena_alloc(arena, sizeof(*st->tree.file));
    st->tree.file->src = src;
    st->tree.next_provider = &st->tree.file->providers;
    st->tree.next_typedef = &st->tree.file->typedefs;
    st->tree.next_appdata = &st->tree.file->appdata;
}

ast_file_t *d_parse_file(arena_t *arena, diag_t *diag, src_t *src)
{
    int errors_before = diag->num_errors;
    d_state_t st;

    state_init(&st, arena, diag, src);
    if (!scan_check_file(diag, src))
        return st.tree.file;
    scan_join_words(arena, src);
    d_scan_open(&st, scan_start(src));
    d_close_file(&st, d_parse(&st) == 0);
    d_scan_close(&st);
    if (!st.has_provider && diag->num_errors == errors_before)
        diag_report(diag, E_NO_PROVIDER, (span_t){src, src->len, src->len}, "no provider in the file: '%s' was expected",
                    "provider name { ... };");
    return st.tree.file;
}

/* ---- dumps ---- */

void d_dump_tokens(FILE *out, arena_t *arena, diag_t *diag, src_t *src)
{
    d_state_t st;

    state_init(&st, arena, diag, src);
    if (!scan_check_file(diag, src))
        return;
    scan_join_words(arena, src);
    d_scan_open(&st, scan_start(src));
    for (d_token_t token; (token = d_scan_next(&st)).kind != 0;)
        scan_dump_token(out, d_token_name(token.kind), token.span);
    d_scan_close(&st);
}

static position_t position(span_t span)
{
    return src_position(span.src, span.start);
}

static void dump_doc(FILE *out, const char *indent, str_t doc)
{
    for (size_t at = 0, n; at < doc.n; at += n + 1) {
        const char *line = doc.p + at, *newline = memchr(line, '\n', doc.n - at);
        n = newline != NULL ? (size_t)(newline - line) : doc.n - at;
        fprintf(out, n != 0 ? "%s| %.*s\n" : "%s|\n", indent, (int)n, line);
    }
}

static void dump_args(FILE *out, const char *what, const ast_arg_t *args)
{
    for (const ast_arg_t *arg = args; arg != NULL; arg = arg->next) {
        position_t at = position(arg->span);
        str_t name = span_text(arg->name);
        fprintf(out, "            %s %u:%u '%.*s' %.*s\n", what, at.line, at.col, STR_ARG(arg->type.text),
                name.n != 0 ? (int)name.n : 1, name.n != 0 ? name.p : "-");
    }
}

static void dump_probe(FILE *out, const ast_probe_t *probe)
{
    position_t at = position(probe->name);
    str_t name = span_text(probe->name);

    fprintf(out, "        probe %u:%u %.*s\n", at.line, at.col, STR_ARG(name));
    dump_doc(out, "            ", probe->doc);
    dump_args(out, "arg", probe->args);
    dump_args(out, "translated", probe->xargs);
}

void d_dump_tree(FILE *out, const ast_file_t *file)
{
    fputs("file\n", out);
    for (const ast_typedef_t *def = file->typedefs; def != NULL; def = def->next) {
        position_t at = position(def->name);
        str_t name = span_text(def->name);
        fprintf(out, "    %s %u:%u %.*s '%.*s'\n", def->is_define ? "define" : "typedef", at.line, at.col, STR_ARG(name),
                STR_ARG(def->type.text));
    }
    for (const ast_appdata_t *entry = file->appdata; entry != NULL; entry = entry->next) {
        position_t at = position(entry->probe_span);
        fprintf(out, "    appdata %u:%u %.*s:", at.line, at.col, STR_ARG(entry->probe));
        for (const struct st_ast_appdata_arg_t *arg = entry->args; arg != NULL; arg = arg->next)
            fprintf(out, " %.*s", STR_ARG(arg->name));
        fputc('\n', out);
    }
    for (const ast_provider_t *provider = file->providers; provider != NULL; provider = provider->next) {
        position_t at = position(provider->name);
        str_t name = span_text(provider->name);
        fprintf(out, "    provider %u:%u %.*s\n", at.line, at.col, STR_ARG(name));
        dump_doc(out, "        ", provider->doc);
        for (const ast_probe_t *probe = provider->probes; probe != NULL; probe = probe->next)
            dump_probe(out, probe);
    }
}
