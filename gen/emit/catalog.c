#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "emit/emit.h"

/* as itself in a string literal; '?' may be part of a trigraph */
static int is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '?';
}

/* text as a C string literal, with its quotes */
static str_t c_string(arena_t *arena, str_t text)
{
    text_t literal = {.arena = arena};
    char escaped[8];

    text_put(&literal, "\"", 1);
    for (size_t i = 0, plain; i < text.n; i = plain + 1) {
        for (plain = i; plain < text.n && is_plain(text.p[plain]);)
            ++plain;
        text_put(&literal, text.p + i, plain - i);
        if (plain < text.n) {
            unsigned char c = text.p[plain];
            text_put(&literal, escaped, snprintf(escaped, sizeof(escaped), c == '"' || c == '\\' ? "\\%c" : "\\%03o", c));
        }
    }
    text_put(&literal, "\"", 1);
    return (str_t){literal.p, literal.n};
}

static void emit_args(printer_t *to, const ir_probe_t *probe)
{
    if (probe->num_args == 0)
        return;
    emit(to, "static const catalog_arg_t args_$c_name$[] = {\n");
    for (unsigned i = 0; i < probe->num_args; ++i) {
        const ir_arg_t *arg = probe->args + i;
        scalar_t scalar = arg->meaning.scalar;
        EMIT(to, "    {.declaration = $declaration$", TEXT("declaration", c_string(to->arena, arg->declaration)));
        if (arg->name.n != 0)
            EMIT(to, ", .name = \"$name$\"", TEXT("name", arg->name));
        if (arg->meaning.size != 0)
            EMIT(to, ", .size = $size$", NUMBER("size", arg->meaning.size));
        if (scalar == SCALAR_INT || scalar == SCALAR_UNKNOWN)
            emit(to, ", .is_signed = 1");
        if (scalar == SCALAR_FLOAT)
            emit(to, ", .is_float = 1");
        if (scalar == SCALAR_STRING && arg->length_kind == LENGTH_NUL)
            emit(to, ", .is_text = 1");
        if (scalar == SCALAR_STRING || (scalar == SCALAR_BYTES && arg->length_kind != LENGTH_NONE))
            emit(to, ", .is_copied = 1");
        if (arg->gate != GATE_NONE)
            EMIT(to, ", .gate = PG_SHOW_$GATE$", TEXT("GATE", emit_gate(arg->gate)));
        if (arg->connection != NULL)
            EMIT(to, ", .connection = $n$", NUMBER("n", 1 + arg->connection->index));
        if (arg->connection != NULL && arg->is_member)
            emit(to, ", .is_member = 1");
        emit(to, "},\n");
    }
    emit(to, "};\n\n");
}

/* the paths that the record needs */
static void emit_paths(printer_t *to, const ir_probe_t *probe)
{
    unsigned n = 0;

    for (unsigned i = 0; i < probe->num_fields; ++i) {
        for (const ir_path_t *path = probe->fields[i].path; path != NULL; path = path->length, ++n)
            EMIT(to, n == 0 ? "        .paths = (const uint16_t[]){$index$" : ", $index$", NUMBER("index", path->index));
    }
    if (n != 0)
        EMIT(to, "},\n        .num_paths = $n$,\n", NUMBER("n", n));
}

