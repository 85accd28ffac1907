/* ASSERTION: a probe that is listed twice */

/* @appdata
{
    "a": ["x"],
    "b": [],
    "\u0061": ["y"]
}
*/

provider app {
    probe a(int x, int y);
};
