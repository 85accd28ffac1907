/* ASSERTION: a block in a line comment ends with the line */
// @appdata {"a": [
provider app {
    probe a(int x);
};
