provider lib {
    probe b(int x);
};