/* where a field is, in a firing and in the record, and what kind of number or string it is */
static void emit_place(printer_t *to, const ir_field_t *field)
{
    static const str_t lengths[] = {
        [LENGTH_NONE] = {"NONE", 4}, [LENGTH_NUL] = {"NUL", 3},   [LENGTH_FIXED] = {"FIXED", 5},
        [LENGTH_ARG] = {"ARG", 3},   [LENGTH_PATH] = {"PATH", 4}, [LENGTH_ARRAY] = {"ARRAY", 5},
    };

    EMIT(to, ", .arg = $arg$, .bit = $bit$, .size = $size$", NUMBER("arg", field->arg), NUMBER("bit", field->bit),
         NUMBER("size", field->slot >= 0 || field->kind == FIELD_ADDRESS ? 0 : field->size));
    if (field->kind == FIELD_INT)
        emit(to, ", .is_signed = 1");
    if (field->is_optional)
        emit(to, ", .is_optional = 1");
    if (field->slot >= 0)
        EMIT(to, ", .slot = $slot$, .length_kind = CATALOG_LENGTH_$KIND$", NUMBER("slot", field->slot),
             TEXT("KIND", lengths[field->length_kind]));
    else
        emit(to, ", .slot = -1");
    if (field->length_kind == LENGTH_FIXED || field->length_kind == LENGTH_ARG)
        EMIT(to, ", .length = $n$", NUMBER("n", field->length));
    EMIT(to, ", .offset = $offset$", NUMBER("offset", field->offset));
}

/* what people want to know of the event */
static void emit_values(printer_t *to, const ir_probe_t *probe)
{
    static const str_t values[] = {
        [FIELD_INT] = {"INTEGER", 7},       [FIELD_UINT] = {"INTEGER", 7},    [FIELD_BOOL] = {"BOOLEAN", 7},
        [FIELD_FLOAT] = {"FLOAT", 5},       [FIELD_POINTER] = {"POINTER", 7}, [FIELD_STRING] = {"TEXT", 4},
        [FIELD_BYTES] = {"BYTES", 5},       [FIELD_ADDRESS] = {"ADDRESS", 7}, [FIELD_WHOLE] = {"OBJECT", 6},
        [FIELD_DURATION] = {"DURATION", 8},
    };

    if (probe->num_fields == 0)
        return;
    emit(to, "static const catalog_field_t fields_$c_name$[] = {\n");
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i;
        EMIT(to, "    {.name = $name$, .value = CATALOG_VALUE_$VALUE$", TEXT("name", c_string(to->arena, field->name)),
             TEXT("VALUE", values[field->kind]));
        emit_place(to, field);
        if (field->gate != GATE_NONE)
            EMIT(to, ", .gate = PG_SHOW_$GATE$", TEXT("GATE", emit_gate(field->gate)));
        if (field->pair != NULL)
            EMIT(to, ", .pair = $pair$, .word = $word$", NUMBER("pair", 1 + field->pair->index), NUMBER("word", field->word));
        if (field->path != NULL)
            EMIT(to, ", .path = $index$},\n", NUMBER("index", field->path->index));
        else
            emit(to, ", .path = -1},\n");
    }
    emit(to, "};\n\n");
}

/*
 * Bytes of an event in JSON at most, without what stands in its slots: an expression of the names of runtime/output/json.h, which
 * knows how long a number gets. A name is printed once, in quotes and with a colon and a comma; that of a slot up to twice more,
 * among "truncated" and "hex", and what may be "unreadable" once more.
 */
static void emit_json_size(printer_t *to, const ir_probe_t *probe)
{
    unsigned text = probe->provider->name.n + probe->json_name.n, num_numbers = 0, num_addresses = 0;

    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i;
        text += field->name.n + 4;
        if (field->slot >= 0)
            text += 2 * (field->name.n + 4);
        if (field->mark >= 0)
            text += field->name.n + 3;
        if (field->kind == FIELD_ADDRESS)
            ++num_addresses;
        else
            num_numbers += field->slot >= 0 ? 2 : 1; /* of a slot: its true length; quotes, or null */
    }
    EMIT(to, "        .json_size = JSON_MAX_EVENT + $text$", NUMBER("text", text));
    if (num_numbers != 0)
        EMIT(to, " + $n$ * JSON_MAX_NUMBER", NUMBER("n", num_numbers));
    if (num_addresses != 0)
        EMIT(to, " + $n$ * JSON_MAX_ADDRESS", NUMBER("n", num_addresses));
    emit(to, ",\n");
}

