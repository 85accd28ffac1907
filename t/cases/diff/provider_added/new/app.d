provider app {
    probe a(int x);
};

provider lib {
    probe b(int x);
    probe c(int y);
};
