/*
 * USDT probes of h2o itself: sockets, HTTP requests and responses, connections of each HTTP version, QUIC packets on their way to a
 * connection, CONNECT tunnels. The definitions are as of h2o edd7a120b (June 2026).
 *
 * `conn_id` numbers the connections of the process from 1, whatever the version of HTTP. `req_id` names a request on its
 * connection: its ordinal number from 1 (HTTP/1), or its stream ID (HTTP/2, HTTP/3).
 */

/*
 * The block below names, probe by probe, the arguments that carry application data, i.e., what the users of the server send and
 * receive. A tracer must leave them out unless it has been told to include application data.
 */

/* @appdata
{
    "receive_request_header": ["name", "value"],
    "send_response_header": ["name", "value"],
    "h3_frame_receive": ["bytes"]
}
*/

provider h2o {
    /* --- sockets --- */

    /**
     * A write was requested by passing `bufcnt` buffers to the socket layer; fires before any I/O. The buffers hold cleartext even
     * if the socket uses TLS. `cb` is the function to be called upon completion. Writes of send vectors (responses of HTTP/1,
     * except for interim responses and trailers) take another way and do not fire this probe.
     */
    probe socket_write(struct st_h2o_socket_t *sock, struct st_h2o_iovec_t *bufs, size_t bufcnt, void *cb);
    /**
     * A write that could not be finished when it was requested has now ended (event loop of h2o only, not libuv). `success` is 1 if
     * nothing is left in the buffers, 0 if h2o gave up on the rest. Writes that are finished at once do not fire this probe.
     */
    probe socket_write_complete(struct st_h2o_socket_t *sock, int success);
    /**
     * The kernel was asked to send from the socket, once. `ret` is the number of bytes that it accepted (ciphertext if TLS is done
     * in user space), or -1 if it failed or would have blocked.
     */
    probe socket_writev(struct st_h2o_socket_t *sock, ssize_t ret);
    /**
     * Cleartext was sealed into one or more TLS records. `write_size` is the number of bytes of cleartext, `bytes_buffered` the
     * number of bytes of records in the output buffer afterwards.
     */
    probe socket_write_tls_record(struct st_h2o_socket_t *sock, size_t write_size, size_t bytes_buffered);

    /* --- io_uring, present only if h2o was built with it --- */

    /**
     * A splice was requested, `cmd` being the newly allocated command. The pointer joins the events of a command until it ends,
     * then the memory is reused.
     */
    probe io_uring_splice(struct st_h2o_io_uring_cmd_t *cmd);
    /**
     * The command leaves the queue of h2o and is about to be handed to the kernel. It might have waited for a batch to become full.
     */
    probe io_uring_submit(struct st_h2o_io_uring_cmd_t *cmd);
    /**
     * The command has completed and its callback is about to be called; the result (bytes, or the negated errno) is in `cmd`. A
     * command that completes while being submitted does not fire this probe.
     */
    probe io_uring_end(struct st_h2o_io_uring_cmd_t *cmd);

    /* --- requests and responses, all versions of HTTP --- */

    /**
     * The header section of a request was parsed; the request may still be rejected. `http_version` is 256 * major + minor, i.e.,
     * 256 is HTTP/1.0, 257 HTTP/1.1, 512 HTTP/2, 768 HTTP/3.
     */
    probe receive_request(uint64_t conn_id, uint64_t req_id, int http_version);
    /**
     * A header field of the request; fires for each field, right after receive_request. The pseudo-header fields :authority,
     * :method, :path, :scheme come first (for HTTP/1 too, made of the request line and Host). `name` and `value` are not
     * NUL-terminated.
     */
    probe receive_request_header(uint64_t conn_id, uint64_t req_id, const char *name, size_t name_len, const char *value,
                                 size_t value_len);
    /**
     * The header section of the final response is being sent. Interim (1xx) responses do not fire this probe, nor does the HTTP/1
     * response that turns a connection over to HTTP/2 or to the WebSocket library.
     */
    probe send_response(uint64_t conn_id, uint64_t req_id, int status);
    /**
     * A header field of the response; fires for each field, right after send_response. Content-length comes first, if known; what
     * is added upon serialization (e.g., server) is not included. `name` and `value` are not NUL-terminated.
     */
    probe send_response_header(uint64_t conn_id, uint64_t req_id, const char *name, size_t name_len, const char *value,
                               size_t value_len);

    /* --- HTTP/1 connections --- */

    /**
     * An HTTP/1 connection was set up on the socket, after the TLS handshake if there is one. `conn_uuid` is the UUID of the
     * connection, a NUL-terminated string of 36 characters.
     */
    probe h1_accept(uint64_t conn_id, struct st_h2o_socket_t *sock, struct st_h2o_conn_t *conn, const char *conn_uuid);
    /**
     * An HTTP/1 connection is about to be discarded. The socket is closed too, unless it has been taken over (e.g., by HTTP/2 or
     * WebSocket).
     */
    probe h1_close(uint64_t conn_id);

    /* --- HTTP/2 connections --- */

    /**
     * A frame of a type that h2o does not know (10 and above) was received and is being ignored.
     */
    probe h2_unknown_frame_type(uint64_t conn_id, uint8_t frame_type);

    /* --- HTTP/3 connections and streams --- */

    /**
     * An HTTP/3 connection was accepted; its first packet has been processed, hence quicly's events for that packet come before
     * this one. `quic` is the `conn` of quicly's probes, `conn_uuid` a NUL-terminated string of 36 characters.
     */
    probe h3s_accept(uint64_t conn_id, struct st_h2o_conn_t *conn, struct st_quicly_conn_t *quic, const char *conn_uuid);
    /**
     * An HTTP/3 connection is about to be discarded. `num_requests` is the number of request streams for which h3s_stream_stats has
     * fired, the other arguments are the sums of its arguments.
     */
    probe h3s_destroy(uint64_t conn_id, uint64_t num_requests, uint64_t request_stream_bytes, uint64_t request_header_bytes,
                      uint64_t request_body_bytes, uint64_t request_header_count, uint64_t request_header_text_bytes,
                      uint64_t response_stream_bytes, uint64_t response_header_bytes, uint64_t response_body_bytes,
                      uint64_t response_header_count, uint64_t response_header_text_bytes);
    /**
     * A request stream is about to enter `state`: 0 receiving headers (initial, never reported); 1 receiving body; 2 body is
     * blocked, waiting for its turn; 3 receiving body, unblocked; 4 complete, waiting to be processed; 5 being processed, no
     * response headers yet; 6 sending body; 7 waiting for the QUIC stream to close. `req_id` is the stream ID.
     */
    probe h3s_stream_set_state(uint64_t conn_id, uint64_t req_id, unsigned state);
    /**
     * The counters of a request stream, when its request is discarded, for each direction. Stream bytes: bytes on the QUIC stream;
     * header bytes: size of the header section as encoded by QPACK; body bytes: payload of DATA frames; header count and header
     * text bytes: number of header fields and the sum of the lengths of their names and values.
     */
    probe h3s_stream_stats(uint64_t conn_id, uint64_t stream_id, uint64_t request_stream_bytes, uint64_t request_header_bytes,
                           uint64_t request_body_bytes, uint64_t request_header_count, uint64_t request_header_text_bytes,
                           uint64_t response_stream_bytes, uint64_t response_header_bytes, uint64_t response_body_bytes,
                           uint64_t response_header_count, uint64_t response_header_text_bytes);
    /**
     * An HTTP/3 frame was read from a request stream or a control stream, as server or as client. `bytes` is the payload, but NULL
     * for DATA (type 0) and for frames above the size limit; `bytes_len` is the length that the frame header states. A HEADERS
     * frame that has to wait for QPACK is read, and reported, again.
     */
    probe h3_frame_receive(uint64_t frame_type, const void *bytes, size_t bytes_len);

    /* --- QUIC packets, before they reach a connection --- */

    /**
     * A QUIC packet was found in a datagram, but has not been associated with a connection yet; fires for each of coalesced
     * packets, and for packets forwarded to this thread. `bytes` is the packet as it was on the wire. `dest` is of family AF_UNSPEC
     * if the local address is unknown.
     */
    probe h3_packet_receive(struct sockaddr *dest, struct sockaddr *src, const void *bytes, size_t bytes_len);
    /**
     * Packets that belong to another thread or node were written to `fd`; errors are not detected. `dest` and `src` are the
     * addresses of the datagram as received, `num_bytes` does not include the header added for forwarding.
     */
    probe h3_packet_forward(struct sockaddr *dest, struct sockaddr *src, size_t num_packets, size_t num_bytes, int fd);
    /**
     * Packets were not forwarded, because the node named by their connection ID is not configured.
     */
    probe h3_packet_forward_to_node_ignore(uint64_t node_id);
    /**
     * Packets were not forwarded, because there is no such thread, or because it is this very thread and it accepts no more
     * connections (e.g., during graceful shutdown).
     */
    probe h3_packet_forward_to_thread_ignore(uint32_t thread_id);
    /**
     * A datagram forwarded by another thread or node was received and unwrapped. `dest` and `src` are the original addresses,
     * `num_bytes` is the size without the header added for forwarding.
     */
    probe h3_forwarded_packet_receive(struct sockaddr *dest, struct sockaddr *src, size_t num_bytes);

    /* --- CONNECT and CONNECT-UDP tunnels --- */

    /**
     * A TCP connection to `dest` is about to be attempted; fires for each address that is tried.
     */
    probe connect_tcp_start(uint64_t conn_id, uint64_t req_id, struct sockaddr *dest);
    /**
     * `num_bytes` bytes received from the client are about to be written to the server.
     */
    probe connect_tcp_write(uint64_t conn_id, uint64_t req_id, size_t num_bytes);
    /**
     * Writing to the server has failed, the tunnel is being closed. `err` is a NUL-terminated message.
     */
    probe connect_tcp_write_error(uint64_t conn_id, uint64_t req_id, const char *err);
    /**
     * `num_bytes` bytes were read from the server and are about to be sent to the client.
     */
    probe connect_tcp_read(uint64_t conn_id, uint64_t req_id, size_t num_bytes);
    /**
     * Reading from the server has ended. `err` is a NUL-terminated message; an orderly close by the server is reported here too, as
     * "socket closed by peer".
     */
    probe connect_tcp_read_error(uint64_t conn_id, uint64_t req_id, const char *err);
    /**
     * A UDP socket is about to be connected to `dest`; fires for each address that is tried.
     */
    probe connect_udp_start(uint64_t conn_id, uint64_t req_id, struct sockaddr *dest);
    /**
     * A datagram is about to be sent to the server; fires for each datagram. `num_bytes` is the size of the UDP payload. Errors are
     * not detected.
     */
    probe connect_udp_write(uint64_t conn_id, uint64_t req_id, size_t num_bytes);
    /**
     * A datagram was received from the server. `num_bytes` is the size of the UDP payload, which may be 0.
     */
    probe connect_udp_read(uint64_t conn_id, uint64_t req_id, size_t num_bytes);
    /**
     * A tunnel could not be established. `error_type` is an error type of the Proxy-Status header field (e.g., dns_error,
     * connection_refused, destination_ip_prohibited), `details` a message, `rcode` the DNS response code by name (e.g., NXDOMAIN).
     * The strings are NUL-terminated, the last two may be NULL.
     */
    probe connect_error(uint64_t conn_id, uint64_t req_id, const char *error_type, const char *details, const char *rcode);
    /**
     * A tunnel was established, `dest` being the address in use. For UDP, it does not mean that the server has responded.
     */
    probe connect_success(uint64_t conn_id, uint64_t req_id, struct sockaddr *dest);
    /**
     * The I/O timer of an established tunnel has fired, the tunnel is being closed. It fires not only after inactivity, but also
     * when a close needs a second step.
     */
    probe connect_io_timeout(uint64_t conn_id, uint64_t req_id);
    /**
     * The tunnel is being discarded, whether it was established or not. Fires for each request that got as far as resolving the
     * name of the server.
     */
    probe connect_dispose(uint64_t conn_id, uint64_t req_id);
};
