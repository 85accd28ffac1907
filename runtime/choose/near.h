#ifndef RUNTIME_CHOOSE_NEAR_H
#define RUNTIME_CHOOSE_NEAR_H

/**
 * How many characters have to be put in, taken out, replaced, or swapped with their neighbours until what somebody typed matches a
 * name; `*` and `?` match as they do, and case does not matter. @return UINT_MAX when out of memory
 */
unsigned near_distance(const char *typed, const char *name);
/** How far away a name may be to be suggested for that. */
unsigned near_most(const char *typed);

#endif
