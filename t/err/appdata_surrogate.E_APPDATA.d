/* ASSERTION: half of a surrogate pair */

/* @appdata {"a": ["\ud83d"]}
*/

provider app {
    probe a(int x, int y);
};
