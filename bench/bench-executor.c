/* What the pool and the executor cost, and how near a run comes to what its graph allows. Prints one line a measurement: the
 * smallest of many repetitions, since other work on the machine only ever adds. bench/NOTES.md has results. */
#include "config.h"
#include <omp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/base-private.h"
#include "scheduler/exec-private.h"

#define REPEAT_SECONDS 0.1

/* ---- graphs ---- */

typedef struct graph {
    leat_exec_graph g;
    uint32_t n, n_edges, capacity;
    uint32_t (*edges)[2];
    uint32_t *begin, *succ, *pending;
    float *cost_ns;
    double *values;
    uint32_t (*inputs)[2]; /* of a Mul */
} graph;

static void *checked(void *p)
{
    if (p == NULL)
        leat_must(leat_fail_memory(0));
    return p;
}

static graph graph_new(uint32_t n)
{
    graph d = {.n = n};
    d.cost_ns = checked(leat_alloc_zero(n, sizeof *d.cost_ns));
    d.values = checked(leat_alloc_zero(n, sizeof *d.values));
    d.inputs = checked(leat_alloc_zero(n, sizeof *d.inputs));
    d.begin = checked(leat_alloc_zero(n + 2, sizeof *d.begin));
    d.pending = checked(leat_alloc_zero(n, sizeof *d.pending));
    return d;
}

static void edge(graph *d, uint32_t from, uint32_t to)
{
    if (d->n_edges == d->capacity) {
        d->capacity = d->capacity * 2 + 1024;
        d->edges = checked(leat_realloc_array(d->edges, d->capacity, sizeof *d->edges));
    }
    d->edges[d->n_edges][0] = from;
    d->edges[d->n_edges++][1] = to;
    d->inputs[to][d->pending[to]++ % 2] = from;
}

static void freeze(graph *d)
{
    d->succ = checked(leat_alloc_zero(d->n_edges + 1, sizeof *d->succ));
    for (uint32_t i = 0; i < d->n_edges; i++)
        d->begin[d->edges[i][0] + 2]++;
    for (uint32_t i = 0; i < d->n; i++)
        d->begin[i + 1] += d->begin[i];
    for (uint32_t i = 0; i < d->n_edges; i++)
        d->succ[d->begin[d->edges[i][0] + 1]++] = d->edges[i][1];
    d->g = (leat_exec_graph){d->n, d->begin, d->succ, d->pending};
}

static void graph_free(graph *d)
{
    leat_free(d->edges);
    leat_free(d->begin);
    leat_free(d->succ);
    leat_free(d->pending);
    leat_free(d->cost_ns);
    leat_free(d->values);
    leat_free(d->inputs);
}

static graph chains(uint32_t width, uint32_t length, float cost_ns)
{
    graph d = graph_new(width * length);
    for (uint32_t i = 0; i < d.n;
         i++) { /* plan order goes across the chains, as a graph built layer by layer has it */
        d.cost_ns[i] = cost_ns;
        if (i >= width)
            edge(&d, i - width, i);
    }
    freeze(&d);
    return d;
}

static graph fan(uint32_t width, float cost_ns)
{
    graph d = graph_new(width + 2);
    for (uint32_t i = 0; i < d.n; i++)
        d.cost_ns[i] = cost_ns;
    for (uint32_t i = 1; i <= width; i++) {
        edge(&d, 0, i);
        edge(&d, i, width + 1);
    }
    freeze(&d);
    return d;
}

/* A long node, while the other workers fall asleep; then work for all. */
static graph long_then_fan(float long_ns, uint32_t width, float cost_ns)
{
    graph d = fan(width, cost_ns);
    d.cost_ns[0] = long_ns;
    d.cost_ns[width + 1] = 0;
    return d;
}

