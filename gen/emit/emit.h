#ifndef GEN_EMIT_EMIT_H
#define GEN_EMIT_EMIT_H

#include "model/ir.h"
#include "base/out.h"
#include "emit/template.h"

enum { EMIT_RECORDS = 1, EMIT_MACROS = 2 };

/** An output format. The list is emitters.def. The last one has no name. */
typedef struct st_emitter_t {
    const char *name, *help;
    unsigned needs; /* EMIT_*, see emitters.def */
    /** prints the model into one or more files of `dir`; cannot fail (errors of writing are kept by the files) */
    void (*emit)(const ir_t *ir, outdir_t *dir);
} emitter_t;

extern const emitter_t emitters[];

/* ---- for emitters: see template.h for how they print ---- */

/** Prints the first line of a file of C, which says what it is. */
void emit_banner(printer_t *to, const char *what);
/** Begins a file of C, with its first line; printer_end() ends it. */
printer_t emit_begin(outdir_t *dir, const char *name, const char *what);

/**
 * Calls `print` for each probe that has an event; what it allocates in the printer's arena is given back then. It can use these
 * names, as it can in emit_probe(): $provider$, $probe$: its name; $event$: "type" in JSON; $c_name$: of what is generated for it;
 * $macro$; $num_args$; $num_slots$; $where$: "file.d:12", without directories, since generated files do not say where they were
 * made; $doc$: its documentation as lines of a comment, each of them with " * " in front.
 */
typedef void (*emit_probe_fn)(printer_t *to, const ir_probe_t *probe);
void emit_probes(printer_t *to, const ir_t *ir, emit_probe_fn print);
void emit_probe(printer_t *to, const ir_probe_t *probe, emit_probe_fn print);

/**
 * Calls `print` for each field of a probe. Beside those of the probe it can use these names:
 * $field$: in JSON; $member$: in the event's struct; $c_type$, $size$, $offset$ of that; $arg$, $bit$, $slot$, $length$, $start$,
 * $word$: see ir.h; $float_size$: of the declared type, if it is a floating-point number; $is_text$: 1 if a NUL ends it, else 0;
 * $path_type$, $path$, $path_index$: of its path; $GATE$: what has to be wanted for it to be shown, the end of a PG_SHOW_*.
 */
typedef void (*emit_field_fn)(printer_t *to, const ir_field_t *field);
void emit_fields(printer_t *to, const ir_probe_t *probe, emit_field_fn print);
void emit_field(printer_t *to, const ir_field_t *field, emit_field_fn print);
/** The same in the order of the event's struct. */
void emit_members(printer_t *to, const ir_probe_t *probe, emit_field_fn print);

/** How fields are printed that are shown on demand. Those in a row that have the same gate get one block. */
typedef struct st_gated_t {
    const char *open;                          /* begins a block that is entered when its fields are shown; it can use $GATE$ */
    int (*is_wanted)(const ir_field_t *field); /* whether something is printed for a field; NULL: for all */
    emit_field_fn print;
    emit_field_fn otherwise; /* what is done after "else" for fields with slots; NULL: nothing */
} gated_t;
void emit_gated(printer_t *to, const ir_probe_t *probe, const gated_t *how);

/** Prints names for the bits of fields, for the PG_BIT() of runtime/common/record.h: a line in a function. NULL: of all fields */
void emit_bits(printer_t *to, const ir_probe_t *probe, int (*is_wanted)(const ir_field_t *field));

/** the end of the PG_SHOW_* of runtime/common/record.h for a gate; not for GATE_NONE */
str_t emit_gate(gate_t gate);

#endif
