#include "model/dump.h"
#include "print/json_text.h"

static void print_length(json_text_t *json, const ir_probe_t *probe, const ir_arg_t *arg)
{
    switch (arg->length_kind) {
    case LENGTH_FIXED:
        json_unsigned(json, "length", arg->length);
        break;
    case LENGTH_ARG:
        json_str(json, "length", probe->args[arg->length].target_name);
        break;
    case LENGTH_NUL:
        json_text(json, "length", "NUL");
        break;
    default:
        json_no_value(json, "length");
    }
}

static void print_arg(json_text_t *json, const ir_probe_t *probe, const ir_arg_t *arg, int is_translated)
{
    json_begin_object(json, NULL, JSON_INLINE);
    json_str(json, "type", arg->type->text);
    if (arg->name.n != 0)
        json_str(json, "name", arg->name);
    else
        json_no_value(json, "name");
    if (!is_translated) {
        json_boolean(json, "appdata", arg->is_appdata);
        json_boolean(json, "secret", arg->is_secret);
        print_length(json, probe, arg);
    }
    json_end(json);
}

static void begin_item(json_text_t *json, str_t name, span_t at, const char *file, str_t doc)
{
    json_begin_object(json, NULL, JSON_INLINE);
    json_str(json, "name", name);
    if (file != NULL)
        json_text(json, "file", file);
    json_unsigned(json, "line", src_position(at.src, at.start).line);
    json_str(json, "doc", doc);
}

static void print_probe(json_text_t *json, const ir_probe_t *probe)
{
    begin_item(json, probe->name, probe->at, NULL, probe->doc);
    json_str(json, "macro", probe->macro);
    json_boolean(json, "skipped", probe->is_skipped);
    json_begin_array(json, "args", JSON_INLINE);
    for (unsigned i = 0; i < probe->num_args; ++i)
        print_arg(json, probe, probe->args + i, 0);
    json_end(json);
    json_begin_array(json, "xargs", JSON_INLINE);
    for (unsigned i = 0; i < probe->num_xargs; ++i)
        print_arg(json, probe, probe->xargs + i, 1);
    json_end(json);
    json_end(json);
}

void dump_json(FILE *out, const ir_t *ir)
{
    json_text_t json = {.out = out};

    json_begin_object(&json, NULL, JSON_INLINE);
    json_begin_array(&json, "providers", JSON_INLINE);
    for (unsigned i = 0; i < ir->num_providers; ++i) {
        const ir_provider_t *provider = ir->providers + i;
        json_break(&json, 1);
        begin_item(&json, provider->name, provider->at, provider->file, provider->doc);
        json_begin_array(&json, "probes", JSON_INLINE);
        for (unsigned j = 0; j < provider->num_probes; ++j) {
            json_break(&json, 2);
            print_probe(&json, provider->probes[j]);
        }
        json_end(&json);
        json_end(&json);
    }
    json_end(&json);
    json_end(&json);
}

static void print_field(FILE *out, const ir_probe_t *probe, const ir_field_t *field)
{
    static const char *const kinds[] = {"int",    "uint",  "bool",    "float", "pointer",
                                        "string", "bytes", "address", "whole", "duration"};

    fprintf(out, "    %3u %3u %-8s %.*s: ", field->offset, field->size, kinds[field->kind], STR_ARG(field->name));
    if (field->pair != NULL)
        fprintf(out, "pair %u", field->pair->index);
    else
        fprintf(out, "argument %u", field->arg);
    fprintf(out, ", bit %u", field->bit);
    if (field->path != NULL)
        fprintf(out, ", path %u (%.*s %.*s)", field->path->index, STR_ARG(field->path->type), STR_ARG(field->path->path));
    if (field->slot >= 0)
        fprintf(out, ", slot %d", field->slot);
    if (field->length_kind == LENGTH_FIXED)
        fprintf(out, ", %u bytes", field->length);
    else if (field->length_kind == LENGTH_ARG)
        fprintf(out, ", length in argument %u (%.*s)", field->length, STR_ARG(probe->args[field->length].target_name));
    else if (field->length_kind == LENGTH_NUL)
        fputs(", up to NUL", out);
    else if (field->length_kind == LENGTH_PATH)
        fprintf(out, ", length in path %u (%.*s)", field->path->length->index, STR_ARG(field->path->length->path));
    else if (field->length_kind == LENGTH_ARRAY)
        fputs(", all of it", out);
    if (field->is_optional)
        fputs(", unless 0", out);
    if (field->gate != GATE_NONE)
        fputs(field->gate == GATE_SECRET ? ", secret" : field->gate == GATE_DURATION ? ", on demand" : ", application data", out);
    fputc('\n', out);
}

static void print_role(FILE *out, const ir_role_t *role)
{
    fprintf(out, "    %s pair %u:", role->is_end ? "ends" : "begins", role->pair->index);
    for (unsigned i = 0; i < role->pair->num_keys; ++i)
        fprintf(out, "%s %.*s (%u bytes)", i == 0 ? "" : ",", STR_ARG(role->keys[i].name), role->pair->sizes[i]);
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
        for (unsigned j = 0; j < probe->num_roles; ++j)
            print_role(out, probe->roles + j);
    }
}
