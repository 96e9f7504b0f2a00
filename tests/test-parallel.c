/* Sessions on several threads: whatever a graph holds, its runs give the bits of the serial order, for any number of threads
 * and under random delays. Graphs are random, of real ops: big and small matrix work (so that some are tiled), elementwise
 * chains, reductions, random streams, variables of both kinds, control edges, conditionals. And a training loop. */
#include "config.h"
#include "check.h"
#include <leat.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "engine/session/session-private.h"

#ifdef LEAT_POOL_PTHREAD
#define N_GRAPHS 20 /* under ThreadSanitizer */
#else
#define N_GRAPHS 300
#endif
#define RUNS 3
#define MAX_FETCHES 40

static const int thread_counts[] = {2, 3, 4, 7};

static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* ---- random graphs ---- */

#define MAX_VALUES 80
#define N_VARS 3
#define N_SIZES 3

typedef struct random_graph {
    leat_graph *g;
    leat_out x; /* fed */
    int rows[N_SIZES];
    leat_out values[MAX_VALUES]; /* matrices of rows[size] x rows[size] */
    int size[MAX_VALUES];
    int n;
    leat_out vars[N_VARS];
    leat_op *targets[MAX_VALUES];
    int n_targets;
    leat_out fetches[MAX_FETCHES];
    int n_fetches;
} random_graph;

static leat_out some(random_graph *d, uint64_t *r, int size)
{
    for (int tries = 0; tries < 30; tries++) {
        int i = d->n - 1 - (int)(next_random(r) % (uint32_t)LEAT_MIN(d->n, 20));
        if (d->size[i] == size)
            return d->values[i];
    }
    for (int i = 0;; i++)
        if (d->size[i] == size)
            return d->values[i];
}

static void add_value(random_graph *d, leat_out value, int size)
{
    d->values[d->n] = value;
    d->size[d->n++] = size;
}

/* Values stay near 1 in size, so that nothing ends as infinity, where all bits are the same. */
static leat_out random_op(random_graph *d, uint64_t *r, int size)
{
    leat_out a = some(d, r, size), b = some(d, r, size);
    int n = d->rows[size];
    switch (next_random(r) % 9) {
    case 0:
    case 1:
        return leat_tanh(
            leat_matmul(a, b, .transpose_a = next_random(r) % 2, .transpose_b = next_random(r) % 2));
    case 2: return leat_mul(leat_add(a, b), leat_scalar(d->g, 0.5f));
    case 3: return leat_sub(leat_sigmoid(a), leat_mul(b, a));
    case 4: return leat_softmax(a);
    case 5:
        return leat_relu(
            leat_sub(a, leat_reduce_mean(b, .axes = LEAT_AXES(next_random(r) % 2), .keep_dims = true)));
    case 6: return leat_mul(a, leat_tanh(leat_reduce_sum(leat_square(b))));
    case 7: return leat_add(leat_random_normal(d->g, LEAT_SHAPE(n, n), .seed = 3), leat_maximum(a, b));
    default: return leat_exp(leat_neg(leat_square(a)));
    }
}

/* One branch: an op or two of what its Switches let through, with a variable read or written, a random stream, or a conditional
 * of its own. */
static leat_out random_branch(random_graph *d, uint64_t *r, int size, leat_out a, leat_out b, int depth);

static leat_out random_cond(random_graph *d, uint64_t *r, int size, leat_out a, leat_out b, int depth)
{
    leat_out pred = leat_greater(leat_reduce_sum(a), leat_reduce_sum(leat_mul(b, leat_scalar(d->g, 0.8f))));
    leat_op *sa = leat_raw_switch(a, pred), *sb = leat_raw_switch(b, pred);
    leat_out taken[2];
    for (int k = 0; k < 2; k++)
        taken[k] = random_branch(d, r, size, leat_op_output(sa, k), leat_op_output(sb, k), depth);
    leat_op *m = leat_raw_merge(LEAT_OUTS(taken[0], taken[1]));
    leat_out index = leat_cast(leat_op_output(m, 1), LEAT_FLOAT);
    return leat_add(leat_op_output(m, 0), leat_mul(index, leat_scalar(d->g, 0.25f)));
}

