/* ASSERTION: an argument that is not in a list */

/* @appdata {"a": "x"}
*/

provider app {
    probe a(int x, int y);
};
