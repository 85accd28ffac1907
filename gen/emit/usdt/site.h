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
 * PROBEGEN_SIZE(): the size of the value that is passed (of an array or a function, the pointer to it), negative when it is signed.
 * PROBEGEN_IS_FLOAT(): 1 or 0.
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
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wlong-long" /* C++98 has none */
typedef long long probegen_long_long;
#pragma GCC diagnostic pop
template <> struct probegen_type<probegen_long_long> : probegen_arithmetic<-1, 0> {
};
template <> struct probegen_type<float> : probegen_arithmetic<1, 1> {
};
template <> struct probegen_type<double> : probegen_arithmetic<1, 1> {
};
template <> struct probegen_type<long double> : probegen_arithmetic<1, 1> {
};
/* functions, since a statement expression can be an argument of these and of no template */
template <typename T> char (&probegen_sign(T))[probegen_type<T>::sign + 2];
template <typename T> char (&probegen_is_float(T))[probegen_type<T>::is_float + 1];
}
#define PROBEGEN_SIZE(x) (PROBEGEN_SIGN(x) * static_cast<int>(sizeof(probegen_decay(x))))
#define PROBEGEN_SIGN(x) (static_cast<int>(sizeof(probegen_sign(x))) - 2)
#define PROBEGEN_IS_FLOAT(x) (static_cast<int>(sizeof(probegen_is_float(x))) - 1)

#else

#define PROBEGEN_RVALUE(x) ((void)0, (x))
#define PROBEGEN_TYPE(x) __typeof__(PROBEGEN_RVALUE(x))
/* 1 to 4: integers, characters, enumerations, booleans; 5: pointers; 8: floating-point numbers (typeclass.h of gcc) */
#define PROBEGEN_CLASS(x) __builtin_classify_type(PROBEGEN_RVALUE(x))
#define PROBEGEN_IS_INTEGER(x) (PROBEGEN_CLASS(x) >= 1 && PROBEGEN_CLASS(x) <= 4)
/* the type of an integer, and one that is unsigned in the place of all others */
#define PROBEGEN_INTEGER(x) __typeof__(__builtin_choose_expr(PROBEGEN_IS_INTEGER(x), PROBEGEN_RVALUE(x), 0U))
#define PROBEGEN_SIZE(x) (((PROBEGEN_INTEGER(x)) - 1 < 1 ? -1 : 1) * (int)sizeof(PROBEGEN_TYPE(x)))
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

/*
 * Where it may be: a constant, memory without side effects, a register; builds that need another choice set it as for sys/sdt.h.
 * Of two that fit clang takes memory, always: it would store each argument for the note, and keep constants where nobody finds
 * them. Processors with 14 registers or more have one for each of twelve arguments.
 */
#if defined(STAP_SDT_ARG_CONSTRAINT)
#define PROBEGEN_CONSTRAINT PROBEGEN_STRING(STAP_SDT_ARG_CONSTRAINT)
#define PROBEGEN_STRING(x) PROBEGEN_STRING_(x)
#define PROBEGEN_STRING_(x) #x
#elif defined(__powerpc__)
#define PROBEGEN_CONSTRAINT "nZr"
#elif defined(__arm__)
#define PROBEGEN_CONSTRAINT "g"
#elif defined(__clang__) && (defined(__x86_64__) || defined(__aarch64__))
#define PROBEGEN_CONSTRAINT "nr"
#define PROBEGEN_IN_REGISTERS
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

/* ---- how a value is passed ---- */

/*
 * PROBEGEN_PASSED(): what the asm statement gets of an argument, which is evaluated here and nowhere else.
 *
 * clang gets numbers and pointers, and the first bytes of what no register can hold (long double, structs): readers see from the
 * size that these are no number.
 *
 * gcc, when it optimizes, names constants in its own way: a floating-point number is the memory where it keeps it (.LC0, which no
 * file names), an address in a shared library the entry of the GOT. The empty asm statement has these in a register. All else is
 * passed as it is, in memory, too.
 */
#if defined(PROBEGEN_IN_REGISTERS) && !defined(__cplusplus)

