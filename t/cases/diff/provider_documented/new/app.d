/** new words */
provider app {
    probe a(int x);
};
