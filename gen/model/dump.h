#ifndef GEN_MODEL_DUMP_H
#define GEN_MODEL_DUMP_H

#include <stdio.h>
#include "model/ir.h"

/**
 * --dump=json: the model as one JSON document for other tools.
 * {"providers":[{"name","file","line","doc","probes":[{"name","line","doc",
 * "macro","skipped","args":[{"type","name","appdata","secret","length"}],"xargs":[{"type","name"}]}]}]}, in the order of the files;
 * an unnamed argument has "name":null; "length" is null, a number, the name of an argument or "NUL".
 */
void dump_json(FILE *out, const ir_t *ir);
/** --dump=ir: the records as they are laid out, for developers of probegen */
void dump_ir(FILE *out, const ir_t *ir);

#endif