static leat_out random_branch(random_graph *d, uint64_t *r, int size, leat_out a, leat_out b, int depth)
{
    int n = d->rows[size];
    leat_out c = leat_mul(leat_tanh(leat_matmul(a, b)), leat_scalar(d->g, 0.7f));
    leat_op *after[1] = {c.op};
    switch (next_random(r) % (depth < 3 ? 6 : 4)) {
    case 0: return leat_sub(a, leat_sigmoid(b));
    case 1:
        LEAT_CONTROL_DEPENDENCIES (d->g, after, 1)
            c = leat_random_normal(d->g, LEAT_SHAPE(n, n), .seed = 11);
        return leat_add(c, b);
    case 2: { /* its state and the order of its uses depend on what is taken */
        uint32_t v = next_random(r) % N_VARS;
        if ((int)(v % N_SIZES) != size)
            return c;
        leat_out assigned = leat_assign(d->vars[v], c, NULL);
        LEAT_CONTROL_DEPENDENCIES (d->g, &assigned.op, 1)
            a = leat_identity(a);
        return a;
    }
    case 3: return leat_maximum(c, a);
    default: return random_cond(d, r, size, c, next_random(r) % 2 ? a : b, depth + 1);
    }
}

static void use_variable(random_graph *d, uint64_t *r)
{
    uint32_t v = next_random(r) % N_VARS;
    int size = (int)(v % N_SIZES);
    switch (next_random(r) % 3) {
    case 0: {
        leat_out t = leat_assign(d->vars[v], some(d, r, size), NULL);
        d->targets[d->n_targets++] = t.op;
        break;
    }
    case 1: add_value(d, leat_mul(d->vars[v], leat_scalar(d->g, 0.9f)), size); break;
    default: add_value(d, leat_identity(leat_variable_read(d->vars[v])), size);
    }
}

static void make_graph(random_graph *d, uint64_t seed)
{
    static const int widths[] = {1, 5, 17, 64, 130, 257};
    uint64_t r = seed * 2 + 1;
    for (int i = 0; i < 4; i++)
        next_random(&r);
    *d = (random_graph){.g = leat_graph_new()};
    leat_graph_set_seed(d->g, 42);
    for (int i = 0; i < N_SIZES; i++)
        d->rows[i] = widths[next_random(&r) % (seed % 8 == 0 ? 6 : 4)];
    d->x = leat_placeholder(d->g, LEAT_FLOAT, .shape = LEAT_SHAPE(d->rows[0], d->rows[0]), .name = "x");
    add_value(d, d->x, 0);
    for (int i = 0; i < N_SIZES; i++)
        add_value(d, leat_random_uniform(d->g, LEAT_SHAPE(d->rows[i], d->rows[i]), -1, 1, .seed = 5 + i), i);
    for (int i = 0; i < N_VARS; i++) {
        int n = d->rows[i % N_SIZES];
        d->vars[i] = leat_variable(leat_random_uniform(d->g, LEAT_SHAPE(n, n), -1, 1, .seed = i),
                                   .use_resource = i == 1);
    }
    int steps = 10 + (int)(next_random(&r) % 40);
    for (int i = 0; i < steps; i++) {
        if (next_random(&r) % 5 == 0) {
            use_variable(d, &r);
            continue;
        }
        int size = (int)(next_random(&r) % N_SIZES);
        if (next_random(&r) % 6 == 0) {
            add_value(d, random_cond(d, &r, size, some(d, &r, size), some(d, &r, size), 0), size);
            continue;
        }
        leat_op *after[1] = {d->values[next_random(&r) % (uint32_t)d->n].op};
        if (next_random(&r) % 6 == 0) {
            LEAT_CONTROL_DEPENDENCIES (d->g, after, 1)
                add_value(d, random_op(d, &r, size), size);
        } else {
            add_value(d, random_op(d, &r, size), size);
        }
    }
    for (int i = d->n - 1; i > 0 && d->n_fetches < MAX_FETCHES - N_VARS; i--)
        if (next_random(&r) % 3 == 0)
            d->fetches[d->n_fetches++] = d->values[i];
}

