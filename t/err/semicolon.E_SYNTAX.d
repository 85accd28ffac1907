/* ASSERTION: what is left open at the end, or runs into another declaration, is no missing ';' alone */
typedef int x_t typedef int y_t;
provider app {
    probe a(int x) : ;
};
typedef int z_t
