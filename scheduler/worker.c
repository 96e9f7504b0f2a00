#include "config.h"
#include "arrive-private.h"
#include "ready-private.h"

#define SPIN_SECONDS 50e-6 /* without finding work, before parking: about what a wake-up costs */
#define FEW_SUCCESSORS 8u
#define CLOSING_SPIN_SECONDS                                                                                 \
    500e-6 /* when the run is about to end: the closing barrier finds the worker awake */

static _Thread_local leat_worker *current;

leat_worker *leat_worker_current(void)
{
    return current;
}

leat_worker *leat_worker_set_current(leat_worker *w)
{
    leat_worker *before = current;
    current = w;
    return before;
}

uint32_t leat_worker_index(const leat_worker *w)
{
    return w->index;
}

void *leat_worker_scratch(leat_worker *w, size_t bytes)
{
    return leat_scratch_take(&w->scratch, bytes);
}

/* ---- running a node ---- */

static bool is_over(leat_exec *x)
{
    return atomic_load_explicit(&x->sinks_left, memory_order_acquire) == 0;
}

void leat_worker_stop_clock(leat_worker *w)
{
    if (w->ring != NULL && w->ring->n_shared > 0) /* else no clock need be read */
        leat_ring_close(w->ring, w->clock, leat_ticks());
    w->clock = 0;
}

static __attribute__((noinline)) leat_status run_hooked(leat_worker *w, uint32_t node)
{
    leat_exec *x = w->x;
    const leat_exec_args *args = x->args;
    if (args->deadline > 0 && leat_now() > args->deadline) {
        leat_exec_stop(x, LEAT_ERR_DEADLINE);
        return LEAT_OK;
    }
    if (args->before_node != NULL) {
        leat_worker_stop_clock(w);
        args->before_node(args->before_node_arg, node, w->index);
    }
    if (!w->timed)
        return x->run_node(x->run, node, w);
    float cost_ns = x->node[node].cost_ns;
    if (cost_ns > LEAT_RING_ALONE_NS)
        leat_worker_stop_clock(w);
    uint64_t start = w->clock != 0 ? w->clock : leat_ticks();
    leat_status status = x->run_node(x->run, node, w);
    w->clock = start;
    /* Releasing many successors takes a time of its own, which is not the next node's. */
    bool straight_on = x->graph->succ_begin[node + 1] - x->graph->succ_begin[node] <= FEW_SUCCESSORS;
    if (w->ring != NULL && straight_on && leat_ring_share(w->ring, node, cost_ns))
        return status;
    uint64_t end = leat_ticks();
    if (w->ring != NULL)
        leat_ring_add(w->ring, node, cost_ns, start, end);
    w->clock = straight_on ? end : 0;
    if (args->node_ns != NULL) /* ticks: leat_exec_run converts */
        args->node_ns[node] =
            (float)(end - start + atomic_exchange_explicit(&w->helpers_ticks, 0, memory_order_relaxed));
    return status;
}

/* Runs the node, unless it comes after a failed one or the run was stopped.
 * A node below a failed one always runs; a node above may or may not; a successor of a failed one never does: limit was
 * lowered before its predecessor released it. So the lowest failure is the serial order's first, under any schedule. */
static inline void run_node(leat_worker *w, uint32_t node)
{
    leat_exec *x = w->x;
    if (x->cancel != NULL && atomic_load_explicit(x->cancel, memory_order_relaxed) != x->cancel_base)
        leat_exec_stop(x, LEAT_ERR_CANCELLED);
    if (node >= atomic_load_explicit(&x->limit, memory_order_relaxed))
        return;
    w->node = node;
    leat_status status = __builtin_expect(x->hooked, 0) ? run_hooked(w, node) : x->run_node(x->run, node, w);
    if (__builtin_expect(status != LEAT_OK, 0))
        leat_exec_note_failure(x, node, status);
    leat_scratch_release(&w->scratch, (leat_scratch_mark){0, 0});
}

/* ---- after a node ---- */

/* Subtracts what this worker has completed. The one that completes the last wakes the others: sinks_left changes by a seq_cst
 * operation, as the eventcount asks. acq_rel would do for the data: all nodes' results are visible to whoever sees 0. */
static void report_done(leat_worker *w)
{
    leat_exec *x = w->x;
    uint32_t n = w->closing_done;
    w->closing_done = 0;
    if (n > 0 && atomic_fetch_sub(&x->closing_left, n) == n)
        leat_eventcount_notify(&x->idle, INT_MAX);
    n = w->sinks_done;
    w->sinks_done = 0;
    if (n > 0 && atomic_fetch_sub(&x->sinks_left, n) == n)
        leat_eventcount_notify(&x->idle, INT_MAX);
}

