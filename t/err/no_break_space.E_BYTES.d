/* ASSERTION: what comes along when text is copied from a web page is reported once for each word, with no message after it */
provider app {
    probe a(int x, int y);
    probe “b”(int x);
    probe größe(int x);
    probe c(int x int y);
    probe d(int x int y);
};
