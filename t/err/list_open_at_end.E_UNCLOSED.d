/* ASSERTION: one message for a list at the end of the file, none for the provider */
provider app {
    probe a(int x,
