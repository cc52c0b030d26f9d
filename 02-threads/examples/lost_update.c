// lost_update.c - two threads count to a million each. The sum is wrong.
//
// To count is two steps: read the number, write the number plus one. Between
// the steps the other thread may do both. Each step is atomic, so the program
// has no undefined behaviour and no data race, and ThreadSanitizer reports
// nothing: a lost update is a race of another kind. (If `sum` were a plain long
// and the body `sum++`, the compiler could replace the loop by one addition of
// a million, and does at -O2: then wrong code gives the right answer.)
//
// A thread may lose the processor between any two steps. Here each thread gives
// the processor away between the two, once in ten thousand times, so that even
// on a machine with one core the other thread gets its turn there. (If a thread
// did so each time, the program would be slow: other programs may run in
// between.)

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

enum { THREADS = 2, TIMES = 1000000, YIELD_EVERY = 10000 };

static atomic_long sum;
static atomic_int ready; // threads that have started; all begin together

static void *count(void *unused)
{
    atomic_fetch_add(&ready, 1);
    while (atomic_load(&ready) < THREADS)
        sched_yield();
    for (int i = 0; i < TIMES; i++) {
        long seen = atomic_load(&sum);
        if (i % YIELD_EVERY == 0)
            sched_yield();
        atomic_store(&sum, seen + 1); // atomic_fetch_add() would be right
    }
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];
    int started = 0;

    while (started < THREADS
        && pthread_create(&threads[started], NULL, count, NULL) == 0)
        started++;
    if (started < THREADS)
        atomic_store(&ready, THREADS); // do not wait for the missing thread
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    long expected = (long)started * TIMES;
    printf("%d threads counted to %d each: %ld, not %ld. %ld updates lost.\n",
        started, TIMES, atomic_load(&sum), expected,
        expected - atomic_load(&sum));
    return 0;
}
