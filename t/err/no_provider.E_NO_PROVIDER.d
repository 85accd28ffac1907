/* ASSERTION: comments are no providers: provider app { probe a(); }; */
typedef int x_t;