/* Delays before nodes: seldom long ones. */
static void delay(void *arg, uint32_t node, uint32_t worker)
{
    static _Thread_local uint64_t state;
    (void)worker;
    state += *(const uint64_t *)arg + node + (uintptr_t)&state;
    uint32_t r = next_random(&state) % 32;
    if (r == 0)
        sched_yield();
    else if (r == 1)
        usleep(20);
    else if (r < 12)
        for (volatile uint32_t i = 0; i < r * 50; i++)
            continue;
}

/* What RUNS runs gave: the fetches of each, then the variables. */
typedef struct outcome {
    leat_tensor *fetched[RUNS][MAX_FETCHES];
    leat_tensor *vars[N_VARS];
} outcome;

static bool run_graph(const random_graph *d, int threads, uint64_t disturbed, outcome *o)
{
    leat_session_options options = {.size = sizeof options, .threads = threads};
    leat_session *s = NULL;
    leat_prepared *p = NULL;
    *o = (outcome){0};
    int n = d->rows[0];
    leat_tensor *x = leat_tensor_new(LEAT_FLOAT, LEAT_SHAPE(n, n));
    leat_run_hooks hooks = {.mode = threads > 1 ? 2 : 1};
    if (disturbed) {
        hooks.before_node = delay;
        hooks.arg = &disturbed;
    }
    leat_signature signature = {.feeds = &d->x,
                                .n_feeds = 1,
                                .fetches = d->fetches,
                                .n_fetches = (size_t)d->n_fetches,
                                .targets = d->targets,
                                .n_targets = (size_t)d->n_targets};
    bool good = CHECK_OK(leat_session_open(&s, d->g, &options)) && CHECK_OK(leat_run_init(s)) &&
                CHECK_OK(leat_session_plan(s, &signature, &p));
    for (int run = 0; run < RUNS && good; run++) {
        for (int64_t i = 0; i < (int64_t)n * n; i++)
            ((float *)x->data)[i] = (float)((i * 7 + run) % 13) / 13;
        good = CHECK_OK(leat_session_execute_hooked(s, p, NULL, &hooks, &x, o->fetched[run]));
    }
    for (int i = 0; i < N_VARS && good; i++)
        good = CHECK_OK(leat_eval(s, leat_variable_read(d->vars[i]), &o->vars[i]));
    leat_tensor_unref(x);
    leat_session_free(s);
    return good;
}

static void drop_outcome(outcome *o)
{
    for (int run = 0; run < RUNS; run++)
        for (int i = 0; i < MAX_FETCHES; i++)
            leat_tensor_unref(o->fetched[run][i]);
    for (int i = 0; i < N_VARS; i++)
        leat_tensor_unref(o->vars[i]);
}

static bool same_tensor(const leat_tensor *a, const leat_tensor *b)
{
    return a != NULL && b != NULL && a->dtype == b->dtype && leat_shape_equal(a->shape, b->shape) &&
           memcmp(a->data, b->data, (size_t)a->elements * leat_dtype_bytes(a->dtype)) == 0;
}

static const char *differing(const random_graph *d, const outcome *a, const outcome *b)
{
    for (int run = 0; run < RUNS; run++)
        for (int i = 0; i < d->n_fetches; i++)
            if (!same_tensor(a->fetched[run][i], b->fetched[run][i]))
                return leat_op_name(d->fetches[i].op);
    for (int i = 0; i < N_VARS; i++)
        if (!same_tensor(a->vars[i], b->vars[i]))
            return leat_op_name(d->vars[i].op);
    return NULL;
}

