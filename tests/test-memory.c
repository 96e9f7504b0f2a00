/* The memory high water that a profile tells, beside what the allocator was asked for meanwhile, and beside a count by hand.
 *
 * The program is linked so that aligned_alloc and free are those below (ld's --wrap): values of nodes come from the first. Blocks of a
 * quarter of a megabyte and more are counted; the graphs' values have four, and nothing else in a run is as large. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/base-private.h"
#include "check.h"
#include "leat.h"

#define LARGE ((size_t)256 << 10)
#define SIDE 1024
#define UNIT (4.0 * SIDE * SIDE) /* bytes of a value */

/* ---- the allocator ---- */

void *__real_aligned_alloc(size_t alignment, size_t bytes);
void __real_free(void *pointer);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
void __wrap_free(void *pointer);

enum { MOST = 4096 };
static struct {
    pthread_mutex_t lock;
    struct {
        void *pointer;
        size_t bytes;
    } blocks[MOST];
    size_t n, live, peak;
} heap = {.lock = PTHREAD_MUTEX_INITIALIZER};

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    void *p = __real_aligned_alloc(alignment, bytes);
    if (p == NULL || bytes < LARGE)
        return p;
    pthread_mutex_lock(&heap.lock);
    if (heap.n == MOST)
        abort();
    heap.blocks[heap.n].pointer = p;
    heap.blocks[heap.n++].bytes = bytes;
    heap.live += bytes;
    heap.peak = LEAT_MAX(heap.peak, heap.live);
    pthread_mutex_unlock(&heap.lock);
    return p;
}

void __wrap_free(void *pointer)
{
    pthread_mutex_lock(&heap.lock);
    for (size_t i = 0; i < heap.n; i++)
        if (heap.blocks[i].pointer == pointer) {
            heap.live -= heap.blocks[i].bytes;
            heap.blocks[i] = heap.blocks[--heap.n];
            break;
        }
    pthread_mutex_unlock(&heap.lock);
    __real_free(pointer);
}

/* From here on the peak is of what comes. */
static size_t live_bytes(void)
{
    pthread_mutex_lock(&heap.lock);
    size_t live = heap.peak = heap.live;
    pthread_mutex_unlock(&heap.lock);
    return live;
}

static size_t peak_bytes(void)
{
    pthread_mutex_lock(&heap.lock);
    size_t peak = heap.peak;
    pthread_mutex_unlock(&heap.lock);
    return peak;
}

/* ---- the graphs ---- */

/* x is fed; the rest of the fields a graph fills in. */
typedef struct setup {
    leat_graph *g;
    leat_out x, fetch;
    leat_op *target, *init;
} setup;

/* Not in place: no element stays where it is. */
static leat_out turned(setup *p, leat_out x)
{
    return leat_raw_reverse_v2(x, leat_constant_i32(p->g, LEAT_SHAPE(1), (const int32_t[]){0}, NULL));
}

static void in_place(setup *p)
{
    leat_out y = p->x;
    for (int i = 0; i < 10; i++)
        y = leat_tanh(y);
    p->target = y.op;
}

static void to_and_fro(setup *p)
{
    leat_out y = p->x;
    for (int i = 0; i < 10; i++)
        y = turned(p, y);
    p->target = y.op;
}

static void diamond(setup *p)
{
    leat_out a = turned(p, p->x), b = turned(p, a), c = leat_mul(a, leat_scalar(p->g, 2.0f));
    leat_out end = leat_raw_sub(turned(p, b), c);
    p->target = end.op;
}

static void fan(setup *p)
{
    leat_out ends[6];
    for (int i = 0; i < 6; i++)
        ends[i] = leat_mul(turned(p, p->x), leat_scalar(p->g, (float)i));
    leat_out_list all = {ends, 6};
    leat_out axis = leat_constant_i32(p->g, LEAT_SCALAR, (const int32_t[]){0}, NULL);
    leat_out together = leat_raw_concat_v2(all, axis);
    p->target = together.op;
}

/* What shows another value takes nothing. */
static void shown(setup *p)
{
    leat_out y = turned(p, p->x);
    y = leat_raw_identity(
        leat_raw_reshape(y, leat_constant_i32(p->g, LEAT_SHAPE(1), (const int32_t[]){-1}, NULL)));
    leat_out end = turned(p, y);
    p->target = end.op;
}

static void products(setup *p)
{
    leat_out y = leat_matmul(p->x, p->x);
    for (int i = 0; i < 3; i++)
        y = leat_matmul(y, p->x);
    p->target = y.op;
}

static void fetched(setup *p)
{
    p->fetch = turned(p, turned(p, p->x));
}

/* The variable takes the value's memory over: what a run needs stays one value. */
static void assigned(setup *p)
{
    leat_out v = leat_raw_variable_v2(p->g, LEAT_SHAPE(SIDE, SIDE), LEAT_FLOAT, .name = "v");
    leat_out set = leat_raw_assign(v, turned(p, p->x));
    p->init = p->target = set.op;
}

