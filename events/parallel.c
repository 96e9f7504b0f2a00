#include "config.h"
#include "parallel-private.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include "base/cpus-private.h"

struct loop {
    size_t n;
    leat_parallel_fn *fn;
    void *argument;
    _Atomic size_t next;
    _Atomic unsigned workers;
    _Atomic bool failed;
    pthread_mutex_t mutex; /* for the first failure */
    leat_status status;
    char message[512];
};

static void keep_failure(struct loop *l, leat_status status)
{
    pthread_mutex_lock(&l->mutex);
    if (l->status == LEAT_OK) {
        l->status = status;
        snprintf(l->message, sizeof l->message, "%s", leat_message());
    }
    pthread_mutex_unlock(&l->mutex);
    atomic_store(&l->failed, true);
}

static void *work(void *argument)
{
    struct loop *l = argument;
    unsigned worker = atomic_fetch_add(&l->workers, 1);
    while (!atomic_load(&l->failed)) {
        size_t turn = atomic_fetch_add(&l->next, 1);
        if (turn >= l->n)
            break;
        leat_status status = l->fn(l->argument, turn, worker);
        if (status != LEAT_OK)
            keep_failure(l, status);
    }
    return NULL;
}

unsigned leat_parallel_cpus(void)
{
    return LEAT_MIN((unsigned)leat_cpu_affinity(), (unsigned)LEAT_PARALLEL_MOST);
}

leat_status leat_parallel(size_t n, unsigned threads, leat_parallel_fn *fn, void *argument)
{
    struct loop l = {.n = n, .fn = fn, .argument = argument, .mutex = PTHREAD_MUTEX_INITIALIZER};
    pthread_t others[LEAT_PARALLEL_MOST];
    unsigned started = 0;
    threads = (unsigned)LEAT_MIN((size_t)LEAT_MIN(threads, (unsigned)LEAT_PARALLEL_MOST), n);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    while (started + 1 < threads && pthread_create(&others[started], NULL, work, &l) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    work(&l);
    for (unsigned i = 0; i < started; i++)
        pthread_join(others[i], NULL);
    pthread_mutex_destroy(&l.mutex);
    return l.status == LEAT_OK ? LEAT_OK : leat_fail(l.status, "%s", l.message);
}