/* Subtracts the arrivals at a crowded node that were kept back; the node if they were its last, else LEAT_NO_NODE. */
static uint32_t report_arrivals(leat_worker *w)
{
    uint32_t n = w->n_arrivals;
    w->n_arrivals = 0;
    w->arrivals_age = 0;
    return n > 0 && leat_arrive_together(&w->x->pending[w->crowded], n) ? w->crowded : LEAT_NO_NODE;
}

/* Every worker's nodes lead to a crowded node, and each would take the counter's line from the others: a worker keeps its
 * arrivals back while it has more to do, for LEAT_CROWD_KEPT short nodes at most. */
static __attribute__((noinline)) bool arrive_crowded(leat_worker *w, uint32_t node)
{
    if (w->n_arrivals > 0 && w->crowded != node) {
        uint32_t ready = report_arrivals(w);
        if (ready != LEAT_NO_NODE)
            leat_ready_push(w, ready);
    }
    w->crowded = node;
    w->n_arrivals++;
    return w->n_arrivals >= LEAT_CROWD_KEPT && report_arrivals(w) != LEAT_NO_NODE;
}

/* One edge into `node` less; true if it was the last. */
static inline bool arrive(leat_worker *w, uint32_t node)
{
    uint32_t flags = w->x->node[node].flags;
    if (flags & LEAT_EXEC_SINGLE)
        return true;
    return flags & LEAT_EXEC_CROWDED ? arrive_crowded(w, node) : leat_arrive(&w->x->pending[node]);
}

static void note_ends(leat_worker *w, uint32_t flags)
{
    w->sinks_done += (flags & LEAT_EXEC_SINK) != 0;
    w->closing_done += (flags & LEAT_EXEC_CLOSING) != 0;
    /* So that counters are not written at every node; what is kept back is reported before looking for work elsewhere. */
    if (w->sinks_done + w->closing_done >= 16 || w->closing_done >= w->x->n_workers)
        report_done(w);
}

/* Releases the successors; returns the one to run next, or LEAT_NO_NODE. */
static inline uint32_t release(leat_worker *w, uint32_t node)
{
    leat_exec *x = w->x;
    const leat_exec_graph *g = x->graph;
    uint32_t next = LEAT_NO_NODE, batch = 0;
    for (uint32_t i = g->succ_begin[node]; i < g->succ_begin[node + 1]; i++) {
        uint32_t ready = g->succ[i];
        if (!arrive(w, ready))
            continue;
        if (next == LEAT_NO_NODE) {
            next = ready;
        } else if (x->node[ready].key >= x->node[next].key) {
            leat_ready_insert(w, next, batch++);
            next = ready;
        } else {
            leat_ready_insert(w, ready, batch++);
        }
    }
    if (x->node[node].flags & (LEAT_EXEC_SINK | LEAT_EXEC_CLOSING))
        note_ends(w, x->node[node].flags);
    return next;
}

static void release_fifo(leat_worker *w, uint32_t node)
{
    leat_exec *x = w->x;
    const leat_exec_graph *g = x->graph;
    for (uint32_t i = g->succ_begin[node]; i < g->succ_begin[node + 1]; i++)
        if (arrive(w, g->succ[i]))
            leat_ready_push(w, g->succ[i]);
    note_ends(w, x->node[node].flags);
}

/* Not again before the one that was woken is there: a wake-up takes as long as many nodes. A worker clears `waking` before it
 * sleeps and after; so one that sleeps after the flag was set in vain (nobody slept any more) can still be woken. */
static void wake_one(leat_exec *x)
{
    if (atomic_load_explicit(&x->waking, memory_order_relaxed) == 0 &&
        atomic_exchange_explicit(&x->waking, 1, memory_order_relaxed) == 0)
        leat_eventcount_notify(&x->idle, 1);
}

/* Before `node` is run: offers others what waits meanwhile, if that is worth their trouble or if the wait is long; and wakes
 * one of them if it is worth a wake-up and nobody is looking for work already. The looks at other workers' state are
 * guesses; they are repeated at every node. */
static inline void offer(leat_worker *w, uint32_t node)
{
    leat_exec *x = w->x;
    float cost = x->node[node].cost_ns;
    if (w->n_arrivals > 0 && (++w->arrivals_age > LEAT_CROWD_KEPT || cost > LEAT_CROWD_NS)) {
        uint32_t ready = report_arrivals(w);
        if (ready != LEAT_NO_NODE)
            leat_ready_push(w, ready);
    }
    if (w->n_recent > 0 && (w->recent_ns >= LEAT_EXEC_OFFER_NS || cost >= LEAT_EXEC_OFFER_NS))
        leat_ready_expose(w, w->n_recent);
    if (__builtin_expect(w->overflow != LEAT_NO_NODE, 0))
        leat_ready_refill(w);
    if (w->deque_ns <= 0 || (w->deque_ns < LEAT_EXEC_WAKE_NS && cost < LEAT_EXEC_WAKE_NS))
        return;
    if (leat_eventcount_has_waiters(&x->idle) &&
        atomic_load_explicit(&x->searching, memory_order_relaxed) == 0 && leat_deque_size(&w->deque) > 0) {
        leat_worker_stop_clock(w);
        wake_one(x);
    }
}

