/*
 * USDT probes of picotls, the TLS 1.3 stack. h2o uses it as a server over TCP, and over QUIC (quicly) in either role; TLS 1.2, and
 * TLS to backends over TCP, is done by OpenSSL. Over TCP, h2o may create and free several connection objects for one TLS
 * connection: when ClientHello arrives in pieces, and when it is to be handled by OpenSSL after all. The definitions are as of h2o
 * edd7a120b (June 2026).
 *
 * No argument is marked as application data. `secret_hex` of new_secret is a TLS secret, however: a tracer must leave it out unless
 * it has been told to include secrets.
 */

provider picotls {
    /**
     * A TLS connection object was created. `is_server` is 1 on the server side, where neither the client random nor the server name
     * is known yet; 0 on the client side, where client_random fires before this probe.
     */
    probe new(struct st_ptls_t *tls, int is_server);
    /**
     * A TLS connection object is about to be freed.
     */
    probe free(struct st_ptls_t *tls);
    /**
     * The random of ClientHello became known: upon creation on the client side, upon the first ClientHello on the server side (that
     * of the outer one if ECH is in use). `bytes` is 64 hex digits followed by NUL, not 32 raw bytes.
     */
    probe client_random(struct st_ptls_t *tls, const void *bytes);
    /**
     * A handshake message was processed. `message` is its type (e.g., 1 ClientHello, 2 ServerHello, 4 NewSessionTicket, 8
     * EncryptedExtensions, 11 Certificate, 20 Finished, 24 KeyUpdate), `bytes` its body, without the header of 4 bytes. `result` is
     * 0, 514 if more messages are needed, 523 if an async operation has started, below 256 the TLS alert to be sent.
     */
    probe receive_message(struct st_ptls_t *tls, uint8_t message, const void *bytes, size_t len, int result);
    /**
     * A traffic secret or an exporter secret was installed. `label` is the one of the NSS key log format (e.g.,
     * CLIENT_HANDSHAKE_TRAFFIC_SECRET), `secret_hex` the secret in hex; both are NUL-terminated. A label may come more than once:
     * key updates are reported under the label of the first generation.
     */
    probe new_secret(struct st_ptls_t *tls, const char *label, const char *secret_hex);
    /**
     * Whether to use Encrypted ClientHello was determined. On the client side, `is_ech` is 1 if the server accepted it. On the
     * server side, the probe fires if the first ClientHello offers ECH, and 1 means that there is a key for it; decryption comes
     * next and may still fail.
     */
    probe ech_selection(struct st_ptls_t *tls, int is_ech);
};
