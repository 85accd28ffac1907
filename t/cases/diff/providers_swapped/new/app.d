provider lib {
    probe b(int x);
};
provider app {
    probe a(int x);
};
