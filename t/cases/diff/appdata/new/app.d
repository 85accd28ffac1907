/* @appdata
{"a": ["x"], "c": ["t"]}
*/
provider app {
    probe a(const char *x);
    probe b(const char *s);
    probe c(const char *t);
};