/* Layers of nodes, each with two inputs from the layer before; costs vary by a factor of 16. */
static graph layers(uint32_t width, uint32_t depth, float mean_ns)
{
    graph d = graph_new(width * depth);
    uint64_t r = 7;
    for (uint32_t i = 0; i < d.n; i++) {
        r = r * 6364136223846793005u + 1442695040888963407u;
        d.cost_ns[i] = mean_ns * (0.125f + 1.875f * (float)((r >> 33) % 1000) / 1000);
        if (i >= width) {
            uint32_t layer = i / width * width - width;
            edge(&d, layer + (uint32_t)(r >> 40) % width, i);
            edge(&d, layer + (uint32_t)(r >> 50) % width, i);
        }
    }
    freeze(&d);
    return d;
}

/* ---- nodes ---- */

/* A scalar multiplication: next to nothing. */
static leat_status mul_node(void *run, uint32_t node, leat_worker *w)
{
    graph *d = run;
    (void)w;
    d->values[node] = d->values[d->inputs[node][0]] * 1.0000001 + d->values[d->inputs[node][1]];
    return LEAT_OK;
}

static double ticks_per_ns;

static void spin(float ns)
{
    for (uint64_t until = leat_ticks() + (uint64_t)(ns * ticks_per_ns); leat_ticks() < until;)
        continue;
}

/* Takes as long as its cost says. */
static leat_status timed_node(void *run, uint32_t node, leat_worker *w)
{
    graph *d = run;
    (void)w;
    spin(d->cost_ns[node]);
    return LEAT_OK;
}

static void timed_tile(size_t tile, void *arg)
{
    (void)tile;
    spin(*(const float *)arg / 8);
}

static leat_status tiled_node(void *run, uint32_t node, leat_worker *w)
{
    graph *d = run;
    (void)w;
    leat_tiles_run(8, timed_tile, &d->cost_ns[node]);
    return LEAT_OK;
}

static void calibrate(void)
{
    double start = leat_now();
    uint64_t ticks = leat_ticks();
    while (leat_now() - start < 0.05)
        continue;
    ticks_per_ns = (double)(leat_ticks() - ticks) / ((leat_now() - start) * 1e9);
}

/* ---- measuring ---- */

static leat_pool *pools[9];

/* The shortest run, in ns. */
static double measure(graph *d, uint32_t threads, leat_exec_node_fn *fn, const leat_exec_policy *policy,
                      leat_rings *profile)
{
    leat_exec_costs *costs;
    leat_exec *x;
    double best = 1e99;
    leat_must(leat_exec_costs_new(&costs, &d->g, policy, d->cost_ns, NULL));
    leat_must(leat_exec_new(&x, &d->g, threads));
    leat_exec_args args = {
        .insist = true, .pool = pools[threads], .costs = costs, .run_node = fn, .run = d, .profile = profile};
    for (double end = leat_now() + REPEAT_SECONDS; leat_now() < end;) {
        double start = leat_now();
        leat_must(leat_exec_run(x, &args, NULL));
        double ns = (leat_now() - start) * 1e9;
        best = LEAT_MIN(best, ns);
    }
    leat_exec_free(x);
    leat_exec_costs_free(costs);
    return best;
}

static void nothing(uint32_t index, uint32_t n, void *arg)
{
    (void)index, (void)n, (void)arg;
}

static void bench_pool(void)
{
    for (uint32_t n = 1; n <= 2; n++) {
        double best = 1e99;
        for (double end = leat_now() + REPEAT_SECONDS; leat_now() < end;) {
            double start = leat_now();
            for (int i = 0; i < 100; i++)
                leat_must(leat_pool_run(pools[n], n, nothing, NULL));
            double ns = (leat_now() - start) * 1e7;
            best = LEAT_MIN(best, ns);
        }
        printf("pool, %u threads, nothing to do %28.0f ns a run\n", n, best);
    }
}

static void bench_tiny(const char *name, graph d)
{
    printf("%-40s", name);
    for (uint32_t threads = 1; threads <= 2; threads++)
        printf("  %u: %6.1f ns/node", threads, measure(&d, threads, mul_node, NULL, NULL) / d.n);
    printf("\n");
    graph_free(&d);
}