/*
 * Which arguments the record needs, by what is shown: bits. An argument is needed for the field that it is or that is lifted out of
 * it, and for the length of text and bytes.
 */
static void emit_needs(printer_t *to, const ir_probe_t *probe)
{
    static const unsigned num_shows = 4; /* all combinations of PG_SHOW_* */

    for (unsigned show = 0; show < num_shows; ++show) {
        unsigned needs = 0;
        for (unsigned i = 0; i < probe->num_fields; ++i) {
            const ir_field_t *field = probe->fields + i;
            if (field->pair != NULL || (field->gate != GATE_NONE && (show & field->gate) == 0))
                continue;
            needs |= 1u << field->arg;
            if (field->length_kind == LENGTH_ARG)
                needs |= 1u << field->length;
        }
        EMIT(to, show == 0 ? "        .needs = {$needs$" : ", $needs$", NUMBER("needs", needs));
    }
    emit(to, "},\n");
}

static void emit_lift(printer_t *to, const ir_field_t *field, const ir_path_t *path, unsigned word)
{
    EMIT(to, "            {.path = $index$, .arg = $arg$, .bit = $bit$, .word = $word$", NUMBER("index", path->index),
         NUMBER("arg", field->arg), NUMBER("bit", field->bit), NUMBER("word", word));
    if (field->gate != GATE_NONE)
        EMIT(to, ", .gate = PG_SHOW_$GATE$", TEXT("GATE", emit_gate(field->gate)));
    emit(to, "},\n");
}

/* What the code of a site lifts out of structs: values, and where text and bytes begin and how long they are. */
static void emit_lifts(printer_t *to, const ir_probe_t *probe)
{
    unsigned num = 0;

    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i;
        if (!ir_is_lifted(field) || field->is_late)
            continue;
        if (num++ == 0)
            emit(to, "        .lifts = (const catalog_lift_t[]){\n");
        emit_lift(to, field, field->path, field->slot >= 0 ? (unsigned)field->slot * 3 : field->word);
        if (field->slot >= 0 && field->path->length != NULL) {
            emit_lift(to, field, field->path->length, (unsigned)field->slot * 3 + 1);
            ++num;
        }
    }
    if (num != 0)
        EMIT(to, "        },\n        .num_lifts = $n$,\n", NUMBER("n", num));
}

/* what a TLS key log has of it */
static void emit_keylog(printer_t *to, const ir_probe_t *probe)
{
    static const str_t roles[] = {[KEYLOG_CONNECTION] = {"connection", 10},
                                  [KEYLOG_RANDOM] = {"random", 6},
                                  [KEYLOG_LABEL] = {"label", 5},
                                  [KEYLOG_SECRET] = {"secret", 6}};
    const char *before = "        .keylog = {";

    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i;
        keylog_role_t role = ir_is_lifted(field) || field->pair != NULL ? KEYLOG_NONE : probe->args[field->arg].keylog;
        if (role == KEYLOG_NONE)
            continue;
        emit(to, before);
        EMIT(to, ".$role$ = $n$", TEXT("role", roles[role]), NUMBER("n", i + 1));
        before = ", ";
    }
    if (before[0] == ',')
        emit(to, "},\n");
}

/* what it is of HTTP */
static void emit_http(printer_t *to, const ir_probe_t *probe)
{
    static const char *const events[] = {
#define HTTP_EVENT(kind, word) [MAP_HTTP_##kind] = #kind,
#include "map/http.def"
#undef HTTP_EVENT
    };
    static const char *const fields[] = {
#define HTTP_FIELD(kind, word, wants) [MAP_HTTP_##kind] = #kind,
#include "map/http.def"
#undef HTTP_FIELD
    };
    const char *comma = "";

    if (probe->http.event == MAP_HTTP_NONE)
        return;
    EMIT(to, "        .http = &(const catalog_http_t){CATALOG_HTTP_$EVENT$, {", TEXT("EVENT", str_of(events[probe->http.event])));
    for (unsigned i = 0; i < MAP_NUM_HTTP_FIELDS; ++i) {
        const ir_field_t *field = probe->http.fields[i];
        if (field == NULL)
            continue;
        EMIT(to, "$comma$[CATALOG_HTTP_$FIELD$] = $n$", TEXT("comma", str_of(comma)), TEXT("FIELD", str_of(fields[i])),
             NUMBER("n", 1 + (field - probe->fields)));
        comma = ", ";
    }
    emit(to, "}},\n");
}

