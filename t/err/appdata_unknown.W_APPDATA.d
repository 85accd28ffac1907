/* ASSERTION: @appdata that names what is not there is told, and no mistake: h2o's own names probes of other builds */
/* @appdata
{
    "a": ["x", "w"],
    "nothing": ["x"]
}
*/
provider app {
    probe a(int x, int y);
};
