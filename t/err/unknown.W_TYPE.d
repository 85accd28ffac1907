/* ASSERTION: a type that nothing declares is told once, without its qualifiers */
typedef unknown_t known_t;
provider app {
    probe a(Oid x, const Oid y, Oid const, Oid *z);
    probe b(Oid x, known_t y, uint64_t z);
};