#define PROBEGEN_PASSED(x)                                                                                                         \
    __builtin_choose_expr(sizeof(PROBEGEN_TYPE(x)) <= 8 && (PROBEGEN_CLASS(x) <= 5 || PROBEGEN_IS_FLOAT(x)), PROBEGEN_RVALUE(x),   \
                          __extension__({                                                                                          \
                              union {                                                                                              \
                                  PROBEGEN_TYPE(x) value;                                                                          \
                                  long long bits;                                                                                  \
                              } probegen_passed = {(x)};                                                                           \
                              probegen_passed.bits;                                                                                \
                          }))

#elif defined(PROBEGEN_IN_REGISTERS)

extern "C++" {
struct probegen_bits {
    probegen_long_long bits;
    template <typename T> probegen_bits(const T &value) : bits()
    {
        __builtin_memcpy(&bits, &reinterpret_cast<const char &>(value), sizeof(T) < sizeof(bits) ? sizeof(T) : sizeof(bits));
    }
};
template <typename T, bool is_whole> struct probegen_register {
    typedef T type;
};
template <typename T> struct probegen_register<T, false> {
    typedef probegen_bits type;
};
template <typename T> typename probegen_register<T, sizeof(T) <= 8 && __is_scalar(T)>::type probegen_passed(T);
}
#define PROBEGEN_PASSED(x) static_cast<__typeof__(probegen_passed(x))>(x)

#elif defined(__clang__) && !defined(__cplusplus)

#define PROBEGEN_PASSED(x) PROBEGEN_RVALUE(x) /* the value: a bit-field is nowhere in memory */

#elif defined(__clang__)

#define PROBEGEN_PASSED(x) static_cast<__typeof__(probegen_decay(x))>(x)

#elif !defined(__OPTIMIZE__)

#define PROBEGEN_PASSED(x) (x)

#elif !defined(__cplusplus)

#define PROBEGEN_IS_POINTER(x) (PROBEGEN_CLASS(x) == 5)
/* whether it is an array or a function, whose address is passed */
#define PROBEGEN_DECAYS(x)                                                                                                         \
    (!__builtin_types_compatible_p(__typeof__(__builtin_choose_expr(PROBEGEN_IS_POINTER(x), (x), 0)),                              \
                                   __typeof__(__builtin_choose_expr(PROBEGEN_IS_POINTER(x), PROBEGEN_RVALUE(x), 0))))
#define PROBEGEN_SETTLED(declaration, is_constant)                                                                                 \
    __extension__({                                                                                                                \
        declaration;                                                                                                               \
        if (is_constant)                                                                                                           \
            __asm__("" : "+r"(probegen_value));                                                                                    \
        probegen_value;                                                                                                            \
    })
#define PROBEGEN_FLOAT(x)                                                                                                          \
    PROBEGEN_SETTLED(__typeof__(__builtin_choose_expr(PROBEGEN_IS_FLOAT(x), PROBEGEN_RVALUE(x), 0.0) + 0) probegen_value =         \
                         __builtin_choose_expr(PROBEGEN_IS_FLOAT(x), (x), 0.0),                                                    \
                     __builtin_constant_p(probegen_value))
#define PROBEGEN_POINTER(x)                                                                                                        \
    PROBEGEN_SETTLED(const void *probegen_value =                                                                                  \
                         (const void *)(__UINTPTR_TYPE__) __builtin_choose_expr(PROBEGEN_IS_POINTER(x), PROBEGEN_RVALUE(x), 0),    \
                     PROBEGEN_DECAYS(x) || __builtin_object_size(probegen_value, 0) != (__SIZE_TYPE__)-1)
#define PROBEGEN_PASSED(x)                                                                                                         \
    __builtin_choose_expr(PROBEGEN_IS_FLOAT(x) && sizeof(PROBEGEN_TYPE(x)) <= sizeof(long), PROBEGEN_FLOAT(x),                     \
                          __builtin_choose_expr(PROBEGEN_IS_POINTER(x), PROBEGEN_POINTER(x), (x)))

