/* ASSERTION: as is a control character, in a comment too: [31m */
provider app {
    probe b(int x;
};