/* What is pooled lies where the turned images were. */
static void convolved(setup *p)
{
    leat_out images = leat_raw_reshape(
        p->x, leat_constant_i32(p->g, LEAT_SHAPE(4), (const int32_t[]){16, 32, 32, 64}, NULL));
    leat_out w =
        leat_variable(leat_random_uniform(p->g, LEAT_SHAPE(3, 3, 64, 64), -1, 1, .seed = 1), .name = "w");
    leat_int_list one = LEAT_INTS(1, 1, 1, 1), two = LEAT_INTS(1, 2, 2, 1);
    leat_out y = leat_raw_conv2d(turned(p, images), w, one, "SAME");
    y = leat_raw_max_pool(leat_relu(y), two, two, "VALID");
    p->target = y.op;
}

/* Only one branch runs: its value, and the copy of it that the Merge makes. */
static void one_branch(setup *p)
{
    leat_op *both = leat_raw_switch(p->x, leat_raw_greater(leat_reduce_mean(p->x), leat_scalar(p->g, -1.0f)));
    leat_out a = leat_op_output(both, 0), b = turned(p, leat_op_output(both, 1));
    for (int i = 0; i < 3; i++)
        a = turned(p, a);
    p->target = leat_raw_merge(LEAT_OUTS(a, b));
}

/* d(mean(relu(xW)²)): as a training step has it. */
static void step(setup *p)
{
    leat_out w =
        leat_variable(leat_random_uniform(p->g, LEAT_SHAPE(SIDE, SIDE), -1, 1, .seed = 1), .name = "w");
    leat_out loss = leat_reduce_mean(leat_square(leat_relu(leat_matmul(p->x, w))));
    p->target = leat_minimize(leat_gradient_descent(.learning_rate = 1e-3), loss);
}

typedef struct row {
    const char *name;
    void (*build)(setup *p);
    double units; /* by hand, by the rule at the top of plan-slots.c; 0: not counted */
} row;

static const row rows[] = {
    {"in place", in_place, 1}, /* the first tanh makes it, the others write over it */
    {"to and fro", to_and_fro, 2},
    {"diamond", diamond, 4}, /* a and c may live while b is turned: c need not have run by then */
    {"fan", fan, 12},        /* six, and as much again for what they make together */
    {"shown", shown, 2},
    {"products", products, 2},
    {"fetched", fetched, 2}, /* one of them the caller's */
    {"convolved", convolved, 2},
    {"one branch", one_branch, 2},
    {"assigned", assigned, 1},
    {"training step", step, 0},
};

/* A run's buffers are those of earlier runs of its plan, which stay, and what it asks for. */
static void check_row(const row *r, int threads)
{
    setup p = {.g = leat_graph_new()};
    leat_session *s = NULL;
    leat_profile *profile = NULL;
    leat_profile_step told;
    leat_tensor *x = leat_tensor_new(LEAT_FLOAT, LEAT_SHAPE(SIDE, SIDE)), *z = NULL;
    leat_session_options so = {.size = sizeof so, .threads = threads};
    p.x = leat_placeholder(p.g, LEAT_FLOAT, .shape = LEAT_SHAPE(SIDE, SIDE));
    r->build(&p);
    memset(leat_tensor_data(x), 0, leat_tensor_bytes(x));
    if (CHECK_OK(leat_session_open(&s, p.g, &so)) && CHECK_OK(leat_profile_new(&profile, NULL)) &&
        CHECK_OK(leat_run_init(s))) {
        leat_run_options o = {.size = sizeof o, .profile = profile};
        leat_fetch fetch = {p.fetch, &z};
        leat_fetch_list fetches = {&fetch, p.fetch.op != NULL};
        leat_target_list targets = {&p.target, p.target != NULL};
        if (p.init != NULL)
            CHECK_OK(leat_run(s, LEAT_FEEDS({p.x, x}), LEAT_NO_FETCHES, LEAT_TARGETS(p.init)));
        /* The variable is not the run's. */
        double before = (double)live_bytes();
        for (int i = 0; i < 5; i++) {
            live_bytes();
            leat_status status = leat_run_with(s, &o, LEAT_FEEDS({p.x, x}), fetches, targets);
            double took = (double)peak_bytes() - before;
            if (!CHECK_OK(status) || !CHECK_OK(leat_profile_step_at(profile, 0, &told)))
                break;
            double says = (double)told.memory_bytes;
            if (!CHECK(says > took - 0.1 * UNIT && says < took + 0.1 * UNIT) ||
                !CHECK(r->units == 0 || (says > (r->units - 0.1) * UNIT && says < (r->units + 0.1) * UNIT)))
                printf("%s, %d threads, run %d: told %.3f, allocated %.3f values\n", r->name, threads, i,
                       says / UNIT, took / UNIT);
        }
    }
    leat_profile_free(profile);
    leat_session_free(s);
    leat_tensor_unref(x);
    leat_tensor_unref(z);
    leat_graph_free(p.g);
    CHECK(live_bytes() == 0);
}

LEAT_TEST(the_memory_told_is_what_was_allocated)
{
    for (size_t i = 0; i < LEAT_LEN(rows); i++)
        for (int threads = 1; threads <= 2; threads++)
            check_row(&rows[i], threads);
}
