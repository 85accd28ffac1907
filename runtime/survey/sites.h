#ifndef RUNTIME_SURVEY_SITES_H
#define RUNTIME_SURVEY_SITES_H

#include "common/catalog.h"
#include "common/reason.h"
#include "common/say.h"
#include "usdt/target.h"

/** One site of a selected probe in the target. */
typedef struct st_site_t {
    const catalog_probe_t *probe;
    const module_t *module;
    uint64_t address;                  /* as the file has it, and readelf -n prints it */
    uint64_t offset, semaphore_offset; /* in the module's file */
    char *args;                        /* the note's operands */
    struct pg_site how;
} site_t;

typedef struct st_sites_t {
    site_t *list; /* sorted by module, then by offset */
    size_t num, capacity;
    unsigned *of_probe; /* number of sites of each probe of the catalog */
    char *is_there;     /* by index in the catalog: the target has the probe, selected or not; set by sites_find() */
    size_t num_refused; /* sites of selected probes that are left out, since to attach to them would harm the target */
} sites_t;

/**
 * Finds the sites of probes in a target's modules, and how to read their arguments.
 * @param is_selected by index in the catalog
 * @param show        PG_SHOW_*: what will be printed
 * @param reads       by index in the catalog: bits of the arguments that somebody reads, NULL: all; of others nothing is said
 * @param warn        called for sites that are left out, for arguments that cannot be read, once each, and once for all in which
 * target and definitions differ
 * @param debug       called for what is merely remarkable (NULL: nobody wants it): operands whose width or sign differs from the
 * declared type; then nothing is cut
 * @return 0, or -1 with a reason; no site at all is no failure. sites_dispose() is needed in any case
 */
int sites_find(sites_t *sites, const target_t *target, const char *is_selected, uint32_t show, const uint32_t *reads, say_fn warn,
               say_fn debug, reason_t *reason);
/** @return 0, or -1 when out of memory; sites_dispose() is needed in any case */
int sites_init(sites_t *sites);
/** Adds a site. @param args are copied @return 0, or -1 when out of memory */
int sites_add(sites_t *sites, const site_t *site, const char *args);
/** Says that a site is left out, and why. */
void sites_say_left_out(say_fn say, const site_t *site, const char *reason);
/** The sites of one file follow each other. @return the number after that of the last one in the file of site `first` */
size_t sites_end_of_file(const sites_t *sites, size_t first);
void sites_dispose(sites_t *sites);

#endif
