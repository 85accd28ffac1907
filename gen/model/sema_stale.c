/*
 * Entries of maps that match nothing. Maps go with many versions of the definitions, so such an entry does not hinder: those of a
 * file are summed up in one warning. What was to be kept out of traces is told by itself, since it may be shown now under another
 * name; so is every entry when the maps have to fit (--strict).
 */
#include <string.h>
#include "model/secret.h"
#include "model/sema_int.h"
#include "syntax/scan.h"

typedef struct st_sema_stale_t {
    struct st_sema_stale_t *next;
    const map_stmt_t *stmt;
    const map_target_t *target; /* NULL: the struct of the statement */
    int has_probe;              /* it is the argument that is missing */
} stale_t;

/* names that are longer are not compared, and for no more entries: definitions may be hostile */
#define MAX_NAME 64
#define MAX_SEARCHES 50
/* entries that are named in a sum */
#define MAX_LISTED 20

static void remember(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target, int has_probe)
{
    stale_t *stale = arena_alloc(sema->arena, sizeof(*stale));

    *stale = (stale_t){.stmt = stmt, .target = target, .has_probe = has_probe};
    *sema->next_stale = stale;
    sema->next_stale = &stale->next;
}

void sema_stale_target(sema_t *sema, const map_stmt_t *stmt, const map_target_t *target, unsigned num_probes)
{
    if (!target->is_optional)
        remember(sema, stmt, target, num_probes != 0);
}

void sema_stale_struct(sema_t *sema, const map_stmt_t *stmt)
{
    remember(sema, stmt, NULL, 0);
}

/* ---- what an entry may have become ---- */

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The least number of characters that have to be put in, taken out or changed to make one name of another. */
static unsigned distance(str_t a, str_t b)
{
    unsigned row[MAX_NAME + 1];

    for (unsigned j = 0; j <= b.n; ++j)
        row[j] = j;
    for (unsigned i = 1; i <= a.n; ++i) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.n; ++j) {
            unsigned changed = diagonal + (a.p[i - 1] != b.p[j - 1]);
            diagonal = row[j];
            row[j] = min(changed, min(row[j - 1], row[j]) + 1);
        }
    }
    return row[b.n];
}

/* The name that is most like the one that is missing. */
typedef struct st_nearest_t {
    str_t wanted, provider; /* n == 0: in any provider */
    unsigned distance;
    str_t found;
} nearest_t;

static void look_at(sema_t *sema, nearest_t *nearest, str_t name, str_t provider, str_t before)
{
    str_t wanted = nearest->wanted, shorter = wanted.n < name.n ? wanted : name, longer = wanted.n < name.n ? name : wanted;
    unsigned limit = (unsigned)longer.n / 3, d;

    if (longer.n > MAX_NAME || shorter.n < 2)
        return;
    if (memmem(longer.p, longer.n, shorter.p, shorter.n) != NULL && shorter.n >= 3) {
        d = (unsigned)(longer.n - shorter.n + 1) / 2; /* it got a word more */
        limit = MAX_NAME;
    } else if (longer.n - shorter.n > limit) {
        return;
    } else {
        d = distance(wanted, name);
    }
    if (nearest->provider.n != 0 && !str_eq(nearest->provider, provider)) {
        d += 2;
        limit = 2; /* it has moved, and kept its name */
    }
    if (d <= limit && (nearest->found.n == 0 || d < nearest->distance)) {
        nearest->distance = d;
        nearest->found = arena_printf(sema->arena, "%.*s%.*s", STR_ARG(before), STR_ARG(name));
    }
}

static str_t find_probe(sema_t *sema, const map_target_t *target)
{
    nearest_t nearest = {.wanted = target->probe, .provider = target->provider};

    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        const ir_probe_t *probe = sema->ir->probes + i;
        str_t provider = probe->provider->name;
        look_at(sema, &nearest, probe->name, provider, arena_printf(sema->arena, "%.*s:", STR_ARG(provider)));
    }
    return nearest.found;
}

static str_t find_arg(sema_t *sema, const map_target_t *target)
{
    nearest_t nearest = {.wanted = target->arg};

    for (const ir_probe_t *probe = NULL; (probe = sema_next_probe(sema, target, probe)) != NULL;) {
        for (unsigned j = 0; j < probe->num_args; ++j)
            look_at(sema, &nearest, probe->args[j].target_name, probe->provider->name, STR(""));
    }
    return nearest.found;
}

/* without "struct" or "union" */
static str_t bare_name(str_t type)
{
    const char *blank = memchr(type.p, ' ', type.n);

    return blank != NULL ? (str_t){blank + 1, (size_t)(type.p + type.n - blank) - 1} : type;
}

static str_t find_struct(sema_t *sema, str_t wanted)
{
    nearest_t nearest = {.wanted = bare_name(wanted)};

    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        const ir_probe_t *probe = sema->ir->probes + i;
        for (unsigned j = 0; j < probe->num_args; ++j) {
            str_t type = probe->args[j].meaning.pointee, name = type.n != 0 ? bare_name(type) : type;
            if (probe->args[j].meaning.scalar != SCALAR_UNREADABLE && type.n != 0)
                look_at(sema, &nearest, name, (str_t){NULL, 0}, (str_t){type.p, type.n - name.n});
        }
    }
    return nearest.found;
}

static int is_shown(const ir_arg_t *arg)
{
    return !arg->is_secret && !arg->is_appdata && !arg->is_public && arg->length_kind != LENGTH_NONE &&
           (arg->meaning.scalar == SCALAR_STRING || arg->meaning.scalar == SCALAR_BYTES);
}

/*
 * What may be shown now because an entry protects nothing: an argument of the probe that looks like a secret, or any text of it
 * that everybody sees; without the probe, an argument of that name elsewhere in the provider.
 */
