#ifndef RUNTIME_STAT_BY_H
#define RUNTIME_STAT_BY_H

#include "common/catalog.h"
#include "common/reason.h"

/**
 * Which fields a name means that events are to be counted by.
 * @param name        of a field in JSON, of all selected probes that have one; or PROVIDER:PROBE.FIELD, of that probe (or those: *
 * and ?)
 * @param is_selected by index in the catalog
 * @param show        PG_SHOW_*: what is not shown is not counted by, either
 * @return the field of each probe of the catalog, NULL: it has none; for free(). NULL with a reason: there is none, with what may
 * have been meant; or with an empty one: out of memory
 */
const catalog_field_t **by_find(const char *name, const char *is_selected, uint32_t show, reason_t *reason);

#endif
