/*
 * Which language a file is in is known by its name, for all commands in the same way.
 */
#include <string.h>
#include "base/file.h"
#include "model/load.h"

void inputs_init(inputs_t *inputs)
{
    *inputs = (inputs_t){.next_file = &inputs->files, .next_map = &inputs->maps};
}

int is_map_path(const char *path)
{
    return str_ends_in(str_of(path), ".map");
}

int is_definition_path(const char *path)
{
    return str_ends_in(str_of(path), ".d") || str_ends_in(str_of(path), ".map");
}

void inputs_parse(inputs_t *inputs, arena_t *arena, diag_t *diag, src_t *src)
{
    if (is_map_path(src->path)) {
        *inputs->next_map = map_parse_file(arena, diag, src);
        inputs->next_map = &(*inputs->next_map)->next;
    } else {
        *inputs->next_file = d_parse_file(arena, diag, src);
        inputs->next_file = &(*inputs->next_file)->next;
    }
}

void inputs_read(inputs_t *inputs, arena_t *arena, diag_t *diag, const char *path)
{
    src_t *src = src_load(arena, diag, path);

    if (src != NULL)
        inputs_parse(inputs, arena, diag, src);
}
