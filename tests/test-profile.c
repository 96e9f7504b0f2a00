/* Profiles: what is told of made-up runs, and that recorded ones add up. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "faults.h"
#include "leat.h"
#include "profile-made.h"
#include "proto/wire-private.h"

/* ---- words, by rule ---- */

typedef void maker(made *m);

static void chain(made *m)
{
    for (int i = 0; i < 10; i++)
        made_add(m, i % 2 ? "MatMul" : "Relu", 0, i * 10000, i * 10000 + 10000);
    m->step.n_workers = 2;
    made_chain(m);
}

static void wide(made *m)
{
    for (int i = 0; i < 40; i++)
        made_add(m, "MatMul", (uint32_t)i % 4, i / 4 * 10000, i / 4 * 10000 + 9900);
    m->step.succ_begin = m->begin; /* no edges */
    m->step.succ = m->succ;
}

static void one_big(made *m)
{
    made_add(m, "Relu", 0, 0, 100000);
    uint32_t conv = made_add(m, "Conv2D", 0, 100000, 900000);
    made_add(m, "Relu", 0, 900000, 1000000);
    m->nodes[conv].flops = 32e9 * 800e-6;
    m->step.n_workers = 2;
    made_chain(m);
}

static void short_nodes(made *m)
{
    for (int i = 0; i < 900; i++)
        made_add(m, "Add", 0, i * 300, i * 300 + 200);
    for (int i = 0; i < 100; i++)
        made_add(m, "MatMul", 0, 270000 + i * 5000, 270000 + i * 5000 + 4900);
    made_chain(m);
}

static void overhead(made *m)
{
    for (int i = 0; i < 100; i++)
        made_add(m, "Add", 0, i * 2000, i * 2000 + 1200);
    made_chain(m);
}

static void memory_bound(made *m)
{
    for (int i = 0; i < 10; i++) {
        uint32_t n = made_add(m, i % 2 ? "Add" : "Mul", 0, i * 1000000, i * 1000000 + 1000000);
        m->nodes[n].bytes = 8e9 * 1e-3;
        m->nodes[n].flops = 0.7e9 * 1e-3;
    }
    made_chain(m);
}

/* Five times as fast as memory: but each reads what another wrote just before. */
static void in_caches(made *m)
{
    for (int i = 0; i < 10; i++)
        m->nodes[made_add(m, "Add", 0, i * 2000, i * 2000 + 2000)].bytes = 1e5;
    made_chain(m);
}

static void tiny(made *m)
{
    for (int i = 0; i < 100; i++)
        m->nodes[made_add(m, "Add", 0, i * 60, i * 60 + 60)].flops = 20;
    made_chain(m);
}

static void helped(made *m)
{
    made_add(m, "MatMul", 0, 0, 100000);
    made_add(m, "Relu", 0, 100000, 110000);
    m->spans[m->step.n_spans++] = (leat_profile_span){10000, 98000, 0, 1, 4};
    m->step.n_workers = 2;
    made_chain(m);
}

static void small_serial(made *m)
{
    for (int i = 0; i < 4; i++)
        made_add(m, "Add", 0, i * 1100, i * 1100 + 1000);
    m->step.n_workers = 2;
    m->step.serial = true;
    m->step.succ_begin = m->begin;
    m->step.succ = m->succ;
}

static void given_up(made *m)
{
    small_serial(m);
    m->step.serial = false;
    m->step.alone = true;
}

static void serial_chain(made *m)
{
    chain(m);
    m->step.serial = true;
}

/* Both workers are without a CPU for a while, in the midst of two branches. */
static void held_up(made *m)
{
    for (int i = 0; i < 8; i++)
        made_add(m, "MatMul", (uint32_t)i % 2, i / 2 * 5000000, i / 2 * 5000000 + 2000000);
    m->step.succ_begin = m->begin;
    m->step.succ = m->succ;
    m->step.duration_ns = 20000000;
}

static void held_up_alone(made *m)
{
    made_add(m, "MatMul", 0, 0, 3000000);
    made_add(m, "MatMul", 0, 7000000, 10000000);
    made_chain(m);
}