static void emit_keys(printer_t *to, const ir_role_t *role)
{
    for (unsigned i = 0; i < role->pair->num_keys; ++i) {
        const ir_key_t *key = role->keys + i;
        EMIT(to, i == 0 ? "{.name = \"$name$\", .size = $size$" : ", {.name = \"$name$\", .size = $size$", TEXT("name", key->name),
             NUMBER("size", role->pair->sizes[i]));
        if (key->is_thread)
            emit(to, ", .is_thread = 1, .path = -1}");
        else if (key->path != NULL)
            EMIT(to, ", .arg = $arg$, .path = $path$}", NUMBER("arg", key->arg), NUMBER("path", key->path->index));
        else
            EMIT(to, ", .arg = $arg$, .path = -1}", NUMBER("arg", key->arg));
    }
}

/* what it begins and ends */
static void emit_roles(printer_t *to, const ir_probe_t *probe)
{
    if (probe->num_roles == 0)
        return;
    emit(to, "        .roles = (const catalog_role_t[]){\n");
    for (unsigned i = 0; i < probe->num_roles; ++i) {
        const ir_role_t *role = probe->roles + i;
        EMIT(to, "            {.pair = $pair$, ", NUMBER("pair", role->pair->index));
        if (role->is_end)
            EMIT(to, ".is_end = 1, .field = $field$, ", NUMBER("field", role->field - probe->fields));
        EMIT(to, ".num_keys = $n$, .keys = {", NUMBER("n", role->pair->num_keys));
        emit_keys(to, role);
        emit(to, "}},\n");
    }
    EMIT(to, "        },\n        .num_roles = $n$,\n        .time_word = $word$,\n", NUMBER("n", probe->num_roles),
         NUMBER("word", IR_TIME_WORD));
}

static void put_text(text_t *text, str_t word)
{
    text_put(text, word.p, word.n);
    text_put(text, "\n", 1);
}

static void put_numbers(text_t *text, const long *numbers, size_t num)
{
    char word[32];

    for (size_t i = 0; i < num; ++i)
        text_put(text, word, (size_t)snprintf(word, sizeof(word), "%ld\n", numbers[i]));
}

/*
 * All that decides how a record is laid out and printed, but for what structs of the target look like: two tracers whose probes
 * have the same hash read each other's records.
 */
static void put_layout(text_t *text, const ir_probe_t *probe)
{
    put_text(text, probe->provider->name);
    put_text(text, probe->json_name);
    put_numbers(text, (const long[]){probe->size, probe->num_slots, probe->num_fields}, 3);
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i;
        const long numbers[] = {field->kind, field->offset,      field->size, field->float_size, field->bit,
                                field->gate, field->is_optional, field->slot, field->mark,       field->length_kind == LENGTH_NUL};
        put_text(text, field->name);
        put_numbers(text, numbers, sizeof(numbers) / sizeof(numbers[0]));
        if (field->kind == FIELD_WHOLE)
            put_text(text, field->path->type);
    }
}

static void emit_layout(printer_t *to, const ir_probe_t *probe)
{
    text_t text = {.arena = to->arena};
    char hash[32];

    put_layout(&text, probe);
    snprintf(hash, sizeof(hash), "0x%016lx", str_hash((str_t){text.p, text.n}));
    EMIT(to, "        .layout = $hash$,\n", TEXT("hash", ((str_t){hash, strlen(hash)})));
}

