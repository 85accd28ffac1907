#ifndef GEN_MODEL_SECRET_H
#define GEN_MODEL_SECRET_H

#include "model/ir.h"

/** Whether a name has a word in it that names of secrets contain: "session_ticket", "apiKey". */
int looks_secret(str_t name);
/**
 * Whether the events of a probe show everyone the text or the bytes of an argument whose name looks like that of a secret, and no
 * map says that it is none.
 */
int is_unmarked_secret(const ir_probe_t *probe, unsigned arg);

#endif
