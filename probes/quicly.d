/*
 * USDT probes of quicly, the QUIC stack of h2o, as server and as client. The definitions are as of h2o edd7a120b (June 2026).
 *
 * Conventions that hold for all of the probes:
 * - `at` is milliseconds since the epoch by the clock of the connection; it is read once per call into quicly, and is 0 when a
 *   probe fires outside of such a call (stream_on_open, asynchronous handshakes).
 * - `packet_type` and `epoch`: 0 Initial, 1 0-RTT, 2 Handshake, 3 1-RTT.
 * - `stream`, `stream_id`: CRYPTO streams have negative IDs, -1 Initial, -3 Handshake, -4 1-RTT.
 * - `dcid`, `cid`, `stateless_reset_token`, `secret` are NUL-terminated strings of lower-case hex digits.
 * - `err`, `ret`: 0 to 0x2ff errors of picotls, 0xff01 to 0xff09 errors of quicly, 0x30000 + code application errors,
 *   0x4000000000030000 + code transport errors. `error_code` is the bare code as it is on the wire.
 * - `cwnd`, `inflight` are bytes, round-trip times are milliseconds, `pn` is a packet number.
 */

/*
 * The block below names, probe by probe, the arguments that carry application data or the secrets protecting it. A tracer must
 * leave them out unless it has been told to include them. The `data` of stream_send and of stream_receive is not marked, although
 * it is cleartext too: the list is the one that quicly comes with, less `src` of stream_on_receive, which is an argument no more.
 * It does not tell secrets from application data either; quicly.map does.
 */

/* @appdata
{
    "crypto_update_secret": ["secret"],
    "crypto_send_key_update": ["secret"],
    "crypto_receive_key_update": ["secret"],
    "crypto_receive_key_update_prepare": ["secret"],
    "packet_received": ["decrypted"],
    "datagram_send": ["payload"],
    "datagram_receive": ["payload"]
}
*/

