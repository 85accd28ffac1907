/* Events of connections, told in every way: traced by 92connections.t. `n` is the number of the connection in the program. */
provider post {
    probe opened(struct st_line *line, uint32_t n);
    probe letter(uint64_t office_id, uint32_t n);
    probe office(struct st_office *office, uint32_t n);
    probe line(struct st_line *line, uint32_t n);
    probe call(struct st_call *call, uint32_t n);
    probe trunk(uint32_t n, struct st_trunk *trunk);
    probe copied(uint64_t office_id, uint32_t n);
    probe slip(struct st_slip *slip, uint32_t n);
    probe weather(uint32_t n);
    probe delivered(struct st_trunk *trunk, uint32_t n);
    probe stamp(uint32_t n);
    probe season(uint32_t n); /* the program has no such site */
};
