/* What the programs here fire; probegen from does not see it. */
provider bank {
    probe order__start(int id, const char *name, double price);
    probe conn__open(struct conn *conn, unsigned long total);
    probe member(int id, uint64_t x, const char *s);
    probe widths(int8_t a, uint8_t b, int16_t c, uint16_t d, int e, unsigned f, int64_t g, bool h);
    probe login(const char *password, const uint8_t *session_key, size_t session_key_size);
    probe bytes(const void *data, size_t size);
    probe constants(int a, const char *b, long c);
    probe odd__one(float f, struct sockaddr *peer, void *callback);
    probe none();
};
