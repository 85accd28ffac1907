/* ASSERTION: hexadecimal digits */

/* @appdata {"a": ["\u12g4"]}
*/

provider app {
    probe a(int x, int y);
};
