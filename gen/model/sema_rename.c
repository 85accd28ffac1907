/*
 * New names have to stay apart, whatever the version of the definitions: a rename to a name that something else has, be it since a
 * newer version, is taken back with a warning. That frees no name and takes one, its own, which may be what another was renamed to.
 */
#include "model/sema_int.h"

/* Whether a rename has been reported: its targets may be many. */
static int is_reported(sema_t *sema, str_t new_name)
{
    return table_put(&sema->reported, arena_printf(sema->arena, "rename %p", (const void *)new_name.p), sema) != NULL;
}

/* ---- arguments ---- */

/* a probe may have more when nobody wants to trace it */
#define MAX_ARGS (IR_MAX_ARGS * 4)

static unsigned num_args_of(const ir_probe_t *probe)
{
    return probe->num_args < MAX_ARGS ? probe->num_args : MAX_ARGS;
}

/* another argument with the same name in JSON; of two that were renamed, the later one is in the wrong */
static const ir_arg_t *find_other(const sema_t *sema, const ir_probe_t *probe, const ir_arg_t *arg)
{
    for (unsigned i = 0; i < num_args_of(probe); ++i) {
        const ir_arg_t *other = probe->args + i;
        if (other != arg && (other < arg || other->json_name.n == 0) && str_eq(sema_json_name(sema, other), arg->json_name))
            return other;
    }
    return NULL;
}

/* @return whether one was taken back */
static int settle_args_once(sema_t *sema, const ir_probe_t *probe)
{
    for (unsigned i = 0; i < num_args_of(probe); ++i) {
        ir_arg_t *arg = probe->args + i;
        const ir_arg_t *other = arg->json_name.n != 0 ? find_other(sema, probe, arg) : NULL;
        if (other == NULL)
            continue;
        if (!is_reported(sema, arg->json_name)) {
            diag_report(sema->diag, W_MAP_UNFIT, arg->json_name_at,
                        "the events of '%.*s:%.*s' have a field '%.*s' already: '%.*s' keeps its name",
                        STR_ARG(probe->provider->name), STR_ARG(probe->name), STR_ARG(arg->json_name), STR_ARG(arg->target_name));
            diag_note(sema->diag, other->json_name.n != 0 ? other->json_name_at : other->at, "the other field is this one");
        }
        arg->json_name.n = 0;
        return 1;
    }
    return 0;
}

/* ---- probes ---- */

static str_t key_of(const sema_t *sema, const ir_probe_t *probe, str_t name)
{
    return arena_printf(sema->arena, "%.*s:%.*s", STR_ARG(probe->provider->name), STR_ARG(name));
}

static int is_renamed(const ir_probe_t *probe)
{
    return probe->json_name.p != probe->name.p;
}

/* takes back the rename of a probe, then that of the one that was renamed to the name that it has again, and so on */
static void take_back(sema_t *sema, const table_t *renamed, ir_probe_t *probe, const ir_probe_t *other)
{
    while (probe != NULL && is_renamed(probe)) {
        if (!is_reported(sema, probe->json_name)) {
            diag_report(sema->diag, W_MAP_UNFIT, probe->json_name_at,
                        "the events of '%.*s:%.*s' would be named like those of '%.*s:%.*s': it keeps its name",
                        STR_ARG(probe->provider->name), STR_ARG(probe->name), STR_ARG(other->provider->name), STR_ARG(other->name));
            diag_note(sema->diag, other->json_name_at, "the other name is here");
        }
        probe->json_name = probe->name;
        probe->json_name_at = probe->at;
        other = probe;
        probe = table_get(renamed, key_of(sema, probe, probe->name));
    }
}

static void settle_probes(sema_t *sema)
{
    table_t renamed = {.arena = sema->arena};

    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        ir_probe_t *probe = sema->ir->probes + i;
        if (!is_renamed(probe) || probe->is_skipped)
            continue;
        str_t key = key_of(sema, probe, probe->json_name);
        const ir_probe_t *other = table_get(&sema->probes_by_key, key), *earlier = table_get(&renamed, key);
        if (other != NULL && other != probe && !other->is_skipped && !is_renamed(other))
            take_back(sema, &renamed, probe, other);
        else if (earlier != NULL && is_renamed(earlier))
            take_back(sema, &renamed, probe, earlier);
        else
            table_put(&renamed, key, probe);
    }
}

void sema_settle_names(sema_t *sema)
{
    settle_probes(sema);
    for (unsigned i = 0; i < sema->ir->num_probes; ++i) {
        while (settle_args_once(sema, sema->ir->probes + i))
            ;
    }
}
