/*
 * From the syntax trees to the model, in passes. Each looks at everything and reports all it finds; the next begins only if there
 * was no error so far, so that one mistake gives one message.
 */
#include "model/sema_int.h"

static str_t upper(arena_t *arena, str_t s)
{
    str_t copy = arena_strdup(arena, s);

    for (size_t i = 0; i < copy.n; ++i) {
        if ('a' <= copy.p[i] && copy.p[i] <= 'z')
            ((char *)copy.p)[i] -= 'a' - 'A';
    }
    return copy;
}

str_t macro_name(arena_t *arena, str_t provider, str_t name)
{
    str_t shorter = {arena_alloc(arena, name.n + 1), 0};

    for (size_t i = 0; i < name.n; ++i) {
        if (i + 1 < name.n && name.p[i] == '_' && name.p[i + 1] == '_')
            ++i;
        ((char *)shorter.p)[shorter.n++] = name.p[i];
    }
    return upper(arena, arena_printf(arena, "%.*s_%.*s", STR_ARG(provider), STR_ARG(shorter)));
}

ir_arg_t *sema_find_arg(const ir_probe_t *probe, str_t name)
{
    ir_arg_t *unnamed = NULL;

    for (unsigned i = 0; i < probe->num_args; ++i) {
        ir_arg_t *arg = probe->args + i;
        if (!str_eq(arg->target_name, name))
            continue;
        if (arg->name.n != 0)
            return arg;
        unnamed = arg;
    }
    return unnamed;
}

static void collect_typedefs(sema_t *sema)
{
    for (const ast_file_t *file = sema->files; file != NULL; file = file->next) {
        for (const ast_typedef_t *def = file->typedefs; def != NULL; def = def->next)
            type_define(&sema->typedefs, span_text(def->name), &def->type);
    }
}

/* ---- pass: providers, probes, arguments ---- */

static ir_arg_t *make_args(sema_t *sema, const ast_arg_t *first, unsigned *num)
{
    ir_arg_t *args;
    unsigned n = 0;

    for (const ast_arg_t *arg = first; arg != NULL; arg = arg->next)
        ++n;
    args = arena_alloc(sema->arena, n * sizeof(*args));
    *num = 0;
    for (const ast_arg_t *from = first; from != NULL; from = from->next) {
        ir_arg_t *arg = args + (*num)++;
        arg->at = from->name.src != NULL ? from->name : from->span;
        arg->type = &from->type;
        arg->name = from->name.src != NULL ? span_text(from->name) : (str_t){NULL, 0};
        arg->target_name = arg->name.n != 0 ? arg->name : arena_printf(sema->arena, "arg%u", *num - 1);
        arg->declaration = ctype_declare(sema->arena, arg->type, arg->name);
    }
    return args;
}

static void make_probe(sema_t *sema, ir_provider_t *provider, ir_probe_t *probe, const ast_probe_t *from)
{
    probe->provider = provider;
    probe->at = probe->json_name_at = from->name;
    probe->name = probe->json_name = span_text(from->name);
    probe->where =
        arena_printf(sema->arena, "%s:%u", basename(from->name.src->path), src_position(from->name.src, from->name.start).line);
    probe->doc = from->doc;
    probe->branch = from->branch;
    probe->c_name = arena_printf(sema->arena, "%.*s_%.*s", STR_ARG(provider->name), STR_ARG(probe->name));
    probe->macro = macro_name(sema->arena, provider->name, probe->name);
    probe->args = make_args(sema, from->args, &probe->num_args);
    probe->xargs = make_args(sema, from->xargs, &probe->num_xargs);
}

