/* What only the benchmark measures: t/bench/operands.c fires it. */

provider bench {
    /* all arguments are in memory, behind one register */
    probe operands(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);
};
