#ifndef RUNTIME_DOCTOR_H
#define RUNTIME_DOCTOR_H

/**
 * `TRACER doctor [-p PID | FILE]`: says what tracing needs and whether it is there, and of a process or a file, what of the probes
 * it has. Changes nothing and attaches to nothing.
 * @return an exit status
 */
int doctor_run(int argc, char **argv);

#endif