static void make_providers(sema_t *sema)
{
    ir_t *ir = sema->ir;

    for (const ast_file_t *file = sema->files; file != NULL; file = file->next) {
        for (const ast_provider_t *from = file->providers; from != NULL; from = from->next) {
            ++ir->num_providers;
            for (const ast_probe_t *probe = from->probes; probe != NULL; probe = probe->next)
                ++ir->num_probes;
        }
    }
    ir->providers = arena_alloc(sema->arena, ir->num_providers * sizeof(*ir->providers));
    ir->probes = arena_alloc(sema->arena, ir->num_probes * sizeof(*ir->probes));

    ir_provider_t *provider = ir->providers;
    ir_probe_t *probe = ir->probes;
    for (const ast_file_t *file = sema->files; file != NULL; file = file->next) {
        for (const ast_provider_t *from = file->providers; from != NULL; from = from->next, ++provider) {
            *provider = (ir_provider_t){.at = from->name, .name = span_text(from->name), .doc = from->doc, .file = file->src->path};
            for (const ast_probe_t *p = from->probes; p != NULL; p = p->next)
                ++provider->num_probes;
            provider->probes = arena_alloc(sema->arena, provider->num_probes * sizeof(*provider->probes));
            ir_probe_t **slot = provider->probes;
            for (const ast_probe_t *p = from->probes; p != NULL; p = p->next) {
                make_probe(sema, provider, probe, p);
                *slot++ = probe++;
            }
        }
    }
}

/* ---- pass: names ---- */

static void check_arg_names(sema_t *sema, const ir_probe_t *probe)
{
    if (probe->num_args > IR_MAX_ARGS)
        diag_report(sema->diag, E_TOO_MANY_ARGS, probe->args[IR_MAX_ARGS].at,
                    "probe '%.*s' has %u arguments, but sys/sdt.h has macros for at most %d: pass a pointer to a struct instead",
                    STR_ARG(probe->name), probe->num_args, IR_MAX_ARGS);
    /* Macros number their arguments; events name them. A hostile definition may have a million. */
    for (unsigned i = 0; sema->records != RECORDS_NONE && i < probe->num_args && i <= IR_MAX_ARGS; ++i) {
        const ir_arg_t *arg = probe->args + i;
        const ir_arg_t *earlier = arg->name.n != 0 ? sema_find_arg(probe, arg->name) : NULL;
        if (earlier != NULL && earlier != arg) {
            diag_report(sema->diag, E_DUP_ARG, arg->at, "probe '%.*s' has two arguments named '%.*s': rename one of them",
                        STR_ARG(probe->name), STR_ARG(arg->name));
            diag_note(sema->diag, earlier->at, "the earlier one is here");
        }
    }
}

/*
 * Two probes may be different to tracers and the same to C in their macros, where `__` is written `_` and case does not count, or
 * in what another probe's macro with _ENABLED is called. Only headers for programs have macros.
 * @return whether that is reported as a mistake
 */
static int check_macro(sema_t *sema, ir_probe_t *probe, table_t *macros)
{
    str_t enabled = arena_printf(sema->arena, "%.*s_ENABLED", STR_ARG(probe->macro)), shared = probe->macro;
    ir_probe_t *earlier = table_get(macros, probe->macro);

    if (earlier == NULL) {
        shared = enabled;
        earlier = table_get(macros, enabled);
    }
    if (earlier == NULL) {
        table_put(macros, probe->macro, probe);
        table_put(macros, enabled, probe);
        return 0;
    }
    probe->has_no_macro = 1;
    if (sema->macros == SEMA_NO_MACROS && sema->records != RECORDS_SHOWN)
        return 0;
    diag_report(sema->diag, sema->macros == SEMA_SOME_MACROS ? W_COLLISION : E_COLLISION, probe->at,
                "probe '%.*s:%.*s' needs the header macro %.*s(), which '%.*s:%.*s' has: %s", STR_ARG(probe->provider->name),
                STR_ARG(probe->name), STR_ARG(shared), STR_ARG(earlier->provider->name), STR_ARG(earlier->name),
                sema->macros == SEMA_SOME_MACROS ? "it is traced, but no header can fire it" : "rename one of them");
    diag_note(sema->diag, earlier->at, "the other probe is here");
    return sema->macros != SEMA_SOME_MACROS;
}

/* In the names of functions, and of semaphores, "a_b:c" and "a:b_c" meet. */
static void check_c_name(sema_t *sema, ir_probe_t *probe, table_t *c_names)
{
    ir_probe_t *earlier = table_put(c_names, probe->c_name, probe);

    if (earlier == NULL || (sema->records == RECORDS_NONE && sema->macros == SEMA_NO_MACROS))
        return;
    diag_report(sema->diag, E_COLLISION, probe->at, "probe '%.*s:%.*s' is %.*s in C, and so is '%.*s:%.*s': rename one of them",
                STR_ARG(probe->provider->name), STR_ARG(probe->name), STR_ARG(probe->c_name), STR_ARG(earlier->provider->name),
                STR_ARG(earlier->name));
    diag_note(sema->diag, earlier->at, "the other probe is here");
}

