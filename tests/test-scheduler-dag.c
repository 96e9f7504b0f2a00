/* Random graphs through the executor: any number of threads, any schedule, the same bits as the serial order.
 *
 * A node adds up its inputs in floating point, so that a missing or early input shows in the bits; some read or write one of a
 * few variables, some do their work in tiles. Edges are those that a plan would make: inputs, control edges, and the serial
 * order between a variable's writes and its other uses. */
#include "config.h"
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/base-private.h"
#include "scheduler/exec-private.h"

#define MAX_NODES 400
#define MAX_EDGES (MAX_NODES * 16)
#define N_VARS 4
#define N_TILES 8
#ifdef LEAT_POOL_PTHREAD
#define N_DAGS 250 /* under ThreadSanitizer, where each run makes its threads */
#else
#define N_DAGS 1000
#endif

static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

typedef struct dag_node {
    uint32_t inputs[4], n_inputs;
    int read, write; /* a variable, or -1 */
    bool tiled, fails;
} dag_node;

/* The graph and one run's values. */
typedef struct dag {
    uint32_t n;
    dag_node nodes[MAX_NODES];
    leat_exec_graph graph;
    uint32_t succ_begin[MAX_NODES + 1], succ[MAX_EDGES], pending[MAX_NODES];
    float cost_ns[MAX_NODES];
    uint32_t n_edges;
    struct {
        uint32_t from, to;
    } edges[MAX_EDGES];
} dag;

typedef struct dag_values {
    const dag *d;
    double out[MAX_NODES], vars[N_VARS];
    double tiles[MAX_NODES][N_TILES];
    _Atomic uint32_t runs[MAX_NODES];
} dag_values;

static void add_edge(dag *d, uint32_t from, uint32_t to)
{
    if (d->n_edges == MAX_EDGES)
        abort();
    d->edges[d->n_edges].from = from;
    d->edges[d->n_edges++].to = to;
}

/* What the plan does for a variable: a write after all uses since the write before, a read after the latest write. */
static void order_variables(dag *d)
{
    for (int v = 0; v < N_VARS; v++) {
        uint32_t last_write = UINT32_MAX, readers[MAX_NODES], n_readers = 0;
        for (uint32_t i = 0; i < d->n; i++) {
            if (d->nodes[i].read != v && d->nodes[i].write != v)
                continue;
            if (last_write != UINT32_MAX)
                add_edge(d, last_write, i);
            if (d->nodes[i].write != v) {
                readers[n_readers++] = i;
                continue;
            }
            while (n_readers > 0)
                add_edge(d, readers[--n_readers], i);
            last_write = i;
        }
    }
}

static void freeze(dag *d)
{
    memset(d->succ_begin, 0, sizeof d->succ_begin);
    memset(d->pending, 0, sizeof d->pending);
    for (uint32_t e = 0; e < d->n_edges; e++) {
        d->succ_begin[d->edges[e].from + 1]++;
        d->pending[d->edges[e].to]++;
    }
    for (uint32_t i = 0; i < d->n; i++)
        d->succ_begin[i + 1] += d->succ_begin[i];
    uint32_t at[MAX_NODES];
    memcpy(at, d->succ_begin, sizeof at);
    for (uint32_t e = 0; e < d->n_edges; e++)
        d->succ[at[d->edges[e].from]++] = d->edges[e].to;
    d->graph = (leat_exec_graph){d->n, d->succ_begin, d->succ, d->pending};
}

static void make_dag(dag *d, uint64_t seed, bool may_fail)
{
    uint64_t r = seed * 2 + 1;
    for (int i = 0; i < 4; i++)
        next_random(&r);
    d->n = 1 + next_random(&r) % (seed % 10 == 0 ? MAX_NODES : 60);
    d->n_edges = 0;
    uint32_t near = 1 + next_random(&r) % 40, variables = next_random(&r) % 4, tiles = next_random(&r) % 8;
    for (uint32_t i = 0; i < d->n; i++) {
        dag_node *n = &d->nodes[i];
        *n = (dag_node){.read = -1, .write = -1, .tiled = next_random(&r) % 16 < tiles};
        n->n_inputs = i == 0 ? 0 : next_random(&r) % 5;
        for (uint32_t k = 0; k < n->n_inputs; k++) {
            n->inputs[k] = i - 1 - next_random(&r) % (i < near ? i : near); /* the same twice now and then */
            add_edge(d, n->inputs[k], i);
        }
        if (i > 0 && next_random(&r) % 8 == 0)
            add_edge(d, next_random(&r) % i, i);
        if (i > 0 && next_random(&r) % 32 == 0) /* as a group of many ops */
            for (int k = 0; k < 40; k++)
                add_edge(d, next_random(&r) % i, i);
        if (next_random(&r) % 8 < variables)
            *(next_random(&r) % 2 ? &n->read : &n->write) = (int)(next_random(&r) % N_VARS);
        n->fails = may_fail && next_random(&r) % 24 == 0;
        d->cost_ns[i] = (float)(next_random(&r) % 4 == 0 ? next_random(&r) % 200000 : next_random(&r) % 3000);
    }
    order_variables(d);
    freeze(d);
}