/* Of a header's name and value the fields. */
static const ir_field_t *header_name_of(const ir_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        const ir_field_t *name = ir_field_of_arg(probe, i);
        if (probe->args[i].is_header_name && name != NULL && name->kind == FIELD_STRING)
            return name;
    }
    return NULL;
}

static void emit_header(printer_t *to, const ir_probe_t *probe)
{
    const ir_field_t *name = header_name_of(probe);
    const ir_field_t *value = name != NULL ? ir_field_of_arg(probe, probe->args[name->arg].header_value) : NULL;

    if (value != NULL && value->slot >= 0)
        EMIT(to, "        .header = &(const catalog_header_t){.name = $name$, .value = $value$},\n",
             NUMBER("name", name - probe->fields), NUMBER("value", value - probe->fields));
}

static void emit_entry(printer_t *to, const ir_probe_t *probe)
{
    emit(to, "    {\n"
             "        .provider = \"$provider$\",\n"
             "        .name = \"$probe$\",\n");
    if (probe->doc.n != 0)
        EMIT(to, "        .doc = $doc$,\n", TEXT("doc", c_string(to->arena, probe->doc)));
    if (probe->num_args != 0)
        emit(to, "        .args = args_$c_name$,\n"
                 "        .num_args = $num_args$,\n");
    emit_paths(to, probe);
    if (probe->num_fields != 0)
        EMIT(to, "        .fields = fields_$c_name$,\n        .num_fields = $n$,\n", NUMBER("n", probe->num_fields));
    emit(to, "        .function = \"on_$c_name$\",\n");
    emit_header(to, probe);
    emit_needs(to, probe);
    emit_lifts(to, probe);
    emit_keylog(to, probe);
    emit_http(to, probe);
    emit_roles(to, probe);
    if (probe->leads)
        emit(to, "        .leads = 1,\n");
    if (probe->follows)
        emit(to, "        .follows = 1,\n");
    emit(to, "        .size = sizeof(struct ev_$c_name$),\n");
    if (probe->num_slots != 0)
        emit(to, "        .num_slots = $num_slots$,\n");
    emit_layout(to, probe);
    emit(to, "        .json = json_$c_name$,\n");
    emit_json_size(to, probe);
    emit(to, "    },\n");
}

static void emit_path(printer_t *to, const ir_path_t *path)
{
    static const str_t kinds[] = {
        [PATH_WHOLE] = {"WHOLE", 5}, [PATH_NUMBER] = {"NUMBER", 6},   [PATH_FLOAT] = {"FLOAT", 5},   [PATH_TEXT] = {"TEXT", 4},
        [PATH_BYTES] = {"BYTES", 5}, [PATH_ADDRESS] = {"ADDRESS", 7}, [PATH_LENGTH] = {"LENGTH", 6},
    };

    EMIT(to, "    {.type = \"$type$\", .path = \"$path$\"", TEXT("type", path->type), TEXT("path", path->path));
    EMIT(to, ", .kind = CATALOG_$KIND$", TEXT("KIND", kinds[path->kind]));
    if (path->length != NULL)
        EMIT(to, ", .has_length = 1, .length = $length$", NUMBER("length", path->length->index));
    else if (path->fixed_length != 0)
        EMIT(to, ", .fixed_length = $length$", NUMBER("length", path->fixed_length));
    emit(to, "},\n");
}

static void emit_member(printer_t *to, str_t name, const ir_path_t *path)
{
    if (path != NULL)
        EMIT(to, ", .$name$ = $index$", TEXT("name", name), NUMBER("index", path->index));
    else
        EMIT(to, ", .$name$ = -1", TEXT("name", name));
}

