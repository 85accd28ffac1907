/*
 * Probe sites: the fixed half of every header that probegen writes for programs. Each of these headers has all of it, so that it
 * needs no other file; the first one that is included counts. It needs ELF, and a compiler that knows GNU C's asm (gcc, clang).
 *
 * A site is one no-op, and a note beside the code that says where it is and where its arguments are at that moment:
 * https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation. An argument's text there is [-]N[f]@OPERAND: its size in
 * bytes, - if it is signed, f if it is a floating-point number, and the operand as the assembler writes it. The compiler
 * chooses the operands where it has the values anyway, and puts them into the text of the asm statement.
 */
#ifndef PROBEGEN_SITE_H
#define PROBEGEN_SITE_H

#if !defined(__ELF__) || !defined(__GNUC__)
#error "probe sites need ELF and GNU C"
#endif

/* ---- what an argument is ---- */

/*
 * PROBEGEN_TYPE(): the type of the value that is passed: of an array or a function, the pointer to it.
 * PROBEGEN_SIZE(): its size, negative when it is signed. PROBEGEN_IS_FLOAT(): 1 or 0.
 * Nothing here evaluates the argument.
 */
#ifdef __cplusplus

/* the integer types of the language, and nothing else, are signed: no enumeration is */
extern "C++" {
template <typename T> T probegen_decay(T);
template <typename T> struct probegen_type {
    static const int sign = 1, is_float = 0;
};
template <int s, int f> struct probegen_arithmetic {
    static const int sign = s, is_float = f;
};
template <> struct probegen_type<char> : probegen_arithmetic<char(-1) < char(1) ? -1 : 1, 0> {
};
template <> struct probegen_type<wchar_t> : probegen_arithmetic<wchar_t(-1) < wchar_t(1) ? -1 : 1, 0> {
};
template <> struct probegen_type<signed char> : probegen_arithmetic<-1, 0> {
};
template <> struct probegen_type<short> : probegen_arithmetic<-1, 0> {
};
template <> struct probegen_type<int> : probegen_arithmetic<-1, 0> {
};
template <> struct probegen_type<long> : probegen_arithmetic<-1, 0> {
};
template <> struct probegen_type<long long> : probegen_arithmetic<-1, 0> {
};
template <> struct probegen_type<float> : probegen_arithmetic<1, 1> {
};
template <> struct probegen_type<double> : probegen_arithmetic<1, 1> {
};
template <> struct probegen_type<long double> : probegen_arithmetic<1, 1> {
};
}
#define PROBEGEN_TYPE(x) __typeof__(probegen_decay(x))
#define PROBEGEN_SIZE(x) (probegen_type<PROBEGEN_TYPE(x)>::sign * static_cast<int>(sizeof(PROBEGEN_TYPE(x))))
#define PROBEGEN_IS_FLOAT(x) (probegen_type<PROBEGEN_TYPE(x)>::is_float)

#else

#define PROBEGEN_TYPE(x) __typeof__(((void)0, (x)))
/* 1 to 4: integers, characters, enumerations, booleans; 8: floating-point numbers (typeclass.h of gcc) */
#define PROBEGEN_CLASS(x) __builtin_classify_type((PROBEGEN_TYPE(x))0)
#define PROBEGEN_SIZE(x)                                                                                                           \
    ((__builtin_choose_expr(PROBEGEN_CLASS(x) >= 1 && PROBEGEN_CLASS(x) <= 4, (PROBEGEN_TYPE(x)) - 1, 1) < 1 ? -1 : 1) *           \
     (int)sizeof(PROBEGEN_TYPE(x)))
#define PROBEGEN_IS_FLOAT(x) (PROBEGEN_CLASS(x) == 8)

#endif

/* ---- what differs by processor ---- */

#ifdef __LP64__
#define PROBEGEN_ADDRESS ".8byte "
#else
#define PROBEGEN_ADDRESS ".4byte "
#endif

