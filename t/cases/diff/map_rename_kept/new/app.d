provider app {
    probe c(int z);
    probe b(int y);
};
