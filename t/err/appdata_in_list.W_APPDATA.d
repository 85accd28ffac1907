/* ASSERTION: @appdata without an object, wherever a comment may be */
provider app {
    probe a(int n, /* @appdata */ const void *bytes, int bytes_len);
    probe b(int x, // @appdata: the next one
            char *text);
};
