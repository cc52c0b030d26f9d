// process.h - standard streams, descriptors and memory of this process.

#ifndef PROCESS_H
#define PROCESS_H

// For the first line of main(). Occupies the number of a closed standard
// stream: otherwise the next file or socket would get the number, and the
// output meant for the stream. Reading or writing the stream still fails with
// EBADF: lost output is an error, as on a full disk. If the parent process has
// left stdout or stderr non-blocking, makes the stream blocking, where possible
// without affecting other processes.
void process_keep_standard_streams(void);

// Raises the soft limit on open descriptors to the hard limit. Returns the
// limit now in force, at most a million.
int process_raise_descriptor_limit(void);

// The number of open descriptors; -1 if unknown on this system.
int process_count_descriptors(void);

// A value in KB from /proc/self/status, such as "VmRSS:" (resident memory now)
// or "VmHWM:" (its peak so far); 0 if unknown on this system.
long process_memory_kb(const char *field);

#endif