provider quicly {
    /* --- connections --- */

    /**
     * A client created a connection (h2o does, to reach a backend by HTTP/3). `version` is the QUIC version that it starts with.
     */
    probe connect(struct st_quicly_conn_t *conn, int64_t at, uint32_t version);
    /**
     * A server created a connection upon an Initial packet. `dcid` is the destination connection ID chosen by the client.
     * `address_token` is the decrypted token of a preceding Retry or NEW_TOKEN, NULL if the client has not presented a usable one.
     */
    probe accept(struct st_quicly_conn_t *conn, int64_t at, const char *dcid,
                 struct st_quicly_address_token_plaintext_t *address_token);
    /**
     * The connection is about to be freed. conn_stats, the stream_on_destroy events of remaining streams, CRYPTO included, and the
     * delete_path events of all paths follow.
     */
    probe free(struct st_quicly_conn_t *conn, int64_t at);
    /**
     * The connection has something to send, or one of its timers has expired; fires before any packet is built. `state`: 0 first
     * flight, 1 accepting, 2 connected, 3 closing, 4 draining. `dcid` is the one of the active path.
     */
    probe send(struct st_quicly_conn_t *conn, int64_t at, int state, const char *dcid);
    /**
     * A packet was handed to the connection and is yet to be checked; the packet that made a server create the connection does not
     * fire this probe. `bytes` is the encrypted packet. `receive_delay` is -1, or if the packet had been kept until the keys became
     * available, for how many milliseconds; such a packet is reported twice.
     */
    probe receive(struct st_quicly_conn_t *conn, int64_t at, const char *dcid, const void *bytes, size_t bytes_len,
                  int64_t receive_delay);
    /**
     * A client received Version Negotiation and is going to retry using `new_version`.
     */
    probe version_switch(struct st_quicly_conn_t *conn, int64_t at, uint32_t new_version);
    /**
     * The idle timeout has expired, the connection is dropped without a CONNECTION_CLOSE frame.
     */
    probe idle_timeout(struct st_quicly_conn_t *conn, int64_t at);
    /**
     * The handshake did not complete within a multiple (configurable) of `rtt_smoothed`, the connection is dropped without a
     * CONNECTION_CLOSE frame. `elapsed` is milliseconds since its creation.
     */
    probe handshake_timeout(struct st_quicly_conn_t *conn, int64_t at, int64_t elapsed, uint32_t rtt_smoothed);
    /**
     * More Initial and Handshake packets were sent than permitted, the connection is dropped without a CONNECTION_CLOSE frame.
     * `num_packets` is the number of packets sent.
     */
    probe initial_handshake_packet_exceed(struct st_quicly_conn_t *conn, int64_t at, uint64_t num_packets);
    /**
     * The peer has sent a stateless reset, the connection is going to be torn down.
     */
    probe stateless_reset_receive(struct st_quicly_conn_t *conn, int64_t at);

    /* --- paths --- */

    /**
     * A path was added. Index 0 is the active path; it is reported while the connection is being created, before connect or accept,
     * with the IDs in `conn` not filled in yet. `remote` is the address of the peer as NUL-terminated text, e.g., 192.0.2.1:443 or
     * [2001:db8::1]:443.
     */
    probe new_path(struct st_quicly_conn_t *conn, int64_t at, size_t path_index, const char *remote);
    /**
     * A path is being given up. While the connection lives, that is one that is not active: not validated in time, no connection ID
     * left for it, or its slot is needed for another; the path replaced by promote_path is not reported. After free, each path that
     * is left is reported, the active one (0) included.
     */
    probe delete_path(struct st_quicly_conn_t *conn, int64_t at, size_t path_index);
    /**
     * The path is becoming the active one, i.e., the peer has migrated; it moves from `path_index` to 0. The old path is dropped,
     * the state of the congestion controller and the RTT are reset.
     */
    probe promote_path(struct st_quicly_conn_t *conn, int64_t at, size_t path_index);
    /**
     * The first non-probing packet was received on a non-active path; the path is promoted once it has been validated.
     */
    probe elicit_path_migration(struct st_quicly_conn_t *conn, int64_t at, size_t path_index);

    /* --- handshake and keys --- */

    /**
     * TLS has processed input from CRYPTO frames, or has been resumed after an asynchronous operation. `ret`: 0 nothing is wanted
     * for now, 514 more input is needed, 523 an asynchronous operation has started, otherwise an error. 0 need not mean that the
     * handshake is complete: a server that signs asynchronously has 523, 0 when the signature is there, and 0 again when the
     * Finished message of the client was received; messages after the handshake (NewSessionTicket) give 0, too. On a server, the
     * handshake is complete when crypto_update_secret has come with the label CLIENT_TRAFFIC_SECRET_0.
     */
    probe crypto_handshake(struct st_quicly_conn_t *conn, int64_t at, int64_t ret);
    /**
     * TLS has provided a traffic secret. `is_enc` is 1 if it is for sending, `epoch` is 1, 2 or 3, `label` is the one of the NSS
     * key log format, e.g., CLIENT_HANDSHAKE_TRAFFIC_SECRET.
     */
    probe crypto_update_secret(struct st_quicly_conn_t *conn, int64_t at, int is_enc, uint8_t epoch, const char *label,
                               const char *secret);
    /**
     * The keys for sending 1-RTT packets were updated. `phase` counts the updates (1 being the first), `secret` is the new secret.
     */
    probe crypto_send_key_update(struct st_quicly_conn_t *conn, int64_t at, uint64_t phase, const char *secret);
    /**
     * The peer has acknowledged the use of the latest sending keys; also fires for the keys of the handshake. Keys will be updated
     * again when the packet number reaches `next_pn`.
     */
    probe crypto_send_key_update_confirmed(struct st_quicly_conn_t *conn, int64_t at, uint64_t next_pn);
    /**
     * A packet protected by the next keys of the peer was decrypted, i.e., the peer has updated its keys. `phase` counts the
     * updates (1 being the first). The sending keys follow, unless this answers an update of ours.
     */
    probe crypto_receive_key_update(struct st_quicly_conn_t *conn, int64_t at, uint64_t phase, const char *secret);
    /**
     * The next keys of the peer were derived, because a packet seems to use them; they are not confirmed until
     * crypto_receive_key_update fires.
     */
    probe crypto_receive_key_update_prepare(struct st_quicly_conn_t *conn, int64_t at, uint64_t phase, const char *secret);

    /* --- packets --- */

    /**
     * A packet was sealed. `len` is the size of the QUIC packet in bytes, including its header and authentication tag. `ack_only`
     * is 1 if it is not ack-eliciting (ACK, but also e.g. CONNECTION_CLOSE).
     */
    probe packet_sent(struct st_quicly_conn_t *conn, int64_t at, uint64_t pn, size_t len, uint8_t packet_type, int ack_only);
    /**
     * A packet was authenticated, its frames are about to be handled. `decrypted` is the payload in cleartext.
     */
    probe packet_received(struct st_quicly_conn_t *conn, int64_t at, uint64_t pn, const void *decrypted, size_t decrypted_len,
                          uint8_t packet_type);
    /**
     * A packet is being started. `first_octet` is the first byte of its header, before the length of the packet number, the key
     * phase and header protection are applied: 0xc0 Initial, 0xd0 0-RTT, 0xe0 Handshake, 0x40 1-RTT.
     */
    probe packet_prepare(struct st_quicly_conn_t *conn, int64_t at, uint8_t first_octet, const char *dcid);
    /**
     * A packet was acknowledged for the first time. `is_late_ack` is 1 if it is an ack-eliciting packet that had been deemed lost.
     */
    probe packet_acked(struct st_quicly_conn_t *conn, int64_t at, uint64_t pn, int is_late_ack);
    /**
     * A packet was deemed lost. `packet_type` is that of the packet number space: 3 for a 0-RTT packet too.
     */
    probe packet_lost(struct st_quicly_conn_t *conn, int64_t at, uint64_t pn, uint8_t packet_type);
    /**
     * A packet could not be decrypted although there are keys, or violates the protocol as a packet. `pn` is as found in its
     * header, unauthenticated; UINT64_MAX if the packet is too short.
     */
    probe packet_decryption_failed(struct st_quicly_conn_t *conn, int64_t at, uint64_t pn);

    /* --- loss recovery and congestion control --- */

    /**
     * The probe timeout has expired, packets are sent to elicit an ACK. `pto_count` is the number of consecutive timeouts including
     * this one; 0 or below for the early probes that are sent speculatively at the end of data.
     */
    probe pto(struct st_quicly_conn_t *conn, int64_t at, size_t inflight, uint32_t cwnd, int8_t pto_count);
    /**
     * An ACK frame was processed by the congestion controller. `largest_acked` is the largest packet number in it, `bytes_acked`
     * the number of bytes in flight that it newly acknowledges (0 if none), `cwnd` and `inflight` are values after that.
     */
    probe cc_ack_received(struct st_quicly_conn_t *conn, int64_t at, uint64_t largest_acked, size_t bytes_acked, uint32_t cwnd,
                          size_t inflight);
    /**
     * A loss, or an ECN congestion mark, was reported to the congestion controller; fires for each packet lost, also when `cwnd`
     * (value afterwards) is not reduced again. `max_lost_pn` is 1 above the number of the packet lost (ECN: of the largest packet
     * newly acknowledged), which `inflight` still includes.
     */
    probe cc_congestion(struct st_quicly_conn_t *conn, int64_t at, uint64_t max_lost_pn, size_t inflight, uint32_t cwnd);

    /* --- acknowledgements --- */

    /**
     * A range of an ACK frame is about to be processed, the lowest first; fires for each. Both `ack_block_begin` and
     * `ack_block_end` are in the range.
     */
    probe ack_block_received(struct st_quicly_conn_t *conn, int64_t at, uint64_t ack_block_begin, uint64_t ack_block_end);
    /**
     * The ranges of an ACK frame were processed. `ack_delay` is the value on the wire: multiples of 2^ack_delay_exponent
     * microseconds, the exponent being a transport parameter of the peer (3 by default).
     */
    probe ack_delay_received(struct st_quicly_conn_t *conn, int64_t at, uint64_t ack_delay);
    /**
     * An ACK frame was written. `largest_acked` is the largest packet number in it, `ack_delay` is in units of 1024 microseconds.
     */
    probe ack_send(struct st_quicly_conn_t *conn, int64_t at, uint64_t largest_acked, uint64_t ack_delay);

    /* --- PING and CONNECTION_CLOSE frames --- */

    /**
     * A PING frame was written: as a probe upon a timeout, or next to an ACK that has become long.
     */
    probe ping_send(struct st_quicly_conn_t *conn, int64_t at);
    /**
     * A PING frame was received.
     */
    probe ping_receive(struct st_quicly_conn_t *conn, int64_t at);
    /**
     * A CONNECTION_CLOSE frame (type 0x1c) was written; fires for each epoch and for each retransmission. `frame_type` is the type
     * of the frame that caused the error, 0 if there is none. `reason_phrase` is NUL-terminated, not escaped.
     */
    probe transport_close_send(struct st_quicly_conn_t *conn, int64_t at, uint64_t error_code, uint64_t frame_type,
                               const char *reason_phrase);
    /**
     * A CONNECTION_CLOSE frame (type 0x1c) was received. `reason_phrase` is NUL-terminated; quotes, backslashes, and what is not
     * printable ASCII are replaced by \xHH.
     */
    probe transport_close_receive(struct st_quicly_conn_t *conn, int64_t at, uint64_t error_code, uint64_t frame_type,
                                  const char *reason_phrase);
    /**
     * A CONNECTION_CLOSE frame (type 0x1d) was written. `error_code` is the application's (an HTTP/3 error code), `reason_phrase`
     * is NUL-terminated, not escaped.
     */
    probe application_close_send(struct st_quicly_conn_t *conn, int64_t at, uint64_t error_code, const char *reason_phrase);
    /**
     * A CONNECTION_CLOSE frame (type 0x1d) was received. `error_code` is the application's (an HTTP/3 error code), `reason_phrase`
     * is NUL-terminated and escaped as in transport_close_receive.
     */
    probe application_close_receive(struct st_quicly_conn_t *conn, int64_t at, uint64_t error_code, const char *reason_phrase);

    /* --- stream data, CRYPTO included --- */

    /**
     * A STREAM or CRYPTO frame was written. `data` is the cleartext that it carries, `data_len` is 0 if the frame only conveys the
     * end of the stream. `wrote_all` is 1 if the application has no more to send for now.
     */
    probe stream_send(struct st_quicly_conn_t *conn, int64_t at, struct st_quicly_stream_t *stream, uint64_t off, const void *data,
                      size_t data_len, int is_fin, int wrote_all);
    /**
     * A STREAM or CRYPTO frame is about to be applied to its stream. `data` is the cleartext that it carries, possibly received
     * before.
     */
    probe stream_receive(struct st_quicly_conn_t *conn, int64_t at, struct st_quicly_stream_t *stream, uint64_t off,
                         const void *data, size_t data_len, int is_fin);
    /**
     * A range of a stream was acknowledged. `len` counts the end of the stream (FIN) as one more byte.
     */
    probe stream_acked(struct st_quicly_conn_t *conn, int64_t at, int64_t stream_id, uint64_t off, size_t len);
    /**
     * A range of a stream has to be sent again, unless acknowledged meanwhile: its packet was deemed lost, a probe timeout has
     * expired, or the path or the keys were discarded. `len` counts the end of the stream (FIN) as one more byte.
     */
    probe stream_lost(struct st_quicly_conn_t *conn, int64_t at, int64_t stream_id, uint64_t off, size_t len);

    /* --- stream state, flow control, tokens, connection IDs --- */

    /**
     * A RESET_STREAM frame was written. `final_size` is the number of bytes of the stream that have been sent.
     */
    probe reset_stream_send(struct st_quicly_conn_t *conn, int64_t at, int64_t stream_id, int64_t error_code, uint64_t final_size);
    /**
     * A RESET_STREAM frame was received. `final_size` is the number of bytes of the stream that the peer has sent.
     */
    probe reset_stream_receive(struct st_quicly_conn_t *conn, int64_t at, int64_t stream_id, int64_t error_code,
                               uint64_t final_size);
    /**
     * A STOP_SENDING frame was written, asking the peer to reset its side of the stream.
     */
    probe stop_sending_send(struct st_quicly_conn_t *conn, int64_t at, int64_t stream_id, int64_t error_code);
    /**
     * A STOP_SENDING frame was received, asking to reset our side of the stream.
     */
    probe stop_sending_receive(struct st_quicly_conn_t *conn, int64_t at, int64_t stream_id, int64_t error_code);
    /**
     * A MAX_DATA frame was written. `maximum` is the total number of bytes that the peer may send on all streams.
     */
    probe max_data_send(struct st_quicly_conn_t *conn, int64_t at, uint64_t maximum);
    /**
     * A MAX_DATA frame was received. `maximum` is the total number of bytes that may be sent on all streams.
     */
    probe max_data_receive(struct st_quicly_conn_t *conn, int64_t at, uint64_t maximum);
    /**
     * A MAX_STREAMS frame was written. `maximum` is the number of streams of the kind that the peer may open during the lifetime of
     * the connection.
     */
    probe max_streams_send(struct st_quicly_conn_t *conn, int64_t at, uint64_t maximum, int is_unidirectional);
    /**
     * A MAX_STREAMS frame was received. `maximum` is the number of streams of the kind that may be opened during the lifetime of
     * the connection.
     */
    probe max_streams_receive(struct st_quicly_conn_t *conn, int64_t at, uint64_t maximum, int is_unidirectional);
    /**
     * A MAX_STREAM_DATA frame was written. `maximum` is the number of bytes that the peer may send on the stream in total.
     */
    probe max_stream_data_send(struct st_quicly_conn_t *conn, int64_t at, struct st_quicly_stream_t *stream, uint64_t maximum);
    /**
     * A MAX_STREAM_DATA frame was received. `maximum` is the number of bytes that may be sent on the stream in total; the stream
     * may be gone already.
     */
    probe max_stream_data_receive(struct st_quicly_conn_t *conn, int64_t at, int64_t stream_id, uint64_t maximum);
    /**
     * A NEW_TOKEN frame was written by a server. `token` is encrypted; it holds the address of the client and how fast the
     * connection has been. `generation` is a serial number that tells which token new_token_acked is about.
     */
    probe new_token_send(struct st_quicly_conn_t *conn, int64_t at, uint8_t *token, size_t token_len, uint64_t generation);
    /**
     * The NEW_TOKEN frame of this `generation` was acknowledged.
     */
    probe new_token_acked(struct st_quicly_conn_t *conn, int64_t at, uint64_t generation);
    /**
     * A client received a NEW_TOKEN frame. `token` is opaque, to be presented on the next connection.
     */
    probe new_token_receive(struct st_quicly_conn_t *conn, int64_t at, uint8_t *token, size_t token_len);
    /**
     * A server wrote a HANDSHAKE_DONE frame.
     */
    probe handshake_done_send(struct st_quicly_conn_t *conn, int64_t at);
    /**
     * A HANDSHAKE_DONE frame was received; to a client, it confirms the handshake.
     */
    probe handshake_done_receive(struct st_quicly_conn_t *conn, int64_t at);
    /**
     * A STREAMS_BLOCKED frame was written. `maximum` is the limit that keeps us from opening a stream.
     */
    probe streams_blocked_send(struct st_quicly_conn_t *conn, int64_t at, uint64_t maximum, int is_unidirectional);
    /**
     * A STREAMS_BLOCKED frame was received. `maximum` is the limit that keeps the peer from opening a stream.
     */
    probe streams_blocked_receive(struct st_quicly_conn_t *conn, int64_t at, uint64_t maximum, int is_unidirectional);
    /**
     * A NEW_CONNECTION_ID frame was written. `retire_prior_to` is always 0. Anyone who knows `stateless_reset_token` can terminate
     * the connection.
     */
    probe new_connection_id_send(struct st_quicly_conn_t *conn, int64_t at, uint64_t sequence, uint64_t retire_prior_to,
                                 const char *cid, const char *stateless_reset_token);
    /**
     * A NEW_CONNECTION_ID frame was received. IDs of a sequence number below `retire_prior_to` are to be retired. Anyone who knows
     * `stateless_reset_token` can terminate the connection.
     */
    probe new_connection_id_receive(struct st_quicly_conn_t *conn, int64_t at, uint64_t sequence, uint64_t retire_prior_to,
                                    const char *cid, const char *stateless_reset_token);
    /**
     * A RETIRE_CONNECTION_ID frame was written. `sequence` is that of an ID issued by the peer.
     */
    probe retire_connection_id_send(struct st_quicly_conn_t *conn, int64_t at, uint64_t sequence);
    /**
     * A RETIRE_CONNECTION_ID frame was received. `sequence` is that of an ID issued by us.
     */
    probe retire_connection_id_receive(struct st_quicly_conn_t *conn, int64_t at, uint64_t sequence);
    /**
     * A DATA_BLOCKED frame was written. `off` is the connection-level limit that has been reached.
     */
    probe data_blocked_send(struct st_quicly_conn_t *conn, int64_t at, uint64_t off);
    /**
     * A DATA_BLOCKED frame was received. `off` is the connection-level limit that the peer has reached.
     */
    probe data_blocked_receive(struct st_quicly_conn_t *conn, int64_t at, uint64_t off);
    /**
     * A STREAM_DATA_BLOCKED frame was written. `maximum` is the limit of the stream that has been reached.
     */
    probe stream_data_blocked_send(struct st_quicly_conn_t *conn, int64_t at, int64_t stream_id, uint64_t maximum);
    /**
     * A STREAM_DATA_BLOCKED frame was received. `maximum` is the limit of the stream that the peer has reached.
     */
    probe stream_data_blocked_receive(struct st_quicly_conn_t *conn, int64_t at, int64_t stream_id, uint64_t maximum);

    /* --- ECN --- */

    /**
     * ECN was found to work or not to work on the path. `ecn_state`: 0 use of ECN is turned off, 1 use of ECN continues.
     */
    probe ecn_validation(struct st_quicly_conn_t *conn, int64_t at, int ecn_state);
    /**
     * The peer has reported packets marked as having experienced congestion (CE). `ce_count` is the number of them since the
     * connection was created.
     */
    probe ecn_congestion(struct st_quicly_conn_t *conn, int64_t at, uint64_t ce_count);

    /* --- path validation --- */

    /**
     * A PATH_CHALLENGE frame was written. `bytes` is its data, always 8 bytes.
     */
    probe path_challenge_send(struct st_quicly_conn_t *conn, int64_t at, const void *bytes, size_t bytes_len);
    /**
     * A PATH_CHALLENGE frame was received. `bytes` is its data, always 8 bytes.
     */
    probe path_challenge_receive(struct st_quicly_conn_t *conn, int64_t at, const void *bytes, size_t bytes_len);
    /**
     * A PATH_RESPONSE frame was written. `bytes` is its data, always 8 bytes.
     */
    probe path_response_send(struct st_quicly_conn_t *conn, int64_t at, const void *bytes, size_t bytes_len);
    /**
     * A PATH_RESPONSE frame was received. `bytes` is its data, always 8 bytes; it is yet to be compared with the challenge.
     */
    probe path_response_receive(struct st_quicly_conn_t *conn, int64_t at, const void *bytes, size_t bytes_len);

    /* --- DATAGRAM frames --- */

    /**
     * A DATAGRAM frame was written. Payload that does not fit into a packet is dropped without firing this probe.
     */
    probe datagram_send(struct st_quicly_conn_t *conn, int64_t at, const void *payload, size_t payload_len);
    /**
     * A DATAGRAM frame was received and is about to be given to the application.
     */
    probe datagram_receive(struct st_quicly_conn_t *conn, int64_t at, const void *payload, size_t payload_len);

    /* --- ACK frequency extension --- */

    /**
     * An ACK_FREQUENCY frame was received. `packet_tolerance` is the number of ack-eliciting packets that the peer wants to be
     * covered by an ACK, `max_ack_delay` is in microseconds, `reordering_threshold` 0 means that reordering does not call for an
     * immediate ACK. Frames of an outdated `sequence` are reported, then ignored.
     */
    probe ack_frequency_receive(struct st_quicly_conn_t *conn, int64_t at, uint64_t sequence, uint64_t packet_tolerance,
                                uint64_t max_ack_delay, uint64_t reordering_threshold);
    /**
     * An IMMEDIATE_ACK frame was written, instead of the PING that peers without the extension get upon a timeout.
     */
    probe immediate_ack_send(struct st_quicly_conn_t *conn, int64_t at);

    /* --- events for quictrace --- */

    /**
     * A STREAM or CRYPTO frame was written; fires right after stream_send.
     */
    probe quictrace_send_stream(struct st_quicly_conn_t *conn, int64_t at, struct st_quicly_stream_t *stream, uint64_t off,
                                size_t len, int fin);
    /**
     * A STREAM frame (not CRYPTO) was received; fires before the stream is looked up or created, hence before stream_receive.
     */
    probe quictrace_recv_stream(struct st_quicly_conn_t *conn, int64_t at, int64_t stream_id, uint64_t off, size_t len, int fin);
    /**
     * The congestion controller has processed the acknowledgement of bytes in flight; fires before cc_ack_received. `cwnd`,
     * `inflight`, and what `rtt` points to are values after that.
     */
    probe quictrace_cc_ack(struct st_quicly_conn_t *conn, int64_t at, struct quicly_rtt_t *rtt, uint32_t cwnd, size_t inflight);
    /**
     * A packet was deemed lost and the congestion controller has been told; fires after packet_lost. `inflight` still includes the
     * packet.
     */
    probe quictrace_cc_lost(struct st_quicly_conn_t *conn, int64_t at, struct quicly_rtt_t *rtt, uint32_t cwnd, size_t inflight);

    /* --- stream callbacks, fired right before the application is called --- */

    /**
     * A stream was created, by the peer or by us; CRYPTO streams do not fire this probe. `at` is 0 if the application opens the
     * stream on its own (e.g., the control streams of HTTP/3).
     */
    probe stream_on_open(struct st_quicly_conn_t *conn, int64_t at, struct st_quicly_stream_t *stream);
    /**
     * A stream is being destroyed, CRYPTO included. `err` is 0, unless it is because the peer has closed or reset the connection.
     */
    probe stream_on_destroy(struct st_quicly_conn_t *conn, int64_t at, struct st_quicly_stream_t *stream, int64_t err);
    /**
     * `delta` bytes at the beginning of the send buffer were acknowledged and are to be released.
     */
    probe stream_on_send_shift(struct st_quicly_conn_t *conn, int64_t at, struct st_quicly_stream_t *stream, size_t delta);
    /**
     * The application is being asked for data to send. `off` is relative to the beginning of the send buffer, i.e., the first byte
     * not acknowledged, not to that of the stream. `capacity` is the number of bytes that can be sent.
     */
    probe stream_on_send_emit(struct st_quicly_conn_t *conn, int64_t at, struct st_quicly_stream_t *stream, size_t off,
                              size_t capacity);
    /**
     * The peer has asked to stop sending, the stream has been reset in response. `err` is the error code of STOP_SENDING plus
     * 0x30000.
     */
    probe stream_on_send_stop(struct st_quicly_conn_t *conn, int64_t at, struct st_quicly_stream_t *stream, int64_t err);
    /**
     * New data, or the end of the stream, was received. `buf_off` is relative to the beginning of the receive buffer, i.e., the
     * first byte that the application has not consumed. `apply_off` is the number of bytes of the frame to be skipped because they
     * are not new, `apply_len` the number of those that are.
     */
    probe stream_on_receive(struct st_quicly_conn_t *conn, int64_t at, struct st_quicly_stream_t *stream, size_t buf_off,
                            size_t apply_off, size_t apply_len);
    /**
     * The peer has reset its side of the stream. `err` is the error code of RESET_STREAM plus 0x30000.
     */
    probe stream_on_receive_reset(struct st_quicly_conn_t *conn, int64_t at, struct st_quicly_stream_t *stream, int64_t err);

    /* --- what limits the sending rate --- */

    /**
     * The network (congestion window, pacing) rather than the application has begun to limit the sending rate, starting from packet
     * `pn`; the delivery rate is being measured.
     */
    probe enter_cc_limited(struct st_quicly_conn_t *conn, int64_t at, uint64_t pn);
    /**
     * The network no longer limits the sending rate, starting from packet `pn`; the delivery rate is not being measured anymore.
     */
    probe exit_cc_limited(struct st_quicly_conn_t *conn, int64_t at, uint64_t pn);
    /**
     * Jumpstart, i.e., raising the congestion window at once, was found to be applicable. `rtt` is the minimum RTT, `cwnd` the
     * current and `jumpstart_cwnd` the new size of the window; the latter is 0 if jumpstart is not done because only a share of the
     * connections is configured to do so.
     */
    probe enter_jumpstart(struct st_quicly_conn_t *conn, int64_t at, uint64_t pn, uint32_t rtt, uint32_t cwnd,
                          uint32_t jumpstart_cwnd);

    /* --- debugging and statistics --- */

    /**
     * A message for developers, from the given line of the given function. Strings are NUL-terminated, `message` is cut to 1023
     * characters. h2o edd7a120b contains no call that would fire this probe.
     */
    probe debug_message(struct st_quicly_conn_t *conn, const char *function, int line, const char *message);
    /**
     * The counters of a connection at the end of its life; fires right after free. `size` is that of the struct in bytes, which
     * depends on the version of quicly.
     */
    probe conn_stats(struct st_quicly_conn_t *conn, int64_t at, struct st_quicly_stats_t *stats, size_t size);
};
