/*
 * The exerciser: for every probe a function that makes values, fires, and writes what has to be seen. The fixed half is
 * exerciser/main.c.
 *
 * Structs are made up: a struct that a map lifts `a.b->c` out of gets members of these names, in structs of their own with
 * something in front, so that no offset is 0. Only the debug information tells the tracer where they are, as in a real target.
 */
#include <stdio.h>
#include <string.h>
#include "emit/emit.h"

/* ---- made-up structs ---- */

/* a member on the way to a lifted field */
typedef struct st_node_t {
    struct st_node_t *next, *children;
    str_t name;
    str_t type; /* of a leaf */
    int is_pointer;
} node_t;

static node_t *child(arena_t *arena, node_t *parent, str_t name)
{
    node_t **link = &parent->children;

    while (*link != NULL && !str_eq((*link)->name, name))
        link = &(*link)->next;
    if (*link == NULL) {
        *link = arena_alloc(arena, sizeof(**link));
        (*link)->name = name;
    }
    return *link;
}

static const char *leaf_type(const ir_path_t *path)
{
    switch (path->scalar) {
    case SCALAR_STRING:
        return "const char *";
    case SCALAR_POINTER:
        return "void *";
    case SCALAR_FLOAT:
        return path->size == 4 ? "float " : "double ";
    case SCALAR_BOOL:
        return path->size == 1 ? "_Bool " : "int ";
    default: {
        static const char *const names[2][9] = {{[1] = "uint8_t ", [2] = "uint16_t ", [4] = "uint32_t ", [8] = "uint64_t "},
                                                {[1] = "int8_t ", [2] = "int16_t ", [4] = "int32_t ", [8] = "int64_t "}};
        return names[path->scalar == SCALAR_INT][path->size];
    }
    }
}

static void add_path(arena_t *arena, node_t *root, const ir_path_t *path)
{
    str_t rest = path->path;
    node_t *node = root;

    while (rest.n > 0) {
        size_t n = 0;
        while (n < rest.n && rest.p[n] != '.' && rest.p[n] != '-')
            ++n;
        node = child(arena, node, (str_t){rest.p, n});
        if (n < rest.n && rest.p[n] == '-') {
            node->is_pointer = 1;
            ++n;
        }
        if (n < rest.n)
            ++n;
        rest.p += n;
        rest.n -= n;
    }
    node->type = (str_t){leaf_type(path), strlen(leaf_type(path))};
}

static void emit_members(out_t *out, const node_t *parent, int depth)
{
    out_printf(out, "%*schar before_%d[%d];\n", depth * 4, "", depth, 3 + 8 * depth);
    for (const node_t *node = parent->children; node != NULL; node = node->next) {
        if (node->children == NULL) {
            out_printf(out, "%*s%.*s%.*s;\n", depth * 4, "", STR_ARG(node->type), STR_ARG(node->name));
        } else {
            out_printf(out, "%*sstruct {\n", depth * 4, "");
            emit_members(out, node, depth + 1);
            out_printf(out, "%*s} %s%.*s;\n", depth * 4, "", node->is_pointer ? "*" : "", STR_ARG(node->name));
        }
    }
}

/* What stands between the braces of each type is made up of the paths that begin at it. */
static void emit_struct(const ir_t *ir, out_t *out, unsigned first)
{
    str_t type = ir->paths[first]->type;
    int is_tag = memchr(type.p, ' ', type.n) != NULL;
    node_t root = {.next = NULL};

    for (unsigned i = 0; i < first; ++i) {
        if (str_eq(ir->paths[i]->type, type))
            return; /* it has been written with that path */
    }
    out_printf(out, "\n%s%.*s {\n", is_tag ? "" : "typedef struct ex_", STR_ARG(type));
    if (ir->paths[first]->path.n == 0) {
        out_text(out, "    EX_WHOLE_MEMBERS;\n");
    } else {
        for (unsigned i = first; i < ir->num_paths; ++i) {
            if (str_eq(ir->paths[i]->type, type))
                add_path(ir->arena, &root, ir->paths[i]);
        }
        emit_members(out, &root, 1);
    }
    if (is_tag)
        out_text(out, "};\n");
    else
        out_printf(out, "} %.*s;\n", STR_ARG(type));
}