/* No node and no op type stands out. */
static void types(made *m)
{
    static const char *const ops[] = {"Conv2D", "Relu", "Mul", "Add", "Tanh",
                                      "Conv2D", "Relu", "Mul", "Add", "Tanh"};
    static const int64_t took[] = {12, 10, 8, 13, 7, 12, 10, 8, 13, 7};
    int64_t at = 0;
    for (int i = 0; i < 10; i++, at += took[i - 1] * 10000)
        made_add(m, i % 5 == 3 && i > 3 ? "Sub" : ops[i], 0, at, at + took[i] * 10000);
    made_chain(m);
}

static void nothing(made *m)
{
    m->step.serial = true;
    m->step.n_workers = 2;
    m->step.nodes = m->nodes;
    m->step.spans = m->spans;
}

LEAT_TEST(profile_words_follow_their_rules)
{
    static const struct {
        const char *name;
        maker *make;
        const char *words[6]; /* each must be said; one that begins with '!' must not */
    } rows[] = {
        {"chain",
         chain,
         {"2 workers idle 50 % of the run: the graph is a chain from n0 to n9", "!memory", "!shorter"}},
        {"wide",
         wide,
         {"4 workers idle 1 % of the run; the critical path takes 10 % of it, from n",
          "more workers can make it at most 10 times faster", "!chain"}},
        {"one big",
         one_big,
         {"2 workers idle 50 % of the run: everything waits for n1, which takes 80 % of it",
          "one node, n1 (Conv2D), takes 80 % of the time at 32 GFLOP/s, 40 % of this machine's peak",
          "!bound by"}},
        {"short",
         short_nodes,
         {"1 worker, idle 13 % of the run\n", "!little more", "!critical path takes",
          "nodes shorter than 1 \u00b5s make 90 % of the nodes and 27 % of the time",
          "100 nodes of type MatMul take 73 % of the time"}},
        {"overhead",
         overhead,
         {"1 worker, idle 40 % of the run: the ops are short, 1.2 \u00b5s each on average",
          "no node ran in 40 % of the run, 792 ns a node", "!chain"}},
        {"memory",
         memory_bound,
         {"Add and Mul are bound by memory: they take 100 % of the time and move 8 GB/s, 80 % of what this machine reads"}},
        {"in caches", in_caches, {"1 worker, idle 0 % of the run", "!bound by"}},
        {"tiny",
         tiny,
         {"all nodes are shorter than 1 \u00b5s: starting a node costs as much as what it computes",
          "!FLOP/s", "!bound by"}},
        {"helped",
         helped,
         {"44 % of the time is tiles that workers took over", "2 workers idle 10 %", "!more workers"}},
        {"serial",
         small_serial,
         {"2 workers idle 53 % of the run: all nodes together take 4 \u00b5s, too little to share",
          "!ran on one thread"}},
        {"serial chain",
         serial_chain,
         {"2 workers idle 50 % of the run: the graph is a chain from n0 to n9",
          "the plan ran on one thread: by its costs"}},
        {"held up",
         held_up,
         {"2 workers idle 60 % of the run: the threads slept, or other programs had their CPUs",
          "no node ran in 60 % of the run, 12 ms, more than starting nodes takes"}},
        {"held up alone",
         held_up_alone,
         {"1 worker, idle 40 % of the run: its thread slept, or other programs had the CPU"}},
        {"types", types, {"most of the time: Conv2D 24 %, Relu 20 % and Mul 16 %", "!one node"}},
        {"given up",
         given_up,
         {"it ran on one thread, since several had just been slower", "!too few", "!short"}},
        {"nothing", nothing, {"no op ran", "!idle", "!ran on one thread"}},
    };
    const leat_machine machine = {2, 80e9, 10e9, "made up"};
    made *m = calloc(1, sizeof *m);
    REQUIRE(m != NULL);
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_figures f = {0};
        leat_buf words = {0};
        memset(m, 0, sizeof *m);
        rows[i].make(m);
        CHECK_OK(leat_figures_make(&f, &m->step, 1, &machine));
        leat_put_words(&words, &f);
        for (size_t k = 0; k < LEAT_LEN(rows[i].words) && rows[i].words[k] != NULL; k++) {
            const char *w = rows[i].words[k];
            bool want = w[0] != '!', got = strstr(words.data, want ? w : w + 1) != NULL;
            if (!CHECK(got == want))
                printf("%s: '%s' in:\n%s\n", rows[i].name, w, words.data);
        }
        leat_buf_free(&words);
        leat_figures_free(&f);
    }
    free(m);
}

