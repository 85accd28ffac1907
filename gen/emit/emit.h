#ifndef GEN_EMIT_EMIT_H
#define GEN_EMIT_EMIT_H

#include "model/ir.h"
#include "base/out.h"

/** An output format. The list is emitters.def. The last one has no name. */
typedef struct st_emitter_t {
    const char *name, *help;
    int needs_records;
    /** prints the model into one or more files of `dir`; cannot fail (errors of writing are kept by the files) */
    void (*emit)(const ir_t *ir, outdir_t *dir);
} emitter_t;

extern const emitter_t emitters[];

/* ---- for emitters ---- */

/** "file.d:12", without directories: generated files do not tell where they were made */
str_t emit_where(arena_t *arena, span_t at);
/** Prints text as the inside of a C comment, each line behind `prefix`; what would end the comment is defused. */
void emit_comment_text(out_t *out, str_t text, const char *prefix);
/** Prints text as a C string literal, with its quotes. */
void emit_c_string(out_t *out, str_t text);
/** the PG_SHOW_* of runtime/common/record.h that has to be set for a field to be shown; not for GATE_NONE */
const char *emit_gate(gate_t gate);
/** the first line of every generated C file */
void emit_banner(out_t *out, const char *what);

#endif
