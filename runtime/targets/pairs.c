/* Pairs, of which sites have to find out how long they take: what the catalog says of probes, for each site. */
#include <stdio.h>
#include <stdlib.h>
#include "targets/pairs.h"

/* names that a message has */
#define MAX_NAMED 6

/* ---- sites ---- */

/* Whether it is to be done: an end, of events that are shown; a begin, of what ends with such an event. */
static int is_asked(const tracer_options_t *options, unsigned probe, const catalog_role_t *role)
{
    return role->is_end ? options->is_shown[probe] : options->pairs_asked[role->pair];
}

static void describe_role(assemble_pair_t *pair, const catalog_probe_t *probe, const catalog_role_t *role,
                          const struct pg_path *paths, const int *begun_fds)
{
    *pair = (assemble_pair_t){.begun_fd = begun_fds[role->pair], .is_end = role->is_end, .num_keys = role->num_keys};
    if (role->is_end) {
        pair->word = probe->fields[role->field].word;
        pair->bit = probe->fields[role->field].bit;
    }
    for (unsigned i = 0; i < role->num_keys; ++i) {
        const catalog_key_t *key = role->keys + i;
        pair->keys[i] = (assemble_key_t){
            .arg = key->arg, .size = key->size, .is_thread = key->is_thread, .path = key->path >= 0 ? paths + key->path : NULL};
    }
}

static void describe(assemble_pairs_t *pairs, unsigned number, const struct pg_path *paths, const tracer_options_t *options,
                     const int *begun_fds, assemble_site_t *site)
{
    const catalog_probe_t *probe = catalog.probes + number;

    *pairs = (assemble_pairs_t){.has_time = 1, .time_word = probe->time_word};
    for (unsigned i = 0; i < probe->num_roles; ++i) {
        if (is_asked(options, number, probe->roles + i))
            describe_role(pairs->list + pairs->num++, probe, probe->roles + i, paths, begun_fds);
    }
    site->pairs = pairs;
    if (options->is_shown[number])
        return;
    site->needs = 0;
    site->num_lifts = 0;
    site->count = NULL;
    site->connection = NULL;
}

assemble_pairs_t *pairs_describe(assemble_site_t *sites, const survey_t *survey, const tracer_options_t *options,
                                 const int *begun_fds)
{
    const sites_t *of = &survey->sites;
    assemble_pairs_t *list = calloc(of->num + 1, sizeof(*list));
    const struct pg_path *paths = survey->fields.paths;

    for (size_t i = 0; list != NULL && i < of->num; ++i) {
        const catalog_probe_t *probe = of->list[i].probe;
        if (i != 0 && of->list[i].module != of->list[i - 1].module && paths != NULL)
            paths += catalog.num_paths;
        if (probe->num_roles != 0)
            describe(list + i, (unsigned)(probe - catalog.probes), paths, options, begun_fds, sites + i);
    }
    return list;
}

/* ---- what is said ---- */

/* "h2o:a, h2o:b and 2 more", of probes that have a role; @return how many there are */
static unsigned name_probes(char *text, size_t size, const tracer_options_t *options, const char *has_probe, int is_silent,
                            int pair, int is_end)
{
    unsigned num = 0;
    size_t n = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        unsigned j = 0;
        while (j < probe->num_roles && !(probe->roles[j].is_end == is_end && options->pairs_asked[probe->roles[j].pair] &&
                                         (pair < 0 || probe->roles[j].pair == pair)))
            ++j;
        if (j == probe->num_roles || (has_probe != NULL && !has_probe[i]) || (is_silent && options->is_shown[i]))
            continue;
        if (num++ < MAX_NAMED && n < size)
            n += (size_t)snprintf(text + n, size - n, "%s%s:%s", num > 1 ? ", " : "", probe->provider, probe->name);
    }
    if (num > MAX_NAMED && n < size)
        snprintf(text + n, size - n, " and %u more", num - MAX_NAMED);
    return num;
}

/* What ends is there, and what begins it is not. */
static void say_endless(const tracer_options_t *options, const char *has_probe, unsigned pair, say_fn say)
{
    char begins[512], ends[512];

    if (!options->pairs_asked[pair] || name_probes(ends, sizeof(ends), options, has_probe, 0, (int)pair, 1) == 0 ||
        name_probes(begins, sizeof(begins), options, has_probe, 0, (int)pair, 0) != 0)
        return;
    name_probes(begins, sizeof(begins), options, NULL, 0, (int)pair, 0);
    say("durations will be null in events of %s: the target has no %s, where what they end begins", ends, begins);
}

/* What --slower-than leaves out, and what not. */
static void say_slower(const tracer_options_t *options, const char *has_probe, say_fn note)
{
    char ends[512];

    if (options->view_wish.slower_than == 0 || name_probes(ends, sizeof(ends), options, has_probe, 0, -1, 1) == 0)
        return;
    note("of %s only events are shown that end what took %g ms or longer", ends, (double)options->view_wish.slower_than / 1e6);
}

void pairs_say(const tracer_options_t *options, const char *has_probe, say_fn note, say_fn say)
{
    char begins[512];

    if ((options->show & PG_SHOW_DURATIONS) == 0)
        return;
    for (unsigned i = 0; i < catalog.num_pairs; ++i)
        say_endless(options, has_probe, i, say);
    say_slower(options, has_probe, note);
    if (name_probes(begins, sizeof(begins), options, has_probe, 1, -1, 0) != 0)
        note("attached to as well, to know when something began, and not shown: %s", begins);
}
