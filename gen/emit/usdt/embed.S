/* The fixed text of headers for programs, as a part of probegen. */
    .section .rodata
    .global usdt_semaphore_h, usdt_semaphore_h_end, usdt_site_h, usdt_site_h_end
usdt_semaphore_h:
    .incbin "gen/emit/usdt/semaphore.h"
usdt_semaphore_h_end:
usdt_site_h:
    .incbin "gen/emit/usdt/site.h"
usdt_site_h_end:
    .section .note.GNU-stack, "", %progbits
#ifdef __CET__ /* a program is protected if all of its parts say that they may be */
#include <cet.h>
#endif
