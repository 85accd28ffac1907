/* ASSERTION: a block without JSON is no mistake of the definition, and told */

/* @appdata
*/

provider app {
    probe a(int x, int y);
};
