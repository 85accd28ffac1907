/* ASSERTION: a number */

/* @appdata {"a": [1]}
*/

provider app {
    probe a(int x, int y);
};
