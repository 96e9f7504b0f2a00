#include "config.h"
#include "team-private.h"

#include <omp.h>
#include <pthread.h>
#include <signal.h>

/* A team belongs to the thread that runs it and outlives every pool: so does what must be known of it. */
typedef struct team_state {
    pid_t pid;            /* of the process where this thread had a team; 0: never */
    uint32_t size;        /* of the latest */
    bool signals_blocked; /* this is a pool thread, and has done so */
} team_state;

static _Thread_local team_state team;

/* Returns the mask before. A thread inherits the mask of its maker, so the maker blocks all while it makes some. */
static sigset_t block_signals(void)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    return old;
}

static void work(const leat_team_job *job, uint32_t index)
{
    leat_kernel_scope scope;
    leat_kernel_scope_enter(&scope);
    job->fn(index, job->n, job->arg);
    leat_kernel_scope_leave(&scope);
}

#ifndef LEAT_POOL_PTHREAD

bool leat_team_usable(pid_t pid)
{
    return team.pid == 0 || team.pid == pid;
}

leat_status leat_team_run(leat_team_job *job, pid_t pid)
{
    /* Inside the program's own parallel region a team would be made and ended each time; run alone. */
    if (omp_in_parallel()) {
        job->n = 1;
        work(job, 0);
        return LEAT_OK;
    }
    /* libgomp keeps the threads of the latest team: new ones are made only for another size. */
    bool making = team.pid == 0 || team.size != job->n;
    sigset_t old;
    if (making)
        old = block_signals();
    team = (team_state){.pid = pid, .size = job->n};
#pragma omp parallel num_threads(job->n)
    {
        uint32_t index = (uint32_t)omp_get_thread_num();
        if (index == 0) {
            if (making)
                pthread_sigmask(SIG_SETMASK, &old, NULL);
        } else if (!team.signals_blocked) {
            /* A thread that the program's own regions had made. */
            block_signals();
            team.signals_blocked = true;
        }
        leat_team_job mine = *job;
        mine.n = (uint32_t)omp_get_num_threads();
        work(&mine, index);
    }
    return LEAT_OK;
}

#else

typedef struct team_gate {
    leat_team_job job;
    pthread_mutex_t mutex;
    pthread_cond_t opened;
    bool open; /* all threads are made: job.n is how many */
} team_gate;

typedef struct team_thread {
    pthread_t id;
    uint32_t index;
    team_gate *gate;
} team_thread;

bool leat_team_usable(pid_t pid)
{
    (void)pid;
    return true;
}

static void *thread_main(void *arg)
{
    const team_thread *t = arg;
    pthread_mutex_lock(&t->gate->mutex);
    while (!t->gate->open)
        pthread_cond_wait(&t->gate->opened, &t->gate->mutex);
    pthread_mutex_unlock(&t->gate->mutex);
    team.signals_blocked = true;
    work(&t->gate->job, t->index);
    return NULL;
}

leat_status leat_team_run(leat_team_job *job, pid_t pid)
{
    uint32_t made = 1;
    team_gate gate = {.job = *job, .mutex = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};
    team_thread *threads = leat_alloc_zero(job->n, sizeof *threads);
    if (threads == NULL)
        return leat_fail_memory(job->n * sizeof *threads);
    sigset_t old = block_signals();
    for (; made < job->n; made++) {
        threads[made] = (team_thread){.index = made, .gate = &gate};
        if (pthread_create(&threads[made].id, NULL, thread_main, &threads[made]) != 0)
            break;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_mutex_lock(&gate.mutex);
    gate.job.n = made;
    gate.open = true;
    pthread_cond_broadcast(&gate.opened);
    pthread_mutex_unlock(&gate.mutex);
    team.pid = pid;
    work(&gate.job, 0);
    for (uint32_t i = 1; i < made; i++)
        pthread_join(threads[i].id, NULL);
    leat_free(threads);
    return LEAT_OK;
}

#endif
