/* ASSERTION: an array instead of an object */

/* @appdata ["a"]
*/

provider app {
    probe a(int x, int y);
};
