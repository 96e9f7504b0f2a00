/* The executor's edges: wide and empty graphs, cancelling, deadlines, tiles, scratch, profiles, costs. */
#include "check.h"
#include "faults.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/base-private.h"
#include "scheduler/exec-private.h"
#include "scheduler/worker-private.h"

/* A graph with all that it takes to run it; `edge` pairs in any order. */
typedef struct fixture {
    leat_exec_graph g;
    uint32_t *begin, *succ, *pending;
    leat_pool *pool;
    leat_exec_costs *costs;
    leat_exec *x;
} fixture;

static bool fixture_new(fixture *f, uint32_t n_nodes, const uint32_t (*edges)[2], uint32_t n_edges,
                        const float *cost_ns, uint32_t threads)
{
    f->begin = calloc(n_nodes + 2, sizeof *f->begin);
    f->succ = calloc(n_edges + 1, sizeof *f->succ);
    f->pending = calloc(n_nodes + 1, sizeof *f->pending);
    for (uint32_t i = 0; i < n_edges; i++) {
        f->begin[edges[i][0] + 2]++;
        f->pending[edges[i][1]]++;
    }
    for (uint32_t i = 0; i < n_nodes; i++)
        f->begin[i + 1] += f->begin[i];
    for (uint32_t i = 0; i < n_edges;
         i++) /* begin[i + 1] is where i's next goes, and ends as where i + 1 begins */
        f->succ[f->begin[edges[i][0] + 1]++] = edges[i][1];
    f->g = (leat_exec_graph){n_nodes, f->begin, f->succ, f->pending};
    return CHECK_OK(leat_pool_new(&f->pool, threads)) &&
           CHECK_OK(leat_exec_costs_new(&f->costs, &f->g, NULL, cost_ns, NULL)) &&
           CHECK_OK(leat_exec_new(&f->x, &f->g, threads));
}

static void fixture_free(fixture *f)
{
    leat_exec_free(f->x);
    leat_exec_costs_free(f->costs);
    leat_pool_free(f->pool);
    free(f->begin);
    free(f->succ);
    free(f->pending);
}

static leat_status count_node(void *run, uint32_t node, leat_worker *w)
{
    (void)w;
    atomic_fetch_add_explicit(&((_Atomic uint32_t *)run)[node], 1, memory_order_relaxed);
    return LEAT_OK;
}

/* More ready nodes than a deque holds, of every grain; fan-out from one and from many. */
LEAT_TEST(wide_graphs)
{
    enum { WIDE = 20000 };
    static const float grains[] = {0, 10, 1e3f, 1e5f};
    uint32_t(*edges)[2] = calloc(2 * WIDE, sizeof *edges);
    float *cost = calloc(WIDE + 2, sizeof *cost);
    _Atomic uint32_t *runs = calloc(WIDE + 2, sizeof *runs);
    for (uint32_t i = 0; i < WIDE; i++) {
        edges[i][0] = 0, edges[i][1] = i + 1;
        edges[WIDE + i][0] = i + 1, edges[WIDE + i][1] = WIDE + 1;
    }
    for (size_t k = 0; k < LEAT_LEN(grains); k++) {
        for (int shape = 0; shape < 3; shape++) { /* fan out and in; in only; no edges */
            fixture f = {0};
            for (uint32_t i = 0; i < WIDE + 2; i++)
                cost[i] = grains[k];
            const uint32_t n_edges[] = {2 * WIDE, WIDE, 0};
            if (fixture_new(&f, WIDE + 2, shape == 1 ? edges + WIDE : edges, n_edges[shape], cost, 4)) {
                memset((void *)runs, 0, (WIDE + 2) * sizeof *runs);
                leat_exec_args args = {.insist = true,
                                       .pool = f.pool,
                                       .costs = f.costs,
                                       .run_node = count_node,
                                       .run = (void *)runs};
                CHECK_OK(leat_exec_run(f.x, &args, NULL));
                uint32_t wrong = 0;
                for (uint32_t i = 0; i < WIDE + 2; i++)
                    wrong += runs[i] != 1;
                CHECK(wrong == 0);
            }
            fixture_free(&f);
        }
    }
    free((void *)runs);
    free(cost);
    free(edges);
}