LEAT_TEST(random_graphs_give_the_same_bits)
{
    for (uint64_t seed = 0; seed < N_GRAPHS; seed++) {
        random_graph d;
        outcome want, got;
        make_graph(&d, seed);
        if (!CHECK_OK(leat_graph_status(d.g)) || !run_graph(&d, 1, 0, &want)) {
            printf("\n    graph %d\n", (int)seed);
            leat_graph_free(d.g);
            return;
        }
        for (size_t k = 0; k < 2 * LEAT_LEN(thread_counts); k++) {
            bool good = run_graph(&d, thread_counts[k / 2], k % 2 ? seed + 1 : 0, &got);
            const char *name = good ? differing(&d, &want, &got) : NULL;
            CHECK(name == NULL);
            if (name != NULL)
                printf("\n    graph %d, %d threads%s: %s differs\n", (int)seed, thread_counts[k / 2],
                       k % 2 ? ", delays" : "", name);
            drop_outcome(&got);
        }
        drop_outcome(&want);
        leat_graph_free(d.g);
    }
}

/* ---- a training loop ---- */

#define ROWS 200
#define INPUTS 30
#define STEPS 12

static void train(int threads, const leat_run_hooks *hooks, float losses[STEPS], leat_tensor *weights[4])
{
    leat_graph *g = leat_graph_new();
    leat_session_options options = {.size = sizeof options, .threads = threads};
    leat_session *s = NULL;
    leat_prepared *p = NULL;
    leat_graph_set_seed(g, 42);
    leat_out x = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, INPUTS), .name = "x");
    leat_out y = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, 1), .name = "y");
    leat_out w[4] = {
        leat_variable(leat_random_normal(g, LEAT_SHAPE(INPUTS, 300), .stddev = 0.2, .seed = 1), .name = "w0"),
        leat_variable(leat_random_normal(g, LEAT_SHAPE(300, 100), .stddev = 0.1, .seed = 2), .name = "w1"),
        leat_variable(leat_random_normal(g, LEAT_SHAPE(100, 1), .stddev = 0.1, .seed = 3), .name = "w2"),
        leat_variable(leat_zeros(g, LEAT_SHAPE(300)), .name = "b0")};
    leat_out h = leat_relu(leat_add(leat_matmul(x, w[0]), w[3]));
    leat_out loss =
        leat_reduce_mean(leat_square(leat_sub(leat_matmul(leat_relu(leat_matmul(h, w[1])), w[2]), y)));
    leat_op *step = leat_minimize(leat_adam(.learning_rate = 0.01), loss);
    leat_out feeds[2] = {x, y};
    leat_signature signature = {
        .feeds = feeds, .n_feeds = 2, .fetches = &loss, .n_fetches = 1, .targets = &step, .n_targets = 1};
    leat_tensor *in[2] = {leat_tensor_new(LEAT_FLOAT, LEAT_SHAPE(ROWS, INPUTS)),
                          leat_tensor_new(LEAT_FLOAT, LEAT_SHAPE(ROWS, 1))};
    leat_tensor *out[1] = {NULL};
    uint64_t r = 9;
    for (int i = 0; i < ROWS * INPUTS; i++)
        ((float *)in[0]->data)[i] = (float)(next_random(&r) % 1000) / 500 - 1;
    for (int i = 0; i < ROWS; i++)
        ((float *)in[1]->data)[i] =
            ((float *)in[0]->data)[i * INPUTS] * 2 - ((float *)in[0]->data)[i * INPUTS + 7];
    bool good = CHECK_OK(leat_graph_status(g)) && CHECK_OK(leat_session_open(&s, g, &options)) &&
                CHECK_OK(leat_run_init(s)) && CHECK_OK(leat_session_plan(s, &signature, &p));
    for (int i = 0; i < STEPS && good; i++) {
        good = CHECK_OK(leat_session_execute_hooked(s, p, NULL, hooks, in, out));
        losses[i] = good ? *(float *)out[0]->data : 0;
    }
    for (int i = 0; i < 4 && good; i++)
        good = CHECK_OK(leat_eval(s, leat_variable_read(w[i]), &weights[i]));
    leat_tensor_unref(in[0]);
    leat_tensor_unref(in[1]);
    leat_tensor_unref(out[0]);
    leat_session_free(s);
    leat_graph_free(g);
}

