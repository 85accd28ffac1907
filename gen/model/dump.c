#include <string.h>
#include "model/dump.h"
#include "print/json_text.h"

static void print_member(FILE *out, const char *key, str_t text)
{
    fprintf(out, "\"%s\":", key);
    json_print_string(out, text);
}

static unsigned line_of(span_t at)
{
    return src_position(at.src, at.start).line;
}

static void print_arg(FILE *out, const ir_probe_t *probe, const ir_arg_t *arg, int is_translated)
{
    fputc('{', out);
    print_member(out, "type", arg->type->text);
    if (arg->name.n != 0) {
        fputc(',', out);
        print_member(out, "name", arg->name);
    } else {
        fputs(",\"name\":null", out);
    }
    if (!is_translated) {
        fprintf(out, ",\"appdata\":%s,\"secret\":%s,\"length\":", arg->is_appdata ? "true" : "false",
                arg->is_secret ? "true" : "false");
        if (arg->length_kind == LENGTH_FIXED)
            fprintf(out, "%u", arg->length);
        else if (arg->length_kind == LENGTH_ARG)
            json_print_string(out, probe->args[arg->length].name);
        else
            fputs(arg->length_kind == LENGTH_NUL ? "\"NUL\"" : "null", out);
    }
    fputc('}', out);
}

static void print_probe(FILE *out, const ir_probe_t *probe)
{
    fputc('{', out);
    print_member(out, "name", probe->name);
    fprintf(out, ",\"line\":%u,", line_of(probe->at));
    print_member(out, "doc", probe->doc);
    fputc(',', out);
    print_member(out, "macro", probe->macro);
    fprintf(out, ",\"skipped\":%s,\"args\":[", probe->is_skipped ? "true" : "false");
    for (unsigned i = 0; i < probe->num_args; ++i) {
        fputs(i == 0 ? "" : ",", out);
        print_arg(out, probe, probe->args + i, 0);
    }
    fputs("],\"xargs\":[", out);
    for (unsigned i = 0; i < probe->num_xargs; ++i) {
        fputs(i == 0 ? "" : ",", out);
        print_arg(out, probe, probe->xargs + i, 1);
    }
    fputs("]}", out);
}

void dump_json(FILE *out, const ir_t *ir)
{
    fputs("{\"providers\":[", out);
    for (unsigned i = 0; i < ir->num_providers; ++i) {
        const ir_provider_t *provider = ir->providers + i;
        fputs(i == 0 ? "\n {" : ",\n {", out);
        print_member(out, "name", provider->name);
        fputc(',', out);
        print_member(out, "file", (str_t){provider->file, strlen(provider->file)});
        fprintf(out, ",\"line\":%u,", line_of(provider->at));
        print_member(out, "doc", provider->doc);
        fputs(",\"probes\":[", out);
        for (unsigned j = 0; j < provider->num_probes; ++j) {
            fputs(j == 0 ? "\n  " : ",\n  ", out);
            print_probe(out, provider->probes[j]);
        }
        fputs("]}", out);
    }
    fputs("]}\n", out);
}

static void print_field(FILE *out, const ir_probe_t *probe, const ir_field_t *field)
{
    static const char *const kinds[] = {"int", "uint", "bool", "float", "pointer", "string", "bytes", "address", "whole"};

    fprintf(out, "    %3u %3u %-8s %.*s: argument %u, bit %u", field->offset, field->size, kinds[field->kind], STR_ARG(field->name),
            field->arg, field->bit);
    if (field->path != NULL)
        fprintf(out, ", path %u (%.*s %.*s)", field->path->index, STR_ARG(field->path->type), STR_ARG(field->path->path));
    if (field->slot >= 0)
        fprintf(out, ", slot %d", field->slot);
    if (field->length_kind == LENGTH_FIXED)
        fprintf(out, ", %u bytes", field->length);
    else if (field->length_kind == LENGTH_ARG)
        fprintf(out, ", length in argument %u (%.*s)", field->length, STR_ARG(probe->args[field->length].name));
    else if (field->length_kind == LENGTH_NUL)
        fputs(", up to NUL", out);
    if (field->gate != GATE_NONE)
        fputs(field->gate == GATE_SECRET ? ", secret" : ", application data", out);
    fputc('\n', out);
}

void dump_ir(FILE *out, const ir_t *ir)
{
    for (unsigned i = 0; i < ir->num_events; ++i) {
        const ir_probe_t *probe = ir->events[i];
        fprintf(out, "%u %.*s:%.*s: %u bytes and %u slots\n", probe->id, STR_ARG(probe->provider->name), STR_ARG(probe->name),
                probe->size, probe->num_slots);
        for (unsigned j = 0; j < probe->num_fields; ++j)
            print_field(out, probe, probe->fields + j);
    }
}