typedef struct tile_job {
    dag_values *v;
    uint32_t node;
} tile_job;

static void run_tile(size_t tile, void *arg)
{
    const tile_job *j = arg;
    leat_worker *w = leat_worker_current();
    double *scratch = leat_worker_scratch(w, 4096 * sizeof *scratch);
    double sum = 0;
    for (size_t i = 0; i < 64; i++)
        scratch[i * 64] = 1.0 / (double)(3 + i * (tile + 1) + j->node);
    for (size_t i = 0; i < 64; i++)
        sum += scratch[i * 64];
    j->v->tiles[j->node][tile] = sum;
}

static leat_status run_dag_node(void *run, uint32_t node, leat_worker *w)
{
    dag_values *v = run;
    const dag_node *n = &v->d->nodes[node];
    double sum = 1.0 / (node + 1);
    (void)w;
    atomic_fetch_add(&v->runs[node], 1);
    for (uint32_t k = 0; k < n->n_inputs; k++)
        sum = sum * 1.0000001 + v->out[n->inputs[k]] / (k + 3);
    if (n->read >= 0)
        sum += v->vars[n->read];
    if (n->tiled) {
        tile_job job = {v, node};
        leat_tiles_run(N_TILES, run_tile, &job);
        for (int i = 0; i < N_TILES; i++)
            sum += v->tiles[node][i];
    }
    if (n->fails)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "node %u says no", node);
    if (n->write >= 0)
        v->vars[n->write] = v->vars[n->write] * 0.75 + sum;
    v->out[node] = sum;
    return LEAT_OK;
}

/* The serial order on plain C: what all else is compared with. */
static uint32_t run_reference(dag_values *v, const dag *d)
{
    memset(v, 0, sizeof *v);
    v->d = d;
    leat_kernel_scope scope;
    leat_kernel_scope_enter(&scope);
    uint32_t failed = LEAT_NO_NODE;
    leat_exec *x = NULL;
    leat_exec_serial serial;
    if (CHECK_OK(leat_exec_new(&x, &d->graph, 1))) {
        leat_worker *w = leat_exec_serial_enter(x, &serial);
        for (uint32_t i = 0; i < d->n && failed == LEAT_NO_NODE; i++) {
            if (run_dag_node(v, i, w) != LEAT_OK)
                failed = i;
            leat_exec_serial_node(w);
        }
        leat_exec_serial_leave(&serial);
    }
    leat_exec_free(x);
    leat_kernel_scope_leave(&scope);
    return failed;
}

/* Delays before nodes, different in every run: seldom long ones, often a little spinning, sometimes giving up the CPU. */
static void delay(void *arg, uint32_t node, uint32_t worker)
{
    static _Thread_local uint64_t state;
    (void)worker;
    state += *(const uint64_t *)arg + node + (uintptr_t)&state;
    uint32_t r = next_random(&state) % 64;
    if (r == 0)
        sched_yield();
    else if (r == 1)
        for (double until = leat_now() + 30e-6; leat_now() < until;)
            continue;
    else if (r < 16)
        for (volatile uint32_t i = 0; i < r * 30; i++)
            continue;
}

static bool same_values(const dag_values *a, const dag_values *b, uint32_t n)
{
    return memcmp(a->out, b->out, n * sizeof a->out[0]) == 0 && memcmp(a->vars, b->vars, sizeof a->vars) == 0;
}

static bool each_ran_once(const dag_values *v)
{
    for (uint32_t i = 0; i < v->d->n; i++)
        if (v->runs[i] != 1)
            return false;
    return true;
}

static const leat_exec_policy *const policies[] = {&leat_policy_critical_path, &leat_policy_fifo,
                                                   &leat_policy_locality};

