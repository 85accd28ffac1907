#include <sys/sdt.h>

#define MY_PROVIDER app
#define MY_PROBE(name, ...) STAP_PROBEV(app, name, ##__VA_ARGS__)
#define MY_OTHER(name) DTRACE_PROBE(other, name)

void sdt(int x)
{
    DTRACE_PROBE(app, none);
    DTRACE_PROBE1(app, one, x);
    DTRACE_PROBE2(app, two, f(x, x), (x, x));
    STAP_PROBE(other, tick);
    STAP_PROBE3(app, three, 1, 2, 3);
    DTRACE_PROBE1(app, double__underscore, x);
    DTRACE_PROBE1(MY_PROVIDER, one, x);
    MY_PROBE(none);
    MY_PROBE(two, 1, 2);
    MY_OTHER(tick);
    DTRACE_PROBE1(app, one, ({ DTRACE_PROBE(app, none); x; }));
}