/* ---- figures ---- */

LEAT_TEST(profile_figures_add_up)
{
    maker *const makers[] = {chain, wide, one_big, short_nodes, overhead, memory_bound, helped, small_serial};
    made *m = calloc(1, sizeof *m);
    REQUIRE(m != NULL);
    for (size_t i = 0; i < LEAT_LEN(makers); i++) {
        leat_figures f = {0};
        double ops = 0, nodes = 0, workers = 0, levels = 0, weighted = 0, bins = 0;
        memset(m, 0, sizeof *m);
        makers[i](m);
        CHECK_OK(leat_figures_make(&f, &m->step, 1, NULL));
        double span = (double)m->step.duration_ns;
        for (size_t k = 0; k < f.n_ops; k++)
            ops += f.ops[k].busy_ns;
        for (size_t k = 0; k < f.n_nodes; k++)
            nodes += f.nodes[k].busy_ns;
        for (uint32_t k = 0; k < m->step.n_workers; k++)
            workers += f.worker_ns[k];
        for (uint32_t k = 0; k <= m->step.n_workers; k++) {
            levels += f.level_ns[k];
            weighted += k * f.level_ns[k];
        }
        for (int k = 0; k < LEAT_FIGURE_BINS; k++)
            bins += f.bins[k] * span / LEAT_FIGURE_BINS;
        CHECK(fabs(ops - f.busy_ns) < 1 && fabs(nodes - f.busy_ns) < 1 && fabs(workers - f.busy_ns) < 1);
        CHECK(fabs(levels - span) < 1 && fabs(weighted - f.busy_ns) < 1 && fabs(bins - f.busy_ns) < 1);
        CHECK(f.critical_ns <= span && f.critical_ns > 0);
        double path = 0;
        for (size_t k = 0; k < f.n_critical; k++) {
            path += f.node_ns[f.critical[k]];
            CHECK(k == 0 || f.critical[k - 1] < f.critical[k]);
        }
        CHECK(fabs(path - f.critical_ns) < 1);
        leat_figures_free(&f);
    }
    free(m);
}

/* Of several runs: the smallest and the median of a node, the run of median length. */
LEAT_TEST(profile_figures_over_runs)
{
    enum { RUNS = 5 };
    static const int64_t took[RUNS] = {500, 100, 300, 900, 200};
    made *m = calloc(RUNS, sizeof *m);
    leat_profile_step steps[RUNS];
    leat_figures f = {0};
    REQUIRE(m != NULL);
    for (int i = 0; i < RUNS; i++) {
        made_add(&m[i], "Add", 0, 0, took[i]);
        made_add(&m[i], "Mul", 0, took[i], took[i] + 50);
        made_chain(&m[i]);
        steps[i] = m[i].step;
    }
    CHECK(leat_figures_typical(steps, RUNS) == 2);
    CHECK_OK(leat_figures_make(&f, steps, RUNS, NULL));
    CHECK(f.min_ns == 150 && f.median_ns == 350 && f.max_ns == 950);
    CHECK(f.n_nodes == 2 && f.nodes[0].node == 0 && f.nodes[0].min_ns == 100 && f.nodes[0].median_ns == 300);
    CHECK(fabs(f.nodes[0].busy_ns - 200) < 1e-3 && f.nodes[0].count == 1 &&
          fabs(f.mean_busy_ns - 250) < 1e-3);
    leat_figures_free(&f);
    CHECK_FAILS(leat_figures_make(&f, steps, 0, NULL), LEAT_ERR_NOT_FOUND, "no run");
    leat_figures_free(&f);
    free(m);
}

LEAT_TEST(profile_numbers_read_as_written)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0, "0 B"},         {999, "999 B"},      {999.6, "1 kB"},   {1500, "1.5 kB"},
                {123456, "123 kB"}, {31.2e9, "31.2 GB"}, {999.9e9, "1 TB"}, {0.5, "0.5 B"}};
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf b = {0};
        leat_put_scaled(&b, rows[i].value, "B");
        CHECK_STR(b.data, rows[i].text);
        leat_buf_free(&b);
    }
}

/* ---- recorded ---- */

typedef struct fixture {
    leat_graph *g;
    leat_session *s;
    leat_profile *p;
    leat_out x, sum;
    leat_op *train;
    leat_tensor *value;
} fixture;

