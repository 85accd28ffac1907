/* ASSERTION: a block without JSON */

/* @appdata
*/

provider app {
    probe a(int x, int y);
};
