/* ASSERTION: SystemTap takes digits in front and dollar signs in names; only words of the language itself cannot be names */

provider app_1$x {
    probe __leading__and__double();
    probe 2fast(int x);
    probe 123();
    probe a$b$();
    probe $first();
    probe return(int x);
    probe default();
    probe static();
    probe inline();
    probe translator();
    probe string();
    probe bool();
    probe free(void *p);
    probe A(int __x, int _, int x1$);
};
provider _ { probe x(); };
