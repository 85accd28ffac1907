#ifndef RUNTIME_RIGHTS_FILTER_H
#define RUNTIME_RIGHTS_FILTER_H

#include <linux/filter.h>
#include "common/reason.h"

#define FILTER_MAX_INSNS 1024

/** A filter of system calls: those that a trace takes until its end. The others fail with EPERM, and the kernel's log has them. */
typedef struct st_filter_t {
    unsigned short num; /* 0: there is none */
    struct sock_filter insns[FILTER_MAX_INSNS];
} filter_t;

/** What some traces do beside that: bits. */
enum {
    FILTER_OPENS = 1,      /* files may be opened for writing, renamed and removed, by the rights of our user */
    FILTER_READS_MAPS = 2, /* BPF maps that are open may be read */
    FILTER_SCREEN = 4      /* a terminal may be asked for its size */
};

/**
 * Makes one, which is to be done before anything is attached.
 * @param more FILTER_*
 * @return 0, or -1 with a reason
 */
int filter_make(filter_t *filter, unsigned more, reason_t *reason);
/** From here on it holds; after no_new_privs. Where the kernel has no such filters, that is said, and all goes on without. Takes no
 * memory. */
void filter_load(const filter_t *filter);

#endif