/* The structs behind the pointers on the way, then the value. */
static void emit_fill(out_t *out, const ir_field_t *field)
{
    str_t path = field->path->path;
    unsigned size = field->path->size;

    for (size_t i = 0; i + 1 < path.n; ++i) {
        if (path.p[i] == '-' && path.p[i + 1] == '>')
            out_printf(out, "        if (a%u->%.*s == NULL)\n            a%u->%.*s = ex_struct(x, sizeof(*a%u->%.*s));\n",
                       field->arg, (int)i, path.p, field->arg, (int)i, path.p, field->arg, (int)i, path.p);
    }
    out_printf(out, "        a%u->%.*s = ", field->arg, STR_ARG(path));
    if (field->slot >= 0)
        out_printf(out, "(t%u = ex_text(x, %u, 1, 0, UINT64_MAX)).p;\n", field->bit, field->bit);
    else if (field->kind == FIELD_POINTER)
        out_printf(out, "(void *)ex_uint(x, %u, 8);\n", field->bit);
    else if (field->kind == FIELD_FLOAT)
        out_printf(out, "ex_float(x, %u, %u);\n", field->bit, size);
    else if (field->kind == FIELD_INT)
        out_printf(out, "ex_int(x, %u, %u);\n", field->bit, size);
    else
        out_printf(out, "ex_uint(x, %u, %u);\n", field->bit, size);
}

/* ---- arguments ---- */

/* the field that shows argument `arg` itself */
static const ir_field_t *field_of(const ir_probe_t *probe, unsigned arg)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        if (probe->fields[i].arg == arg && !ir_is_lifted(probe->fields + i))
            return probe->fields + i;
    }
    return NULL;
}

static int has_lifted(const ir_probe_t *probe, unsigned arg)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        if (probe->fields[i].arg == arg && ir_is_lifted(probe->fields + i))
            return 1;
    }
    return 0;
}

static const char *c_type(const ir_arg_t *arg)
{
    static const char *const names[2][9] = {{[1] = "uint8_t", [2] = "uint16_t", [4] = "uint32_t", [8] = "uint64_t"},
                                            {[1] = "int8_t", [2] = "int16_t", [4] = "int32_t", [8] = "int64_t"}};

    switch (arg->meaning.scalar) {
    case SCALAR_FLOAT:
        return arg->meaning.size == 4 ? "float" : "double";
    case SCALAR_BOOL:
        return arg->meaning.size == 1 ? "_Bool" : "int";
    case SCALAR_INT:
    case SCALAR_UNKNOWN:
        return names[1][arg->meaning.size];
    default:
        return names[0][arg->meaning.size];
    }
}

static unsigned long long largest_length(const ir_arg_t *partner)
{
    unsigned bits = partner->meaning.size * 8 - (partner->meaning.scalar != SCALAR_UINT);

    return bits >= 64 ? ~0ull : (1ull << bits) - 1;
}

/* strings first: they decide on the lengths */
static void emit_texts(out_t *out, const ir_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i;
        unsigned long long max_len = ~0ull;
        if (field->slot < 0 || field->kind == FIELD_WHOLE)
            continue;
        if (ir_is_lifted(field)) {
            out_printf(out, "    ex_text_t t%u = {NULL, 0, 1};\n", field->bit);
            continue;
        }
        if (field->length_kind == LENGTH_ARG)
            max_len = largest_length(probe->args + field->length);
        out_printf(out, "    ex_text_t t%u = ex_text(x, %u, %d, %u, %lluu);\n", field->bit, field->arg,
                   field->length_kind == LENGTH_NUL, field->length_kind == LENGTH_FIXED ? field->length : 0, max_len);
    }
}

