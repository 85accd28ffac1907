/* ASSERTION: declarations around providers are read for the type names in them and otherwise passed over */
typedef unsigned int Oid;
typedef unsigned long long u_longlong_t;
typedef char *caddr_t, **argv_t, buffer_t[64];
typedef struct foo foo_t;
typedef struct foo *foo_p;
typedef const struct foo *const_foo_p;
typedef struct { int x; struct { int y; } z; } anonymous_t;
typedef struct tagged { int bits : 3, more : 5; int : 0; char name[16]; } tagged_t, *tagged_p;
typedef union { int i; float f; } union_t;
typedef enum { A, B = 2, C = (1 << 3) } enum_t;
typedef enum color { RED } color_t;
typedef void (*callback_t)(int, char *);
typedef int function_t(void);
typedef Oid Oid2;

struct foo;
union u;
enum later;
struct foo { int probe; int provider; struct { int deep[4]; } x; void (*f)(int); };
union u { int a; char b[4]; };
enum e { E1, E2 = 5 };
extern int global;
extern struct foo *function(int, const char *, ...);
int declared, declared_too;
foo_t of_type;
struct foo array[4];

inline int X = 1;
inline string S = "provider { } ; /* \" */";
inline char CH = '\'';
#pragma D binding "1.0" X
inline int Y = X > 0 ? (X + 1) * 2 : 0;

translator psinfo_t < struct proc *p > {
    pr_flag = p->p_flag;
    pr_name = p->p_comm[0] == '-' ? "provider x {" : stringof(p->p_comm);
    pr_size = sizeof(struct foo);
};

#pragma D attributes Evolving/Evolving/Common translator psinfo_t
translator conninfo_t < void * c > { c_id = xlate <id_t> (c).id; };

provider first {
    probe a(Oid x);
};

typedef short between_t;
struct between { int x; };

provider second {
    probe a(between_t x);
};

typedef long behind_t;
translator x_t < int i > { };