/* Eight branches of products, summed; and a variable that is written. */
static bool fixture_new(fixture *f, int threads, size_t keep)
{
    *f = (fixture){.g = leat_graph_new()};
    leat_out branches[8];
    f->x = leat_placeholder(f->g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, 64), .name = "x");
    leat_out w = leat_variable(leat_random_uniform(f->g, LEAT_SHAPE(64, 64), -1, 1, .seed = 1), .name = "w");
    for (int i = 0; i < 8; i++)
        branches[i] = leat_relu(leat_matmul(leat_mul(f->x, leat_scalar(f->g, 1.0f + (float)i)), w));
    f->sum = branches[0];
    for (int i = 1; i < 8; i++)
        f->sum = leat_add(f->sum, branches[i]);
    f->sum = leat_reduce_mean(f->sum, .name = "mean");
    f->train = leat_minimize(leat_gradient_descent(.learning_rate = 1e-3), f->sum);
    leat_session_options o = {.size = sizeof o, .threads = threads};
    leat_profile_options p = {.size = sizeof p, .keep = keep};
    leat_tensor *x = leat_tensor_new(LEAT_FLOAT, LEAT_SHAPE(128, 64));
    f->value = x;
    for (int i = 0; x != NULL && i < 128 * 64; i++)
        ((float *)leat_tensor_data(x))[i] = (float)(i % 17) / 17;
    return CHECK(x != NULL) && CHECK_OK(leat_session_open(&f->s, f->g, &o)) &&
           CHECK_OK(leat_run_init(f->s)) && CHECK_OK(leat_profile_new(&f->p, &p));
}

static void fixture_free(fixture *f)
{
    leat_profile_free(f->p);
    leat_tensor_unref(f->value);
    leat_session_free(f->s);
    leat_graph_free(f->g);
}

static bool fixture_run(fixture *f, int n)
{
    leat_run_options o = {.size = sizeof o, .profile = f->p};
    bool ok = true;
    for (int i = 0; i < n; i++)
        ok &= CHECK_OK(
            leat_run_with(f->s, &o, LEAT_FEEDS({f->x, f->value}), LEAT_NO_FETCHES, LEAT_TARGETS(f->train)));
    return ok;
}

static void check_step(const leat_profile_step *s)
{
    int64_t until = 0;
    uint32_t worker = 0;
    double busy = 0;
    size_t executions = 0, matmuls = 0;
    for (size_t i = 0; i < s->n_spans; i++) {
        const leat_profile_span *e = &s->spans[i];
        if (e->worker != worker) {
            CHECK(e->worker > worker && e->worker < s->n_workers);
            worker = e->worker;
            until = 0;
        }
        CHECK(e->start_ns >= until && e->end_ns >= e->start_ns && e->end_ns <= s->duration_ns);
        CHECK(e->node < s->n_nodes);
        until = e->end_ns;
        busy += (double)(e->end_ns - e->start_ns);
        executions += e->tiles == 0;
        matmuls += e->tiles == 0 && strcmp(s->nodes[e->node].op, "MatMul") == 0;
    }
    CHECK(executions == s->n_nodes && matmuls >= 16 && s->lost == 0);
    CHECK(busy <= (double)s->duration_ns * s->n_workers);
    CHECK(s->memory_bytes > 0 && s->wall_time > 1e9);
}

/* A node starts after those that it waits for have ended. */
static void check_order(const leat_profile_step *s)
{
    int64_t *start = calloc(s->n_nodes + 1, sizeof *start), *end = calloc(s->n_nodes + 1, sizeof *end);
    size_t wrong = 0;
    for (size_t i = 0; i < s->n_spans; i++)
        if (s->spans[i].tiles == 0) {
            start[s->spans[i].node] = s->spans[i].start_ns;
            end[s->spans[i].node] = s->spans[i].end_ns;
        }
    for (uint32_t i = 0; i < s->n_nodes; i++)
        for (uint32_t k = s->succ_begin[i]; k < s->succ_begin[i + 1]; k++)
            wrong += s->succ[k] <= i || start[s->succ[k]] < end[i];
    CHECK(wrong == 0);
    free(start);
    free(end);
}

