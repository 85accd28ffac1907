/*
 * The exerciser: for every probe a function that makes values, fires, and writes what has to be seen. The fixed half is
 * exerciser/main.c.
 *
 * Structs are made up: a struct that a map lifts `a.b->c` out of gets members of these names, in structs of their own with
 * something in front, so that no offset is 0. The tracer learns from the debug information where they are, as in a real target.
 */
#include <string.h>
#include "emit/emit.h"

/* ---- made-up structs ---- */

/* a member on the way to a lifted field */
typedef struct st_node_t {
    struct st_node_t *next, *children;
    str_t name;
    str_t type;   /* of a leaf */
    str_t suffix; /* of its declaration: dimensions of an array */
    int is_pointer;
} node_t;

/* an array of bytes has that many; its length is said by the definitions, or by nobody */
static unsigned fixed_length(const ir_path_t *path)
{
    return path->fixed_length != 0 ? path->fixed_length : 16;
}

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

/* with the blank that follows it in front of a name */
static str_t c_type(arena_t *arena, scalar_t scalar, unsigned size)
{
    switch (scalar) {
    case SCALAR_STRING:
        return STR("const char *");
    case SCALAR_POINTER:
        return STR("void *");
    case SCALAR_FLOAT:
        return size == 4 ? STR("float ") : STR("double ");
    case SCALAR_BOOL:
        return size == 1 ? STR("_Bool ") : STR("int ");
    default:
        return arena_printf(arena, "%sint%u_t ", scalar == SCALAR_INT || scalar == SCALAR_UNKNOWN ? "" : "u", size * 8);
    }
}

/* "[2][0]" → "[3][1]": arrays that have these elements; of two, the larger one */
static str_t dims_for(arena_t *arena, str_t indexes, str_t before)
{
    str_t dims = {"", 0};

    for (size_t i = 0, j = 0; i < indexes.n; ++i, ++j) {
        unsigned count = 0, other = 0;
        for (++i; indexes.p[i] != ']'; ++i)
            count = count * 10 + (indexes.p[i] - '0');
        for (++j; j < before.n && before.p[j] != ']'; ++j)
            other = other * 10 + (before.p[j] - '0');
        dims = arena_printf(arena, "%.*s[%u]", STR_ARG(dims), count + 1 > other ? count + 1 : other);
    }
    return dims;
}

/* what a leaf is; a member that is both a length and a field is what the field says */
static void set_leaf(arena_t *arena, node_t *node, const ir_path_t *path)
{
    if (path->kind == PATH_LENGTH && node->type.n != 0)
        return;
    node->type = path->kind == PATH_ADDRESS                         ? STR("struct ex_address ")
                 : path->kind == PATH_BYTES && path->length != NULL ? STR("const void *")
                 : path->kind == PATH_BYTES                         ? STR("unsigned char ")
                                                                    : c_type(arena, path->scalar, path->size);
    if (path->kind == PATH_BYTES && path->length == NULL)
        node->suffix = arena_printf(arena, "%.*s[%u]", STR_ARG(node->suffix), fixed_length(path));
}

static void add_path(arena_t *arena, node_t *root, const ir_path_t *path)
{
    str_t rest = path->path;
    node_t *node = root;

    while (rest.n > 0) {
        size_t n = 0, name_n = 0;
        while (n < rest.n && rest.p[n] != '.' && rest.p[n] != '-')
            ++n;
        while (name_n < n && rest.p[name_n] != '[')
            ++name_n;
        node = child(arena, node, (str_t){rest.p, name_n});
        node->suffix = dims_for(arena, (str_t){rest.p + name_n, n - name_n}, node->suffix);
        if (n < rest.n && rest.p[n] == '-') {
            node->is_pointer = 1;
            ++n;
        }
        if (n < rest.n)
            ++n;
        rest.p += n;
        rest.n -= n;
    }
    set_leaf(arena, node, path);
}

static void emit_nodes(printer_t *to, const node_t *parent, unsigned depth)
{
    EMIT(to, "    char before_$depth$[$size$];\n", NUMBER("depth", depth), NUMBER("size", 3 + 8 * depth));
    for (const node_t *node = parent->children; node != NULL; node = node->next) {
        if (node->children == NULL) {
            EMIT(to, "    $type$$name$$suffix$;\n", TEXT("type", node->type), TEXT("name", node->name),
                 TEXT("suffix", node->suffix));
        } else {
            emit(to, "    struct {\n");
            to->indent += 4;
            emit_nodes(to, node, depth + 1);
            to->indent -= 4;
            EMIT(to, "    } $star$$name$$suffix$;\n", TEXT("star", node->is_pointer ? STR("*") : STR("")), TEXT("name", node->name),
                 TEXT("suffix", node->suffix));
        }
    }
}

