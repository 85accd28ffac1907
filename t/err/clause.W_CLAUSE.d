/* ASSERTION: clauses in a file with providers are passed over, which is told once, at the first */
int sum(int a, int b) { return a + b; }
BEGIN { printf("start\n"); }
provider app { probe a(int x); };
app$target:::a
/arg0 > 3 && execname != "x"/
{
    @counts[probefunc] = count();
}
:::END, *:::ERROR { exit(0); }
syscall::open*:entry { self->x = 1; };
