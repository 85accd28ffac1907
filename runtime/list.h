#ifndef RUNTIME_LIST_H
#define RUNTIME_LIST_H

#include "survey/sites.h"

/** Prints the selected probes of the catalog with their arguments. @param is_verbose also what they mean, and what their events
 * have @return exit status */
int list_catalog(const char *is_selected, int is_verbose);
/** Prints the sites of a target: probe, address in the file, how each argument is read. @return exit status */
int list_sites(const sites_t *sites, int is_verbose);

#endif
