/* ASSERTION: so is a comma too many */

/* @appdata
{
    "a": ["x", "y", ],
}
*/

provider app {
    probe a(int x, int y);
};
