#ifndef RUNTIME_DETACH_H
#define RUNTIME_DETACH_H

#include "bpf/attach.h"
#include "output/interrupt.h"

/**
 * Detaches from sites that have a perf event each, which takes the kernel up to a second for each of them. Says so, and how far it
 * is: on a terminal, and to each signal that comes meanwhile. No signal ends it sooner.
 */
void detach_slowly(attach_t *attach, interrupt_t *interrupt);

#endif
