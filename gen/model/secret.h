#ifndef GEN_MODEL_SECRET_H
#define GEN_MODEL_SECRET_H

#include "base/arena.h"

/** Whether a name has a word in it, between `_`, that names of secrets contain: "session_ticket". */
int looks_secret(str_t name);

#endif