LEAT_TEST(training_gives_the_same_bits)
{
    float want[STEPS] = {0};
    leat_tensor *want_weights[4] = {NULL};
    train(1, NULL, want, want_weights);
    CHECK(want[STEPS - 1] < want[0] * 0.5f);
    for (size_t k = 0; k < 3 * LEAT_LEN(thread_counts); k++) {
        float got[STEPS] = {0};
        leat_tensor *weights[4] = {NULL};
        uint64_t seed = k;
        /* As the plan thinks best; parallel; parallel under delays. */
        leat_run_hooks hooks = {
            .mode = k % 3 == 0 ? 0 : 2, .before_node = k % 3 == 2 ? delay : NULL, .arg = &seed};
        train(thread_counts[k / 3], &hooks, got, weights);
        CHECK(memcmp(got, want, sizeof want) == 0);
        for (int i = 0; i < 4; i++) {
            CHECK(same_tensor(weights[i], want_weights[i]));
            leat_tensor_unref(weights[i]);
        }
    }
    for (int i = 0; i < 4; i++)
        leat_tensor_unref(want_weights[i]);
}

/* ---- several threads in one session ---- */

#define CALLERS 4
#define CALLS 60

typedef struct caller {
    pthread_t thread;
    leat_session *s;
    leat_out x, sum, counter;
    leat_op *add_one;
    int right;
} caller;

/* Each caller reads with its own feed, and adds to a variable that all share. */
static void *call_often(void *arg)
{
    caller *c = arg;
    leat_tensor *x = leat_tensor_new(LEAT_FLOAT, LEAT_SHAPE(64, 64)), *sum = NULL;
    for (int i = 0; i < CALLS; i++) {
        float value = (float)(i % 7);
        for (int k = 0; k < 64 * 64; k++)
            ((float *)x->data)[k] = value;
        c->right +=
            leat_run(c->s, LEAT_FEEDS({c->x, x}), LEAT_FETCHES({c->sum, &sum}), LEAT_NO_TARGETS) == LEAT_OK &&
            *(float *)sum->data == value * value * 64 * 64 * 64;
        if (i % 3 == 0)
            c->right -= leat_run(c->s, LEAT_NO_FEEDS, LEAT_NO_FETCHES, LEAT_TARGETS(c->add_one)) != LEAT_OK;
    }
    leat_tensor_unref(x);
    leat_tensor_unref(sum);
    return NULL;
}

LEAT_TEST(a_session_serves_many_threads)
{
    leat_graph *g = leat_graph_new();
    leat_session_options options = {.size = sizeof options, .threads = 2};
    leat_session *s = NULL;
    leat_out x = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(64, 64));
    leat_out counter = leat_variable(leat_zeros(g, LEAT_SHAPE()));
    caller callers[CALLERS];
    caller all = {.x = x,
                  .counter = counter,
                  .sum = leat_reduce_sum(leat_matmul(x, x)),
                  .add_one = leat_assign(counter, leat_add(counter, leat_scalar(g, 1.0f)), NULL).op};
    float count = 0;
    REQUIRE_OK(leat_session_open(&s, g, &options));
    REQUIRE_OK(leat_run_init(s));
    all.s = s;
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = all;
        pthread_create(&callers[i].thread, NULL, call_often, &callers[i]);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        CHECK(callers[i].right == CALLS);
    }
    CHECK_OK(leat_eval_f32(s, counter, &count));
    CHECK(count == CALLERS * CALLS / 3);
    leat_session_free(s);
    leat_graph_free(g);
}

/* ---- tables ---- */

typedef struct reader_of_table {
    pthread_t thread;
    leat_session *s;
    leat_out found;
    atomic_int *inside; /* runs that are at a node */
    bool met;           /* both were, at one time */
    int64_t value;
} reader_of_table;

/* Waits until the other run is inside, too. */
static void meet_the_other(void *arg, uint32_t node, uint32_t worker)
{
    reader_of_table *r = arg;
    (void)node, (void)worker;
    if (r->met)
        return;
    atomic_fetch_add(r->inside, 1);
    for (int i = 0; i < 5000 && atomic_load(r->inside) < 2; i++)
        usleep(1000);
    r->met = atomic_load(r->inside) >= 2;
}

