/* Definitions for the golden files of the audit's formats. */
typedef struct st_shop_cart cart_t;

/** Orders: <b>not bold</b> & "quoted". */
provider shop {
    /**
     * An order was placed. `items` is how many things are in it; `note` is what the customer wrote, up to `note_len` bytes.
     *
     * </style></script><script>document.title = "taken over"</script> <img src=x onerror=alert(1)> *no* _markup_ | @someone #12
     */
    probe order(uint64_t id, int items, const char *note, size_t note_len, const char *card_token, cart_t *cart);
    /** Paid, or not: `is_paid`. */
    probe pay(uint64_t id, int is_paid, unsigned short cents, double rate);
    /** Nobody calls it. */
    probe idle(void);
    probe trouble(const char *what, uint8_t *bytes, size_t num_bytes);
    /** Calls are under `#if`. Straße, 店 — and a byte of Latin-1: �. */
    probe debug_dump(void *from, const char *text);
};

provider stock {
    /** Things came in. */
    probe refill(uint32_t shelf, int64_t amount);
    /** Skipped by the map. */
    probe audit_only(int depth);
    /** Shelves are empty. */
    probe out(uint32_t shelf);
};

/* no documentation */
provider empty_ {
    probe nothing();
};