LEAT_TEST(profiles_of_runs_add_up)
{
    for (int threads = 1; threads <= 4; threads++) {
        fixture f;
        leat_profile_step s;
        if (fixture_new(&f, threads, 6)) {
            CHECK(leat_profile_steps(f.p) == 0);
            fixture_run(&f, 8);
            CHECK(leat_profile_steps(f.p) == 6);
            double last = 0;
            for (size_t i = 0; i < 6; i++) {
                REQUIRE_OK(leat_profile_step_at(f.p, i, &s));
                CHECK(s.n_workers == (uint32_t)threads && s.wall_time >= last);
                last = s.wall_time;
                check_step(&s);
                if (i < 2) /* of eight runs the third and fourth; later ones share times */
                    check_order(&s);
            }
            CHECK_FAILS(leat_profile_step_at(f.p, 6, &s), LEAT_ERR_OUT_OF_RANGE, "6");
            for (size_t i = 0; i < s.n_nodes; i++)
                if (strcmp(s.nodes[i].op, "MatMul") == 0 && strcmp(s.nodes[i].shapes, "float32[128,64]") == 0)
                    CHECK(s.nodes[i].flops == 2.0 * 128 * 64 * 64 && s.nodes[i].out_bytes == 4 * 128 * 64);
            leat_profile_clear(f.p);
            CHECK(leat_profile_steps(f.p) == 0);
        }
        fixture_free(&f);
    }
}

/* MatMul has several ways, by dtype and shapes: the profile names the one that ran. */
LEAT_TEST(profiles_name_the_kernel_that_ran)
{
    static const struct {
        leat_dtype dtype;
        int64_t m, k, n;
        const char *kernel;
    } rows[] = {
        {LEAT_FLOAT, 40, 50, 60, "onednn"}, {LEAT_DOUBLE, 40, 50, 60, "blas"},
        {LEAT_FLOAT, 300, 50, 1, "vector"}, {LEAT_DOUBLE, 1, 50, 300, "vector"},
        {LEAT_FLOAT, 20, 5000, 20, "blas"}, /* carried in double */
        {LEAT_INT32, 4, 5, 6, "reference"}, {LEAT_FLOAT, 50, 40, 60, "onednn"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_graph *g = leat_graph_new();
        leat_session *s = NULL;
        leat_profile *p = NULL;
        leat_profile_step step;
        leat_out a = leat_placeholder(g, rows[i].dtype), b = leat_placeholder(g, rows[i].dtype);
        leat_out c = leat_matmul(a, b);
        leat_tensor *x = leat_tensor_new(rows[i].dtype, LEAT_SHAPE(rows[i].m, rows[i].k)),
                    *y = leat_tensor_new(rows[i].dtype, LEAT_SHAPE(rows[i].k, rows[i].n)), *z = NULL;
        memset(leat_tensor_data(x), 0, leat_tensor_bytes(x));
        memset(leat_tensor_data(y), 0, leat_tensor_bytes(y));
        if (CHECK_OK(leat_session_open(&s, g, NULL)) && CHECK_OK(leat_profile_new(&p, NULL))) {
            leat_run_options o = {.size = sizeof o, .profile = p};
            CHECK_OK(
                leat_run_with(s, &o, LEAT_FEEDS({a, x}, {b, y}), LEAT_FETCHES({c, &z}), LEAT_NO_TARGETS));
            if (CHECK_OK(leat_profile_step_at(p, 0, &step)) && CHECK(step.n_nodes == 1))
                CHECK_STR(step.nodes[0].kernel, rows[i].kernel);
        }
        leat_profile_free(p);
        leat_session_free(s);
        leat_tensor_unref(x);
        leat_tensor_unref(y);
        leat_tensor_unref(z);
        leat_graph_free(g);
    }
}

/* A profile changes no bit, and another plan's run replaces what was there. */
LEAT_TEST(profiled_runs_compute_the_same)
{
    fixture f;
    leat_profile_step s;
    leat_tensor *plain = NULL, *profiled = NULL;
    REQUIRE(fixture_new(&f, 2, 3));
    fixture_run(&f, 2);
    leat_run_options o = {.size = sizeof o, .profile = f.p};
    CHECK_OK(leat_run(f.s, LEAT_FEEDS({f.x, f.value}), LEAT_FETCHES({f.sum, &plain}), LEAT_NO_TARGETS));
    CHECK_OK(leat_run_with(f.s, &o, LEAT_FEEDS({f.x, f.value}), LEAT_FETCHES({f.sum, &profiled}),
                           LEAT_NO_TARGETS));
    CHECK(memcmp(leat_tensor_data(plain), leat_tensor_data(profiled), 4) == 0);
    CHECK(leat_profile_steps(f.p) == 1);
    REQUIRE_OK(leat_profile_step_at(f.p, 0, &s));
    for (size_t i = 0; i < s.n_nodes; i++)
        CHECK(strstr(s.nodes[i].op, "Apply") == NULL);
    leat_tensor_unref(plain);
    leat_tensor_unref(profiled);
    fixture_free(&f);
}

LEAT_TEST(failed_runs_are_not_recorded)
{
    fixture f;
    char *text;
    void *bytes;
    size_t size;
    REQUIRE(fixture_new(&f, 2, 3));
    leat_run_options o = {.size = sizeof o, .profile = f.p};
    CHECK_FAILS(leat_run_with(f.s, &o, LEAT_NO_FEEDS, LEAT_NO_FETCHES, LEAT_TARGETS(f.train)),
                LEAT_ERR_INVALID_ARGUMENT, "feed");
    CHECK(leat_profile_steps(f.p) == 0);
    CHECK_FAILS(leat_profile_text(f.p, 0, &text), LEAT_ERR_NOT_FOUND, "no run");
    CHECK_FAILS(leat_profile_run_metadata(f.p, NULL, &bytes, &size), LEAT_ERR_NOT_FOUND, "no run");
    CHECK_FAILS(leat_profile_write_trace(f.p, "/nowhere/x"), LEAT_ERR_NOT_FOUND, "no run");
    fixture_run(&f, 1);
    CHECK(leat_profile_steps(f.p) == 1);
    fixture_free(&f);
}

/* ---- for other programs ---- */

static size_t count_spans(const leat_profile_step *s, bool helpers)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_spans; i++)
        n += (s->spans[i].tiles > 0) == helpers;
    return n;
}

