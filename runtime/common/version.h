#ifndef RUNTIME_COMMON_VERSION_H
#define RUNTIME_COMMON_VERSION_H

/* The Makefile says it; who compiles a file in another way need not. */
#ifndef PROBEGEN_VERSION
#define PROBEGEN_VERSION "unknown"
#endif

#endif
