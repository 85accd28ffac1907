/* ASSERTION: a conflict is reported where it begins, and nothing else of its file; rulers in comments are none
=======
 */
provider app {
<<<<<<< HEAD
    probe a(int x);
=======
    probe a(int x, int y);
>>>>>>> topic
    probe c(int x int y);
};