/* What a RunMetadata keeps of a run: all but edges for the order of state, and nodes that did not run. */
LEAT_TEST(run_metadata_tells_the_same)
{
    made *m = calloc(1, sizeof *m);
    leat_buf b = {0};
    leat_step_record *r;
    REQUIRE(m != NULL);
    helped(m);
    m->step.n_workers = 3;
    m->step.wall_time = 1.7e9;
    m->nodes[0].inputs = "elsewhere, x:1";
    m->nodes[0].kernel = "onednn";
    m->nodes[0].flops = 1234567;
    m->nodes[0].bytes = 89;
    m->nodes[0].out_bytes = 4096;
    m->nodes[1].inputs = "n0:0, ^other";
    leat_put_run_metadata(&b, &m->step);
    REQUIRE_OK(leat_step_record_read(&r, b.data, b.size));
    const leat_profile_step *s = leat_step_record_step(r);
    CHECK(s->n_nodes == 2 && s->n_spans == 3 && s->n_workers == 3 && s->duration_ns == 110000);
    CHECK(count_spans(s, true) == 1 && fabs(s->wall_time - 1.7e9) < 1);
    CHECK_STR(s->nodes[0].name, "n0");
    CHECK_STR(s->nodes[0].op, "MatMul");
    CHECK_STR(s->nodes[0].kernel, "onednn");
    CHECK_STR(s->nodes[0].inputs, "elsewhere, x:1");
    CHECK_STR(s->nodes[0].shapes, "float[2]");
    CHECK(s->nodes[0].flops == 1234567 && s->nodes[0].bytes == 89 && s->nodes[0].out_bytes == 4096);
    CHECK(s->nodes[0].float_bytes == 4);
    CHECK(s->succ_begin != NULL && s->succ_begin[1] - s->succ_begin[0] == 1 && s->succ[0] == 1);
    leat_figures f = {0};
    CHECK_OK(leat_figures_make(&f, s, 1, NULL));
    CHECK(f.n_critical == 2 && fabs(f.critical_ns - 110000) < 1 && fabs(f.helped_ns - 88000) < 1);
    leat_figures_free(&f);
    leat_step_record_free(r);
    for (size_t n = 0; n < b.size; n++) { /* cut anywhere: an error or less, nothing worse */
        leat_status status = leat_step_record_read(&r, b.data, n);
        CHECK(status == LEAT_OK || status == LEAT_ERR_DATA_LOSS);
        if (status == LEAT_OK)
            leat_step_record_free(r);
    }
    leat_buf_free(&b);
    free(m);
}