LEAT_TEST(empty_and_single)
{
    _Atomic uint32_t runs[1] = {0};
    for (uint32_t n = 0; n < 2; n++)
        for (uint32_t threads = 1; threads < 4; threads++) {
            fixture f = {0};
            if (fixture_new(&f, n, NULL, 0, NULL, threads)) {
                leat_exec_args args = {.insist = true,
                                       .pool = f.pool,
                                       .costs = f.costs,
                                       .run_node = count_node,
                                       .run = (void *)runs};
                CHECK_OK(leat_exec_run(f.x, &args, NULL));
            }
            fixture_free(&f);
        }
    CHECK(runs[0] == 3);
}

/* ---- cancelling and deadlines ---- */

typedef struct stopper {
    _Atomic uint32_t cancel, runs;
    uint32_t cancel_at;
    bool fast;
} stopper;

static leat_status stop_at_node(void *run, uint32_t node, leat_worker *w)
{
    stopper *s = run;
    (void)w;
    atomic_fetch_add(&s->runs, 1);
    if (node == s->cancel_at)
        atomic_fetch_add(&s->cancel, 1);
    if (!s->fast)
        usleep(20);
    return LEAT_OK;
}

LEAT_TEST(cancelled_runs_stop)
{
    enum { CHAIN = 1000 };
    uint32_t edges[CHAIN - 1][2];
    for (uint32_t i = 0; i + 1 < CHAIN; i++)
        edges[i][0] = i, edges[i][1] = i + 1;
    for (uint32_t threads = 1; threads < 4; threads++) {
        fixture f = {0};
        if (fixture_new(&f, CHAIN, edges, CHAIN - 1, NULL, threads)) {
            stopper s = {.cancel_at = 10};
            leat_exec_args args = {.insist = true,
                                   .pool = f.pool,
                                   .costs = f.costs,
                                   .run_node = stop_at_node,
                                   .run = &s,
                                   .cancel = &s.cancel};
            uint32_t failed = 0;
            CHECK_FAILS(leat_exec_run(f.x, &args, &failed), LEAT_ERR_CANCELLED, "cancelled");
            CHECK(s.runs == 11 && failed == LEAT_NO_NODE);
            /* The next run counts from where the flag is now; cancelling in its last node is too late. */
            s.runs = 0;
            s.cancel_at = CHAIN - 1;
            args.cancel_base = s.cancel;
            CHECK_OK(leat_exec_run(f.x, &args, NULL));
            CHECK(s.runs == CHAIN);
            /* Cancelled before it began. */
            s.runs = 0;
            CHECK_FAILS(leat_exec_run(f.x, &args, NULL), LEAT_ERR_CANCELLED, "cancelled");
            CHECK(s.runs == 0);
        }
        fixture_free(&f);
    }
}

LEAT_TEST(deadlines_stop_runs)
{
    enum { WIDE = 20000 };
    for (uint32_t threads = 1; threads < 4; threads++) {
        fixture f = {0};
        if (fixture_new(&f, WIDE, NULL, 0, NULL, threads)) {
            stopper s = {.cancel_at = UINT32_MAX};
            leat_exec_args args = {.insist = true,
                                   .pool = f.pool,
                                   .costs = f.costs,
                                   .run_node = stop_at_node,
                                   .run = &s,
                                   .deadline = leat_now() + 0.15};
            CHECK_FAILS(leat_exec_run(f.x, &args, NULL), LEAT_ERR_DEADLINE, "too long");
            CHECK(leat_now() > args.deadline);
            CHECK(s.runs > 0 && s.runs < WIDE);
            args.deadline = leat_now() + 1e3;
            s.runs = 0;
            s.fast = true;
            CHECK_OK(leat_exec_run(f.x, &args, NULL));
            CHECK(s.runs == WIDE);
        }
        fixture_free(&f);
    }
}

/* A team that took far longer than the costs is not tried again for a while, and then is. */
static leat_status slow_node(void *run, uint32_t node, leat_worker *w)
{
    (void)node;
    atomic_fetch_add((_Atomic uint32_t *)run, leat_worker_index(w) > 0);
    if (leat_worker_current() != w)
        return leat_fail(LEAT_ERR_INTERNAL, "not on its worker");
    usleep(1000);
    return LEAT_OK;
}

