#include <stdio.h>
#include "output/flat.h"

#define MAX_DEPTH 64
#define MAX_INDEX 11 /* digits of an element's number, and the point */

/* An object or array that is open. */
typedef struct st_level_t {
    const char *name; /* NULL: the struct itself, or an element of an array, which has `index` */
    unsigned index;
    unsigned num; /* steps in it so far */
    int keeps;    /* names of what is inside stay as they are */
} level_t;

static char *put_name(char *p, const level_t *level, int keeps)
{
    if (level->name == NULL)
        return p + sprintf(p, "%u", level->index);
    for (const char *name = level->name; *name != '\0'; ++name)
        *p++ = *name == '_' && !keeps ? '-' : *name;
    return p;
}

/* @param levels the struct itself, what is open in it, and the member */
static char *put_path(char *p, const level_t *levels, unsigned num, const flat_names_t *names)
{
    int keeps = !names->dashes;

    for (unsigned i = 1; i < num; ++i) {
        if (i != 1)
            *p++ = '.';
        p = put_name(p, levels + i, keeps);
        keeps |= levels[i].keeps;
    }
    return p;
}

static int begins_with(const char *name, const char *start)
{
    return name != NULL && start != NULL && strncmp(name, start, strlen(start)) == 0;
}

char *json_flat(char *p, const struct pg_span *span, const char *bytes, const layout_t *layout, const flat_names_t *names)
{
    level_t levels[MAX_DEPTH + 1];
    unsigned depth = 0;

    for (size_t i = 0; i < layout->num_steps; ++i) {
        const layout_step_t *step = layout->steps + i;
        if (step->kind == LAYOUT_END) {
            --depth;
            continue;
        }
        levels[depth] = (level_t){.name = step->name};
        levels[depth].keeps = begins_with(step->name, names->keep);
        if (depth != 0)
            levels[depth].index = levels[depth - 1].num++;
        if (step->kind == LAYOUT_OBJECT || step->kind == LAYOUT_ARRAY) {
            ++depth;
            continue;
        }
        p = put_path(JSON_LITERAL(p, ",\""), levels, depth + 1, names);
        p = json_member(JSON_LITERAL(p, "\":"), step, span, bytes);
    }
    return p;
}

size_t json_flat_bound(const layout_t *layout)
{
    size_t size = 0, open[MAX_DEPTH + 1], path = 0; /* of the names that are open, and their sum */
    unsigned depth = 0;

    for (size_t i = 0; i < layout->num_steps; ++i) {
        const layout_step_t *step = layout->steps + i;
        size_t name = step->name != NULL ? strlen(step->name) + 1 : MAX_INDEX;
        if (step->kind == LAYOUT_END) {
            path -= open[--depth];
        } else if (step->kind == LAYOUT_OBJECT || step->kind == LAYOUT_ARRAY) {
            path += open[depth++] = name;
        } else {
            size += path + name + 4 + (step->kind == LAYOUT_TEXT ? 6 * (size_t)step->size + 2 : JSON_MAX_NUMBER);
        }
    }
    return size;
}
