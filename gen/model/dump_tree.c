#include <inttypes.h>
#include "model/parse.h"

static position_t position(span_t span)
{
    return src_position(span.src, span.start);
}

static void dump_doc(FILE *out, const char *indent, str_t doc)
{
    const char *p = doc.p, *end = doc.p + doc.n;

    while (p != end) {
        const char *line = p;
        while (p != end && *p != '\n')
            ++p;
        fprintf(out, p != line ? "%s| %.*s\n" : "%s|\n", indent, (int)(p - line), line);
        if (p != end)
            ++p;
    }
}

static void dump_args(FILE *out, const char *what, const ast_arg_t *args)
{
    for (const ast_arg_t *arg = args; arg != NULL; arg = arg->next) {
        position_t at = position(arg->span);
        str_t name = span_text(arg->name);
        fprintf(out, "            %s %u:%u '%.*s' %.*s\n", what, at.line, at.col, STR_ARG(arg->type), name.n != 0 ? (int)name.n : 1,
                name.n != 0 ? name.p : "-");
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

void dump_ast(FILE *out, const ast_file_t *file)
{
    fputs("file\n", out);
    for (const ast_typedef_t *def = file->typedefs; def != NULL; def = def->next) {
        position_t at = position(def->name);
        str_t name = span_text(def->name);
        fprintf(out, "    %s %u:%u %.*s '%.*s'\n", def->is_define ? "define" : "typedef", at.line, at.col, STR_ARG(name),
                STR_ARG(def->type));
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

static void dump_struct(FILE *out, const map_stmt_t *stmt)
{
    static const char *const modes[] = {
        [MAP_STRUCT_FIELDS] = "fields", [MAP_STRUCT_ADDRESS] = "address", [MAP_STRUCT_WHOLE] = "whole"};
    position_t at = position(stmt->struct_span);

    fprintf(out, "    struct %u:%u '%.*s' %s\n", at.line, at.col, STR_ARG(stmt->struct_name), modes[stmt->struct_mode]);
    for (const map_field_t *field = stmt->fields; field != NULL; field = field->next) {
        at = position(field->span);
        fprintf(out, "        field %u:%u '%.*s' %.*s as %.*s\n", at.line, at.col, STR_ARG(field->type), STR_ARG(field->path),
                STR_ARG(field->name));
    }
}

void dump_map(FILE *out, const map_file_t *file)
{
    static const char *const kinds[] = {
        [MAP_LENGTH] = "length", [MAP_STRING] = "string",   [MAP_BYTES] = "bytes",   [MAP_POINTER] = "pointer",
        [MAP_FLAG] = "flag",     [MAP_APPDATA] = "appdata", [MAP_SECRET] = "secret", [MAP_RENAME] = "rename",
        [MAP_SKIP] = "skip",     [MAP_STRUCT] = "struct"};

    fputs("map\n", out);
    for (const map_stmt_t *stmt = file->stmts; stmt != NULL; stmt = stmt->next) {
        if (stmt->kind == MAP_STRUCT) {
            dump_struct(out, stmt);
            continue;
        }
        position_t at = position(stmt->span);
        fprintf(out, "    %s %u:%u", kinds[stmt->kind], at.line, at.col);
        if (stmt->value_span.src != NULL) {
            if (stmt->value_is_number)
                fprintf(out, " = %" PRIu64, stmt->value_number);
            else
                fprintf(out, " = %.*s", STR_ARG(stmt->value_name));
        }
        fputc('\n', out);
        for (const map_target_t *target = stmt->targets; target != NULL; target = target->next) {
            at = position(target->span);
            fprintf(out, "        target %u:%u provider=%.*s probe=%.*s", at.line, at.col, STR_ARG(target->provider),
                    STR_ARG(target->probe));
            if (target->arg.n != 0)
                fprintf(out, " argument=%.*s", STR_ARG(target->arg));
            fputc('\n', out);
        }
    }
}
