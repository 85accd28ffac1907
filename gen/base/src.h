#ifndef GEN_BASE_SRC_H
#define GEN_BASE_SRC_H

#include <stdint.h>
#include "base/arena.h"

/** One input file, read whole. The text is kept to the end, since tokens, AST and IR point into it. */
typedef struct st_src_t {
    /** as given on the command line (printed in messages) */
    const char *path;
    const char *text; /* followed by two NUL bytes, as flex's yy_scan_buffer() wants them */
    uint32_t len;
    /** where line_starts goes */
    arena_t *arena;
    /** built on first use by src_position() */
    uint32_t *line_starts;
    uint32_t num_lines;
    /** whether it is output of the C preprocessor, where lines `# LINE "FILE"` say where the next line comes from */
    int is_preprocessed;
    struct st_src_origin_t *origins; /* of each line, then */
} src_t;

/** A part of one source: bytes [start, end). An absent thing has src == NULL. */
typedef struct st_span_t {
    src_t *src;
    uint32_t start, end;
} span_t;

typedef struct st_position_t {
    const char *path;   /* of the file that it is in; of src_t, if it is not preprocessed */
    uint32_t line, col; /* from 1; col in bytes */
} position_t;

/** Makes a source of a text that was read already and that two NUL bytes follow; messages call it `path`. Text and path are not
 * copied. */
src_t *src_from_memory(arena_t *arena, const char *path, const char *text, uint32_t len);
position_t src_position(src_t *src, uint32_t offset);
/** the line (without its end) that contains the offset */
str_t src_line(src_t *src, uint32_t offset);
str_t span_text(span_t span);

#endif
