#ifndef RUNTIME_COMMON_REGULAR_H
#define RUNTIME_COMMON_REGULAR_H

/**
 * Opens a regular file to read it. Names may come from files and processes that nobody trusts, and to open a device does something
 * already: a tape is wound, a watchdog begins to wait. So nothing is opened of which that is not known.
 * @param root a folder that the path cannot lead out of: all of it is followed as if that was the root; -1: as usual
 * @return a descriptor; -1 with errno set: EINVAL when it is no regular file
 */
int regular_open(int root, const char *path);

#endif
