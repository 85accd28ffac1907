#include "wrappers.h"

/* APP_ONE(1); */
// APP_ONE(1); \
   APP_ONE(2);
/* // */ void text(int x) /* PROBE(ONE, 1); */
{
    const char *s = "APP_ONE(1); /* ", *t = " */ PROBE(ONE, 1);";
    const char *u = "\" APP_ONE(1); \
        APP_TWO(1, 2); \"";
    char c = '"', d = '\'', e = '\\';
    APP_ONE(1); // APP_TWO(1, 2);
    APP_ONE(2); /* APP_TWO(1, 2); */ APP_ONE(3);
    /* a // b */ APP_ONE(4);
    APP_\
ONE(5);
    AP\
P_T\
WO(1,\
 2);
    /\
* APP_ONE(6); *\
/ APP_ONE(7);
    /\
/ APP_ONE(8); \
    APP_ONE(9);
    x = x / *pointer /* APP_ONE(10) */ / 2; APP_ONE(11);
    L"APP_ONE(12)"; u8"APP_ONE(13)"; L'"'; APP_ONE(14);
    PROBE(ONE, '"'); PROBE(ONE, "'"); PROBE(TEXT, "//", 2);
    PROBE(ONE, 0x1.8p+1); PROBE(TWO, 1.5e-3, .5);
    APP_ONE(15) APP_ONE(16)
}

# define PASTING(label, x) APP_ ## label(x)
# define QUOTING(x) APP_ONE(# x)
#/* a comment */define SPACED(x) /*
    */ APP_ONE(x) // behind it
# /**/ define /**/ PARTS(label, \
                        x) \
    APP_##\
label(x)

void more(int x)
{
    PASTING(ONE, x);
    QUOTING(APP_TWO(1, 2));
    SPACED(x);
    PARTS(ONE, x);
    /* not a directive: */ x; # define NOT(x) APP_ONE(x)
    NOT(1);
}

#ifdef NEVER_EVER
isn't a character
#endif
void behind(void) { APP_ONE(17); }
#if 0
don't read this: APP_ONE(18); "
#endif
void end(void) { APP_ONE(19); }
