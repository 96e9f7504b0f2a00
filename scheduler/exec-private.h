/* exec-private.h - the parallel executor: runs the nodes of a frozen plan on the pool's threads.
 *
 * Works on an abstract graph, so that it is tested without an engine. The plan fills a leat_exec_graph once, has
 * costs made for it, and keeps one leat_exec a frame; a run is leat_exec_run.
 *
 * Node ids are positions in plan order (the serial order, which is what a run means): every edge goes from a lower
 * to a higher id, and "the lowest failed node" is the smallest id. All that orders stateful nodes is in the edges. */
#ifndef LEAT_EXEC_PRIVATE_H
#define LEAT_EXEC_PRIVATE_H

#include "pool-private.h"
#include "ring-private.h"

#define LEAT_NO_NODE UINT32_MAX

/* ---- the graph: compressed rows of successors; arrays are borrowed and never change ---- */

typedef struct leat_exec_graph {
    uint32_t n_nodes;
    const uint32_t
        *succ_begin;      /* n_nodes + 1 offsets into succ: i's are [succ_begin[i], succ_begin[i + 1]) */
    const uint32_t *succ; /* one may stand there twice, and then counts twice in initial_pending */
    const uint32_t *initial_pending; /* edges into the node; 0: ready at once */
} leat_exec_graph;

/* ---- costs: estimates that decide who runs what when, never what is computed ---- */

/* A policy ranks ready nodes. A const struct of functions; `key` is called when costs are made, by one thread. */
typedef struct leat_exec_policy {
    const char *name;
    /* Of several nodes that one completion makes ready, the worker runs the one of greatest key itself and queues
     * the others, greatest last; an owner takes its latest, a thief the oldest. */
    float (*key)(const leat_exec_graph *g, uint32_t node, float cost_ns, float remaining_ns);
    bool fifo; /* the owner takes the oldest too, and runs no successor directly: for comparison */
} leat_exec_policy;

extern const leat_exec_policy leat_policy_critical_path; /* longest remaining path first; the default */
extern const leat_exec_policy leat_policy_fifo;          /* in the order they became ready */
extern const leat_exec_policy leat_policy_locality;      /* the latest consumer of what was just written */

typedef struct leat_exec_node {
    float cost_ns;  /* of running it on one thread */
    float grain_ns; /* of it and all that it sets free alone: what a thief gets by taking it */
    float key;      /* the policy's */
    uint32_t flags; /* enum leat_exec_flag */
} leat_exec_node;

/* Immutable once made: a plan that measures itself makes a second one and switches a pointer; runs that go on keep
 * the old one, so free none before the plan. */
typedef struct leat_exec_costs {
    const leat_exec_graph *graph;
    const leat_exec_policy *policy;
    leat_exec_node *node;
    uint32_t n_sinks;   /* nodes without successors */
    uint32_t n_closing; /* nodes after all of which the remaining path is below LEAT_EXEC_CLOSING_NS */
    uint32_t n_roots;
    uint32_t *roots;    /* nodes without predecessors, greatest key last */
    double total_ns;    /* sum of the costs */
    double critical_ns; /* the longest path, where a tiled node counts cost / tiles */
} leat_exec_costs;

/* cost_ns[i] >= 0 for each node; NULL: all LEAT_EXEC_DEFAULT_NS. n_tiles NULL: no node is tiled. Neither is kept.
 * policy NULL: critical path. Linear in nodes and edges. */
leat_status leat_exec_costs_new(leat_exec_costs **out, const leat_exec_graph *g,
                                const leat_exec_policy *policy, const float *cost_ns,
                                const uint32_t *n_tiles) LEAT_MUST_CHECK;
void leat_exec_costs_free(leat_exec_costs *costs);

/* Whether several threads can gain: total / critical >= 1.15 and total >= 10 us. Else run the plan serially. */
bool leat_exec_costs_parallel(const leat_exec_costs *costs);

#define LEAT_EXEC_DEFAULT_NS 1000.0f
#define LEAT_EXEC_OFFER_NS 2e3f    /* below it no other worker is offered work */
#define LEAT_EXEC_WAKE_NS 50e3f    /* a parked worker is woken for so much queued work */
#define LEAT_EXEC_CLOSING_NS 50e3f /* ... or when so little of the longest path is left */

/* ---- a worker, as nodes and tiles see it ---- */

typedef struct leat_worker leat_worker;

/* The worker that the calling thread is just now, or NULL. In a tile it is the one that runs the tile, which need not be
 * the one that runs the node. */
leat_worker *leat_worker_current(void);