#else

extern "C++" {
enum probegen_kind_t { PROBEGEN_OTHER, PROBEGEN_FLOAT, PROBEGEN_POINTER };
template <typename T> struct probegen_kind {
    static const probegen_kind_t value = probegen_type<T>::is_float && sizeof(T) <= sizeof(long) ? PROBEGEN_FLOAT : PROBEGEN_OTHER;
};
template <typename T> struct probegen_kind<T *> {
    static const probegen_kind_t value = PROBEGEN_POINTER;
};
template <typename T> char (&probegen_kind_of(T))[probegen_kind<T>::value + 1];
template <probegen_kind_t> struct probegen_is_constant {
    template <typename T> static inline __attribute__((always_inline)) bool of(T value)
    {
        return __builtin_constant_p(value);
    }
};
template <> struct probegen_is_constant<PROBEGEN_POINTER> {
    template <typename T> static inline __attribute__((always_inline)) bool of(T value)
    {
        union {
            T typed;
            const void *plain; /* of a function, too */
        } pointer = {value};
        return __builtin_object_size(pointer.plain, 0) != static_cast<__SIZE_TYPE__>(-1);
    }
};
template <typename T> inline __attribute__((always_inline)) T probegen_settled(T value)
{
    if (probegen_is_constant<probegen_kind<T>::value>::of(value))
        __asm__("" : "+r"(value));
    return value;
}
}
#define PROBEGEN_PASSED(x) (sizeof(probegen_kind_of(x)) != PROBEGEN_OTHER + 1 ? probegen_settled(x) : (x))

#endif

/* ---- how an operand is written ---- */

/*
 * Argument n in the note: PROBEGEN_OPERAND_TEXT() is what stands after the '@', PROBEGEN_BEFORE() what comes before the site.
 *
 * gcc on x86-64 may write an operand with a name: of a variable (counter(%rip)), which stripped files do not have, of a variable
 * of the thread (%fs:depth@tpoff), whose address is in no register, of an entry of the GOT. Only the assembler gets to see it. So
 * it looks whether there is one, and then adds an instruction before the site that has the value in one of two registers which
 * functions seldom need. That is for two arguments of a site; where no operand has a name there is no such instruction.
 *
 * {x|y} in an asm statement is x in AT&T's syntax and y in Intel's. There, marks are added to constants and registers, so that they
 * are the same as in AT&T's, and what is in memory is taken for a name.
 */
#if defined(__x86_64__) && !defined(__clang__)

