/* what the maps of this folder are about */
typedef struct st_known known_t;
provider app {
    probe read(int fd, const char *path, void *data, size_t num_data, bool is_cached);
    probe write(struct st_conn *conn, struct st_peer *peer, double elapsed, const char *unsized);
    probe close(known_t *known, int, struct st_conn *conn, long conn_id);
};
provider other {
    probe read(int fd);
};