static str_t find_unprotected(sema_t *sema, const stale_t *stale)
{
    const map_target_t *target = stale->target;
    map_target_t place = {.provider = target->provider, .probe = stale->has_probe ? target->probe : STR("*")};
    str_t found = {NULL, 0};

    for (const ir_probe_t *probe = NULL; (probe = sema_next_probe(sema, &place, probe)) != NULL;) {
        for (unsigned j = 0; j < probe->num_args; ++j) {
            const ir_arg_t *arg = probe->args + j;
            int is_named = sema_matches(target->arg, arg->target_name), is_like = is_named || looks_secret(arg->target_name);
            if (!is_shown(arg) || !(stale->has_probe || is_named) || (found.n != 0 && !is_like))
                continue;
            found = arena_printf(sema->arena, "%.*s:%.*s.%.*s", STR_ARG(probe->provider->name), STR_ARG(probe->name),
                                 STR_ARG(arg->target_name));
            if (is_like)
                return found;
        }
    }
    return found;
}

static int is_protecting(const stale_t *stale)
{
    return stale->stmt->kind == MAP_SECRET || stale->stmt->kind == MAP_APPDATA;
}

static str_t find_near(sema_t *sema, const stale_t *stale)
{
    str_t near = stale->target == NULL ? find_struct(sema, stale->stmt->struct_name)
                 : stale->has_probe    ? find_arg(sema, stale->target)
                                       : find_probe(sema, stale->target);

    return near.n == 0 && is_protecting(stale) ? find_unprotected(sema, stale) : near;
}

/* ---- reports ---- */

static span_t place_of(const stale_t *stale)
{
    return stale->target != NULL ? stale->target->span : stale->stmt->struct_span;
}

/* what is missing, for a message */
static str_t describe(sema_t *sema, const stale_t *stale)
{
    const map_target_t *target = stale->target;

    if (target == NULL)
        return arena_printf(sema->arena, "no probe has an argument of type '%.*s *'", STR_ARG(stale->stmt->struct_name));
    if (stale->has_probe)
        return arena_printf(sema->arena, "no argument of '%.*s:%.*s' matches '%.*s'", STR_ARG(target->provider),
                            STR_ARG(target->probe), STR_ARG(target->arg));
    return arena_printf(sema->arena, "no probe matches '%.*s:%.*s'", STR_ARG(target->provider), STR_ARG(target->probe));
}

static void report_one(sema_t *sema, const stale_t *stale, str_t near)
{
    str_t what = describe(sema, stale);
    str_t kept = !is_protecting(stale)             ? STR("")
                 : stale->stmt->kind == MAP_SECRET ? STR(", so this keeps nothing secret")
                                                   : STR(", so this hides no application data");
    str_t now = near.n == 0            ? STR("")
                : is_protecting(stale) ? arena_printf(sema->arena, "; it may be '%.*s' now", STR_ARG(near))
                                       : arena_printf(sema->arena, "; there is '%.*s'", STR_ARG(near));

    diag_report(sema->diag, W_MAP_UNMATCHED, place_of(stale), "%.*s%.*s%.*s: correct the name, or remove this", STR_ARG(what),
                STR_ARG(kept), STR_ARG(now));
}

/* Each entry with its line, and what it may be now. */
static void report_sum(sema_t *sema, const stale_t *first, unsigned num, unsigned *num_searches)
{
    const src_t *src = place_of(first).src;
    str_t list = {NULL, 0};
    unsigned n = 0;

    for (const stale_t *stale = first; stale != NULL && n < MAX_LISTED; stale = stale->next) {
        span_t at = place_of(stale);
        if (at.src != src || is_protecting(stale))
            continue;
        str_t shown = stale->target == NULL ? stale->stmt->struct_name : scan_shown(sema->arena, at);
        str_t near = (*num_searches)++ < MAX_SEARCHES ? find_near(sema, stale) : (str_t){NULL, 0};
        if (near.n != 0)
            near = arena_printf(sema->arena, "; there is '%.*s'", STR_ARG(near));
        list = arena_printf(sema->arena, "%.*s%s'%.*s' (line %u%.*s)", STR_ARG(list), n++ != 0 ? ", " : "", STR_ARG(shown),
                            src_position(at.src, at.start).line, STR_ARG(near));
    }
    str_t more = num > n ? arena_printf(sema->arena, " and %u more", num - n) : STR("");
    diag_report(sema->diag, W_MAP_UNMATCHED, place_of(first),
                "%u entries of this map match nothing: %.*s%.*s; --strict tells of each", num, STR_ARG(list), STR_ARG(more));
}

/* the entries that are summed up with this one, which is one of them; 0: another of its file has reported them */
static unsigned count_with(const stale_t *all, const stale_t *stale)
{
    const src_t *src = place_of(stale).src;
    unsigned num = 0;

    for (const stale_t *other = all; other != NULL; other = other->next) {
        if (place_of(other).src != src || is_protecting(other))
            continue;
        if (num == 0 && other != stale)
            return 0;
        ++num;
    }
    return num;
}

void sema_report_stale(sema_t *sema)
{
    unsigned num_searches = 0;
    const src_t *summed = NULL; /* files stand in a row */

    for (const stale_t *stale = sema->stale; stale != NULL; stale = stale->next) {
        int is_alone = sema->one_by_one || is_protecting(stale);
        unsigned num = is_alone ? 1 : place_of(stale).src != summed ? count_with(sema->stale, stale) : 0;
        if (!is_alone)
            summed = place_of(stale).src;
        if (num > 1)
            report_sum(sema, stale, num, &num_searches);
        else if (num == 1)
            report_one(sema, stale, num_searches++ < MAX_SEARCHES ? find_near(sema, stale) : (str_t){NULL, 0});
    }
}
