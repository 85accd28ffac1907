/* ASSERTION: lines with # are passed over, wherever they stand, but type names that they define are kept */
#include <sys/types.h>
#include "types.d"
#pragma D depends_on library procfs.d
#pragma D attributes Evolving/Evolving/Common provider app provider
# a plain line of text that isn't closed: don't look for the other '
#!/usr/sbin/dtrace -s
#define Oid unsigned int
#define Text const char *
#define Handle struct handle **
#  define   Spaced   long /* a comment */ int // another
#define Continued unsigned \
    long \
    long
#define NUMBER 5
#define EXPRESSION (1 + 2)
#define EMPTY
#define FUNCTION(x) int
#define STRING "/* not a comment"
#define GUARDED /* a comment that
   goes on in the next line */ short
#undef Oid
#ifdef HAVE_PROVIDER
provider app {
#endif
    probe first(int x, // a comment
#ifdef LONG
        long y,
#else
        int y,
#endif
# in the midst of a list
        Oid z);
#line 12 "elsewhere.d"
    probe second(Text t); # behind a probe
#if 0
    probe in_a_branch_that_is_off();
#else
    probe in_the_other();
#endif
#ifdef HAVE_PROVIDER
};
#endif