LEAT_TEST(slow_teams_are_avoided)
{
    enum { NODES = 40 };
    float too_low[NODES];
    fixture f = {0};
    for (int i = 0; i < NODES; i++)
        too_low[i] = 3e3f;
    if (fixture_new(&f, NODES, NULL, 0, too_low, 2)) {
        _Atomic uint32_t elsewhere = 0;
        leat_exec_args args = {
            .pool = f.pool, .costs = f.costs, .run_node = slow_node, .run = (void *)&elsewhere};
        CHECK_OK(leat_exec_run(f.x, &args, NULL)); /* costs that are estimates prove nothing */
        CHECK(elsewhere > 0 && f.x->serial_until == 0);
        args.costs_measured = true;
        CHECK_OK(leat_exec_run(f.x, &args, NULL));
        CHECK(f.x->serial_until > leat_now());
        elsewhere = 0;
        CHECK_OK(leat_exec_run(f.x, &args, NULL));
        CHECK(elsewhere == 0);
        args.insist = true;
        CHECK_OK(leat_exec_run(f.x, &args, NULL));
        CHECK(elsewhere > 0);
        elsewhere = 0;
        args.insist = false;
        f.x->serial_until = leat_now() - 1;
        CHECK_OK(leat_exec_run(f.x, &args, NULL));
        CHECK(elsewhere > 0);
    }
    fixture_free(&f);
}

/* ---- tiles ---- */

typedef struct tiled {
    uint32_t n_tiles;
    _Atomic uint32_t *runs;
    _Atomic uint32_t helped, nested, bad_scratch;
    uint32_t owner;
} tiled;

static void inner_tile(size_t tile, void *arg)
{
    (void)tile;
    atomic_fetch_add((_Atomic uint32_t *)arg, 1);
}

static void one_tile(size_t tile, void *arg)
{
    tiled *t = arg;
    leat_worker *w = leat_worker_current();
    atomic_fetch_add(&t->runs[tile], 1);
    if (leat_worker_index(w) != t->owner)
        atomic_fetch_add(&t->helped, 1);
    unsigned char *scratch = leat_worker_scratch(w, 1000);
    memset(scratch, (int)tile, 1000);
    for (volatile int i = 0; i < 3000; i++)
        continue;
    leat_tiles_run(3, inner_tile, &t->nested);
    for (int i = 0; i < 1000; i++)
        if (scratch[i] != (unsigned char)tile)
            atomic_fetch_add(&t->bad_scratch, 1);
}

static leat_status tiled_node(void *run, uint32_t node, leat_worker *w)
{
    tiled *t = run;
    (void)node;
    t->owner = leat_worker_index(w);
    unsigned char *mine = leat_worker_scratch(w, 5000);
    memset(mine, 77, 5000);
    leat_tiles_run(t->n_tiles, one_tile, t);
    for (int i = 0; i < 5000; i++) /* the owner's scratch outlives the tiles that its thread ran */
        if (mine[i] != 77)
            atomic_fetch_add(&t->bad_scratch, 1);
    return LEAT_OK;
}

LEAT_TEST(tiles_run_once_each)
{
    static const uint32_t counts[] = {0, 1, 2, 7, 8, 64, 1000};
    uint32_t helped = 0;
    for (uint32_t threads = 1; threads < 5; threads++) {
        fixture f = {0};
        static const uint32_t chain[3][2] = {{0, 1}, {1, 2}, {2, 3}};
        if (fixture_new(&f, 4, chain, 3, (const float[]){1e6f, 1e6f, 1e6f, 1e6f}, threads)) {
            for (size_t k = 0; k < LEAT_LEN(counts); k++) {
                tiled t = {.n_tiles = counts[k], .runs = calloc(counts[k] + 1, sizeof *t.runs)};
                leat_exec_args args = {
                    .insist = true, .pool = f.pool, .costs = f.costs, .run_node = tiled_node, .run = &t};
                CHECK_OK(leat_exec_run(f.x, &args, NULL));
                uint32_t wrong = t.runs[counts[k]] != 0;
                for (uint32_t i = 0; i < counts[k]; i++)
                    wrong += t.runs[i] != 4;
                CHECK(wrong == 0);
                CHECK(t.nested == 4 * 3 * counts[k] && t.bad_scratch == 0);
                helped += t.helped;
                free((void *)t.runs);
            }
        }
        fixture_free(&f);
    }
    CHECK(helped > 0);
    _Atomic uint32_t outside = 0;
    leat_tiles_run(5, inner_tile, (void *)&outside); /* no worker: in order, here */
    CHECK(outside == 5);
}

