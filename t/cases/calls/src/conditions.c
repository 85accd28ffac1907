#include "wrappers.h"

void conditions(int x)
{
#if CONFIG_A
    APP_ONE(1);
#else
    APP_TWO(1, 2);
#endif
#ifdef CONFIG_B /* why */
    APP_ONE(2);
#  ifndef CONFIG_A
    APP_ONE(3);
#  elif CONFIG_B > 1
    APP_ONE(4);
#  else
    APP_ONE(5);
#  endif
#elif defined(CONFIG_A)
    APP_ONE(6);
#else
    APP_ONE(7);
#endif
#if 0
    APP_TWO(8, 8);
#  if CONFIG_A
    APP_TWO(9, 9);
#  else
    APP_TWO(9, 9);
#  endif
#elif CONFIG_B
    APP_ONE(10);
#else
    APP_ONE(11);
#endif
#if 1
    APP_ONE(12);
#else
    APP_TWO(13, 13);
#endif
#if (0x0)
    APP_TWO(14, 14);
#endif
    APP_THREE(1,
#if CONFIG_A
              2,
#else
              22,
#endif
              3);
}
