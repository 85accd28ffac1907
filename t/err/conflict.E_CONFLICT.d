/* ASSERTION: one message for each conflict; one side is read on, comments may be divided by it, rulers in comments are none
=======
 */
provider app {
<<<<<<< HEAD
    probe a(int x);
=======
    probe a(int x, int y);
>>>>>>> topic
    probe b(int x,
<<<<<<< HEAD
            int y
||||||| base
            int w
=======
            int z
>>>>>>> topic
            );
    /**
<<<<<<< HEAD
     * ours
=======
     * theirs
>>>>>>> topic
     */
    probe c(int x int y);
};
