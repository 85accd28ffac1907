/* What only the benchmark measures: t/bench/request.c fires it. */

provider bench {
    /* the number of the connection, in memory where its struct has it, as h2o passes it */
    probe request(uint64_t conn_id, uint64_t req_id);
};
