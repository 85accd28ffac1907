/* ASSERTION: a missing comma in @appdata is reported in its line of the .d file */

/* @appdata
{
    "a": ["x", "y"]
    "b": ["x"]
}
*/

provider app {
    probe a(int x, int y);
};