static void count_tile(size_t tile, void *arg)
{
    atomic_fetch_add_explicit((_Atomic uint64_t *)arg, tile + 1, memory_order_relaxed);
}

static leat_status very_tiled_node(void *run, uint32_t node, leat_worker *w)
{
    (void)node, (void)w;
    leat_tiles_run(LEAT_TILES_MAX + 5, count_tile, run);
    return LEAT_OK;
}

LEAT_TEST(more_tiles_than_a_job_holds)
{
    fixture f = {0};
    if (fixture_new(&f, 1, NULL, 0, NULL, 2)) {
        _Atomic uint64_t sum = 0;
        leat_exec_args args = {.insist = true,
                               .pool = f.pool,
                               .costs = f.costs,
                               .run_node = very_tiled_node,
                               .run = (void *)&sum};
        CHECK_OK(leat_exec_run(f.x, &args, NULL));
        uint64_t n = LEAT_TILES_MAX + 5;
        CHECK(sum == n * (n + 1) / 2);
    }
    fixture_free(&f);
}

/* ---- scratch ---- */

LEAT_TEST(scratch_is_a_stack)
{
    leat_scratch s = {0};
    uint64_t live = leat_live_allocations();
    char *p[64];
    for (int round = 0; round < 3; round++) {
        size_t bytes = 1;
        for (int i = 0; i < 20; i++, bytes = bytes * 2 + 7) {
            p[i] = leat_scratch_take(&s, bytes);
            REQUIRE(p[i] != NULL && (uintptr_t)p[i] % LEAT_ALIGNMENT == 0);
            memset(p[i], i, bytes);
        }
        bytes = 1;
        for (int i = 0; i < 20; i++, bytes = bytes * 2 + 7)
            CHECK(p[i][0] == i && p[i][bytes - 1] == i);
        uint64_t now = leat_live_allocations();
        leat_scratch_mark start = {0};
        leat_scratch_release(&s, start);
        if (round > 0)
            CHECK(leat_live_allocations() == now);
    }
    CHECK(leat_scratch_take(&s, SIZE_MAX) == NULL);
    leat_scratch_free(&s);
    CHECK(leat_live_allocations() == live);
}

/* ---- profiles and measured costs ---- */

static leat_status timed_node(void *run, uint32_t node, leat_worker *w)
{
    (void)run, (void)w;
    for (double until = leat_now() + (node == 1 ? 2e-3 : 1e-4); leat_now() < until;)
        continue;
    return LEAT_OK;
}

LEAT_TEST(profiles_tell_when_nodes_ran)
{
    static const uint32_t edges[4][2] = {{0, 1}, {0, 2}, {1, 3}, {2, 3}};
    for (uint32_t threads = 1; threads < 4; threads++) {
        fixture f = {0};
        leat_rings *p = NULL;
        float ns[4];
        double start[4], end[4];
        uint32_t seen = 0;
        REQUIRE_OK(leat_rings_new(&p, threads, 16));
        if (fixture_new(&f, 4, edges, 4, (const float[]){1e5f, 2e6f, 1e5f, 1e5f}, threads)) {
            leat_exec_args args = {.insist = true,
                                   .pool = f.pool,
                                   .costs = f.costs,
                                   .run_node = timed_node,
                                   .profile = p,
                                   .node_ns = ns};
            CHECK_OK(leat_exec_run(f.x, &args, NULL));
            leat_rings_calibrate(p);
            for (uint32_t w = 0; w < threads; w++) {
                leat_ring_walk walk = {0};
                leat_ring_span e;
                for (; leat_rings_next(p, w, &walk, &e); seen++) {
                    REQUIRE(e.node < 4 && !e.helper && e.start_ns <= e.end_ns);
                    start[e.node] = (double)e.start_ns;
                    end[e.node] = (double)e.end_ns;
                }
            }
            REQUIRE(seen == 4);
            for (int i = 0; i < 4; i++)
                CHECK(end[edges[i][1]] >= end[edges[i][0]] + 0.9e5);
            CHECK(start[0] >= 0 && end[3] <= (double)leat_rings_duration(p));
            CHECK(end[1] - start[1] > 1.9e6 && ns[1] > 1.9e6f && ns[0] > 0.9e5f);
        }
        leat_rings_free(p);
        fixture_free(&f);
    }
}

