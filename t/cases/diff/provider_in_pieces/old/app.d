provider app {
    probe a(int x);
};
provider app {
    probe b(int x);
};
provider app {
    probe c(int x);
};
