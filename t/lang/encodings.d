/* ASSERTION: byte order mark, CRLF, UTF-8 and Latin-1 in comments */
#define Oid unsigned \
  int
/**
 * größe €
 * second line
 */
provider app {
    // caf�
    probe a(int x,
            Oid y); // 日本
    probe b(int x);	// remark

    probe c(); /* é */
};