typedef struct begun {
    double begin, at[5]; /* leat_now() of the run, and where each node really began */
} begun;

/* The second node frees two short ones, of which the other worker takes one after a long wait. */
static leat_status waited_node(void *run, uint32_t node, leat_worker *w)
{
    static const double seconds[] = {5e-3, 5e-3, 3e-3, 3e-3, 1e-4};
    (void)w;
    double now = leat_now();
    ((begun *)run)->at[node] = now;
    while (leat_now() < now + seconds[node])
        continue;
    return LEAT_OK;
}

/* A worker reads the clock once between two nodes; that must not make a wait part of what comes after it. Where other programs take
 * the CPU between a reading and a node's first line, another try may do. */
LEAT_TEST(profiles_show_waits)
{
    static const uint32_t edges[5][2] = {{0, 1}, {1, 2}, {1, 3}, {2, 4}, {3, 4}};
    for (uint32_t threads = 1; threads < 4; threads++) {
        fixture f = {0};
        leat_rings *p = NULL;
        begun b;
        double worst = 1;
        REQUIRE_OK(leat_rings_new(&p, threads, 16));
        if (fixture_new(&f, 5, edges, 5, (const float[]){5e6f, 5e6f, 3e6f, 3e6f, 1e5f}, threads)) {
            leat_exec_args args = {.insist = true,
                                   .pool = f.pool,
                                   .costs = f.costs,
                                   .run_node = waited_node,
                                   .run = &b,
                                   .profile = p};
            for (int tries = 0; tries < 20 && worst > 0.5e-3; tries++) {
                b.begin = leat_now();
                CHECK_OK(leat_exec_run(f.x, &args, NULL));
                leat_rings_calibrate(p);
                worst = 0;
                for (uint32_t w = 0; w < threads; w++) {
                    leat_ring_walk walk = {0};
                    for (leat_ring_span e; leat_rings_next(p, w, &walk, &e);)
                        worst = LEAT_MAX(worst, b.at[e.node] - b.begin - (double)e.start_ns * 1e-9);
                }
            }
            CHECK(worst <= 0.5e-3);
        }
        leat_rings_free(p);
        fixture_free(&f);
    }
}

LEAT_TEST(profile_rings_keep_the_latest)
{
    leat_rings *p = NULL;
    leat_ring_span s;
    uint64_t lost;
    REQUIRE_OK(leat_rings_new(&p, 2, 5)); /* 8 */
    for (int round = 0; round < 2; round++) {
        leat_rings_begin(p, true);
        uint64_t at = leat_ticks();
        for (uint32_t i = 0; i < 20; i++)
            leat_ring_put(leat_rings_of(p, 1), i, i % 2 == 1, at + i, at + i + 1);
        leat_rings_end(p);
        leat_rings_calibrate(p);
        CHECK(leat_rings_count(p, 0, &lost) == 0 && lost == 0);
        CHECK(leat_rings_count(p, 1, &lost) == 8 && lost == 12);
        leat_ring_walk none = {0}, walk = {0};
        CHECK(!leat_rings_next(p, 0, &none, &s));
        for (uint32_t i = 0; i < 8; i++)
            CHECK(leat_rings_next(p, 1, &walk, &s) && s.node == 12 + i && s.helper == (i % 2 == 1));
        CHECK(!leat_rings_next(p, 1, &walk, &s));
    }
    leat_rings_free(p);
}

