/* ASSERTION: @appdata blocks are read, are no documentation, and are told from prose */
/* @appdata
{
    "a": ["x", "y"],
    "b": [],
    "esc\u0061ped\"\\\/\n\u00e9\u20ac\ud83d\ude00": ["\t"]
}
*/
/* see @appdata above */
provider app {
    /* @appdata {} */
    probe a(int x, int y);
    // @appdata {"c": ["z"]}
    probe b();
    /**
     * @appdata
     * {
     *     "starred": ["x"],
     *     "in several lines": [
     *         "y"
     *     ]
     * }
     */
    probe c(int z);
    /** Arguments that @appdata lists, and @appdatas. */
    probe d();
};
