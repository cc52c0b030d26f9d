// lost_update.c - two threads count to a million each. The sum is wrong.
//
// To count is two steps: read the number, write the number plus one. Between
// the steps the other thread may do both. Each step is atomic, so the program
// has no undefined behaviour and no data race, and ThreadSanitizer reports
// nothing: a lost update is a race of another kind. (With a plain `sum++` the
// compiler may add the million in one step, and does at -O2: wrong code, right
// answer.)
//
// A thread may lose the processor between any two steps. Here each thread gives
// the processor away between the two, once in ten thousand times, so that the
// other thread comes in on a machine with one core as well. (More often would
// take long: other programs would have their turns first.)

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

enum { THREADS = 2, TIMES = 1000000, SELDOM = 10000 };

static atomic_long sum;
static atomic_int ready; // threads that have started; all begin together

static void *count(void *unused)
{
    atomic_fetch_add(&ready, 1);
    while (atomic_load(&ready) < THREADS)
        sched_yield();
    for (int i = 0; i < TIMES; i++) {
        long seen = atomic_load(&sum);
        if (i % SELDOM == 0)
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
        atomic_store(&ready, THREADS); // the missing thread will not start
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    long due = (long)started * TIMES;
    printf("%d threads counted to %d each: %ld, not %ld. %ld updates lost.\n",
        started, TIMES, atomic_load(&sum), due, due - atomic_load(&sum));
    return 0;
}