/* Short nodes share the time between two readings by their costs, and are timed alone where these are wrong. */
LEAT_TEST(profile_rings_share_time)
{
    leat_rings *p = NULL;
    REQUIRE_OK(leat_rings_new(&p, 1, 256));
    leat_ring *r = leat_rings_of(p, 0);
    leat_rings_begin(p, true);
    CHECK(!leat_ring_share(r, 0, 100)); /* exact */
    for (double until = leat_now() + 2e-3; leat_now() < until;)
        continue;
    leat_rings_begin(p, false);
    CHECK(r->ticks_ns > 0.1f && r->ticks_ns < 20);
    r->ticks_ns = 1;
    CHECK(leat_ring_share(r, 0, 100) && leat_ring_share(r, 1, 300) && !leat_ring_share(r, 2, 1600));
    leat_ring_add(r, 2, 600, 5000, 6000);
    static const uint32_t ends[3] = {5100, 5400, 6000}, ticks[3] = {100, 300, 600};
    for (uint32_t i = 0; i < 3; i++)
        CHECK(r->events[i].node == i && r->events[i].end == ends[i] && r->events[i].ticks == ticks[i]);
    leat_ring_close(r, 6000, 7000); /* nobody waits */
    CHECK(r->n == 3);
    CHECK(leat_ring_share(r, 3, 0) && leat_ring_share(r, 4, 0)); /* without a cost: the last has it all */
    leat_ring_close(r, 7000, 7100);
    CHECK(r->n == 5 && r->events[3].ticks == 0 && r->events[4].ticks == 100 && r->events[4].end == 7100);
    CHECK(leat_ring_share(r, 5, 0));
    leat_ring_add(r, 6, 0, 7100, 7200);
    CHECK(r->n == 7 && r->events[5].ticks == 100 && r->events[6].ticks == 0 && r->events[6].end == 7200);
    for (uint32_t i = 0; i < LEAT_RING_SHARED; i++)
        CHECK(leat_ring_share(r, i, 1));
    CHECK(!leat_ring_share(r, 99, 1));
    leat_ring_close(r, 7200, 1000000); /* costs said 32 ns */
    CHECK(r->n == 7 + LEAT_RING_SHARED);
    for (int i = 0; i < 64; i++)
        CHECK(!leat_ring_share(r, 0, 100));
    CHECK(leat_ring_share(r, 0, 100));
    leat_rings_free(p);
}

/* An event holds 32 bits of ticks: what takes longer has another one before it. */
LEAT_TEST(profile_rings_know_long_nodes)
{
    static const uint64_t lengths[] = {0, 1000, UINT32_MAX - 1, UINT32_MAX, UINT64_C(1) << 40, 2000};
    leat_rings *p = NULL;
    leat_ring_walk walk = {0};
    leat_ring_span s;
    int64_t first = 0;
    REQUIRE_OK(leat_rings_new(&p, 1, 16));
    leat_rings_begin(p, true);
    uint64_t at = leat_ticks() - (UINT64_C(1) << 42);
    leat_ring *r = leat_rings_of(p, 0);
    leat_rings_end(p);
    for (uint32_t i = 0; i < LEAT_LEN(lengths); i++, at += 500) {
        leat_ring_put(r, i, false, at, at + lengths[i]);
        at += lengths[i];
    }
    CHECK(leat_rings_count(p, 0, NULL) == LEAT_LEN(lengths) + 2);
    for (uint32_t i = 0; i < r->n;
         i++) { /* as they were put: ticks, not nanoseconds, which need a clock that goes so far */
        const leat_ring_event *e = &r->events[i];
        if (e->node == LEAT_RING_BEGIN)
            first = (int64_t)e->end;
        else if (e->ticks == LEAT_RING_LONG)
            CHECK(e->end - (uint64_t)first == lengths[e->node]);
        else
            CHECK(e->ticks == lengths[e->node]);
    }
    leat_rings_calibrate(p);
    for (uint32_t i = 0; i < LEAT_LEN(lengths); i++)
        CHECK(leat_rings_next(p, 0, &walk, &s) && s.node == i);
    CHECK(!leat_rings_next(p, 0, &walk, &s));
    leat_rings_free(p);
}

/* ---- costs ---- */

