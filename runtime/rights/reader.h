#ifndef RUNTIME_RIGHTS_READER_H
#define RUNTIME_RIGHTS_READER_H

#include <stddef.h>

/**
 * In a worker (common/worker.h), before it reads anything of a target's files: gives up, for good, all but the right to read files,
 * which it needs since debug files are found while it reads. Root becomes nobody, if it may and can still read everything; who is
 * not root stays who he is. Other processes may not look into it.
 * @param root path of the target's root ("/proc/PID/root"), which takes rights to follow: another one of the same, which takes none
 * from here on, is put in its place. "": there is none
 * @return 0, or -1 with errno set: some of it may have been given up then
 */
int reader_drop(char *root, size_t size);

#endif