/* One graph on `threads` threads, under one policy; disturbed: with random delays. False if anything is wrong. */
static bool check_dag(leat_pool *pool, const dag *d, uint32_t threads, const leat_exec_policy *policy,
                      uint64_t disturbed, const dag_values *want)
{
    static dag_values got; /* too big for the stack, and tests are run by one thread */
    leat_exec *x = NULL;
    leat_exec_costs *costs = NULL;
    bool good = CHECK_OK(leat_exec_costs_new(&costs, &d->graph, policy, d->cost_ns, NULL)) &&
                CHECK_OK(leat_exec_new(&x, &d->graph, threads));
    for (int again = 0; again < 2 && good; again++) {
        memset(&got, 0, sizeof got);
        got.d = d;
        uint32_t failed = 0;
        leat_exec_args args = {
            .insist = true, .pool = pool, .costs = costs, .run_node = run_dag_node, .run = &got};
        if (disturbed) {
            args.before_node = delay;
            args.before_node_arg = &disturbed;
        }
        good = CHECK_OK(leat_exec_run(x, &args, &failed)) && failed == LEAT_NO_NODE &&
               same_values(&got, want, d->n) && each_ran_once(&got);
    }
    leat_exec_free(x);
    leat_exec_costs_free(costs);
    return good;
}

static void check_dags(uint32_t threads, bool disturbed, uint32_t count)
{
    static dag d;
    static dag_values want;
    leat_pool *pool = NULL;
    uint32_t wrong = 0;
    REQUIRE_OK(leat_pool_new(&pool, threads));
    for (uint32_t seed = 0; seed < count; seed++) {
        make_dag(&d, seed, false);
        run_reference(&want, &d);
        const leat_exec_policy *policy = policies[seed % 8 < 6 ? 0 : seed % 8 - 5];
        wrong += !check_dag(pool, &d, threads, policy, disturbed ? seed + 1 : 0, &want);
    }
    CHECK(wrong == 0);
    leat_pool_free(pool);
}

static const uint32_t thread_counts[] = {1, 2, 3, 4, 7};

LEAT_TEST(dags_equal_serial)
{
    for (size_t i = 0; i < LEAT_LEN(thread_counts); i++)
        check_dags(thread_counts[i], false, N_DAGS);
}

LEAT_TEST(dags_equal_serial_under_delays)
{
    for (size_t i = 0; i < LEAT_LEN(thread_counts); i++)
        check_dags(thread_counts[i], true, N_DAGS / 4);
}

/* Of several failures the serial order's first is reported, under any schedule. */
LEAT_TEST(lowest_failure_is_reported)
{
    static dag d;
    static dag_values want, got;
    uint32_t with_failure = 0;
    for (size_t k = 0; k < LEAT_LEN(thread_counts); k++) {
        leat_pool *pool = NULL;
        REQUIRE_OK(leat_pool_new(&pool, thread_counts[k]));
        for (uint64_t seed = 0; seed < N_DAGS / 4; seed++) {
            make_dag(&d, seed, true);
            uint32_t failed = 0, want_failed = run_reference(&want, &d);
            leat_exec *x = NULL;
            leat_exec_costs *costs = NULL;
            REQUIRE_OK(leat_exec_costs_new(&costs, &d.graph, NULL, d.cost_ns, NULL));
            REQUIRE_OK(leat_exec_new(&x, &d.graph, thread_counts[k]));
            memset(&got, 0, sizeof got);
            got.d = &d;
            uint64_t disturb = seed;
            leat_exec_args args = {.insist = true,
                                   .pool = pool,
                                   .costs = costs,
                                   .run_node = run_dag_node,
                                   .run = &got,
                                   .before_node = delay,
                                   .before_node_arg = &disturb};
            leat_status status = leat_exec_run(x, &args, &failed);
            CHECK(failed == want_failed);
            if (want_failed == LEAT_NO_NODE) {
                CHECK_OK(status);
            } else {
                char text[64];
                snprintf(text, sizeof text, "node %u says no", want_failed);
                CHECK_FAILS(status, LEAT_ERR_OUT_OF_RANGE, text);
                CHECK(memcmp(got.out, want.out, want_failed * sizeof got.out[0]) == 0);
                with_failure++;
            }
            leat_exec_free(x);
            leat_exec_costs_free(costs);
        }
        leat_pool_free(pool);
    }
    CHECK(with_failure > N_DAGS / 8);
}

