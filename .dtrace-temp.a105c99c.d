# 0 "t/lang/continued.d"
# 0 "<built-in>"
# 0 "<command-line>"
# 1 "/usr/include/stdc-predef.h" 1 3 4
# 0 "<command-line>" 2
# 1 "t/lang/continued.d"

provider
      joined {


    probe one(int

  x,

        const char *text);

    probe
 two
 (unsigned


  long
   y);
};




inline string s = "ab";

typedef struct st_x
 *x_t;
