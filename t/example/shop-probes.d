/* The probes of the example: a shop that takes orders. */

provider shop {
    /** It opens its door. */
    probe open(const char *name);
    /** Somebody orders; `item` is not NUL-terminated. */
    probe order(struct st_order *order, const char *item, size_t item_len, int is_first);
    /** It closes. */
    probe close(unsigned num_orders, uint64_t cents);
};
