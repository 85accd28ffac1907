/* ASSERTION: the end of the comment comes too early */

/* @appdata
{
    "a": ["x"]
*/

provider app {
    probe a(int x, int y);
};
