#ifndef RUNTIME_DETACH_H
#define RUNTIME_DETACH_H

#include "bpf/attach.h"
#include "output/interrupt.h"

/** Detaching from sites that have a perf event each, which takes the kernel up to a second for each of them. */
typedef struct st_detach_t {
    attach_t *attach;
    int is_terminal;
    size_t num_sites; /* 0: it has not begun */
    double shown;     /* when how far it is was shown last */
    size_t left;      /* of them, at that time */
    int is_in_line;   /* a line without its end is on the terminal */
} detach_t;

/** Detaches from one site more; says at first that it takes long, and on a terminal how far it is. @return whether there is more */
int detach_step(detach_t *detach);
/** Detaches from all that is left. Each signal that comes meanwhile is told how far it is; none ends it sooner. */
void detach_slowly(detach_t *detach, interrupt_t *interrupt);

#endif
