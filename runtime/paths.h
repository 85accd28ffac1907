#ifndef RUNTIME_PATHS_H
#define RUNTIME_PATHS_H

#include "sites.h"
#include "common/layout.h"

/**
 * Looks up in the target's debug information where the struct fields are that the probes with sites need, and fills pg_paths. A
 * field that is not found will be null; that is said, with the reason.
 * @param map_fd of pg_paths
 * @return the layouts of structs that are printed whole, by path of the catalog, for paths_dispose(); NULL: out of memory
 */
layout_t *paths_resolve(const target_t *target, const sites_t *sites, int map_fd);
/** @param layouts may be NULL */
void paths_dispose(layout_t *layouts);

#endif
