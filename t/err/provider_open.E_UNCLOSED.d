/* ASSERTION: a provider without its brace is reported where it begins */
provider first {
    probe a(int x);
};
provider second {
    probe a(int x);