static void check_names(sema_t *sema)
{
    table_t macros = {.arena = sema->arena}, c_names = {.arena = sema->arena};

    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        ir_probe_t *probe = sema->ir->probes + i, *earlier;
        str_t key = arena_printf(sema->arena, "%.*s:%.*s", STR_ARG(probe->provider->name), STR_ARG(probe->name));
        if ((earlier = table_put(&sema->probes_by_key, key, probe)) != NULL) {
            diag_report(sema->diag, E_DUP_PROBE, probe->at, "probe '%.*s' is declared twice: remove one declaration%s",
                        STR_ARG(key),
                        probe->branch != earlier->branch ? ", or let the preprocessor choose: -C, with -D for what #if asks" : "");
            diag_note(sema->diag, earlier->at, "the earlier declaration is here");
        } else {
            int is_told = check_macro(sema, probe, &macros);
            if (!is_told)
                check_c_name(sema, probe, &c_names);
        }
        check_arg_names(sema, probe);
    }
}

/* ---- pass: types ---- */

static void check_type(sema_t *sema, ir_arg_t *arg, table_t *unknown)
{
    arg->declared = arg->meaning = type_of(&sema->typedefs, arg->type);
    if (arg->meaning.scalar == SCALAR_UNKNOWN && table_put(unknown, arg->meaning.unknown, arg) == NULL)
        diag_report(
            sema->diag, W_TYPE, arg->at,
            "unknown type '%.*s' is taken for a signed 64-bit integer; say what it is: 'typedef int %.*s;' before the provider",
            STR_ARG(arg->meaning.unknown), STR_ARG(arg->meaning.unknown));
}

static void find_types(sema_t *sema)
{
    table_t unknown = {.arena = sema->arena};

    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        ir_probe_t *probe = sema->ir->probes + i;
        for (unsigned j = 0; j < probe->num_args; ++j)
            check_type(sema, probe->args + j, &unknown);
    }
}

/* ---- pass: @appdata ---- */

static ir_probe_t *find_in_file(sema_t *sema, const ast_file_t *file, str_t name)
{
    for (const ast_provider_t *provider = file->providers; provider != NULL; provider = provider->next) {
        str_t key = arena_printf(sema->arena, "%.*s:%.*s", STR_ARG(span_text(provider->name)), STR_ARG(name));
        ir_probe_t *probe = table_get(&sema->probes_by_key, key);
        if (probe != NULL)
            return probe;
    }
    return NULL;
}

static void apply_appdata(sema_t *sema)
{
    for (const ast_file_t *file = sema->files; file != NULL; file = file->next) {
        for (const ast_appdata_t *entry = file->appdata; entry != NULL; entry = entry->next) {
            ir_probe_t *probe = find_in_file(sema, file, entry->probe);
            if (probe == NULL) {
                diag_report(sema->diag, W_APPDATA, entry->probe_span,
                            "@appdata names probe '%.*s', which no provider of this file declares", STR_ARG(entry->probe));
                continue;
            }
            for (const struct st_ast_appdata_arg_t *named = entry->args; named != NULL; named = named->next) {
                ir_arg_t *arg = sema_find_arg(probe, named->name);
                if (arg == NULL) {
                    diag_report(sema->diag, W_APPDATA, named->span,
                                "@appdata names argument '%.*s', which probe '%.*s' does not have", STR_ARG(named->name),
                                STR_ARG(entry->probe));
                    diag_note(sema->diag, probe->at, "the probe is declared here");
                } else {
                    arg->is_appdata = 1;
                }
            }
        }
    }
}

/* ---- pass: lengths that follow from names ---- */

static int is_integer(const ir_arg_t *arg)
{
    return arg->meaning.scalar == SCALAR_INT || arg->meaning.scalar == SCALAR_UINT || arg->meaning.scalar == SCALAR_UNKNOWN;
}

