/* ASSERTION: the rest of a conflict that was resolved halfway */
provider app {
    probe a(int x);
>>>>>>> another
    probe a(int x, int y);
};