/* A type whose members are made up. */
typedef struct st_made_t {
    struct st_made_t *next;
    const ir_path_t *first; /* that begins at it */
    node_t root;
} made_t;

/* The types, in the order in which paths name them. What stands between their braces is made up of the paths that begin there. */
static made_t *make_structs(const ir_t *ir)
{
    table_t types = {.arena = ir->arena};
    made_t *list = NULL, **end = &list;

    for (unsigned i = 0; i < ir->num_field_paths; ++i) {
        const ir_path_t *path = ir->paths[i];
        made_t *made = table_get(&types, path->c_type);
        if (made == NULL) {
            made = arena_alloc(ir->arena, sizeof(*made));
            *made = (made_t){.first = path};
            table_put(&types, path->c_type, made);
            *end = made;
            end = &made->next;
        }
        if (path->path.n != 0)
            add_path(ir->arena, &made->root, path);
    }
    return list;
}

static void emit_struct(printer_t *to, const made_t *made)
{
    str_t type = made->first->c_type;
    int is_tag = memchr(type.p, ' ', type.n) != NULL;

    EMIT(to, is_tag ? "\n$type$ {\n" : "\ntypedef struct ex_$type$ {\n", TEXT("type", type));
    if (made->first->path.n == 0)
        emit(to, "    EX_WHOLE_MEMBERS;\n");
    else
        emit_nodes(to, &made->root, 1);
    EMIT(to, is_tag ? "};\n" : "} $type$;\n", TEXT("type", type));
}

/* The structs that the pointers on the way lead to. */
static void emit_way(printer_t *to, str_t path)
{
    for (size_t i = 0; i + 1 < path.n; ++i) {
        if (path.p[i] == '-' && path.p[i + 1] == '>')
            EMIT(to,
                 "        if (a$arg$->$pointer$ == NULL)\n"
                 "            a$arg$->$pointer$ = ex_struct(x, sizeof(*a$arg$->$pointer$));\n",
                 TEXT("pointer", ((str_t){path.p, i})));
    }
}

static void emit_number(printer_t *to, const ir_field_t *field)
{
    if (field->slot >= 0)
        return;
    emit_way(to, field->path->path);
    EMIT(to,
         field->kind == FIELD_ADDRESS   ? "        ex_fill_address(x, $bit$, &a$arg$->$path$);\n"
         : field->kind == FIELD_POINTER ? "        a$arg$->$path$ = (void *)ex_uint(x, $bit$, 8);\n"
         : field->kind == FIELD_FLOAT   ? "        a$arg$->$path$ = ex_float(x, $bit$, $path_size$);\n"
         : field->kind == FIELD_INT     ? "        a$arg$->$path$ = ex_int(x, $bit$, $path_size$);\n"
                                        : "        a$arg$->$path$ = ex_uint(x, $bit$, $path_size$);\n",
         NUMBER("path_size", field->path->size));
}

/* After the numbers, since one of them may be a length. */
static void emit_text(printer_t *to, const ir_field_t *field)
{
    const ir_path_t *path = field->path;

    if (field->slot < 0)
        return;
    emit_way(to, path->path);
    if (path->length != NULL) {
        emit_way(to, path->length->path);
        EMIT(to,
             "        a$arg$->$path$ = (t$bit$ = ex_text(x, $bit$, 0, 0, EX_LARGEST_OF(a$arg$->$len$))).p;\n"
             "        a$arg$->$len$ = t$bit$.len;\n",
             TEXT("len", path->length->path));
    } else if (path->kind == PATH_BYTES) {
        EMIT(to,
             "        t$bit$ = ex_text(x, $bit$, 0, $fixed$, EX_NO_LIMIT);\n"
             "        ex_copy(a$arg$->$path$, t$bit$);\n",
             NUMBER("fixed", fixed_length(path)));
    } else {
        emit(to, "        a$arg$->$path$ = (t$bit$ = ex_text(x, $bit$, 1, 0, EX_NO_LIMIT)).p;\n");
    }
}