/* `x_len` or `num_x`, an integer, beside x */
static int find_length(const sema_t *sema, const ir_probe_t *probe, ir_arg_t *arg)
{
    const str_t names[] = {arena_printf(sema->arena, "%.*s_len", STR_ARG(arg->name)),
                           arena_printf(sema->arena, "num_%.*s", STR_ARG(arg->name))};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        const ir_arg_t *partner = sema_find_arg(probe, names[i]);
        if (partner != NULL && is_integer(partner)) {
            arg->length_kind = LENGTH_ARG;
            arg->length = partner - probe->args;
            return 1;
        }
    }
    return 0;
}

static void find_lengths(sema_t *sema)
{
    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        ir_probe_t *probe = sema->ir->probes + i;
        for (unsigned j = 0; j < probe->num_args; ++j) {
            ir_arg_t *arg = probe->args + j;
            if (arg->meaning.scalar != SCALAR_STRING && arg->meaning.scalar != SCALAR_BYTES)
                continue;
            if (!(arg->name.n != 0 && find_length(sema, probe, arg)) && arg->meaning.scalar == SCALAR_STRING)
                arg->length_kind = LENGTH_NUL;
        }
    }
}

/* ---- pass: what can be read ---- */

static void check_readable(sema_t *sema)
{
    for (unsigned i = 0; sema->records != RECORDS_NONE && i < sema->ir->num_probes; ++i) {
        const ir_probe_t *probe = sema->ir->probes + i;
        for (unsigned j = 0; !probe->is_skipped && j < probe->num_args; ++j) {
            const ir_arg_t *arg = probe->args + j;
            if (arg->meaning.scalar == SCALAR_UNREADABLE)
                diag_report(sema->diag, E_TYPE, arg->at,
                            "a value of type '%.*s' cannot be read by a BPF program; pass a pointer to it, or say "
                            "'skip %.*s:%.*s;' in a .map file",
                            STR_ARG(arg->type->text), STR_ARG(probe->provider->name), STR_ARG(probe->name));
        }
    }
}

/* ---- pass: who may see what ---- */

static void set_gates(sema_t *sema)
{
    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        ir_probe_t *probe = sema->ir->probes + i;
        for (unsigned j = 0; j < probe->num_args; ++j) {
            ir_arg_t *arg = probe->args + j;
            arg->gate = arg->is_secret ? GATE_SECRET : arg->is_appdata ? GATE_APPDATA : GATE_NONE;
        }
    }
}

/* What hinders nothing that is wanted. */
static uint64_t mild_tags(const sema_wish_t *wish)
{
    uint64_t records = 1ull << E_TYPE | 1ull << E_LIMIT | 1ull << E_DUP_ARG | 1ull << E_DUP_FIELD,
             macros = 1ull << E_TOO_MANY_ARGS | 1ull << E_COLLISION;

    if (wish->records == RECORDS_MADE)
        return 0;
    return wish->macros != SEMA_NO_MACROS ? records : records | macros;
}

ir_t *sema(arena_t *arena, diag_t *diag, const ast_file_t *files, const map_file_t *maps, const sema_wish_t *wish)
{
    static void (*const passes[])(sema_t *) = {
        collect_typedefs,     make_providers,  check_names,    find_types,         apply_appdata,
        find_lengths,         sema_apply_maps, set_gates,      check_readable,     sema_find_pairs,
        sema_lay_out_records, sema_end_pairs,  sema_find_http, sema_check_secrets, sema_shape_outputs,
    };
    sema_t sema = {.arena = arena, .diag = diag, .files = files, .maps = maps, .records = wish->records, .macros = wish->macros};
    uint64_t mild = diag->mild;

    sema.one_by_one = wish->one_by_one;
    sema.next_stale = &sema.stale;

    sema.typedefs.by_name.arena = arena;
    sema.probes_by_key.arena = sema.structs.arena = sema.pointees.arena = sema.paths.arena = sema.reported.arena = arena;
    sema.ir = arena_alloc(arena, sizeof(*sema.ir));
    sema.ir->arena = arena;
    sema.ir->tracer = wish->tracer;
    sema.ir->site = wish->site;
    diag->mild |= mild_tags(wish);
    for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]) && diag->num_errors == 0; ++i)
        passes[i](&sema);
    diag->mild = mild;
    return sema.ir;
}
