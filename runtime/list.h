#ifndef RUNTIME_LIST_H
#define RUNTIME_LIST_H

#include "survey/sites.h"

/** Prints the selected probes of the catalog with their arguments. @return exit status */
int list_catalog(const char *is_selected);
/** Prints the sites of a target: probe, address in the file, how each argument is read. @return exit status */
int list_sites(const sites_t *sites);

#endif
