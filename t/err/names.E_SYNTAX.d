/* ASSERTION: keywords and other things in the place of a name */
provider struct {
    probe a(int x);
};
provider {
    probe a(int x);
};
provider 2nd {
    probe a(int x);
};
provider provider {
    probe a(int x);
};
provider "quoted" {
    probe a(int x);
};
provider app
    probe a(int x);
};
provider names {
    probe struct(int x);
    probe int(int x);
    probe typedef(int x);
    probe probe(int x);
    probe (int x);
    probe "quoted"(int x);
    probe a(int return);
    probe b(return x);
    probe c(char *default, int y);
    probe
    probe last(int x);
};
