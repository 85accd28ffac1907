#ifndef GEN_MODEL_SECRET_H
#define GEN_MODEL_SECRET_H

#include "base/arena.h"

/** Whether the name of an argument says that it holds a key, a password, a token or the like: one of its words, between `_`. */
int sounds_secret(str_t name);

#endif
