#ifndef RUNTIME_USDT_NAME_H
#define RUNTIME_USDT_NAME_H

/**
 * Names of probes. A definition writes `__` where dtrace(1) shows `-`; notes of programs that have no definitions, and users, may
 * write either. Inside of our programs a name is always spelled as a definition spells it.
 */

/** `order-start`, or a pattern of fnmatch(3) for it, as a definition spells it: `order__start`. @return malloc'ed; NULL: out of
 * memory */
char *name_defined(const char *name);
/** `order__start` as dtrace(1) shows it: `order-start`. @return malloc'ed; NULL: out of memory */
char *name_shown(const char *name);

#endif
