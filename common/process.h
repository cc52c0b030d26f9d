// process.h - what a process has from the system: streams, descriptors, memory.

#ifndef PROCESS_H
#define PROCESS_H

// For the first line of a main(). A standard stream that is closed at the start
// is kept occupied: otherwise the next file or socket would get its number, and
// the output that is meant for the stream. Reading or writing there goes on
// failing with EBADF: an output that nobody can see is an error, as on a full
// disk. If stdout or stderr does not block (the program that started us may have
// set the flag), it is made to block, where that is possible for us alone.
void process_keep_standard_streams(void);

// Raises the soft limit on open descriptors to the hard one. Returns the limit
// that holds then, at most a million.
int process_raise_descriptor_limit(void);

// How many descriptors are open; -1 where the system does not tell.
int process_count_descriptors(void);

// A number of /proc/self/status in KB, such as "VmRSS:" (resident now) or
// "VmHWM:" (at most so far); 0 where the system does not tell.
long process_memory_kb(const char *field);

#endif
