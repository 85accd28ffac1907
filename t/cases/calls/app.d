/* what the sources beside it call; t/50audit_calls.t */
provider app {
    probe none();
    probe one(int a);
    probe two(int a, int b);
    probe three(int a, int b, int c);
    probe many(int a, int b, int c, int d, int e, int f);
    probe text(const char *text, int len);
    probe double__underscore(int a);
    probe send(void *conn, int len);
    probe receive(void *conn, int len);
    probe close(void *conn);
    probe list_a(int a);
    probe list_b(int a);
    probe list_c(int a);
    probe never(int a);
};

provider other {
    probe one(int a);
    probe tick();
};
