/* The BPF object as a part of the program; its path comes from the Makefile. */
    .section .rodata
    .global pg_bpf_object, pg_bpf_object_end
    .balign 16
pg_bpf_object:
    .incbin BPF_OBJECT
pg_bpf_object_end:
    .section .note.GNU-stack, "", %progbits
#ifdef __CET__ /* a program is protected if all of its parts say that they may be */
#include <cet.h>
#endif