/* ---- finding work elsewhere ---- */

static uint32_t steal(leat_worker *w)
{
    leat_exec *x = w->x;
    for (uint32_t k = 0, v = w->victim; k < w->n_team; k++, v = v + 1 < w->n_team ? v + 1 : 0) {
        uint32_t node = v != w->index ? leat_ready_steal(w, &x->workers[v]) : LEAT_NO_NODE;
        if (node != LEAT_NO_NODE) {
            w->victim = v;
            return node;
        }
    }
    return LEAT_NO_NODE;
}

static bool sees_work(const leat_worker *w)
{
    leat_exec *x = w->x;
    for (uint32_t i = 0; i < w->n_team; i++)
        if (leat_deque_size(&x->workers[i].deque) > 0 || leat_tile_job_is_open(&x->workers[i].job))
            return true;
    return false;
}

/* A thread that parks sees the end of the run: sinks_left is read after prepare by a seq_cst load (leat_eventcount). Work
 * that it fails to see is its owner's to do. */
static void park(leat_worker *w)
{
    leat_exec *x = w->x;
    uint32_t key = leat_eventcount_prepare(&x->idle);
    atomic_store_explicit(&x->waking, 0, memory_order_relaxed);
    if (atomic_load(&x->sinks_left) == 0 || sees_work(w))
        leat_eventcount_cancel(&x->idle);
    else
        leat_eventcount_wait(&x->idle, key);
    atomic_store_explicit(&x->waking, 0, memory_order_relaxed);
}

/* Spins for a while, then parks; LEAT_NO_NODE: the run is over. */
static uint32_t search(leat_worker *w)
{
    leat_exec *x = w->x;
    uint32_t node = LEAT_NO_NODE;
    double since = 0;
    atomic_fetch_add_explicit(&x->searching, 1, memory_order_relaxed);
    for (uint32_t spins = 1; !is_over(x); spins++) {
        node = steal(w);
        if (node != LEAT_NO_NODE)
            break;
        if (leat_tiles_help(w)) {
            since = 0;
            continue;
        }
        for (uint32_t k = LEAT_MIN(spins, 32); k > 0; k--)
            leat_pause();
        if (spins % 16 != 0)
            continue;
        double now = leat_now();
        bool closing = atomic_load_explicit(&x->closing_left, memory_order_relaxed) == 0;
        if (since == 0) {
            since = now;
        } else if (now - since > (closing ? CLOSING_SPIN_SECONDS : SPIN_SECONDS)) {
            atomic_fetch_sub_explicit(&x->searching, 1, memory_order_relaxed);
            park(w);
            atomic_fetch_add_explicit(&x->searching, 1, memory_order_relaxed);
            since = 0;
        }
    }
    atomic_fetch_sub_explicit(&x->searching, 1, memory_order_relaxed);
    return node;
}

/* ---- a run ---- */

static void push_roots(leat_worker *w)
{
    const leat_exec_costs *costs = w->x->costs;
    for (uint32_t i = 0; i < costs->n_roots; i++)
        leat_ready_push(w, costs->roots[i]);
}

void leat_worker_run(leat_worker *w)
{
    leat_exec *x = w->x;
    leat_worker *outer = leat_worker_set_current(w);
    if (w->index == 0)
        push_roots(w);
    for (uint32_t node = LEAT_NO_NODE;;) {
        if (node == LEAT_NO_NODE)
            node = leat_ready_pop(w);
        if (node == LEAT_NO_NODE)
            node = report_arrivals(w);
        if (node == LEAT_NO_NODE) {
            leat_worker_stop_clock(w);
            report_done(w);
            node = search(w);
            if (node == LEAT_NO_NODE)
                break;
        }
        offer(w, node);
        run_node(w, node);
        if (__builtin_expect(x->fifo, 0)) {
            release_fifo(w, node);
            node = LEAT_NO_NODE;
        } else {
            node = release(w, node);
        }
    }
    leat_worker_set_current(outer);
}

void leat_worker_run_serial(leat_worker *w)
{
    leat_exec *x = w->x;
    leat_worker *outer = leat_worker_set_current(w);
    for (uint32_t node = 0; node < x->graph->n_nodes; node++) {
        run_node(w, node);
        if (atomic_load_explicit(&x->limit, memory_order_relaxed) <= node)
            break;
    }
    leat_worker_stop_clock(w);
    leat_worker_set_current(outer);
}
