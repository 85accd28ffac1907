/* ASSERTION: a comma too many, at the end, at the start, in the midst */
provider app {
    probe a(int x, );
    probe b(, int x);
    probe c(int x,, int y);
    probe d(,);
    probe e(int x) : (int y,);
    probe f(int x,
            int y,
            );
    probe last(int x);
};