#define PROBEGEN_PREPARE                                                                                                           \
    ".ifndef .Lprobegen_macros\n"                                                                                                  \
    ".set .Lprobegen_macros,1\n"                                                                                                   \
    ".macro probegen_fetch register,size,text:vararg\n"                                                                            \
    ".if \\size*\\size==64\n"                                                                                                      \
    "{mov \\text,%%\\register|mov \\register,\\text}\n"                                                                            \
    ".elseif \\size*\\size==16\n"                                                                                                  \
    "{mov \\text,%%\\register\\()d|mov \\register\\()d,\\text}\n"                                                                  \
    ".elseif \\size*\\size==4\n"                                                                                                   \
    "{mov \\text,%%\\register\\()w|mov \\register\\()w,\\text}\n"                                                                  \
    ".elseif \\size*\\size==1\n"                                                                                                   \
    "{mov \\text,%%\\register\\()b|mov \\register\\()b,\\text}\n"                                                                  \
    ".endif\n"                                                                                                                     \
    ".endm\n"                                                                                                                      \
    ".macro probegen_look number,size,text:vararg\n"                                                                               \
    ".set .Lprobegen_name,0\n"                                                                                                     \
    ".set .Lprobegen_is_register,0\n"                                                                                              \
    ".set .Lprobegen_after_i,0\n"                                                                                                  \
    ".irpc c,\\text\n"                                                                                                             \
    ".irpc special,{@:|@:[}\n"                                                                                                     \
    ".ifeqs \"\\c\",\"\\special\"\n"                                                                                               \
    ".set .Lprobegen_name,1\n"                                                                                                     \
    ".endif\n"                                                                                                                     \
    ".endr\n"                                                                                                                      \
    ".ifeqs \"\\c\",\"p\"\n"                                                                                                       \
    ".set .Lprobegen_name,.Lprobegen_name|.Lprobegen_after_i\n"                                                                    \
    ".endif\n"                                                                                                                     \
    ".set .Lprobegen_after_i,0\n"                                                                                                  \
    ".ifeqs \"\\c\",\"i\"\n"                                                                                                       \
    ".set .Lprobegen_after_i,1\n"                                                                                                  \
    ".endif\n"                                                                                                                     \
    "{|.irpc letter,xlrip\n"                                                                                                       \
    ".ifeqs \"\\c\",\"\\letter\"\n"                                                                                                \
    ".set .Lprobegen_is_register,1\n"                                                                                              \
    ".endif\n"                                                                                                                     \
    ".endr}\n"                                                                                                                     \
    ".endr\n"                                                                                                                      \
    ".set .Lprobegen_way\\number,{0|4-.Lprobegen_is_register}\n"                                                                   \
    ".if .Lprobegen_name\n"                                                                                                        \
    ".set .Lprobegen_way\\number,0\n"                                                                                              \
    ".if .Lprobegen_fetched==0\n"                                                                                                  \
    "probegen_fetch r11,\\size,\\text\n"                                                                                           \
    ".set .Lprobegen_way\\number,1\n"                                                                                              \
    ".elseif .Lprobegen_fetched==1\n"                                                                                              \
    "probegen_fetch r10,\\size,\\text\n"                                                                                           \
    ".set .Lprobegen_way\\number,2\n"                                                                                              \
    ".endif\n"                                                                                                                     \
    ".set .Lprobegen_fetched,.Lprobegen_fetched+1\n"                                                                               \
    ".endif\n"                                                                                                                     \
    ".endm\n"                                                                                                                      \
    ".macro probegen_write number,text:vararg\n"                                                                                   \
    ".if .Lprobegen_way\\number==1\n"                                                                                              \
    ".ascii \"%%r11\"\n"                                                                                                           \
    ".elseif .Lprobegen_way\\number==2\n"                                                                                          \
    ".ascii \"%%r10\"\n"                                                                                                           \
    ".elseif .Lprobegen_way\\number==3\n"                                                                                          \
    ".ascii \"%%\\text\"\n"                                                                                                        \
    ".elseif .Lprobegen_way\\number==4\n"                                                                                          \
    ".ascii \"$\\text\"\n"                                                                                                         \
    ".else\n"                                                                                                                      \
    ".ascii \"\\text\"\n"                                                                                                          \
    ".endif\n"                                                                                                                     \
    ".endm\n"                                                                                                                      \
    ".endif\n"                                                                                                                     \
    ".set .Lprobegen_fetched,0\n"
#define PROBEGEN_LOOK(n) "probegen_look " #n ",%c[size" #n "],%[value" #n "]\n"
#define PROBEGEN_WRITE(n) "probegen_write " #n ",%[value" #n "]\n"
#define PROBEGEN_FETCHED : "r10", "r11"

#else