/* Against the bound that no schedule on two threads can beat: half the work, or the longest path. */
static void bench_timed(const char *name, graph d)
{
    static const leat_exec_policy *const policies[] = {&leat_policy_critical_path, &leat_policy_fifo,
                                                       &leat_policy_locality};
    leat_exec_costs *costs;
    leat_must(leat_exec_costs_new(&costs, &d.g, NULL, d.cost_ns, NULL));
    double bound = LEAT_MAX(costs->total_ns / 2, costs->critical_ns);
    if (costs->n_roots == 1) /* what is alone at the start is shared with nobody */
        bound = LEAT_MAX(bound, d.cost_ns[0] + (costs->total_ns - d.cost_ns[0]) / 2);
    printf("%-40s  bound %7.1f us", name, bound / 1e3);
    printf("  serial %.3f", measure(&d, 1, timed_node, NULL, NULL) / costs->total_ns);
    leat_exec_costs_free(costs);
    for (size_t i = 0; i < LEAT_LEN(policies); i++)
        printf("  %s %.3f", policies[i]->name, measure(&d, 2, timed_node, policies[i], NULL) / bound);
    printf("\n");
    graph_free(&d);
}

static void bench_profile(uint32_t threads)
{
    graph d = layers(32, 100, 1000);
    leat_rings *p;
    leat_must(leat_rings_new(&p, threads, 4096));
    double off = measure(&d, threads, timed_node, NULL, NULL), on = measure(&d, threads, timed_node, NULL, p);
    printf("profile at 1 us nodes, %u threads  %26.1f ns/node, %.1f %%\n", threads,
           (on - off) / d.n * threads, (on / off - 1) * 100);
    leat_rings_free(p);
    graph_free(&d);
}

static void bench_tiles(float us)
{
    graph d = chains(1, 20, us * 1e3f);
    double one = measure(&d, 1, tiled_node, NULL, NULL), two = measure(&d, 2, tiled_node, NULL, NULL);
    printf("chain of 20 nodes of 8 tiles, %5.0f us a node  1: %7.1f us  2: %7.1f us  speed-up %.2f\n",
           (double)us, one / 20e3, two / 20e3, one / two);
    graph_free(&d);
}

int main(void)
{
    calibrate();
    for (uint32_t n = 1; n <= 2; n++)
        leat_must(leat_pool_new(&pools[n], n));
    bench_pool();
    bench_tiny("64 chains of 100 scalar Mul", chains(64, 100, 10));
    bench_tiny("1 chain of 1000 scalar Mul", chains(1, 1000, 10));
    bench_tiny("fan of 10000 scalar Mul", fan(10000, 10));
    bench_tiny("layers 64 x 100 of scalar Mul", layers(64, 100, 10));
    bench_tiny("1 chain of 1000, costs unknown", chains(1, 1000, LEAT_EXEC_DEFAULT_NS));
    bench_timed("16 chains of 8, 50 us", chains(16, 8, 50e3f));
    bench_timed("17 chains of 3, 100 us", chains(17, 3, 100e3f));
    bench_timed("layers 32 x 100, 1 us", layers(32, 100, 1e3f));
    bench_timed("layers 32 x 30, 10 us", layers(32, 30, 10e3f));
    bench_timed("layers 4 x 50, 20 us", layers(4, 50, 20e3f));
    bench_timed("layers 8 x 20, 100 us", layers(8, 20, 100e3f));
    bench_timed("fan of 100, 10 us", fan(100, 10e3f));
    bench_timed("fan of 1000, 0.5 us", fan(1000, 500));
    bench_timed("1 ms, then a fan of 100, 20 us", long_then_fan(1e6f, 100, 20e3f));
    bench_timed("1 ms, then a fan of 40, 2 us", long_then_fan(1e6f, 40, 2e3f));
    bench_profile(1);
    bench_profile(2);
    bench_tiles(8);
    bench_tiles(50);
    bench_tiles(500);
    for (uint32_t n = 1; n <= 2; n++)
        leat_pool_free(pools[n]);
    return 0;
}
