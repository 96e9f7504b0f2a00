/* bench-events-stall.c - how long adding an event takes while the disk stalls.
 *
 *     make bench-events-stall && ./bench-events-stall
 *
 * 5,000 scalars at 1,000 a second; meanwhile a write, then an fsync, takes two seconds. The caller runs at real-time priority where it
 * may, the writer's thread at an ordinary one, so that what is measured is the writer and not who else wants the CPU; where
 * it may not, that is said, and the figures are an upper bound. A second column counts how often the calls gave up the CPU:
 * a call that waits for a lock does. */
#include "config.h"
#include "base/fault-private.h"
#include "leat/events.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EVENTS = 5000 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static long voluntary_waits(void)
{
    struct rusage u;
    getrusage(RUSAGE_THREAD, &u);
    return u.ru_nvcsw;
}

static void *flush(void *writer)
{
    leat_must(leat_event_writer_flush(writer));
    return NULL;
}

/* The nth write or fsync of a flush by another thread stalls. */
static void measure(const char *what, const char *dir, int stall_ms, uint64_t nth, double flush_secs)
{
    pthread_t flusher;
    static double took[EVENTS];
    leat_event_writer *w;
    leat_event_writer_statistics s;
    leat_event_writer_options o = {.size = sizeof o, .flush_secs = flush_secs, .durable = 1};
    struct sched_param ordinary = {0}, real_time = {.sched_priority = 1};
    long waits = 0;
    sched_setscheduler(0, SCHED_OTHER, &ordinary);
    leat_must(leat_event_writer_open(&w, dir, &o));
    leat_must(leat_event_writer_flush(w));
    if (stall_ms > 0)
        leat_fault_arm(LEAT_FAULT_STALL, nth, stall_ms);
    leat_must(leat_add_scalar(w, "loss", 0, 0));
    if (pthread_create(&flusher, NULL, flush, w) != 0)
        exit(1);
    bool alone = sched_setscheduler(0, SCHED_FIFO, &real_time) == 0;
    double next = leat_now();
    for (int i = 0; i < EVENTS; i++, next += 1e-3) {
        double now = leat_now();
        if (now < next)
            usleep((useconds_t)((next - now) * 1e6));
        long before = voluntary_waits();
        double start = leat_now();
        leat_must(leat_add_scalar(w, "loss", i, i));
        took[i] = leat_now() - start;
        waits += voluntary_waits() - before;
    }
    leat_event_writer_stats(w, &s);
    pthread_join(flusher, NULL);
    bool fired = stall_ms == 0 || leat_fault_fired();
    leat_must(leat_event_writer_close(w));
    leat_fault_disarm();
    qsort(took, EVENTS, sizeof *took, by_value);
    printf(
        "%-26s median %.2f us, 99.9 %% %.1f us, longest %.1f us; gave up the CPU %ld times; %llu stalls%s%s\n",
        what, took[EVENTS / 2] * 1e6, took[EVENTS - EVENTS / 1000 - 1] * 1e6, took[EVENTS - 1] * 1e6, waits,
        (unsigned long long)s.stalls, fired ? "" : " (the disk did not stall!)",
        alone ? "" : " (not at real-time priority)");
}

int main(void)
{
    char dir[] = "/tmp/leat-bench-XXXXXX";
    if (mkdtemp(dir) == NULL)
        return 1;
    measure("a disk that is quick", dir, 0, 1, 0.02);
    measure("a write takes 2 s", dir, 2000, 1, 120);
    measure("an fsync takes 2 s", dir, 2000, 2, 120);
    printf("(%s is to be removed by hand)\n", dir);
    return 0;
}
