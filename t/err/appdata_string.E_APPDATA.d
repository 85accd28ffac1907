/* ASSERTION: a string without end */

/* @appdata {"a": ["x, "y"]}
*/

provider app {
    probe a(int x, int y);
};
