#include "config.h"
#include "worker-private.h"

#include <string.h>

/* Deques of small graphs are as small as the graph: no more nodes can be ready. */
static uint32_t deque_bundles(uint32_t n_nodes)
{
    uint32_t n = 8;
    while (n < n_nodes && n < LEAT_DEQUE_BUNDLES)
        n *= 2;
    return n;
}

/* leat_alloc_aligned's 64 bytes are less than LEAT_APART: *memory is what to free. */
static void *alloc_apart(size_t bytes, void **memory)
{
    char *p = leat_alloc_aligned(bytes + LEAT_APART);
    *memory = p;
    return p == NULL ? NULL : p + (LEAT_APART - (uintptr_t)p % LEAT_APART) % LEAT_APART;
}

static void init_workers(leat_exec *x, _Atomic uint32_t *slots, uint32_t bundles)
{
    memset(x->workers, 0, x->n_workers * sizeof *x->workers);
    for (uint32_t i = 0; i < x->n_workers; i++) {
        leat_worker *w = &x->workers[i];
        w->x = x;
        w->index = i;
        w->n_team = 1;
        w->alone = true;
        w->overflow = LEAT_NO_NODE;
        if (slots != NULL)
            leat_deque_init(&w->deque, slots + (size_t)i * bundles * LEAT_BUNDLE_WORDS, bundles);
        leat_tile_job_init(&w->job);
    }
}

leat_status leat_exec_new(leat_exec **out, const leat_exec_graph *g, uint32_t n_workers)
{
    void *memory, *slots = NULL;
    *out = NULL;
    if (n_workers == 0 || n_workers > LEAT_POOL_MAX || g->n_nodes >= LEAT_NO_NODE)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%u nodes on %u threads: 1 to %u threads are possible",
                         g->n_nodes, n_workers, LEAT_POOL_MAX);
    size_t bytes = sizeof(leat_exec) + n_workers * sizeof(leat_worker);
    leat_exec *x = alloc_apart(bytes, &memory);
    if (x == NULL)
        return leat_fail_memory(bytes);
    *x = (leat_exec){.graph = g, .n_workers = n_workers, .memory = memory, .workers = (leat_worker *)(x + 1)};
    pthread_mutex_init(&x->failure_mutex, NULL);
    leat_eventcount_init(&x->idle);
    uint32_t bundles = deque_bundles(g->n_nodes);
    size_t slots_bytes = (size_t)n_workers * bundles * LEAT_BUNDLE_WORDS * sizeof(uint32_t);
    if (n_workers > 1) {
        slots = leat_alloc_aligned(slots_bytes);
        x->pending = leat_alloc_zero(g->n_nodes, sizeof(uint32_t));
    }
    x->slots = slots;
    init_workers(x, slots, bundles);
    if (n_workers > 1 && (slots == NULL || x->pending == NULL)) {
        leat_exec_free(x);
        return leat_fail_memory(slots_bytes + g->n_nodes * sizeof(uint32_t));
    }
    *out = x;
    return LEAT_OK;
}

void leat_exec_free(leat_exec *x)
{
    if (x == NULL)
        return;
    for (uint32_t i = 0; i < x->n_workers; i++)
        leat_scratch_free(&x->workers[i].scratch);
    pthread_mutex_destroy(&x->failure_mutex);
    leat_free(x->failure_message);
    leat_free((void *)x->pending);
    leat_free_aligned(x->slots);
    leat_free_aligned(x->memory);
}

/* ---- failures ---- */

void leat_exec_note_failure(leat_exec *x, uint32_t node, leat_status status)
{
    pthread_mutex_lock(&x->failure_mutex);
    if (node < atomic_load_explicit(&x->limit, memory_order_relaxed)) {
        leat_free(x->failure_message);
        x->failure_message = leat_strdup(leat_message());
        x->failure = status;
        atomic_store_explicit(&x->limit, node, memory_order_relaxed);
    }
    pthread_mutex_unlock(&x->failure_mutex);
}

void leat_exec_stop(leat_exec *x, leat_status status)
{
    if (atomic_load_explicit(&x->stopped, memory_order_relaxed) != LEAT_OK)
        return;
    pthread_mutex_lock(&x->failure_mutex);
    atomic_store_explicit(&x->stopped, (uint32_t)status, memory_order_relaxed);
    atomic_store_explicit(&x->limit, 0, memory_order_relaxed);
    pthread_mutex_unlock(&x->failure_mutex);
}

/* After a run: its status, with detail. A stop goes before a failure: nodes below the failed one may have been left out,
 * so it need not be the first. */
static leat_status result(leat_exec *x, uint32_t *failed_node)
{
    leat_status stopped = (leat_status)x->stopped;
    if (failed_node != NULL)
        *failed_node = stopped == LEAT_OK && x->failure != LEAT_OK ? x->limit : LEAT_NO_NODE;
    if (stopped != LEAT_OK)
        return leat_fail(stopped,
                         stopped == LEAT_ERR_CANCELLED ? "the run was cancelled" : "the run took too long");
    if (x->failure == LEAT_OK)
        return LEAT_OK;
    return leat_fail(x->failure, "%s",
                     x->failure_message != NULL ? x->failure_message : leat_status_text(x->failure));
}

/* ---- a run ---- */

