/* ASSERTION: a key without quotes */

/* @appdata {a: ["x"]}
*/

provider app {
    probe a(int x, int y);
};
