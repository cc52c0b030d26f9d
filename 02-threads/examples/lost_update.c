// lost_update.c - two threads count to a million each. The sum is wrong.
//
// "One more" is two steps: read the number, write the number plus one. Between
// them the other thread may do both. Each step is atomic, so this is not
// undefined behaviour, and ThreadSanitizer has nothing to say: a lost update
// is not a data race. (With a plain `sum++` the compiler is free to add the
// million in one step, and at -O2 it does: wrong code, right answer.)
//
// A thread may lose the processor between any two steps. Here it gives the
// processor away between these two, once in ten thousand times, so that the
// other thread comes in on a machine of one core as well. (Not each time: on a
// busy machine others take their turn first, and that may be milliseconds.)

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

enum { THREADS = 2, TIMES = 1000000, SELDOM = 10000 };

static atomic_long sum;
static atomic_int ready; // threads that have come so far: they begin together

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
        atomic_store(&ready, THREADS); // the other one will not come
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    long due = (long)started * TIMES;
    printf("%d threads counted to %d each: %ld, not %ld. %ld updates lost.\n",
        started, TIMES, atomic_load(&sum), due, due - atomic_load(&sum));
    return 0;
}
