/* ASSERTION: a missing ';' is shown after what it should follow; what begins next leaves no doubt, so it is a warning */
typedef int x_t
provider app {
    probe a(int x)
    probe b(int x) // with a comment
    /** documentation */
    probe c(int x);
    probe d(int x) : (int y)
}
struct foo { int x; }
provider other {
    probe a() }
