#ifndef GEN_MODEL_LOAD_H
#define GEN_MODEL_LOAD_H

#include "d/d.h"
#include "map/map.h"

/** The files of a model, parsed: definitions and maps, each in the order in which they were read. */
typedef struct st_inputs_t {
    ast_file_t *files, **next_file;
    map_file_t *maps, **next_map;
} inputs_t;

void inputs_init(inputs_t *inputs);
/** Whether a file is taken for a map: its name ends in ".map". All others are definitions. */
int is_map_path(const char *path);
/** Whether a file of a directory is taken for a definition or a map: its name ends in ".d" or ".map". */
int is_definition_path(const char *path);
/** Parses a text that was read already; src->path says which language it is in. */
void inputs_parse(inputs_t *inputs, arena_t *arena, diag_t *diag, src_t *src);
/** Reads and parses a file. What is wrong is reported through `diag`. */
void inputs_read(inputs_t *inputs, arena_t *arena, diag_t *diag, const char *path);

#endif
