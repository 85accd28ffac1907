/* What maps lift out of structs, and arguments that cannot be read: traced by 91operands.t. */
provider lifted {
    probe all(struct st_all *all);
    probe texts(const char *none, const char *nowhere, const void *data, unsigned size, struct sockaddr *peer);
    probe lengths(const void *a, uint32_t a_len, const void *b, uint64_t b_len, const void *c, int c_len, const char *d, size_t d_len);
    probe shared(struct st_shared *shared, struct st_picture *picture, char *unreadable);
};
