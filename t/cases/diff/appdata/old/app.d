/* @appdata
{"a": ["x"], "b": ["s"]}
*/
provider app {
    probe a(const char *x);
    probe b(const char *s);
    probe c(const char *t);
};
