#ifndef WRAPPERS_H
#define WRAPPERS_H

#include "app-probes.h"

#define PROBE_ENABLED(label) __builtin_expect(APP_##label##_ENABLED(), 0)

#if USE_PROBES
#define PROBE0(label) \
    do { \
        if (PROBE_ENABLED(label)) \
            APP_##label(); \
    } while (0)
#define PROBE_CONN0(label, conn) \
    do { \
        if (PROBE_ENABLED(label)) { \
            APP_##label((conn)->id); \
        } \
    } while (0)
#define PROBE_CONN(label, conn, ...) \
    do { \
        if (PROBE_ENABLED(label)) { \
            struct conn *_conn = (conn); \
            APP_##label(_conn->id, __VA_ARGS__); \
        } \
    } while (0)
#define PROBE(label, ...) APP_##label(__VA_ARGS__)
#else
#define PROBE0(label)
#define PROBE_CONN0(label, conn)
#define PROBE_CONN(label, conn, ...)
#define PROBE(label, ...)
#endif

/* helpers */
#define PASTE(a, b) PASTE_(a, b)
#define PASTE_(a, b) a##b
#define UNUSED(x) (void)(x)
#define STRING(x) #x
#define EMPTY
#define FIRST(a, ...) a

/* forms of arguments */
#define NAMED(label, args...) APP_##label(args)
#define SWALLOW(label, first, ...) APP_##label(first, ##__VA_ARGS__)
#define NAMED_SWALLOW(label, first, rest...) APP_##label(first, ##rest)
#define OPTIONAL(label, first, ...) APP_##label(first __VA_OPT__(,) __VA_ARGS__)
#define OPTIONAL_CALL(first, ...) __VA_OPT__(APP_TWO(first, FIRST(__VA_ARGS__))) ; APP_ONE(first)
#define STRINGY(text) APP_TEXT(#text, sizeof(#text))
#define TWICE(a) APP_ONE(a); APP_TWO(a, a)
#define IGNORING(label, conn) APP_CLOSE(0)

/* ways to make the name */
#define BY_HELPER(label, ...) PASTE(APP_, label)(__VA_ARGS__)
#define PREFIX APP_
#define BY_PREFIX(label, ...) PASTE(PREFIX, label)(__VA_ARGS__)
#define BY_END(verb, ...) verb##_UNDERSCORE(__VA_ARGS__)
#define BY_STEPS(a, b, ...) APP_##a##_##b(__VA_ARGS__)
#define BY_NAME(macro, ...) macro(__VA_ARGS__)
#define NAME_OF(label) APP_##label
#define ALIAS APP_TWO
#define ALIAS_OF_ALIAS ALIAS
#define ALIAS_OF_WRAPPER PROBE_CONN
#define WHOLE APP_TWO(1, 2)
#define OPENING APP_THREE(1,

/* by the number of arguments */
#define COUNT(...) COUNT_(__VA_ARGS__, 3, 2, 1, 0)
#define COUNT_(a, b, c, n, ...) n
#define CALL_1(a) APP_ONE(a)
#define CALL_2(a, b) APP_TWO(a, b)
#define CALL_3(a, b, c) APP_THREE(a, b, c)
#define CALL(...) PASTE(CALL_, COUNT(__VA_ARGS__))(__VA_ARGS__)
#define WHICH 2
#define CALL_WHICH(...) PASTE(CALL_, WHICH)(__VA_ARGS__)

/* layers */
#define LAYER1(label, ...) LAYER2(label, 0, __VA_ARGS__)
#define LAYER2(label, ...) LAYER3(label, 1, __VA_ARGS__)
#define LAYER3(label, ...) do { LAYER4(label, 2, __VA_ARGS__); } while (0)
#define LAYER4(label, ...) PROBE(label, __VA_ARGS__)

/* themselves */
#define SELF(x) SELF(APP_ONE(x))
#define PING(x) PONG(x) + APP_ONE(x)
#define PONG(x) PING(x) + APP_TWO(x, x)
#define foo(x) foo(x)

/* lists */
#define LIST(X) X(LIST_A) X(LIST_B) X(LIST_C)
#define FIRE(label) PROBE(label, 1);

#endif