LEAT_TEST(costs_of_a_small_graph)
{
    /* 0 -> 1 -> 2 -> 4, 0 -> 3 -> 4: node 4 has two predecessors. */
    static const uint32_t edges[5][2] = {{0, 1}, {1, 2}, {0, 3}, {2, 4}, {3, 4}};
    static const float cost[5] = {1e3f, 2e3f, 70e3f, 8e3f, 16e3f};
    fixture f = {0};
    if (fixture_new(&f, 5, edges, 5, cost, 1)) {
        const leat_exec_node *n = f.costs->node;
        CHECK(n[0].key == 89e3f && n[1].key == 88e3f && n[2].key == 86e3f && n[3].key == 24e3f &&
              n[4].key == 16e3f);
        CHECK(n[0].grain_ns == 81e3f && n[1].grain_ns == 72e3f && n[2].grain_ns == 70e3f &&
              n[3].grain_ns == 8e3f);
        CHECK(f.costs->n_sinks == 1 && f.costs->n_roots == 1 && f.costs->roots[0] == 0 &&
              f.costs->n_closing == 1);
        CHECK(n[2].flags == (LEAT_EXEC_SINGLE | LEAT_EXEC_CLOSING) && n[4].flags == LEAT_EXEC_SINK);
        CHECK(f.costs->total_ns == 97e3 && f.costs->critical_ns == 89e3);
        CHECK(!leat_exec_costs_parallel(f.costs)); /* 1.09 */
        leat_exec_costs *with_tiles = NULL;
        REQUIRE_OK(leat_exec_costs_new(&with_tiles, &f.g, NULL, cost, (const uint32_t[]){0, 0, 8, 1, 1}));
        CHECK(with_tiles->critical_ns == 27.75e3 && leat_exec_costs_parallel(with_tiles));
        leat_exec_costs_free(with_tiles);
    }
    fixture_free(&f);
}

/* Every allocation of setting up and running fails once: an error, no leak. */
LEAT_TEST(allocation_failures)
{
    static const uint32_t begin[3] = {0, 1, 1}, succ[1] = {1}, pending[2] = {0, 1};
    static const leat_exec_graph g = {2, begin, succ, pending};
    int failures = 0;
    EACH_FAULT (f, LEAT_FAULT_ALLOC, 12) {
        leat_pool *pool = NULL;
        leat_exec_costs *costs = NULL;
        leat_exec *x = NULL;
        leat_rings *p = NULL;
        _Atomic uint32_t runs[2] = {0};
        fault_start(&f);
        leat_status status = leat_pool_new(&pool, 2);
        if (status == LEAT_OK)
            status = leat_exec_costs_new(&costs, &g, NULL, NULL, NULL);
        if (status == LEAT_OK)
            status = leat_exec_new(&x, &g, 2);
        if (status == LEAT_OK)
            status = leat_rings_new(&p, 2, 8);
        leat_exec_args args = {
            .pool = pool, .costs = costs, .run_node = count_node, .run = (void *)runs, .profile = p};
        if (status == LEAT_OK)
            status = leat_exec_run(x, &args, NULL);
        CHECK(status == (fault_end(&f) ? LEAT_ERR_NO_MEMORY : LEAT_OK));
        failures += f.fired;
        leat_rings_free(p);
        leat_exec_free(x);
        leat_exec_costs_free(costs);
        leat_pool_free(pool);
    }
    CHECK(failures >= 8);
}

/* A failure is reported even where there is no memory for its text. */
static leat_status failing_node(void *run, uint32_t node, leat_worker *w)
{
    (void)run, (void)node, (void)w;
    leat_status status = leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a reason");
    leat_fault_arm(LEAT_FAULT_ALLOC, 1, 12);
    return status;
}

LEAT_TEST(failure_without_memory)
{
    fixture f = {0};
    if (fixture_new(&f, 1, NULL, 0, NULL, 1)) {
        leat_exec_args args = {.insist = true, .pool = f.pool, .costs = f.costs, .run_node = failing_node};
        leat_status status = leat_exec_run(f.x, &args, NULL);
        leat_fault_disarm();
        CHECK_FAILS(status, LEAT_ERR_INVALID_ARGUMENT, "invalid argument");
    }
    fixture_free(&f);
}
