/* ASSERTION: a comment that begins in a # line goes on after it */
#define Oid /* closed */ unsigned int /* not closed
provider app {
};
