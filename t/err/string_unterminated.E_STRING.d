/* ASSERTION: a string ends on its line; one message each, and what follows is read */
inline string A = "without end;
inline char B = 'x;
inline string C = "with end";
provider app {
    probe a(int x);
};
