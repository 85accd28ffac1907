/* ASSERTION: the rest of a conflict that was resolved halfway */
provider app {
    probe a(int x);
=======
    probe a(int x, int y);
>>>>>>> topic
};
>>>>>>> another
