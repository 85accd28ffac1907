provider lib {
    probe b(long x);
};
