/** old words */
provider app {
    probe a(int x);
};
