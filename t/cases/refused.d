/* Events of connections that come and go where others were: traced by 92refused.t. `n` counts the events of a process. */
provider inn {
    probe arrive(struct st_guest *guest, uint32_t n);
    probe stay(uint64_t guest_id, uint32_t n);
};