#if defined(__s390__)
#define PROBEGEN_NOP "nop 0"
#else
#define PROBEGEN_NOP "nop"
#endif

/* how an operand is printed */
#if defined(__i386__)
#define PROBEGEN_OPERAND(name) "%k[" name "]" /* %esi has no name for one byte of it */
#elif defined(__powerpc__)
#define PROBEGEN_OPERAND(name) "%I[" name "]%[" name "]"
#else
#define PROBEGEN_OPERAND(name) "%[" name "]"
#endif

/* where it may be: a constant, memory without side effects, a register; builds that need another choice set it as for sys/sdt.h */
#if defined(STAP_SDT_ARG_CONSTRAINT)
#define PROBEGEN_CONSTRAINT PROBEGEN_STRING(STAP_SDT_ARG_CONSTRAINT)
#define PROBEGEN_STRING(x) PROBEGEN_STRING_(x)
#define PROBEGEN_STRING_(x) #x
#elif defined(__powerpc__)
#define PROBEGEN_CONSTRAINT "nZr"
#elif defined(__arm__)
#define PROBEGEN_CONSTRAINT "g"
#else
#define PROBEGEN_CONSTRAINT "nor"
#endif

/*
 * The no-op of 5 bytes, for --site=nop5. While a tracer listens, Linux 6.18 on x86-64 makes a call of it, into a trampoline with a
 * system call, which is cheaper than the trap of a breakpoint. That call writes 32 bytes below the stack pointer, where a function
 * that calls no other may keep its variables (the red zone): they would be lost, even those that the note names. So a function with
 * such a site must not use the red zone. No attribute says that to the compiler; but a function that calls another one has none,
 * even if it never gets there: the jump to the call exists for the compiler only, it is no instruction.
 */
#if defined(__x86_64__)
#define PROBEGEN_NOP5 ".byte 0x0f,0x1f,0x44,0x00,0x00"
#define PROBEGEN_NO_RED_ZONE()                                                                                                     \
    __extension__({                                                                                                                \
        __label__ never;                                                                                                           \
        __asm__ goto("" : : : : never);                                                                                            \
        if (0) {                                                                                                                   \
        never:                                                                                                                     \
            __builtin_abort();                                                                                                     \
        }                                                                                                                          \
    })
#else
#define PROBEGEN_NOP5 PROBEGEN_NOP
#define PROBEGEN_NO_RED_ZONE() ((void)0)
#endif

/* ---- sites ---- */