/* ---- arguments ---- */

static int has_lifted(const ir_probe_t *probe, unsigned arg)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        if (probe->fields[i].arg == arg && ir_is_lifted(probe->fields + i))
            return 1;
    }
    return 0;
}

/* Strings come first: they decide on the arguments that are their lengths. */
static void emit_texts(printer_t *to, const ir_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        const ir_field_t *field = probe->fields + i;
        str_t limit = STR("EX_NO_LIMIT");
        if (field->slot < 0 || field->kind == FIELD_WHOLE)
            continue;
        if (field->length_kind == LENGTH_ARG) {
            const type_t *length = &probe->args[field->length].meaning;
            limit = arena_printf(to->arena, "%sINT%u_MAX", length->scalar == SCALAR_UINT ? "U" : "", length->size * 8);
        }
        EMIT(to,
             ir_is_lifted(field) ? "    ex_text_t t$bit$ = {NULL, 0, 1};\n"
                                 : "    ex_text_t t$bit$ = ex_text(x, $bit$, $is_text$, $fixed$, $limit$);\n",
             NUMBER("bit", field->bit), NUMBER("is_text", field->length_kind == LENGTH_NUL),
             NUMBER("fixed", field->length_kind == LENGTH_FIXED ? field->length : 0), TEXT("limit", limit));
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

static const char *arg_text(const ir_probe_t *probe, unsigned i)
{
    const ir_field_t *field = ir_field_of_arg(probe, i);
    scalar_t scalar = probe->args[i].meaning.scalar;

    if (field->kind == FIELD_ADDRESS)
        return "    void *a$arg$ = ex_address(x, $arg$);\n";
    if (field->kind == FIELD_WHOLE || has_lifted(probe, i))
        return "    $pointee$ *a$arg$ = ex_struct(x, sizeof(*a$arg$));\n";
    if (field->slot >= 0)
        return "    const void *a$arg$ = t$arg$.p;\n";
    if (field->kind == FIELD_POINTER)
        return "    void *a$arg$ = (void *)ex_uint(x, $arg$, 8);\n";
    if (measured_by(probe, i) != NULL)
        return "    $type$a$arg$ = t$text$.len;\n";
    if (scalar == SCALAR_FLOAT)
        return "    $type$a$arg$ = ex_float(x, $arg$, $size$);\n";
    if (scalar == SCALAR_INT || scalar == SCALAR_UNKNOWN)
        return "    $type$a$arg$ = ex_int(x, $arg$, $size$);\n";
    return "    $type$a$arg$ = ex_uint(x, $arg$, $size$);\n";
}

static void emit_args(printer_t *to, const ir_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        const type_t *meaning = &probe->args[i].meaning;
        const ir_field_t *text = measured_by(probe, i);
        EMIT(to, arg_text(probe, i), NUMBER("arg", i), NUMBER("text", text != NULL ? text->bit : 0),
             TEXT("type", c_type(to->arena, meaning->scalar, meaning->size)), NUMBER("size", meaning->size),
             TEXT("pointee", meaning->pointee));
    }
}

static void emit_lifted(printer_t *to, const ir_probe_t *probe, unsigned arg, emit_field_fn print)
{
    for (unsigned i = 0; i < probe->num_fields; ++i) {
        if (probe->fields[i].arg == arg && ir_is_lifted(probe->fields + i))
            emit_field(to, probe->fields + i, print);
    }
}

static void emit_structs(printer_t *to, const ir_probe_t *probe)
{
    for (unsigned i = 0; i < probe->num_args; ++i) {
        int is_whole = ir_field_of_arg(probe, i)->kind == FIELD_WHOLE;
        if (!is_whole && !has_lifted(probe, i))
            continue;
        emit(to, "    if (ex_is_readable(x)) {\n");
        if (is_whole)
            EMIT(to, "        ex_fill_whole(x, $arg$, a$arg$);\n", NUMBER("arg", i));
        emit_lifted(to, probe, i, emit_number);
        emit_lifted(to, probe, i, emit_text);
        emit(to, "    }\n");
    }
}

/* ---- what has to be seen ---- */

