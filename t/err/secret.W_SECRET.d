/* ASSERTION: what looks like a secret, by a word of its name, and is shown to everyone */
provider app {
    probe login(const char *user, const char *password, const char *monkey);
    probe call(const char *apiKey, int token, void *session_ticket, const uint8_t *cookie2, size_t cookie2_len);
    probe again(const char *password, const char *apiKey);
    probe more(char *password, struct secret *secret, const char *Key);
};
provider other {
    probe login(const char *password);
};
