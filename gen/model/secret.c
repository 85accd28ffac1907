#include <strings.h>
#include "model/secret.h"

/* Words that names of secrets contain, between underscores. */
static int is_secret_word(const char *word, size_t n)
{
    static const char *const words[] = {"secret", "secrets",    "password",    "passwd",  "passphrase",
                                        "token",  "ticket",     "cookie",      "cookies", "key",
                                        "psk",    "credential", "credentials", "apikey",  "authorization"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if (strlen(words[i]) == n && strncasecmp(words[i], word, n) == 0)
            return 1;
    }
    return 0;
}

int looks_secret(str_t name)
{
    for (size_t start = 0, i = 0; i <= name.n; ++i) {
        if (i != name.n && name.p[i] != '_')
            continue;
        if (is_secret_word(name.p + start, i - start))
            return 1;
        start = i + 1;
    }
    return 0;
}