static const char *const calls[] = {
    [FIELD_INT] = "ex_put_int(x, \"$field$\", $value$)",
    [FIELD_UINT] = "ex_put_uint(x, \"$field$\", $value$)",
    [FIELD_BOOL] = "ex_put_bool(x, \"$field$\", $value$ != 0)",
    [FIELD_FLOAT] = "ex_put_float(x, \"$field$\", $value$, $float_size$)",
    [FIELD_POINTER] = "ex_put_pointer(x, \"$field$\", $value$)",
    [FIELD_STRING] = "ex_put_text(x, \"$field$\", t$bit$)",
    [FIELD_BYTES] = "ex_put_bytes(x, \"$field$\", t$bit$)",
    [FIELD_ADDRESS] = "ex_put_address(x, \"$field$\", $value$)",
    [FIELD_WHOLE] = "ex_put_whole(x, \"$field$\", $value$)",
};

static void emit_expected(printer_t *to, const ir_field_t *field)
{
    int is_in_struct = ir_is_lifted(field) && field->slot < 0;
    const char *address = is_in_struct && field->kind == FIELD_ADDRESS ? "&" : "";
    str_t value = is_in_struct ? arena_printf(to->arena, "%sa%u->%.*s", address, field->arg, STR_ARG(field->path->path))
                               : arena_printf(to->arena, "a%u", field->arg);

    if (field->is_optional)
        EMIT(to, "    if (!ex_is_readable(x) || $value$ != 0)\n    ", TEXT("value", value));
    emit(to, is_in_struct ? "    ex_is_readable(x) ? " : "    ");
    EMIT(to, calls[field->kind], TEXT("value", value));
    emit(to, is_in_struct ? " : ex_put_null(x, \"$field$\");\n" : ";\n");
}

/* How long something took is not known. */
static int is_known(const ir_field_t *field)
{
    return field->pair == NULL;
}

static void emit_function(printer_t *to, const ir_probe_t *probe)
{
    static const gated_t expected = {"    if (ex_shows(x, EX_SHOW_$GATE$)) {\n", is_known, emit_expected, NULL};

    emit(to, "\n"
             "/* $provider$:$probe$ ($where$) */\n"
             "static void fire_$c_name$(ex_t *x)\n"
             "{\n");
    emit_texts(to, probe);
    emit_args(to, probe);
    emit_structs(to, probe);
    emit(to, "    ex_ready(x);\n"
             "    $macro$(");
    for (unsigned i = 0; i < probe->num_args; ++i)
        EMIT(to, i == 0 ? "a$arg$" : ", a$arg$", NUMBER("arg", i));
    emit(to, ");\n"
             "    if (!ex_is_expecting(x))\n"
             "        return;\n"
             "    ex_begin(x, \"$provider$\", \"$event$\");\n");
    emit_gated(to, probe, &expected);
    emit(to, "    ex_end(x);\n"
             "}\n"
             "\n"
             "static int is_enabled_$c_name$(void)\n"
             "{\n"
             "    return $macro$_ENABLED();\n"
             "}\n");
}

static void emit_entry(printer_t *to, const ir_probe_t *probe)
{
    (void)probe;
    emit(to, "    {\"$provider$:$probe$\", fire_$c_name$, is_enabled_$c_name$},\n");
}

/* the probes with macros. @return how many these are */
static unsigned emit_fired(printer_t *to, const ir_t *ir, emit_probe_fn print)
{
    unsigned num = 0;

    for (unsigned i = 0; i < ir->num_events; ++i) {
        if (ir->events[i]->has_no_macro)
            continue;
        emit_probe(to, ir->events[i], print);
        ++num;
    }
    return num;
}

void emit_exerciser(const ir_t *ir, outdir_t *dir)
{
    printer_t to = emit_begin(dir, "exerciser.c", "Fires every probe with known values");

    emit(&to, "#include \"exerciser.h\"\n");
    for (unsigned i = 0; i < ir->num_providers; ++i)
        EMIT(&to, "#include \"$provider$-probes.h\"\n", TEXT("provider", ir->providers[i].name));
    for (const made_t *made = make_structs(ir); made != NULL; made = made->next)
        emit_struct(&to, made);
    emit_fired(&to, ir, emit_function);
    emit(&to, "\n"
              "const ex_probe_t ex_probes[] = {\n");
    unsigned num = emit_fired(&to, ir, emit_entry);
    EMIT(&to,
         "    {NULL, NULL, NULL},\n"
         "};\n"
         "const unsigned ex_num_probes = $n$;\n",
         NUMBER("n", num));
    printer_end(&to);
}