/* Argument n in the note, blanks between them. A bit of `floats` says whether it is followed by 'f' (102). */
#define PROBEGEN_TEXT(n, x)                                                                                                        \
    ".fill (" #n ">1)&1,1,32\n"                                                                                                    \
    ".ascii \"%c[size" #n "]\"\n"                                                                                                  \
    ".fill (%c[floats]>>" #n ")&1,1,102\n"                                                                                         \
    ".ascii \"@" PROBEGEN_OPERAND("value" #n) "\"\n"
/* the same as operands of the asm statement */
#define PROBEGEN_IN(n, x) , [size##n] "n"(PROBEGEN_SIZE(x)), [value##n] PROBEGEN_CONSTRAINT(x)
/* bit n is set when argument n is a floating-point number */
#define PROBEGEN_FLOAT(n, x) | PROBEGEN_IS_FLOAT(x) << n

/* m(1, a) m(2, b) ... */
#define PROBEGEN_EACH1(m, a) m(1, a)
#define PROBEGEN_EACH2(m, a, b) PROBEGEN_EACH1(m, a) m(2, b)
#define PROBEGEN_EACH3(m, a, b, c) PROBEGEN_EACH2(m, a, b) m(3, c)
#define PROBEGEN_EACH4(m, a, b, c, d) PROBEGEN_EACH3(m, a, b, c) m(4, d)
#define PROBEGEN_EACH5(m, a, b, c, d, e) PROBEGEN_EACH4(m, a, b, c, d) m(5, e)
#define PROBEGEN_EACH6(m, a, b, c, d, e, f) PROBEGEN_EACH5(m, a, b, c, d, e) m(6, f)
#define PROBEGEN_EACH7(m, a, b, c, d, e, f, g) PROBEGEN_EACH6(m, a, b, c, d, e, f) m(7, g)
#define PROBEGEN_EACH8(m, a, b, c, d, e, f, g, h) PROBEGEN_EACH7(m, a, b, c, d, e, f, g) m(8, h)
#define PROBEGEN_EACH9(m, a, b, c, d, e, f, g, h, i) PROBEGEN_EACH8(m, a, b, c, d, e, f, g, h) m(9, i)
#define PROBEGEN_EACH10(m, a, b, c, d, e, f, g, h, i, j) PROBEGEN_EACH9(m, a, b, c, d, e, f, g, h, i) m(10, j)
#define PROBEGEN_EACH11(m, a, b, c, d, e, f, g, h, i, j, k) PROBEGEN_EACH10(m, a, b, c, d, e, f, g, h, i, j) m(11, k)
#define PROBEGEN_EACH12(m, a, b, c, d, e, f, g, h, i, j, k, l) PROBEGEN_EACH11(m, a, b, c, d, e, f, g, h, i, j, k) m(12, l)

/*
 * The address from which tracers know how far prelink has moved a program: one byte, of which the linker keeps one. An asm
 * statement without operands may read all memory, so what arguments point to is there when a tracer reads it.
 */
#define PROBEGEN_BASE()                                                                                                            \
    __asm__ __volatile__(".ifndef _.stapsdt.base\n"                                                                                \
                         ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"                                   \
                         ".weak _.stapsdt.base\n"                                                                                  \
                         ".hidden _.stapsdt.base\n"                                                                                \
                         "_.stapsdt.base: .space 1\n"                                                                              \
                         ".size _.stapsdt.base,1\n"                                                                                \
                         ".popsection\n"                                                                                           \
                         ".endif\n")

/*
 * A site and its note: of a probe without arguments, of one with `n`. "?" puts the note into the group of sections that the code is
 * in, so that it goes when the linker drops one of two equal functions.
 */
#define PROBEGEN_NOTED(nop, provider, name, text, float_bits, inputs)                                                              \
    do {                                                                                                                           \
        __asm__ __volatile__("9901: " nop "\n"                                                                                     \
                             ".pushsection .note.stapsdt,\"?\",\"note\"\n"                                                         \
                             ".balign 4\n"                                                                                         \
                             ".4byte 9903f-9902f,9905f-9904f,3\n"                                                                  \
                             "9902: .asciz \"stapsdt\"\n"                                                                          \
                             "9903: .balign 4\n"                                                                                   \
                             "9904: " PROBEGEN_ADDRESS "9901b\n" PROBEGEN_ADDRESS "_.stapsdt.base\n" PROBEGEN_ADDRESS provider     \
                             "_" name "_semaphore\n"                                                                               \
                             ".asciz \"" provider "\"\n"                                                                           \
                             ".asciz \"" name "\"\n" text ".byte 0\n"                                                              \
                             "9905: .balign 4\n"                                                                                   \
                             ".popsection\n"                                                                                       \
                             :                                                                                                     \
                             : [floats] "n"(0 float_bits)inputs);                                                                  \
        PROBEGEN_BASE();                                                                                                           \
    } while (0)

#define PROBEGEN_SITE0(nop, provider, name) PROBEGEN_NOTED(nop, provider, name, "", , )
#define PROBEGEN_SITE(n, nop, provider, name, ...)                                                                                 \
    PROBEGEN_NOTED(nop, provider, name, PROBEGEN_EACH##n(PROBEGEN_TEXT, __VA_ARGS__),                                              \
                   PROBEGEN_EACH##n(PROBEGEN_FLOAT, __VA_ARGS__), PROBEGEN_EACH##n(PROBEGEN_IN, __VA_ARGS__))

#endif
