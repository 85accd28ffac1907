/* ASSERTION: a missing '(' */
provider app {
    probe a;
    probe b int x);
    probe c-d(int x);
    probe e(int x) : int y;
    probe f(int x) : ;
    probe g[int x];
    probe last(int x);
};