#define PROBEGEN_PREPARE
#define PROBEGEN_LOOK(n)
/* clang has registers and constants only; the letters of registers tell these from each other; 36 is $, 37 is % */
#if defined(__x86_64__)
#define PROBEGEN_WRITE(n)                                                                                                          \
    "{|.set .Lprobegen_is_register,0\n"                                                                                            \
    ".irpc c," PROBEGEN_OPERAND("value" #n) "\n"                                                                                   \
                                            ".irpc letter,xlrip\n"                                                                 \
                                            ".ifeqs \"\\c\",\"\\letter\"\n"                                                        \
                                            ".set .Lprobegen_is_register,1\n"                                                      \
                                            ".endif\n"                                                                             \
                                            ".endr\n"                                                                              \
                                            ".endr\n"                                                                              \
                                            ".if .Lprobegen_is_register\n"                                                         \
                                            ".byte 37\n"                                                                           \
                                            ".else\n"                                                                              \
                                            ".byte 36\n"                                                                           \
                                            ".endif}\n"                                                                            \
                                            ".ascii \"" PROBEGEN_OPERAND("value" #n) "\"\n"
#else
#define PROBEGEN_WRITE(n) ".ascii \"" PROBEGEN_OPERAND("value" #n) "\"\n"
#endif
#define PROBEGEN_FETCHED

#endif

/* sites with arguments have long texts, of which gcc would think that they are as much code */
#if defined(__GNUC__) && __GNUC__ >= 9 && !defined(__clang__)
#define PROBEGEN_ASM __asm__ __inline__ __volatile__
#else
#define PROBEGEN_ASM __asm__ __volatile__
#endif

/* ---- sites ---- */

/* Argument n in the note, blanks between them. A bit of `floats` says whether it is followed by 'f' (102). */
#define PROBEGEN_TEXT(n)                                                                                                           \
    ".fill (" #n ">1)&1,1,32\n"                                                                                                    \
    ".ascii \"%c[size" #n "]\"\n"                                                                                                  \
    ".fill (%c[floats]>>" #n ")&1,1,102\n"                                                                                         \
    ".ascii \"@\"\n" PROBEGEN_WRITE(n)
/* the same as operands of the asm statement */
#define PROBEGEN_INPUT(n, x) , [size##n] "n"(PROBEGEN_SIZE(x)), [value##n] PROBEGEN_CONSTRAINT(PROBEGEN_PASSED(x))
/* bit n is set when argument n is a floating-point number */
#define PROBEGEN_FLOAT_BIT(n, x) | PROBEGEN_IS_FLOAT(x) << n

#define PROBEGEN_LOOKS1 PROBEGEN_LOOK(1)
#define PROBEGEN_LOOKS2 PROBEGEN_LOOKS1 PROBEGEN_LOOK(2)
#define PROBEGEN_LOOKS3 PROBEGEN_LOOKS2 PROBEGEN_LOOK(3)
#define PROBEGEN_LOOKS4 PROBEGEN_LOOKS3 PROBEGEN_LOOK(4)
#define PROBEGEN_LOOKS5 PROBEGEN_LOOKS4 PROBEGEN_LOOK(5)
#define PROBEGEN_LOOKS6 PROBEGEN_LOOKS5 PROBEGEN_LOOK(6)
#define PROBEGEN_LOOKS7 PROBEGEN_LOOKS6 PROBEGEN_LOOK(7)
#define PROBEGEN_LOOKS8 PROBEGEN_LOOKS7 PROBEGEN_LOOK(8)
#define PROBEGEN_LOOKS9 PROBEGEN_LOOKS8 PROBEGEN_LOOK(9)
#define PROBEGEN_LOOKS10 PROBEGEN_LOOKS9 PROBEGEN_LOOK(10)
#define PROBEGEN_LOOKS11 PROBEGEN_LOOKS10 PROBEGEN_LOOK(11)
#define PROBEGEN_LOOKS12 PROBEGEN_LOOKS11 PROBEGEN_LOOK(12)
#define PROBEGEN_TEXTS1 PROBEGEN_TEXT(1)
#define PROBEGEN_TEXTS2 PROBEGEN_TEXTS1 PROBEGEN_TEXT(2)
#define PROBEGEN_TEXTS3 PROBEGEN_TEXTS2 PROBEGEN_TEXT(3)
#define PROBEGEN_TEXTS4 PROBEGEN_TEXTS3 PROBEGEN_TEXT(4)
#define PROBEGEN_TEXTS5 PROBEGEN_TEXTS4 PROBEGEN_TEXT(5)
#define PROBEGEN_TEXTS6 PROBEGEN_TEXTS5 PROBEGEN_TEXT(6)
#define PROBEGEN_TEXTS7 PROBEGEN_TEXTS6 PROBEGEN_TEXT(7)
#define PROBEGEN_TEXTS8 PROBEGEN_TEXTS7 PROBEGEN_TEXT(8)
#define PROBEGEN_TEXTS9 PROBEGEN_TEXTS8 PROBEGEN_TEXT(9)
#define PROBEGEN_TEXTS10 PROBEGEN_TEXTS9 PROBEGEN_TEXT(10)
#define PROBEGEN_TEXTS11 PROBEGEN_TEXTS10 PROBEGEN_TEXT(11)
#define PROBEGEN_TEXTS12 PROBEGEN_TEXTS11 PROBEGEN_TEXT(12)
#define PROBEGEN_INPUTS1(a) PROBEGEN_INPUT(1, a)
#define PROBEGEN_INPUTS2(a, b) PROBEGEN_INPUTS1(a) PROBEGEN_INPUT(2, b)
#define PROBEGEN_INPUTS3(a, b, c) PROBEGEN_INPUTS2(a, b) PROBEGEN_INPUT(3, c)
#define PROBEGEN_INPUTS4(a, b, c, d) PROBEGEN_INPUTS3(a, b, c) PROBEGEN_INPUT(4, d)
#define PROBEGEN_INPUTS5(a, b, c, d, e) PROBEGEN_INPUTS4(a, b, c, d) PROBEGEN_INPUT(5, e)
#define PROBEGEN_INPUTS6(a, b, c, d, e, f) PROBEGEN_INPUTS5(a, b, c, d, e) PROBEGEN_INPUT(6, f)
#define PROBEGEN_INPUTS7(a, b, c, d, e, f, g) PROBEGEN_INPUTS6(a, b, c, d, e, f) PROBEGEN_INPUT(7, g)
#define PROBEGEN_INPUTS8(a, b, c, d, e, f, g, h) PROBEGEN_INPUTS7(a, b, c, d, e, f, g) PROBEGEN_INPUT(8, h)
#define PROBEGEN_INPUTS9(a, b, c, d, e, f, g, h, i) PROBEGEN_INPUTS8(a, b, c, d, e, f, g, h) PROBEGEN_INPUT(9, i)
#define PROBEGEN_INPUTS10(a, b, c, d, e, f, g, h, i, j) PROBEGEN_INPUTS9(a, b, c, d, e, f, g, h, i) PROBEGEN_INPUT(10, j)
#define PROBEGEN_INPUTS11(a, b, c, d, e, f, g, h, i, j, k) PROBEGEN_INPUTS10(a, b, c, d, e, f, g, h, i, j) PROBEGEN_INPUT(11, k)
#define PROBEGEN_INPUTS12(a, b, c, d, e, f, g, h, i, j, k, l)                                                                      \
    PROBEGEN_INPUTS11(a, b, c, d, e, f, g, h, i, j, k) PROBEGEN_INPUT(12, l)
#define PROBEGEN_FLOAT_BITS1(a) PROBEGEN_FLOAT_BIT(1, a)
#define PROBEGEN_FLOAT_BITS2(a, b) PROBEGEN_FLOAT_BITS1(a) PROBEGEN_FLOAT_BIT(2, b)
#define PROBEGEN_FLOAT_BITS3(a, b, c) PROBEGEN_FLOAT_BITS2(a, b) PROBEGEN_FLOAT_BIT(3, c)
#define PROBEGEN_FLOAT_BITS4(a, b, c, d) PROBEGEN_FLOAT_BITS3(a, b, c) PROBEGEN_FLOAT_BIT(4, d)
#define PROBEGEN_FLOAT_BITS5(a, b, c, d, e) PROBEGEN_FLOAT_BITS4(a, b, c, d) PROBEGEN_FLOAT_BIT(5, e)
#define PROBEGEN_FLOAT_BITS6(a, b, c, d, e, f) PROBEGEN_FLOAT_BITS5(a, b, c, d, e) PROBEGEN_FLOAT_BIT(6, f)
#define PROBEGEN_FLOAT_BITS7(a, b, c, d, e, f, g) PROBEGEN_FLOAT_BITS6(a, b, c, d, e, f) PROBEGEN_FLOAT_BIT(7, g)
#define PROBEGEN_FLOAT_BITS8(a, b, c, d, e, f, g, h) PROBEGEN_FLOAT_BITS7(a, b, c, d, e, f, g) PROBEGEN_FLOAT_BIT(8, h)
#define PROBEGEN_FLOAT_BITS9(a, b, c, d, e, f, g, h, i) PROBEGEN_FLOAT_BITS8(a, b, c, d, e, f, g, h) PROBEGEN_FLOAT_BIT(9, i)
#define PROBEGEN_FLOAT_BITS10(a, b, c, d, e, f, g, h, i, j)                                                                        \
    PROBEGEN_FLOAT_BITS9(a, b, c, d, e, f, g, h, i) PROBEGEN_FLOAT_BIT(10, j)
#define PROBEGEN_FLOAT_BITS11(a, b, c, d, e, f, g, h, i, j, k)                                                                     \
    PROBEGEN_FLOAT_BITS10(a, b, c, d, e, f, g, h, i, j) PROBEGEN_FLOAT_BIT(11, k)
#define PROBEGEN_FLOAT_BITS12(a, b, c, d, e, f, g, h, i, j, k, l)                                                                  \
    PROBEGEN_FLOAT_BITS11(a, b, c, d, e, f, g, h, i, j, k) PROBEGEN_FLOAT_BIT(12, l)

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
 * in, so that it goes when the linker drops one of two equal functions. The macros have fixed numbers of arguments, none of them
 * empty: C++98 has no others.
 */
#define PROBEGEN_NOTE(nop, provider, name, text)                                                                                   \
    "9901: " nop "\n"                                                                                                              \
    ".pushsection .note.stapsdt,\"?\",\"note\"\n"                                                                                  \
    ".balign 4\n"                                                                                                                  \
    ".4byte 9903f-9902f,9905f-9904f,3\n"                                                                                           \
    "9902: .asciz \"stapsdt\"\n"                                                                                                   \
    "9903: .balign 4\n"                                                                                                            \
    "9904: " PROBEGEN_ADDRESS "9901b\n" PROBEGEN_ADDRESS "_.stapsdt.base\n" PROBEGEN_ADDRESS provider "_" name "_semaphore\n"      \
    ".asciz \"" provider "\"\n"                                                                                                    \
    ".asciz \"" name "\"\n" text ".byte 0\n"                                                                                       \
    "9905: .balign 4\n"                                                                                                            \
    ".popsection\n"

#define PROBEGEN_SITE0(nop, provider, name)                                                                                        \
    do {                                                                                                                           \
        __asm__ __volatile__(PROBEGEN_NOTE(nop, provider, name, "") : :);                                                          \
        PROBEGEN_BASE();                                                                                                           \
    } while (0)
#define PROBEGEN_SITE(looks, nop, provider, name, texts, float_bits, inputs)                                                       \
    do {                                                                                                                           \
        PROBEGEN_ASM(PROBEGEN_PREPARE looks PROBEGEN_NOTE(nop, provider, name, texts)                                              \
                     :                                                                                                             \
                     : [floats] "n"(0 float_bits)inputs PROBEGEN_FETCHED);                                                         \
        PROBEGEN_BASE();                                                                                                           \
    } while (0)

#define PROBEGEN_SITE1(nop, provider, name, a)                                                                                     \
    PROBEGEN_SITE(PROBEGEN_LOOKS1, nop, provider, name, PROBEGEN_TEXTS1, PROBEGEN_FLOAT_BITS1(a), PROBEGEN_INPUTS1(a))
#define PROBEGEN_SITE2(nop, provider, name, a, b)                                                                                  \
    PROBEGEN_SITE(PROBEGEN_LOOKS2, nop, provider, name, PROBEGEN_TEXTS2, PROBEGEN_FLOAT_BITS2(a, b), PROBEGEN_INPUTS2(a, b))
#define PROBEGEN_SITE3(nop, provider, name, a, b, c)                                                                               \
    PROBEGEN_SITE(PROBEGEN_LOOKS3, nop, provider, name, PROBEGEN_TEXTS3, PROBEGEN_FLOAT_BITS3(a, b, c), PROBEGEN_INPUTS3(a, b, c))
#define PROBEGEN_SITE4(nop, provider, name, a, b, c, d)                                                                            \
    PROBEGEN_SITE(PROBEGEN_LOOKS4, nop, provider, name, PROBEGEN_TEXTS4, PROBEGEN_FLOAT_BITS4(a, b, c, d),                         \
                  PROBEGEN_INPUTS4(a, b, c, d))
#define PROBEGEN_SITE5(nop, provider, name, a, b, c, d, e)                                                                         \
    PROBEGEN_SITE(PROBEGEN_LOOKS5, nop, provider, name, PROBEGEN_TEXTS5, PROBEGEN_FLOAT_BITS5(a, b, c, d, e),                      \
                  PROBEGEN_INPUTS5(a, b, c, d, e))
#define PROBEGEN_SITE6(nop, provider, name, a, b, c, d, e, f)                                                                      \
    PROBEGEN_SITE(PROBEGEN_LOOKS6, nop, provider, name, PROBEGEN_TEXTS6, PROBEGEN_FLOAT_BITS6(a, b, c, d, e, f),                   \
                  PROBEGEN_INPUTS6(a, b, c, d, e, f))
#define PROBEGEN_SITE7(nop, provider, name, a, b, c, d, e, f, g)                                                                   \
    PROBEGEN_SITE(PROBEGEN_LOOKS7, nop, provider, name, PROBEGEN_TEXTS7, PROBEGEN_FLOAT_BITS7(a, b, c, d, e, f, g),                \
                  PROBEGEN_INPUTS7(a, b, c, d, e, f, g))
#define PROBEGEN_SITE8(nop, provider, name, a, b, c, d, e, f, g, h)                                                                \
    PROBEGEN_SITE(PROBEGEN_LOOKS8, nop, provider, name, PROBEGEN_TEXTS8, PROBEGEN_FLOAT_BITS8(a, b, c, d, e, f, g, h),             \
                  PROBEGEN_INPUTS8(a, b, c, d, e, f, g, h))
#define PROBEGEN_SITE9(nop, provider, name, a, b, c, d, e, f, g, h, i)                                                             \
    PROBEGEN_SITE(PROBEGEN_LOOKS9, nop, provider, name, PROBEGEN_TEXTS9, PROBEGEN_FLOAT_BITS9(a, b, c, d, e, f, g, h, i),          \
                  PROBEGEN_INPUTS9(a, b, c, d, e, f, g, h, i))
#define PROBEGEN_SITE10(nop, provider, name, a, b, c, d, e, f, g, h, i, j)                                                         \
    PROBEGEN_SITE(PROBEGEN_LOOKS10, nop, provider, name, PROBEGEN_TEXTS10, PROBEGEN_FLOAT_BITS10(a, b, c, d, e, f, g, h, i, j),    \
                  PROBEGEN_INPUTS10(a, b, c, d, e, f, g, h, i, j))
#define PROBEGEN_SITE11(nop, provider, name, a, b, c, d, e, f, g, h, i, j, k)                                                      \
    PROBEGEN_SITE(PROBEGEN_LOOKS11, nop, provider, name, PROBEGEN_TEXTS11, PROBEGEN_FLOAT_BITS11(a, b, c, d, e, f, g, h, i, j, k), \
                  PROBEGEN_INPUTS11(a, b, c, d, e, f, g, h, i, j, k))
#define PROBEGEN_SITE12(nop, provider, name, a, b, c, d, e, f, g, h, i, j, k, l)                                                   \
    PROBEGEN_SITE(PROBEGEN_LOOKS12, nop, provider, name, PROBEGEN_TEXTS12,                                                         \
                  PROBEGEN_FLOAT_BITS12(a, b, c, d, e, f, g, h, i, j, k, l),                                                       \
                  PROBEGEN_INPUTS12(a, b, c, d, e, f, g, h, i, j, k, l))

#endif