static void *look_up(void *arg)
{
    reader_of_table *r = arg;
    leat_prepared *p = NULL;
    leat_tensor *out = NULL;
    leat_signature signature = {.fetches = &r->found, .n_fetches = 1};
    const leat_run_hooks hooks = {.mode = 1, .before_node = meet_the_other, .arg = r};
    if (leat_session_plan(r->s, &signature, &p) == LEAT_OK &&
        leat_session_execute_hooked(r->s, p, NULL, &hooks, NULL, &out) == LEAT_OK)
        r->value = *(int64_t *)out->data;
    leat_tensor_unref(out);
    return NULL;
}

/* Two runs make a table and look into it together: neither excludes the other, and it is one table. */
LEAT_TEST(runs_read_a_table_together)
{
    leat_graph *g = leat_graph_new();
    leat_session *s = NULL;
    atomic_int inside = 0;
    reader_of_table readers[2];
    int64_t key = 3, none = -7;
    leat_tensor *keys = leat_tensor_from(LEAT_INT64, LEAT_SHAPE(), &key);
    leat_tensor *nones = leat_tensor_from(LEAT_INT64, LEAT_SHAPE(), &none);
    leat_out table = leat_raw_mutable_hash_table_v2(g, LEAT_INT64, LEAT_INT64);
    leat_out found = leat_raw_lookup_table_find_v2(table, leat_constant(g, keys), leat_constant(g, nones));
    REQUIRE_OK(leat_session_open(&s, g, NULL));
    for (int i = 0; i < 2; i++) {
        readers[i] = (reader_of_table){.s = s, .found = found, .inside = &inside};
        pthread_create(&readers[i].thread, NULL, look_up, &readers[i]);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(readers[i].thread, NULL);
        CHECK(readers[i].met && readers[i].value == none);
    }
    leat_tensor_unref(keys);
    leat_tensor_unref(nones);
    leat_session_free(s);
    leat_graph_free(g);
}

/* ---- forked children ---- */

/* A child has none of the parent's threads: what needs some says so at once, what runs on one thread works, also in sessions of its
 * own. */
LEAT_TEST(sessions_in_a_forked_child)
{
    leat_graph *g = leat_graph_new();
    leat_session *s = NULL, *own = NULL;
    leat_prepared *p = NULL;
    leat_tensor *out = NULL;
    leat_out sum = leat_random_uniform(g, LEAT_SHAPE(64, 64), -1, 1, .seed = 1);
    for (int i = 0; i < 4; i++)
        sum = leat_matmul(sum, sum);
    sum = leat_reduce_sum(sum);
    leat_signature signature = {.fetches = &sum, .n_fetches = 1};
    const leat_run_hooks parallel = {.mode = 2}, serial = {.mode = 1};
    leat_session_options two = {.size = sizeof two, .threads = 2}, one = {.size = sizeof one, .threads = 1};
    REQUIRE_OK(leat_session_open(&s, g, &two));
    REQUIRE_OK(leat_session_plan(s, &signature, &p));
    REQUIRE_OK(leat_session_execute_hooked(s, p, NULL, &parallel, NULL, &out));
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        float alone = 0;
        alarm(20);
        bool good = leat_session_execute_hooked(s, p, NULL, &serial, NULL, &out) == LEAT_OK;
#ifndef LEAT_POOL_PTHREAD
        good = good && leat_session_execute_hooked(s, p, NULL, &parallel, NULL, &out) == LEAT_ERR_FORKED;
#endif
        good =
            good && leat_session_open(&own, g, &one) == LEAT_OK && leat_eval_f32(own, sum, &alone) == LEAT_OK;
        _exit(good ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_OK(leat_session_execute_hooked(s, p, NULL, &parallel, NULL, &out));
    leat_tensor_unref(out);
    leat_session_free(s);
    leat_graph_free(g);
}
