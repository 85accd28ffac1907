/* Arguments that compilers have names of their own for, see operands.c. */
provider witness {
    probe floats(double a, float b, double c, float d, double e, float f, double g, float h);
    probe addresses(const char *array, const char *element, const char *literal, const char *local, const char *unknown_size, void *function,
                    void *variable, void *member);
    probe cast(uintptr_t address, void *function);
    probe threads(long exported, int hidden);
    probe thread_struct(short number, const char *text);
    probe globals(long exported, int hidden);
    probe global_floats(double exported, float hidden);
    probe bits(int few, unsigned fewer, int64_t many, bool one);
    probe kinds(int changes, int in_register, int fixed, int comma, int statement, int packed, int negative, bool compared);
    probe twelve(double a, const char *b, float c, const char *d, int e, double f, const char *g, long h, float i, bool j, double k, int l);
};
