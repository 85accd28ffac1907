/*
 * Secrets that nobody has marked, known by their names. A tracer that shows one is made all the same, since names prove nothing;
 * but who makes it is told, and so is who audits it.
 */
#include <ctype.h>
#include <strings.h>
#include "model/secret.h"
#include "model/sema_int.h"

/* a word of a name */
static int is_secret_word(const char *word, size_t n)
{
    static const char *const words[] = {"secret", "secrets",    "password",    "passwd",  "passphrase",
                                        "token",  "ticket",     "cookie",      "cookies", "key",
                                        "psk",    "credential", "credentials", "apikey",  "authorization"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if (strlen(words[i]) == n && strncasecmp(words[i], word, n) == 0)
            return 1;
    }
    return 0;
}

/* Words end at underscores and digits, and where a capital follows a small letter. */
static int is_end(str_t name, size_t i)
{
    return i == name.n || !isalpha((unsigned char)name.p[i]) ||
           (i != 0 && isupper((unsigned char)name.p[i]) && islower((unsigned char)name.p[i - 1]));
}

int looks_secret(str_t name)
{
    for (size_t start = 0, i = 0; i <= name.n; ++i) {
        if (!is_end(name, i))
            continue;
        if (i != start && is_secret_word(name.p + start, i - start))
            return 1;
        start = i < name.n && isalpha((unsigned char)name.p[i]) ? i : i + 1;
    }
    return 0;
}

int is_unmarked_secret(const ir_probe_t *probe, unsigned arg)
{
    const ir_field_t *field = ir_field_of_arg(probe, arg);

    return field != NULL && (field->kind == FIELD_STRING || field->kind == FIELD_BYTES) && field->gate == GATE_NONE &&
           !probe->args[arg].is_public && looks_secret(probe->args[arg].name);
}

/* so many are told of by themselves */
#define MAX_REPORTS 50

/* Arguments of one name and provider are told of together. */
typedef struct st_suspect_t {
    struct st_suspect_t *next;
    const ir_probe_t *probe;
    const ir_arg_t *arg;
    unsigned num;
} suspect_t;

static void report(sema_t *sema, const suspect_t *suspect)
{
    str_t provider = suspect->probe->provider->name, probe = suspect->probe->name, name = suspect->arg->name;
    str_t more = suspect->num > 1 ? arena_printf(sema->arena, ", and %u more of that name", suspect->num - 1) : STR("");

    diag_report(sema->diag, W_SECRET, suspect->arg->at,
                "'%.*s:%.*s.%.*s' looks like a secret and is shown to everyone%.*s: say 'secret %.*s:%.*s.%.*s;' in a map, or "
                "'public ...;' if it is none",
                STR_ARG(provider), STR_ARG(probe), STR_ARG(name), STR_ARG(more), STR_ARG(provider),
                STR_ARG(suspect->num > 1 ? STR("*") : probe), STR_ARG(name));
}

void sema_check_secrets(sema_t *sema)
{
    table_t suspects = {.arena = sema->arena};
    suspect_t *all = NULL, **next = &all, *suspect;
    unsigned num = 0;

    for (unsigned i = 0; i < sema->ir->num_events; ++i) {
        const ir_probe_t *probe = sema->ir->events[i];
        for (unsigned j = 0; j < probe->num_args; ++j) {
            if (!is_unmarked_secret(probe, j))
                continue;
            str_t key = arena_printf(sema->arena, "%.*s:%.*s", STR_ARG(probe->provider->name), STR_ARG(probe->args[j].name));
            if ((suspect = table_get(&suspects, key)) == NULL) {
                suspect = *next = arena_alloc(sema->arena, sizeof(*suspect));
                next = &suspect->next;
                *suspect = (suspect_t){.probe = probe, .arg = probe->args + j};
                table_put(&suspects, key, suspect);
            }
            ++suspect->num;
        }
    }
    for (suspect = all; suspect != NULL; suspect = suspect->next) {
        if (num++ < MAX_REPORTS)
            report(sema, suspect);
    }
    if (num > MAX_REPORTS)
        diag_report(sema->diag, W_SECRET, (span_t){.src = NULL},
                    "%u more arguments look like secrets and are shown to everyone: 'probegen audit' lists all", num - MAX_REPORTS);
}