/* ---- several threads, each with a run of its own, on one pool and one graph ---- */

typedef struct caller {
    pthread_t thread;
    leat_pool *pool;
    const dag *d;
    const leat_exec_costs *costs;
    const dag_values *want;
    dag_values got;
    uint32_t n_right;
} caller;

#define CALLERS 4
#define RUNS_OF_CALLER 25

static void *call_often(void *arg)
{
    caller *c = arg;
    leat_exec *x;
    if (leat_exec_new(&x, &c->d->graph, 3) != LEAT_OK)
        return NULL;
    for (int i = 0; i < RUNS_OF_CALLER; i++) {
        memset(&c->got, 0, sizeof c->got);
        c->got.d = c->d;
        leat_exec_args args = {
            .insist = true, .pool = c->pool, .costs = c->costs, .run_node = run_dag_node, .run = &c->got};
        c->n_right += leat_exec_run(x, &args, NULL) == LEAT_OK && same_values(&c->got, c->want, c->d->n) &&
                      each_ran_once(&c->got);
    }
    leat_exec_free(x);
    return NULL;
}

LEAT_TEST(several_threads_share_a_pool)
{
    static dag d;
    static dag_values want;
    static caller callers[CALLERS];
    leat_pool *pool = NULL;
    leat_exec_costs *costs = NULL;
    make_dag(&d, 30, false);
    run_reference(&want, &d);
    REQUIRE_OK(leat_pool_new(&pool, 3));
    REQUIRE_OK(leat_exec_costs_new(&costs, &d.graph, NULL, d.cost_ns, NULL));
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (caller){.pool = pool, .d = &d, .costs = costs, .want = &want};
        pthread_create(&callers[i].thread, NULL, call_often, &callers[i]);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        CHECK(callers[i].n_right == RUNS_OF_CALLER);
    }
    leat_exec_costs_free(costs);
    leat_pool_free(pool);
}

/* A node that runs a whole graph itself: as a session called from a call-back would. */
typedef struct nested {
    leat_pool *pool;
    const dag *d;
    const leat_exec_costs *costs;
    dag_values got[4];
    leat_status status[4];
    leat_worker *seen[4];
} nested;

static leat_status run_nested(void *run, uint32_t node, leat_worker *w)
{
    nested *n = run;
    leat_exec *x = NULL;
    n->status[node] = leat_exec_new(&x, &n->d->graph, 2);
    if (n->status[node] != LEAT_OK)
        return n->status[node];
    n->got[node].d = n->d;
    leat_exec_args args = {
        .insist = true, .pool = n->pool, .costs = n->costs, .run_node = run_dag_node, .run = &n->got[node]};
    n->status[node] = leat_exec_run(x, &args, NULL);
    leat_exec_free(x);
    n->seen[node] = leat_worker_current() == w ? w : NULL;
    return n->status[node];
}

LEAT_TEST(a_node_may_run_another_graph)
{
    static dag d;
    static dag_values want;
    static nested n;
    static const uint32_t begin[5] = {0}, none[4] = {0};
    leat_exec_graph outer = {4, begin, none, none};
    leat_exec_costs *costs = NULL, *inner = NULL;
    leat_exec *x = NULL;
    leat_pool *pool = NULL;
    make_dag(&d, 40, false);
    run_reference(&want, &d);
    REQUIRE_OK(leat_pool_new(&pool, 2));
    REQUIRE_OK(leat_exec_costs_new(&costs, &outer, NULL, (const float[]){1e6f, 1e6f, 1e6f, 1e6f}, NULL));
    REQUIRE_OK(leat_exec_costs_new(&inner, &d.graph, NULL, d.cost_ns, NULL));
    REQUIRE_OK(leat_exec_new(&x, &outer, 2));
    n = (nested){.pool = pool, .d = &d, .costs = inner};
    leat_exec_args args = {.insist = true, .pool = pool, .costs = costs, .run_node = run_nested, .run = &n};
    CHECK_OK(leat_exec_run(x, &args, NULL));
    for (int i = 0; i < 4; i++)
        CHECK(n.status[i] == LEAT_OK && n.seen[i] != NULL && same_values(&n.got[i], &want, d.n));
    leat_exec_free(x);
    leat_exec_costs_free(inner);
    leat_exec_costs_free(costs);
    leat_pool_free(pool);
}