/* the string whose length this argument is, or NULL */
static const ir_field_t *measured_by(const ir_probe_t *probe, unsigned arg)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        if (probe->fields[i].length_kind == LENGTH_ARG && probe->fields[i].length == arg)
            return probe->fields + i;
    }
    return NULL;
}

static void emit_arg(out_t *out, const ir_probe_t *probe, unsigned i)
{
    const ir_arg_t *arg = probe->args + i;
    const ir_field_t *field = field_of(probe, i), *text = measured_by(probe, i);

    if (field->kind == FIELD_ADDRESS)
        out_printf(out, "    void *a%u = ex_address(x, %u);\n", i, i);
    else if (field->kind == FIELD_WHOLE || has_lifted(probe, i))
        out_printf(out, "    %.*s *a%u = ex_struct(x, sizeof(*a%u));\n", STR_ARG(arg->meaning.pointee), i, i);
    else if (field->slot >= 0)
        out_printf(out, "    const void *a%u = t%u.p;\n", i, field->bit);
    else if (field->kind == FIELD_POINTER)
        out_printf(out, "    void *a%u = (void *)ex_uint(x, %u, 8);\n", i, i);
    else if (text != NULL)
        out_printf(out, "    %s a%u = t%u.len;\n", c_type(arg), i, text->bit);
    else
        out_printf(out, "    %s a%u = ex_%s(x, %u, %u);\n", c_type(arg), i,
                   arg->meaning.scalar == SCALAR_FLOAT                                          ? "float"
                   : arg->meaning.scalar == SCALAR_INT || arg->meaning.scalar == SCALAR_UNKNOWN ? "int"
                                                                                                : "uint",
                   i, arg->meaning.size);
}

static void emit_structs(out_t *out, const ir_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        if (!has_lifted(probe, i) && field_of(probe, i)->kind != FIELD_WHOLE)
            continue;
        out_text(out, "    if (ex_is_readable(x)) {\n");
        if (field_of(probe, i)->kind == FIELD_WHOLE)
            out_printf(out, "        ex_fill_whole(x, %u, a%u);\n", i, i);
        for (unsigned j = 0; j < probe->num_fields; ++j) {
            if (probe->fields[j].arg == i && ir_is_lifted(probe->fields + j))
                emit_fill(out, probe->fields + j);
        }
        out_text(out, "    }\n");
    }
}

/* ---- what has to be seen ---- */

static void emit_lifted_value(out_t *out, const ir_field_t *field)
{
    static const char *const kinds[] = {
        [FIELD_INT] = "int", [FIELD_UINT] = "uint", [FIELD_BOOL] = "bool", [FIELD_POINTER] = "pointer"};

    if (field->slot >= 0)
        out_printf(out, "ex_put_text(x, \"%.*s\", t%u);\n", STR_ARG(field->name), field->bit);
    else if (field->kind == FIELD_FLOAT)
        out_printf(out, "ex_is_readable(x) ? ex_put_float(x, \"%.*s\", a%u->%.*s, %u) : ex_put_null(x, \"%.*s\");\n",
                   STR_ARG(field->name), field->arg, STR_ARG(field->path->path), field->size, STR_ARG(field->name));
    else
        out_printf(out, "ex_is_readable(x) ? ex_put_%s(x, \"%.*s\", a%u->%.*s) : ex_put_null(x, \"%.*s\");\n", kinds[field->kind],
                   STR_ARG(field->name), field->arg, STR_ARG(field->path->path), STR_ARG(field->name));
}