/* Names are data: what a label says may be anything. */
LEAT_TEST(labels_of_others_are_read_as_far_as_they_go)
{
    static const struct {
        const char *label, *op, *inputs;
        double flops;
    } rows[] = {
        {"[cpu 1.0MB 2.0MB] a = MatMul(b, c:1)", "MatMul", "b, c:1", 0},
        {"a = NoOp()", "NoOp", "", 0},
        {"a = Weird(b", "Weird", "", 0},
        {"a = Weird", "Weird", "", 0},
        {"a = ", "n", "", 0},
        {"edge_7_x", "n", "", 0},
        {"", "n", "", 0},
        {"a = Add(b, b, b,,, ^b, :, ^) flops=nan bytes=-1 float=99999 tiles=0", "Add", "b, b, b,,, ^b, :, ^",
         0},
        {"a = Add(b) flops=12 bytes=7", "Add", "b", 12},
        {"a = Add(b) flops=1e999", "Add", "b", 0},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf b = {0};
        leat_step_record *r;
        size_t a = leat_put_begin(&b, 1), c = leat_put_begin(&b, 1), d = leat_put_begin(&b, 2);
        leat_put_string(&b, 1, "n");
        leat_put_uint(&b, 2, 5);
        leat_put_uint(&b, 5, 3);
        leat_put_string(&b, 8, rows[i].label);
        leat_put_end(&b, d);
        leat_put_end(&b, c);
        leat_put_end(&b, a);
        if (CHECK_OK(leat_step_record_read(&r, b.data, b.size))) {
            const leat_profile_node *n = &leat_step_record_step(r)->nodes[0];
            CHECK_STR(n->op, rows[i].op);
            CHECK_STR(n->inputs, rows[i].inputs);
            CHECK(n->flops == rows[i].flops);
            leat_step_record_free(r);
        }
        leat_buf_free(&b);
    }
}

/* TensorFlow's pools tell one thread for several ops at a time: they get lanes by time, in the order of a step's spans. */
LEAT_TEST(ops_that_overlap_have_lanes)
{
    leat_buf b = {0};
    leat_step_record *r;
    size_t stats = leat_put_begin(&b, 1);
    for (int device = 0; device < 2; device++) {
        size_t d = leat_put_begin(&b, 1);
        leat_put_string(&b, 1, device ? "/gpu:0" : "/cpu:0");
        for (unsigned i = 0; i < 5; i++) {
            char name[8];
            snprintf(name, sizeof name, "n%u", i);
            size_t node = leat_put_begin(&b, 2);
            leat_put_string(&b, 1, name);
            leat_put_uint(&b, 2, 10 * i);
            leat_put_uint(&b, 5, 25);
            leat_put_uint(&b, 10, 7);
            leat_put_end(&b, node);
        }
        leat_put_end(&b, d);
    }
    leat_put_end(&b, stats);
    REQUIRE_OK(leat_step_record_read(&r, b.data, b.size));
    const leat_profile_step *s = leat_step_record_step(r);
    CHECK(s->n_spans == 10 && s->n_workers == 6 && s->n_nodes == 5);
    for (size_t i = 1; i < s->n_spans; i++) {
        const leat_profile_span *e = &s->spans[i], *before = e - 1;
        CHECK(before->worker < e->worker || (before->worker == e->worker && before->end_ns <= e->start_ns));
    }
    leat_step_record_free(r);
    leat_buf_free(&b);
}