/* 0: the thread that called leat_exec_run. */
uint32_t leat_worker_index(const leat_worker *w);

/* 64-byte aligned memory of undefined content until the node, or the tile, that asks returns. NULL: out of memory (detail
 * set). Its blocks are kept between runs, so hot loops allocate nothing. */
void *leat_worker_scratch(leat_worker *w, size_t bytes);

/* Computes tile `tile` of a node: called once for each, any number at a time on different threads. Tiles write disjoint
 * memory, and their number and shape follow from the node's shapes alone, never from the number of threads: so results
 * are the same bits on any number of them. */
typedef void leat_tile_fn(size_t tile, void *arg);

/* Runs tiles 0..n_tiles-1, shared with idle workers, and returns when all are done. In order on this thread where there
 * are none: outside a parallel run, and inside another tile. A run that is cancelled finishes the tiles of the nodes it
 * has started, so that no variable is left half written. */
void leat_tiles_run(size_t n_tiles, leat_tile_fn *fn, void *arg);

/* ---- a run ---- */

/* Counters, queues and scratch of one run at a time: part of a plan's frame. */
typedef struct leat_exec leat_exec;

/* n_workers 1: never makes threads, and is small. The graph must outlive it. */
leat_status leat_exec_new(leat_exec **out, const leat_exec_graph *g, uint32_t n_workers) LEAT_MUST_CHECK;
void leat_exec_free(leat_exec *x);

/* For code that runs nodes outside leat_exec_run (a serial loop over the plan, constant folding; not while x runs): makes
 * the calling thread x's worker 0 with kernel scope, whose tiles run in order. leat_exec_serial_node after each node
 * gives back its scratch. Enter and leave nest between different x. */
typedef struct leat_exec_serial {
    leat_worker *worker, *outer;
    leat_kernel_scope scope;
} leat_exec_serial;
leat_worker *leat_exec_serial_enter(leat_exec *x, leat_exec_serial *s);
void leat_exec_serial_node(leat_worker *w);
void leat_exec_serial_leave(leat_exec_serial *s);

/* Runs one node; called once a node, after all its predecessors, on any worker's thread, in a kernel scope. A failure
 * leaves its detail on the thread by leat_fail; the executor carries it to the caller. */
typedef leat_status leat_exec_node_fn(void *run, uint32_t node, leat_worker *w);

/* Ticks to nanoseconds, by the clocks around a run: times[i] of n are scaled. */
typedef struct leat_exec_clock {
    double seconds;
    uint64_t ticks;
} leat_exec_clock;
void leat_exec_clock_start(leat_exec_clock *c);
void leat_exec_clock_to_ns(const leat_exec_clock *c, float *times, uint32_t n);

typedef struct leat_exec_args {
    leat_pool *pool;
    const leat_exec_costs *costs;
    leat_exec_node_fn *run_node;
    void *run; /* its first argument */

    const _Atomic uint32_t
        *cancel;          /* NULL, or: the run is cancelled once *cancel != cancel_base. Lock-free, so */
    uint32_t cancel_base; /* a signal handler may add one to it */
    double deadline;      /* leat_now() after which no node is started; 0: none */

    leat_rings *profile; /* NULL: off */
    bool costs_measured; /* short nodes may share a time, and a loss is told from a wrong estimate */
    float *node_ns;      /* NULL, or n_nodes elements that get each run node's time: to measure costs */

    bool insist; /* on several threads, even where they have lately been slower than one (leat_exec_run) */

    void (*before_node)(void *arg, uint32_t node,
                        uint32_t worker); /* NULL; tests perturb the schedule here */
    void *before_node_arg;
} leat_exec_args;

/* Runs all nodes; the caller is worker 0. On failure returns the status, with its detail, of the failed node lowest in
 * plan order, the same under every schedule: after a failure only nodes below the lowest failed one are started.
 * *failed_node (may be NULL) gets it, or LEAT_NO_NODE. Cancelled or too late before the last node was started:
 * LEAT_ERR_CANCELLED, LEAT_ERR_DEADLINE. LEAT_ERR_FORKED as leat_pool_run. One thread at a time per leat_exec.
 *
 * Where other programs want the CPUs too, a team can take a hundred times as long as one thread would: a barrier spins
 * for a thread that is not scheduled. A run that took longer than its nodes' costs together is followed by runs on the
 * calling thread alone, for twenty times what was lost; so trying costs a twentieth at most. */
leat_status leat_exec_run(leat_exec *x, const leat_exec_args *args, uint32_t *failed_node) LEAT_MUST_CHECK;
/* Was the last run one of these? */
bool leat_exec_ran_alone(const leat_exec *x);

#endif