static void emit_expected(out_t *out, const ir_field_t *field)
{
    str_t name = field->name;

    out_printf(out, "    %s",
               field->gate == GATE_SECRET    ? "if (ex_shows_secrets(x))\n        "
               : field->gate == GATE_APPDATA ? "if (ex_shows_appdata(x))\n        "
                                             : "");
    if (ir_is_lifted(field)) {
        emit_lifted_value(out, field);
        return;
    }
    switch (field->kind) {
    case FIELD_INT:
        out_printf(out, "ex_put_int(x, \"%.*s\", a%u);\n", STR_ARG(name), field->arg);
        break;
    case FIELD_UINT:
        out_printf(out, "ex_put_uint(x, \"%.*s\", a%u);\n", STR_ARG(name), field->arg);
        break;
    case FIELD_BOOL:
        out_printf(out, "ex_put_bool(x, \"%.*s\", a%u != 0);\n", STR_ARG(name), field->arg);
        break;
    case FIELD_FLOAT:
        out_printf(out, "ex_put_float(x, \"%.*s\", a%u, %u);\n", STR_ARG(name), field->arg, field->size);
        break;
    case FIELD_POINTER:
        out_printf(out, "ex_put_pointer(x, \"%.*s\", a%u);\n", STR_ARG(name), field->arg);
        break;
    case FIELD_STRING:
        out_printf(out, "ex_put_text(x, \"%.*s\", t%u);\n", STR_ARG(name), field->bit);
        break;
    case FIELD_BYTES:
        out_printf(out, "ex_put_bytes(x, \"%.*s\", t%u);\n", STR_ARG(name), field->bit);
        break;
    case FIELD_ADDRESS:
        out_printf(out, "ex_put_address(x, \"%.*s\", a%u);\n", STR_ARG(name), field->arg);
        break;
    case FIELD_WHOLE:
        out_printf(out, "ex_put_whole(x, \"%.*s\", a%u);\n", STR_ARG(name), field->arg);
        break;
    }
}

static void emit_probe(const ir_t *ir, out_t *out, const ir_probe_t *probe)
{
    out_printf(out, "\n/* %.*s:%.*s (%.*s) */\nstatic void fire_%.*s(ex_t *x)\n{\n", STR_ARG(probe->provider->name),
               STR_ARG(probe->name), STR_ARG(emit_where(ir->arena, probe->at)), STR_ARG(probe->c_name));
    emit_texts(out, probe);
    for (unsigned i = 0; i < probe->num_args; ++i)
        emit_arg(out, probe, i);
    emit_structs(out, probe);
    out_printf(out, "    ex_ready(x);\n    %.*s(", STR_ARG(probe->macro));
    for (unsigned i = 0; i < probe->num_args; ++i)
        out_printf(out, "%sa%u", i == 0 ? "" : ", ", i);
    out_printf(out, ");\n    if (!ex_is_expecting(x))\n        return;\n    ex_begin(x, \"%.*s\", \"%.*s\");\n",
               STR_ARG(probe->provider->name), STR_ARG(probe->json_name));
    for (unsigned i = 0; i < probe->num_fields; ++i)
        emit_expected(out, probe->fields + i);
    out_printf(out, "    ex_end(x);\n}\n\nstatic int is_enabled_%.*s(void)\n{\n    return %.*s_ENABLED();\n}\n",
               STR_ARG(probe->c_name), STR_ARG(probe->macro));
}

void emit_exerciser(const ir_t *ir, outdir_t *dir)
{
    out_t *out = out_begin(dir, "exerciser.c");

    emit_banner(out, "Fires every probe with known values");
    out_text(out, "#include \"exerciser.h\"\n");
    for (unsigned i = 0; i < ir->num_providers; ++i)
        out_printf(out, "#include \"%.*s-probes.h\"\n", STR_ARG(ir->providers[i].name));
    for (unsigned i = 0; i < ir->num_paths; ++i)
        emit_struct(ir, out, i);
    for (unsigned i = 0; i < ir->num_events; ++i)
        emit_probe(ir, out, ir->events[i]);
    out_text(out, "\nconst ex_probe_t ex_probes[] = {\n");
    for (unsigned i = 0; i < ir->num_events; ++i) {
        const ir_probe_t *probe = ir->events[i];
        out_printf(out, "    {\"%.*s:%.*s\", fire_%.*s, is_enabled_%.*s},\n", STR_ARG(probe->provider->name), STR_ARG(probe->name),
                   STR_ARG(probe->c_name), STR_ARG(probe->c_name));
    }
    out_printf(out, "    {NULL, NULL, NULL},\n};\nconst unsigned ex_num_probes = %u;\n", ir->num_events);
}
