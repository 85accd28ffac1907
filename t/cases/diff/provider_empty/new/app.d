provider app {
    probe a(int x);
};

provider lib {
};