static void emit_peers(printer_t *to, const ir_connection_t *connection)
{
    unsigned num = 0;

    for (; num != IR_MAX_PEERS && connection->peers[num] != NULL; ++num)
        EMIT(to, num == 0 ? ", .peers = {$index$" : ", $index$", NUMBER("index", connection->peers[num]->index));
    if (num != 0)
        EMIT(to, "}, .num_peers = $num$", NUMBER("num", num));
}

/* @return whether there is any */
static int emit_connections(printer_t *to, const ir_t *ir)
{
    if (ir->num_connections == 0)
        return 0;
    emit(to, "static const catalog_connection_t connections[] = {\n");
    for (const ir_connection_t *connection = ir->connections; connection != NULL; connection = connection->next) {
        EMIT(to, "    {.type = \"$type$\"", TEXT("type", connection->type));
        emit_member(to, STR("random"), connection->random);
        emit_member(to, STR("address"), connection->address);
        emit_member(to, STR("id"), connection->id);
        emit_member(to, STR("name"), connection->name);
        emit_peers(to, connection);
        emit_member(to, STR("via"), connection->via);
        if (connection->via != NULL)
            EMIT(to, ", .via_to = $n$", NUMBER("n", connection->via_to->index));
        emit_member(to, STR("base"), connection->base);
        if (connection->base != NULL)
            EMIT(to, ", .base_of = $n$", NUMBER("n", connection->base_of->index));
        emit_member(to, STR("kind"), connection->kind);
        emit_member(to, STR("key"), connection->key);
        emit(to, "},\n");
    }
    emit(to, "};\n\n");
    return 1;
}

/* What the target may have though this tracer does not know it. @return whether there is any */
static int emit_skipped(printer_t *to, const ir_t *ir)
{
    int has_any = 0;

    for (unsigned i = 0; i < ir->num_probes; ++i) {
        const ir_probe_t *probe = ir->probes + i;
        if (!probe->is_skipped)
            continue;
        EMIT(to, has_any ? ", \"$provider$:$probe$\"" : "static const char *const skipped[] = {\"$provider$:$probe$\"",
             TEXT("provider", probe->provider->name), TEXT("probe", probe->name));
        has_any = 1;
    }
    if (has_any)
        emit(to, ", NULL};\n\n");
    return has_any;
}

/* ---- outputs that others' tools read ---- */

static void emit_shown(printer_t *to, const ir_shown_t *shown)
{
    const char *before = "        {";

    if (shown->name.n != 0) {
        EMIT(to, "        {.name = $name$", TEXT("name", c_string(to->arena, shown->name)));
        before = ", ";
    }
    if (shown->as != 0) {
        emit(to, before);
        EMIT(to, ".as = $as$", NUMBER("as", shown->as));
        before = ", ";
    }
    if (shown->keep.n != 0) {
        emit(to, before);
        EMIT(to, ".keep = $keep$", TEXT("keep", c_string(to->arena, shown->keep)));
        before = ", ";
    }
    emit(to, before[0] == ',' ? "},\n" : "        {.name = NULL},\n");
}

static unsigned bytes_of_names(const ir_probe_t *probe, const ir_shape_t *shape)
{
    size_t n = probe->provider->name.n + shape->type.n + shape->count.n + 4;

    for (unsigned i = 0; i < probe->num_fields; ++i)
        n += shape->fields[i].name.n + 4;
    return (unsigned)n;
}

static void emit_shape(printer_t *to, const ir_probe_t *probe, const ir_shape_t *shape)
{
    if (shape->is_skipped) {
        EMIT(to, "    [$n$] = {.type = NULL},\n", NUMBER("n", probe->id));
        return;
    }
    EMIT(to, "    [$n$] = {.type = $type$, .names = $names$", NUMBER("n", probe->id),
         TEXT("type", c_string(to->arena, shape->type)), NUMBER("names", bytes_of_names(probe, shape)));
    if (shape->count.n != 0)
        EMIT(to, ", .count = $count$", TEXT("count", c_string(to->arena, shape->count)));
    if (shape->hides != 0)
        EMIT(to, ", .hides = $hides$", NUMBER("hides", shape->hides));
    if (shape->is_whole)
        emit(to, ", .is_whole = 1");
    if (shape->time != NULL)
        EMIT(to, ", .time = $n$", NUMBER("n", shape->time - probe->fields + 1));
    if (probe->num_fields != 0) {
        emit(to, ", .fields = (const catalog_shown_t[]){\n");
        for (unsigned i = 0; i < probe->num_fields; ++i)
            emit_shown(to, shape->fields + i);
        emit(to, "    }");
    }
    emit(to, "},\n");
}

