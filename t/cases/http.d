/* a server of HTTP that calls things by other names than h2o does */
provider web {
    probe come(struct st_guest *guest, const char *wanted);
    probe hear(struct st_pipe *pipe, uint32_t who, uint64_t nr, int version);
    probe put(struct st_pipe *pipe, long n);
    probe seal(struct st_seal *seal);
    probe unseal(struct st_seal *seal);
    probe ask(uint32_t who, uint64_t nr, int version);
    probe ask_field(uint32_t who, uint64_t nr, const char *key, size_t key_len, const char *text, size_t text_len);
    probe answer(uint32_t who, uint64_t nr, short code);
    probe answer_field(uint32_t who, uint64_t nr, const char *key, size_t key_len, const char *text, size_t text_len);
    probe done(uint32_t who, uint64_t nr, uint64_t size);
    probe go(uint32_t who);
    probe other(int x);
};
