/* ASSERTION: the same in a list of arguments: no second message about the list */
provider app {
    probe a(int x, /* not closed
            int y);
};
