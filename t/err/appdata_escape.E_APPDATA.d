/* ASSERTION: an escape sequence that JSON has not */

/* @appdata {"a\x": ["x"]}
*/

provider app {
    probe a(int x, int y);
};