LEAT_TEST(a_profile_is_told_and_traced)
{
    fixture f;
    char path[300], *text;
    json_error_t error;
    REQUIRE(fixture_new(&f, 3, 4));
    fixture_run(&f, 5);
    leat_machine machine = {3, 1e11, 1e10, "made up"};
    leat_profile_set_machine(f.p, &machine);
    if (CHECK_OK(leat_profile_text(f.p, 3, &text))) {
        CHECK(strstr(text, "4 runs of") && strstr(text, "MatMul") && strstr(text, "... and ") &&
              strstr(text, "critical path: ") && strstr(text, "made up") && strstr(text, "3 workers idle"));
        leat_free_bytes(text);
    }
    if (CHECK_OK(leat_profile_json(f.p, &text))) {
        json_t *j = json_loads(text, 0, &error);
        if (!CHECK(j != NULL && json_integer_value(json_object_get(j, "runs")) == 4))
            puts(error.text);
        CHECK(json_array_size(json_object_get(j, "parallelism")) == LEAT_FIGURE_BINS);
        json_decref(j);
        leat_free_bytes(text);
    }
    snprintf(path, sizeof path, "%s/trace.json", check_temp_dir());
    REQUIRE_OK(leat_profile_write_trace(f.p, path));
    json_t *j = json_load_file(path, 0, &error), *e;
    json_t *events = json_object_get(j, "traceEvents");
    size_t i, runs = 0, slices = 0, spans = 0;
    double until[4] = {0};
    leat_profile_step s;
    for (i = 0; i < 4; i++) {
        REQUIRE_OK(leat_profile_step_at(f.p, i, &s));
        spans += s.n_spans;
    }
    json_array_foreach(events, i, e)
    {
        if (strcmp(json_string_value(json_object_get(e, "ph")), "X") != 0)
            continue;
        json_int_t tid = json_integer_value(json_object_get(e, "tid"));
        double ts = json_number_value(json_object_get(e, "ts")),
               dur = json_number_value(json_object_get(e, "dur"));
        REQUIRE(tid >= 0 && tid <= 3);
        CHECK(ts >= until[tid] - 1e-6 && dur >= 0); /* those of one track follow one another */
        until[tid] = ts + dur;
        runs += tid == 0;
        slices += tid > 0;
        CHECK(tid == 0 || json_string_value(json_object_get(json_object_get(e, "args"), "name")) != NULL);
    }
    CHECK(runs == 4 && slices == spans);
    json_decref(j);
    fixture_free(&f);
}

/* Each allocation fails once: the run says so and is not recorded, or is recorded whole. */
LEAT_TEST(profiles_survive_a_lack_of_memory)
{
    fixture f;
    REQUIRE(fixture_new(&f, 2, 2));
    fixture_run(&f, 5);
    EACH_FAULT (fault, LEAT_FAULT_ALLOC, ENOMEM) {
        char *text = NULL;
        void *bytes = NULL;
        size_t size;
        leat_run_options o = {.size = sizeof o};
        fault_start(&fault);
        leat_status st = leat_profile_new(&o.profile, NULL);
        if (st == LEAT_OK)
            st = leat_run_with(f.s, &o, LEAT_FEEDS({f.x, f.value}), LEAT_NO_FETCHES, LEAT_TARGETS(f.train));
        if (st == LEAT_OK)
            st = leat_profile_text(o.profile, 5, &text);
        if (st == LEAT_OK)
            st = leat_profile_run_metadata(o.profile, NULL, &bytes, &size);
        CHECK(st == (fault_end(&fault) ? LEAT_ERR_NO_MEMORY : LEAT_OK));
        leat_free_bytes(text);
        leat_free_bytes(bytes);
        leat_profile_free(o.profile);
    }
    fixture_run(&f, 1);
    fixture_free(&f);
}

/* ---- the machine ---- */

#if defined(__x86_64__)
/* An addition takes a cycle, whatever the processor: so many additions in a chain tell its clock. */
static double cycles_per_second(void)
{
    enum { ROUNDS = 20, STEPS = 100000 };
    double fastest = INFINITY;
    for (int r = 0; r < ROUNDS; r++) {
        uint64_t x = 0;
        double begin = leat_now();
        for (int i = 0; i < STEPS / 10; i++)
            __asm__ volatile("add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n"
                             "add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0"
                             : "+r"(x)
                             : "r"((uint64_t)r));
        fastest = fmin(fastest, leat_now() - begin);
    }
    return STEPS / fastest;
}

/* No core does more than two multiply-adds of vectors in a cycle. */
LEAT_TEST(a_machine_measures_no_more_than_there_is)
{
    leat_machine m;
    REQUIRE_OK(leat_machine_measure(&m, 1));
    double lanes = strstr(m.how, "AVX-512") ? 16 : strstr(m.how, "AVX2") ? 8 : 4;
    double most = 2 * 2 * lanes * cycles_per_second();
    CHECK(m.threads == 1 && m.bytes > 1e8);
    if (!CHECK(m.flops > 0 && m.flops < 1.1 * most))
        printf("%g FLOP/s of %g\n", m.flops, most);
}
#endif
