#ifndef RUNTIME_RIGHTS_FILTER_H
#define RUNTIME_RIGHTS_FILTER_H

#include "common/reason.h"

/**
 * From here on only those system calls are possible that a trace takes until its end. The others fail with EPERM, and the kernel's
 * log has them. Where the kernel has no such filters, that is said, and there is none.
 * @param may_open files may be opened for writing, renamed and removed, by the rights of our user
 * @return 0, or -1 with a reason
 */
int filter_load(int may_open, reason_t *reason);

#endif
