#include "wrappers.h"

void forms(struct conn *conn, int a, int b)
{
    PROBE0(NONE);
    PROBE_CONN0(ONE, conn);
    PROBE_CONN(SEND, conn, a);
    PROBE_CONN(THREE, conn, a, f(a, b));
    PROBE(ONE, 1);
    PROBE(TEXT, "a, (b", 3);
    PROBE_CONN(MANY, get(conn, "x,y"), a, (b, a),
               {1, 2}, /* a comment, with a comma */
               ')', "(");
    NAMED(THREE, 1, 2, 3);
    NAMED(NONE);
    SWALLOW(ONE, 1);
    SWALLOW(TWO, 1, 2);
    NAMED_SWALLOW(ONE, 1);
    NAMED_SWALLOW(THREE, 1, 2, 3);
    OPTIONAL(ONE, 1);
    OPTIONAL(THREE, 1, 2, 3);
    OPTIONAL_CALL(1);
    OPTIONAL_CALL(1, 2);
    STRINGY((a, b));
    TWICE(1);
    IGNORING(APP_ONE(1), conn);
    UNUSED(APP_ONE(1));
    if (a) PROBE(ONE, 1); else PROBE(TWO, 1, 2);
    UNUSED((STRING(APP_ONE(1)), STRING(PROBE(ONE, 1))));
    PROBE (
        TWO,
        1,
        2
    )
    ;
}

void names(struct conn *conn, int a)
{
    BY_HELPER(TWO, 1, 2);
    BY_PREFIX(THREE, 1, 2, 3);
    BY_END(APP_DOUBLE, 1);
    BY_STEPS(DOUBLE, UNDERSCORE, 1);
    BY_NAME(APP_ONE, 1);
    BY_NAME(PROBE, TWO, 1, 2);
    BY_NAME(BY_NAME, APP_ONE, 1);
    NAME_OF(TWO)(1, 2);
    (NAME_OF(TWO));
    ALIAS(1, 2);
    ALIAS_OF_ALIAS(1, 2);
    ALIAS_OF_WRAPPER(SEND, conn, a);
    WHOLE;
    OPENING 2, 3);
    CALL(1);
    CALL(1, 2);
    CALL(1, (2, 2), 3);
    CALL_WHICH(1, 2);
    PASTE(APP_, TWO)(1, 2);
    PASTE(PASTE(AP, P_), ONE)(1);
    PASTE_(APP_, ONE)(1);
    PASTE(LIM, IT)(1);
}

void layers(struct conn *conn)
{
    LAYER1(MANY, 3, 4, 5);
    LAYER4(ONE, 1);
    PROBE(TWO, CALL_1(1), PROBE(ONE, 2));
    PROBE_CONN(SEND, ({ PROBE(CLOSE, conn); conn; }), 1);
    SELF(1);
    SELF(SELF(1));
    PING(1);
    PONG(1);
    foo(APP_ONE(1));
    foo(foo(foo(PROBE(ONE, 1))));
    LIST(FIRE)
    PROBE EMPTY (ONE, 1);
}
