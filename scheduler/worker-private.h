/* worker-private.h - the executor's insides: what a run and its workers are made of.
 *
 * Where a ready node can be, in the order in which its owner looks:
 *   next      the best of those that the node just run made ready: run at once;
 *   recent    a small private ring, the latest at its end. Cheap: no atomics. Its oldest move to
 *   deque     in bundles worth a thief's trouble (LEAT_EXEC_OFFER_NS), of which thieves take the oldest; once there
 *             is that much, or once the owner is about to be busy for long;
 *   overflow  a private list, for what a full deque refuses; goes to the deque as room comes.
 *
 * A worker parks only when all four of its own are empty and it saw nothing to take from others. So ready nodes are always
 * with a worker that is awake, all workers sleep only after the last node, and the one that ran that node wakes
 * them. That others are woken for work in the queues is for speed alone: no progress depends on it. */
#ifndef LEAT_WORKER_PRIVATE_H
#define LEAT_WORKER_PRIVATE_H

#include <pthread.h>
#include "deque-private.h"
#include "eventcount-private.h"
#include "exec-private.h"
#include "scratch-private.h"
#include "tiles-private.h"

enum leat_exec_flag {
    LEAT_EXEC_SINGLE = 1,  /* one edge into it: ready as soon as its predecessor is done, no counting */
    LEAT_EXEC_SINK = 2,    /* no edge out of it: the run is over when all of these are done */
    LEAT_EXEC_CLOSING = 4, /* counts in n_closing */
    LEAT_EXEC_CROWDED = 8, /* many edges into it: workers subtract theirs several at a time */
};

#define LEAT_CROWD 16u /* edges into a crowded node, at least */
#define LEAT_CROWD_KEPT                                                                                      \
    8u /* arrivals at one that a worker keeps back, and nodes it runs meanwhile, at most */
#define LEAT_CROWD_NS 500.0f /* ... and no node longer than this */

#define LEAT_RECENT 64u /* a power of two, at least twice LEAT_BUNDLE */

struct leat_worker {
    /* The owner's own. */
    leat_exec *x;
    uint32_t index, n_team;
    uint32_t victim; /* whom it stole from last */
    uint32_t node;   /* being run */
    bool in_tile;    /* of a node of its own or of another's */
    bool alone;      /* nobody to share tiles with */
    uint32_t recent[LEAT_RECENT];
    uint32_t recent_begin, n_recent;
    float recent_ns; /* grain in recent */
    float
        deque_ns; /* grain put into the deque; what thieves took is not subtracted until it is found empty */
    uint32_t overflow;                 /* first of the list, linked through x->pending; LEAT_NO_NODE: none */
    uint32_t sinks_done, closing_done; /* not yet subtracted from the run's counters */
    uint32_t crowded; /* a crowded node at which this worker's latest arrivals are not yet subtracted */
    uint32_t n_arrivals, arrivals_age; /* how many; nodes run since the first; 0: none */
    uint64_t clock;  /* leat_ticks() where its last node ended, if it went straight on from there; else 0 */
    leat_ring *ring; /* NULL: no profile */
    bool timed;      /* for a profile or for node times */
    leat_scratch scratch;

    leat_deque deque;  /* aligned: shared with thieves */
    leat_tile_job job; /* aligned: shared with helpers */
    _Atomic uint64_t
        helpers_ticks; /* that helpers spent on this worker's node, where node times are wanted */
};

struct leat_exec {
    /* Constant during a run. */
    const leat_exec_graph *graph;
    const leat_exec_costs *costs;
    const leat_exec_node *node; /* costs->node */
    const leat_exec_args *args;
    leat_exec_node_fn *run_node;
    void *run;
    const _Atomic uint32_t *cancel;
    uint32_t cancel_base;
    bool fifo,
        hooked; /* hooked: deadline, profile, node times or a hook of tests: off is one branch a node */
    uint32_t n_workers;
    leat_worker *workers; /* n_workers */
    _Atomic uint32_t
        *pending; /* a node's edges to come while it waits; the next in the overflow list while it is there */
    void *memory, *slots; /* of workers; of their deques */

    double serial_until; /* leat_now(); 0: a team was no loss */
    bool ran_alone;      /* the last run, for that */

    /* The first failure in plan order. */
    pthread_mutex_t failure_mutex;
    leat_status failure;
    char *failure_message; /* NULL: there was no memory for it */

    /* Only nodes below this are started: the lowest failed node, or 0 when cancelled. Only shrinks. */
    _Alignas(LEAT_APART) _Atomic uint32_t limit;
    _Atomic uint32_t stopped; /* LEAT_OK, LEAT_ERR_CANCELLED, LEAT_ERR_DEADLINE: why limit is 0 */

    _Alignas(LEAT_APART) _Atomic uint32_t sinks_left; /* 0: the run is over */
    _Atomic uint32_t closing_left; /* 0: less than LEAT_EXEC_CLOSING_NS of the longest path is left */
    _Atomic uint32_t searching;    /* workers that are looking for work, awake */
    _Atomic uint32_t waking;       /* 1: one was woken and is on its way: wake no other */
    leat_eventcount idle;          /* where the others are */
};

/* What is run next does not begin where the node before it ended. */
void leat_worker_stop_clock(leat_worker *w);

/* A worker's whole part in a run. */
void leat_worker_run(leat_worker *w);
/* All nodes in plan order on one thread. */
void leat_worker_run_serial(leat_worker *w);

/* Notes a failure of `node`, its detail on the calling thread. */
void leat_exec_note_failure(leat_exec *x, uint32_t node, leat_status status);
/* Stops the run: status is LEAT_ERR_CANCELLED or LEAT_ERR_DEADLINE. */
void leat_exec_stop(leat_exec *x, leat_status status);

/* Runs tiles of some worker that shares a job; false if there was none. */
bool leat_tiles_help(leat_worker *w);

/* The calling thread's worker; returns the one before. */
leat_worker *leat_worker_set_current(leat_worker *w);

#endif
