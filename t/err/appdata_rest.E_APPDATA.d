/* ASSERTION: something after the object */

/* @appdata {"a": ["x"]} }
*/

provider app {
    probe a(int x, int y);
};
