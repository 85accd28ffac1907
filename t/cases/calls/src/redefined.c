#include "wrappers.h"

#define LOCAL(x) APP_ONE(x)
void first(void) { LOCAL(1); }

#undef LOCAL
void second(void) { LOCAL(1); }

#define LOCAL(x) APP_TWO(x, x)
void third(void) { LOCAL(1); }

#undef PROBE
void fourth(void) { PROBE(ONE, 1); }
#define PROBE(label, ...) APP_CLOSE(#label)
void fifth(void) { PROBE(ONE, 1); }

#if CONFIG_A
#define EITHER(x) APP_ONE(x)
#elif CONFIG_B
#define EITHER(x) APP_TWO(x, 1)
#else
#define EITHER(x)
#endif
void sixth(void) { EITHER(1); }

#undef EITHER
#ifdef CONFIG_A
#define EITHER(x) APP_THREE(x, x, x)
#endif
void seventh(void) { EITHER(1); }

#ifdef EITHER
#undef EITHER
#endif
#define EITHER(x) APP_NONE()
void again(void) { EITHER(1); }

#define MIXED(x) MIXED_(x)
#define MIXED_(x) APP_ONE(x)
void eighth(void) { MIXED(1); }
#undef MIXED_
#define MIXED_(x) APP_NONE()
void ninth(void) { MIXED(1); }
