/*
 * One line says what differs between the target and the definitions, since who traces a program of another version has to know what
 * will be missing, and why. Names of notes are not trusted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/grow.h"
#include "survey/differences.h"

#define MAX_SHOWN 8      /* names in a list that is cut */
#define MAX_NAME_LEN 128 /* bytes of a name that are shown */

/* A list of names, for people. */
typedef struct st_names_t {
    FILE *to;
    size_t num, max;
} names_t;

int differences_init(differences_t *differences)
{
    *differences = (differences_t){.passed = calloc(catalog.num_probes + 1, sizeof(*differences->passed)),
                                   .is_there = calloc(catalog.num_probes + 1, 1)};
    return differences->passed != NULL && differences->is_there != NULL ? 0 : -1;
}

void differences_dispose(differences_t *differences)
{
    for (size_t i = 0; i < differences->num_unknown; ++i)
        free(differences->unknown[i]);
    free(differences->unknown);
    free(differences->passed);
    free(differences->is_there);
    *differences = (differences_t){NULL};
}

static int is_provider(const char *name)
{
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (strcmp(catalog.probes[i].provider, name) == 0)
            return 1;
    }
    return 0;
}

/* The definitions have it, but this tracer was made without it. */
static int is_skipped(const char *name)
{
    for (const char *const *skipped = catalog.skipped; skipped != NULL && *skipped != NULL; ++skipped) {
        if (strcmp(*skipped, name) == 0)
            return 1;
    }
    return 0;
}

int differences_add_unknown(differences_t *differences, const note_t *note)
{
    char **list, *name;

    if (!is_provider(note->provider))
        return 0;
    if ((list = grow_list(differences->unknown, &differences->capacity, differences->num_unknown, sizeof(*list))) == NULL)
        return -1;
    differences->unknown = list;
    if (asprintf(&name, "%s:%s", note->provider, note->name) < 0)
        return -1;
    if (is_skipped(name))
        free(name);
    else
        list[differences->num_unknown++] = name;
    return 0;
}

void differences_add_site(differences_t *differences, unsigned probe, size_t num_args)
{
    differences->is_there[probe] = 1;
    if (num_args != catalog.probes[probe].num_args && differences->passed[probe] == 0)
        differences->passed[probe] = num_args + 1;
}

/* ---- the line ---- */

/* Begins the next name. @return whether it is shown */
static int begin_name(names_t *names)
{
    ++names->num;
    if (names->num <= names->max)
        fputs(names->num == 1 ? " (" : ", ", names->to);
    else if (names->num == names->max + 1)
        fputs(", ...", names->to);
    return names->num <= names->max;
}

static void end_names(const names_t *names)
{
    if (names->num != 0)
        fputc(')', names->to);
}

/* What is no printable ASCII could do anything to a terminal. */
static void put_name(FILE *to, const char *name)
{
    for (size_t i = 0; name[i] != '\0' && i < MAX_NAME_LEN; ++i)
        fputc(' ' < name[i] && name[i] <= '~' ? name[i] : '?', to);
}

static int is_missing(const differences_t *differences, const char *is_selected, unsigned probe)
{
    return is_selected[probe] && !differences->is_there[probe];
}

/* How many probes of that probe's provider are missing, and whether these are all that are selected. */
static unsigned count_missing(const differences_t *differences, const char *is_selected, unsigned probe, int *are_all)
{
    unsigned num = 0;

    *are_all = 1;
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        if (strcmp(catalog.probes[i].provider, catalog.probes[probe].provider) != 0 || !is_selected[i])
            continue;
        num += !differences->is_there[i];
        *are_all &= !differences->is_there[i];
    }
    return num;
}

/* A provider that is missing is one name. */
static unsigned put_missing(names_t *names, const differences_t *differences, const char *is_selected)
{
    const char *last = NULL; /* the provider that was missing, and said */
    unsigned num = 0;

    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        int are_all;
        if (!is_missing(differences, is_selected, i))
            continue;
        ++num;
        if (last != NULL && strcmp(last, probe->provider) == 0)
            continue;
        unsigned num_of_provider = count_missing(differences, is_selected, i, &are_all);
        if (are_all && num_of_provider > 1)
            last = probe->provider;
        if (!begin_name(names))
            continue;
        if (last == probe->provider)
            fprintf(names->to, "all %u of %s", num_of_provider, probe->provider);
        else
            fprintf(names->to, "%s:%s", probe->provider, probe->name);
    }
    end_names(names);
    return num;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void put_unknown(names_t *names, differences_t *differences)
{
    if (differences->num_unknown != 0)
        qsort(differences->unknown, differences->num_unknown, sizeof(*differences->unknown), compare_texts);
    for (size_t i = 0; i < differences->num_unknown; ++i) {
        const char *name = differences->unknown[i];
        if ((i == 0 || strcmp(differences->unknown[i - 1], name) != 0) && begin_name(names))
            put_name(names->to, name);
    }
    end_names(names);
}

static void put_passed(names_t *names, const differences_t *differences, const char *is_selected)
{
    for (unsigned i = 0; i < catalog.num_probes; ++i) {
        const catalog_probe_t *probe = catalog.probes + i;
        if (is_selected[i] && differences->passed[i] != 0 && begin_name(names))
            fprintf(names->to, "%s:%s: %zu, not %u", probe->provider, probe->name, differences->passed[i] - 1, probe->num_args);
    }
    end_names(names);
}

static int are_all_selected(const char *is_selected)
{
    return memchr(is_selected, 0, catalog.num_probes) == NULL;
}

enum { MISSING, UNKNOWN, PASSED, NUM_PARTS };

/* One part of the line: how many probes, and their names. @return the names, to be freed; NULL: out of memory */
static char *make_part(differences_t *differences, int part, const char *is_selected, size_t max, size_t *num)
{
    char *text = NULL;
    size_t size;
    names_t names = {.to = open_memstream(&text, &size), .max = max};

    if (names.to == NULL)
        return NULL;
    if (part == MISSING)
        *num = put_missing(&names, differences, is_selected);
    else if (part == UNKNOWN && are_all_selected(is_selected))
        put_unknown(&names, differences);
    else if (part == PASSED)
        put_passed(&names, differences, is_selected);
    if (part != MISSING)
        *num = names.num;
    fclose(names.to);
    return text;
}

void differences_say(differences_t *differences, const char *is_selected, int is_whole, say_fn say)
{
    static const char *const heads[NUM_PARTS] = {"the target lacks", "the definitions lack", "of another number of arguments are"};
    char *line = NULL;
    size_t size, num_parts = 0;
    FILE *to = open_memstream(&line, &size);

    if (to == NULL)
        return;
    for (int part = 0; part < NUM_PARTS; ++part) {
        size_t num = 0;
        char *names = make_part(differences, part, is_selected, is_whole ? SIZE_MAX : MAX_SHOWN, &num);
        if (names != NULL && num != 0)
            fprintf(to, "%s %s %zu%s", num_parts++ != 0 ? ";" : "", heads[part], num, names);
        free(names);
    }
    fclose(to);
    if (line != NULL && num_parts != 0)
        say("target and definitions differ in their probes:%s%s", line,
            strstr(line, ", ...") != NULL ? "; -d shows all names" : "");
    free(line);
}
