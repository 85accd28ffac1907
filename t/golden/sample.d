/*
 * Sample definitions for the golden files: every kind of field, with few probes.
 */
typedef struct st_app_conn app_conn_t;
#define AppId unsigned short

/* @appdata
{
    "request": ["path", "body"],
    "named": ["type"]
}
*/

/**
 * Requests and connections of an application.
 */
provider app {
    /** Numbers of all widths, with and without sign. */
    probe integers(char i8, short i16, int i32, long i64, uint8_t u8, uint16_t u16, unsigned u32, size_t u64, AppId id);
    /**
     * Flags and floats:
     * `is_late` is an int that a map calls a flag; <b> & | are no markup.
     */
    probe others(bool b, int is_late, float f, double d, enum color color, Oid unknown);
    /** pointers of every kind; nothing behind them is read */
    probe pointers(int *numbers, void *data, char **texts, void (*callback)(int, char *), struct st_other *other, char *text);
    /* a request, with strings */
    probe request(app_conn_t *conn, uint64_t id, const char *method, const char *path, size_t path_len, const void *body, size_t num_body,
                  char *fixed, const uint8_t *token, char *password);
    // the addresses of both ends; */ does not end the comment, nor does /* begin one
    probe connected(struct sockaddr *from, const struct sockaddr *to, struct st_stats *stats);
    /** struct fields that are secrets or application data as a whole */
    probe hidden(struct st_app_conn *conn, struct sockaddr *peer, struct st_stats *stats, uint64_t key);
    /** arguments without names */
    probe unnamed(int, const char *, struct st_app_conn *, double);
    /** names that C or every event has already */
    probe named(int type, int head, int time, int linux, char *hex, int NULL, int _x, int x_, int errno, int module);
    probe nothing();
    /** skipped: it has a struct by value */
    probe odd(struct st_app_conn conn);
    probe translated(struct st_app_conn *conn) : (conninfo_t *conn);
};

/** A second provider; its probes are shown with '-' by other tools. */
provider db__1 {
    probe query__start(const char *sql);
    probe query__done(int rows, long long ns);
};
