#ifndef RUNTIME_DOCTOR_MACHINE_H
#define RUNTIME_DOCTOR_MACHINE_H

/** Says what this machine, and this process on it, can do. */
void doctor_examine_machine(void);
/** Whether the kernel makes a call of a no-op of five bytes while somebody listens there. */
int doctor_calls_at_nop5(void);

#endif