/* @return how many there are */
static unsigned emit_compats(printer_t *to, const ir_t *ir)
{
    unsigned num = 0;

    for (const ir_compat_t *compat = ir->compats; compat != NULL; compat = compat->next, ++num) {
        EMIT(to, "static const catalog_shape_t shapes_$n$[] = {\n", NUMBER("n", num));
        for (unsigned i = 0; i < ir->num_events; ++i)
            emit_shape(to, ir->events[i], compat->shapes + i);
        emit(to, "    {.type = NULL},\n};\n\n");
    }
    if (num == 0)
        return 0;
    emit(to, "static const catalog_compat_t compats[] = {\n");
    num = 0;
    for (const ir_compat_t *compat = ir->compats; compat != NULL; compat = compat->next, ++num)
        EMIT(to, "    {.name = $name$, .shapes = shapes_$n$},\n", TEXT("name", c_string(to->arena, compat->name)),
             NUMBER("n", num));
    emit(to, "};\n\n");
    return num;
}

void emit_catalog(const ir_t *ir, outdir_t *dir)
{
    printer_t to = emit_begin(dir, "catalog.c", "What the runtime knows of the probes");

    emit(&to, "#include \"common/catalog.h\"\n"
              "#include \"events.h\"\n"
              "#include \"json_events.h\"\n"
              "\n");
    emit_probes(&to, ir, emit_args);
    emit_probes(&to, ir, emit_values);
    /* one more of each, so that a set without probes or paths is C as well */
    emit(&to, "static const catalog_probe_t probes[] = {\n");
    emit_probes(&to, ir, emit_entry);
    emit(&to, "    {.name = NULL},\n"
              "};\n"
              "\n"
              "static const catalog_path_t paths[] = {\n");
    for (unsigned i = 0; i < ir->num_paths; ++i)
        emit_path(&to, ir->paths[i]);
    emit(&to, "    {.type = NULL},\n"
              "};\n"
              "\n");
    int has_connections = emit_connections(&to, ir);
    unsigned num_compats = emit_compats(&to, ir);
    int has_skipped = emit_skipped(&to, ir);
    EMIT(&to,
         "const catalog_t catalog = {\n"
         "    .tracer = $tracer$,\n"
         "    .probes = probes,\n"
         "    .num_probes = $num_probes$,\n"
         "    .paths = paths,\n"
         "    .num_paths = $num_paths$,\n"
         "$connections$"
         "$compats$"
         "$pairs$"
         "$skipped$"
         "};\n",
         TEXT("tracer", c_string(ir->arena, ir->tracer)), NUMBER("num_probes", ir->num_events), NUMBER("num_paths", ir->num_paths),
         TEXT("connections",
              has_connections
                  ? arena_printf(ir->arena, "    .connections = connections,\n    .num_connections = %u,\n", ir->num_connections)
                  : STR("")),
         TEXT("compats", num_compats != 0
                             ? arena_printf(ir->arena, "    .compats = compats,\n    .num_compats = %u,\n", num_compats)
                             : STR("")),
         TEXT("pairs", ir->num_pairs != 0 ? arena_printf(ir->arena, "    .num_pairs = %u,\n", ir->num_pairs) : STR("")),
         TEXT("skipped", has_skipped ? STR("    .skipped = skipped,\n") : STR("")));
    printer_end(&to);
}
