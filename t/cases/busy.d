/* Probes of a target whose debug information is more work than anybody has time for: see 98hostile.t. */
provider busy {
    probe one(struct st_easy *easy, long number);
    probe two(struct st_busy *busy);
};
