%{
#include "wrappers.h"
%}
%token WORD ','
%%
words: WORD { PROBE(ONE, $1); }
     | words ',' WORD { APP_TWO(@1.first_line, $3); }
     ;
%%
void end(void) { APP_ONE(1); }