static void prepare(leat_exec *x, const leat_exec_args *args)
{
    const leat_exec_costs *costs = args->costs;
    x->costs = costs;
    x->node = costs->node;
    x->args = args;
    x->run_node = args->run_node;
    x->run = args->run;
    x->cancel = args->cancel;
    x->cancel_base = args->cancel_base;
    x->fifo = costs->policy->fifo;
    x->hooked =
        args->deadline > 0 || args->profile != NULL || args->node_ns != NULL || args->before_node != NULL;
    x->failure = LEAT_OK;
    leat_free(x->failure_message);
    x->failure_message = NULL;
    /* Nothing else runs: starting the team makes these visible to it. */
    atomic_store_explicit(&x->limit, x->graph->n_nodes, memory_order_relaxed);
    atomic_store_explicit(&x->stopped, LEAT_OK, memory_order_relaxed);
    atomic_store_explicit(&x->sinks_left, costs->n_sinks, memory_order_relaxed);
    atomic_store_explicit(&x->closing_left, costs->n_closing, memory_order_relaxed);
    atomic_store_explicit(&x->searching, 0, memory_order_relaxed);
    atomic_store_explicit(&x->waking, 0, memory_order_relaxed);
}

static void team_main(uint32_t index, uint32_t n, void *arg)
{
    leat_exec *x = arg;
    leat_worker *w = &x->workers[index];
    w->n_team = n;
    w->alone = n == 1;
    w->clock = 0;
    w->ring = x->args->profile != NULL ? leat_rings_of(x->args->profile, index) : NULL;
    w->timed = w->ring != NULL || x->args->node_ns != NULL;
    if (n == 1)
        leat_worker_run_serial(w);
    else
        leat_worker_run(w);
}

void leat_exec_clock_start(leat_exec_clock *c)
{
    c->seconds = leat_now();
    c->ticks = leat_ticks();
}

void leat_exec_clock_to_ns(const leat_exec_clock *c, float *times, uint32_t n)
{
    double seconds = leat_now() - c->seconds;
    uint64_t ticks = leat_ticks() - c->ticks;
    float ns = ticks > 0 ? (float)(seconds * 1e9 / (double)ticks) : 0;
    for (uint32_t i = 0; i < n; i++)
        times[i] *= ns;
}

static leat_status run_alone(leat_exec *x)
{
    leat_kernel_scope scope;
    leat_kernel_scope_enter(&scope);
    team_main(0, 1, x);
    leat_kernel_scope_leave(&scope);
    return LEAT_OK;
}

/* A loss is what cannot be explained by costs that are somewhat wrong; those that are not measured yet explain nothing, and the
 * first runs also start threads and meet memory for the first time. */
#define LOSS_FACTOR 2.0
#define LOSS_SECONDS 50e-6
#define SERIAL_TIMES 20.0

static leat_status run_team(leat_exec *x, const leat_exec_args *args)
{
    uint32_t n = args->pool != NULL ? LEAT_MIN(x->n_workers, leat_pool_size(args->pool)) : 1;
    x->ran_alone = false;
    if (n == 1)
        return run_alone(x);
    double start = leat_now();
    x->ran_alone = !args->insist && start < x->serial_until;
    if (x->ran_alone)
        return run_alone(x);
    memcpy((void *)x->pending, x->graph->initial_pending, x->graph->n_nodes * sizeof(uint32_t));
    leat_status status = leat_pool_run(args->pool, n, team_main, x);
    double end = leat_now(), alone = args->costs->total_ns * 1e-9;
    bool lost = args->costs_measured && end - start > LOSS_FACTOR * alone + LOSS_SECONDS;
    x->serial_until = lost ? end + SERIAL_TIMES * (end - start - alone) : 0;
    return status;
}

leat_status leat_exec_run(leat_exec *x, const leat_exec_args *args, uint32_t *failed_node)
{
    if (failed_node != NULL)
        *failed_node = LEAT_NO_NODE;
    prepare(x, args);
    if (args->profile != NULL)
        leat_rings_begin(args->profile, args->node_ns != NULL || !args->costs_measured);
    if (args->node_ns != NULL)
        memset(args->node_ns, 0, x->graph->n_nodes * sizeof(float));
    leat_exec_clock clock;
    if (args->node_ns != NULL)
        leat_exec_clock_start(&clock);
    leat_status status = run_team(x, args);
    if (args->profile != NULL)
        leat_rings_end(args->profile);
    if (args->node_ns != NULL)
        leat_exec_clock_to_ns(&clock, args->node_ns, x->graph->n_nodes);
    return status != LEAT_OK ? status : result(x, failed_node);
}

bool leat_exec_ran_alone(const leat_exec *x)
{
    return x->ran_alone;
}

/* ---- nodes run outside ---- */

leat_worker *leat_exec_serial_enter(leat_exec *x, leat_exec_serial *s)
{
    s->worker = &x->workers[0];
    s->worker->alone = true;
    s->worker->n_team = 1;
    s->outer = leat_worker_set_current(s->worker);
    leat_kernel_scope_enter(&s->scope);
    return s->worker;
}

void leat_exec_serial_node(leat_worker *w)
{
    leat_scratch_release(&w->scratch, (leat_scratch_mark){0, 0});
}

void leat_exec_serial_leave(leat_exec_serial *s)
{
    leat_kernel_scope_leave(&s->scope);
    leat_worker_set_current(s->outer);
}
