/* bench-graph.c - how long graphs take to build and plan, and small runs take.
 * bench-graph [NODES]: prints one line a figure; 0: all but the large chain. Run it with 1000000 and 2000000 to see what
 * twice the nodes cost, each in a process of its own: resident memory is the process's peak. */
#include <leat.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double resident_megabytes(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1024;
}

static void chain(long nodes)
{
    double start = now();
    leat_graph *g = leat_graph_new();
    leat_out x = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SCALAR, .name = "x"), y = x;
    for (long i = 0; i < nodes; i++)
        y = leat_mul(y, x);
    double built = now();
    leat_session *s = leat_session_new(g, NULL);
    leat_callable *call;
    leat_must(leat_prepare(&call, s, LEAT_OUTS(x), LEAT_OUTS(y), LEAT_NO_TARGETS));
    double planned = now();
    float one = 1;
    leat_tensor *feed = leat_tensor_from(LEAT_FLOAT, LEAT_SCALAR, &one), *result = NULL;
    leat_must(leat_call(call, &feed, &result));
    double first = now();
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        double begin = now();
        leat_must(leat_call(call, &feed, &result));
        best = now() - begin < best ? now() - begin : best;
    }
    printf("chain of %ld: build %.2f s, plan %.2f s, first run %.2f s, later %.1f ns a node, %.0f MB\n",
           nodes, built - start, planned - built, first - planned, best / (double)nodes * 1e9,
           resident_megabytes());
    leat_tensor_unref(feed);
    leat_tensor_unref(result);
    leat_callable_free(call);
    leat_session_free(s);
    leat_graph_free(g);
}

static void tiny(void)
{
    leat_graph *g = leat_graph_new();
    leat_out x = leat_variable(leat_scalar(g, 3), .name = "x"),
             y = leat_variable(leat_scalar(g, 4), .name = "y");
    leat_out f = leat_add(leat_add(leat_mul(leat_mul(x, x), y), y), leat_scalar(g, 2));
    leat_session *s = leat_session_new(g, NULL);
    leat_must(leat_run_init(s));
    leat_callable *call;
    leat_tensor *result = NULL;
    leat_must(leat_prepare(&call, s, (leat_out_list){NULL, 0}, LEAT_OUTS(f), LEAT_NO_TARGETS));
    enum { RUNS = 100000 };
    double best = 1e9;
    for (int k = 0; k < 5; k++) {
        double begin = now();
        for (int i = 0; i < RUNS; i++)
            leat_must(leat_call(call, NULL, &result));
        best = now() - begin < best ? now() - begin : best;
    }
    printf("x*x*y+y+2 by a callable: %.0f ns\n", best / RUNS * 1e9);
    leat_tensor_unref(result);
    leat_callable_free(call);
    leat_session_free(s);
    leat_graph_free(g);
}

/* Chains side by side, on one and on two threads. All ends are fetched. */
static void chains(int width, int length, int threads)
{
    leat_graph *g = leat_graph_new();
    leat_session_options options = {.size = sizeof options, .threads = threads, .no_sharing = true};
    leat_session *s;
    leat_callable *call;
    leat_out x = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SCALAR, .name = "x");
    leat_out *ends = malloc((size_t)width * sizeof *ends);
    leat_tensor **results = calloc((size_t)width, sizeof(leat_tensor *)), *feed;
    float one = 1;
    for (int i = 0; i < width; i++)
        ends[i] = x;
    for (int i = 0; i < width; i++)
        for (int k = 0; k < length; k++)
            ends[i] = leat_mul(ends[i], x);
    leat_must(leat_session_open(&s, g, &options));
    leat_must(leat_prepare(&call, s, LEAT_OUTS(x), (leat_out_list){ends, (size_t)width}, LEAT_NO_TARGETS));
    feed = leat_tensor_from(LEAT_FLOAT, LEAT_SCALAR, &one);
    double best = 1e9;
    for (int i = 0; i < 500; i++) {
        double begin = now();
        leat_must(leat_call(call, &feed, results));
        best = now() - begin < best ? now() - begin : best;
    }
    printf("%d chains of %d Mul, %d threads: %.1f ns a node\n", width, length, threads,
           best / width / length * 1e9);
    for (int i = 0; i < width; i++)
        leat_tensor_unref(results[i]);
    free(results);
    free(ends);
    leat_tensor_unref(feed);
    leat_callable_free(call);
    leat_session_free(s);
    leat_graph_free(g);
}

/* A step of gradient descent on a table of California housing's size, the features and targets being constants. */
static void housing(int threads)
{
    enum { ROWS = 20640, FEATURES = 9 };
    leat_graph *g = leat_graph_new();
    leat_session_options options = {.size = sizeof options, .threads = threads};
    leat_session *s;
    leat_callable *call;
    leat_tensor *x = leat_tensor_new(LEAT_FLOAT, LEAT_SHAPE(ROWS, FEATURES)),
                *y = leat_tensor_new(LEAT_FLOAT, LEAT_SHAPE(ROWS, 1));
    uint64_t r = 1;
    for (int64_t i = 0; i < ROWS * FEATURES; i++) {
        r = r * 6364136223846793005u + 1442695040888963407u;
        ((float *)leat_tensor_data(x))[i] = i % FEATURES == 0 ? 1 : (float)(r >> 40) / (1 << 23) - 1;
        ((float *)leat_tensor_data(y))[i / FEATURES] = (float)(r >> 41) / (1 << 22);
    }
    leat_out theta = leat_variable(leat_zeros(g, LEAT_SHAPE(FEATURES, 1)), .name = "theta");
    leat_out xs = leat_constant(g, x, .name = "X"), ys = leat_constant(g, y, .name = "y");
    leat_out mse = leat_reduce_mean(leat_square(leat_sub(leat_matmul(xs, theta), ys)), .name = "mse");
    leat_op *step = leat_minimize(leat_gradient_descent(.learning_rate = 0.01), mse);
    leat_must(leat_session_open(&s, g, &options));
    leat_must(leat_run_init(s));
    leat_must(leat_prepare(&call, s, (leat_out_list){NULL, 0}, (leat_out_list){NULL, 0}, LEAT_TARGETS(step)));
    double best = 1e9;
    for (int i = 0; i < 5000; i++) {
        double begin = now();
        leat_must(leat_call(call, NULL, NULL));
        best = now() - begin < best ? now() - begin : best;
    }
    printf("gradient descent on %d x %d, a step, %d threads: %.1f us\n", ROWS, FEATURES, threads, best * 1e6);
    leat_tensor_unref(x);
    leat_tensor_unref(y);
    leat_callable_free(call);
    leat_session_free(s);
    leat_graph_free(g);
}

/* How many nodes a gradient adds to a chain. */
static void gradient(int length)
{
    leat_graph *g = leat_graph_new();
    leat_out x = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(3), .name = "x"), y = x, dx;
    for (int i = 0; i < length; i++)
        y = i % 3 == 0 ? leat_mul(y, x) : i % 3 == 1 ? leat_raw_sigmoid(y) : leat_add(y, x);
    int64_t before = (int64_t)leat_graph_op_count(g);
    double begin = now();
    leat_gradients(&y, 1, &x, 1, &dx, NULL, NULL, 0);
    leat_must(leat_graph_status(g));
    double seconds = now() - begin;
    printf("gradient of a chain of %d: %.2f nodes an op, %.3f s\n", length,
           (double)((int64_t)leat_graph_op_count(g) - before) / length, seconds);
    leat_graph_free(g);
}

/* A model of many small variables, one step of Adam and a checkpoint of it: all of it should be linear. */
static void variables(int n)
{
    double start = now();
    leat_graph *g = leat_graph_new();
    leat_out *w = malloc((size_t)n * sizeof *w);
    for (int i = 0; i < n; i++)
        w[i] = leat_variable(leat_scalar(g, 1.0f), .name = "w");
    leat_out loss = leat_square(leat_raw_add_n((leat_out_list){w, (size_t)n}));
    leat_op *step = leat_minimize(leat_adam(.learning_rate = 0.01), loss);
    leat_saver *saver = leat_saver_new(g, .max_to_keep = 5);
    double built = now();
    leat_session *s = leat_session_new(g, NULL);
    leat_callable *call;
    leat_must(leat_run_init(s));
    double initialized = now();
    leat_must(leat_prepare(&call, s, (leat_out_list){NULL, 0}, (leat_out_list){NULL, 0}, LEAT_TARGETS(step)));
    double planned = now();
    leat_must(leat_call(call, NULL, NULL));
    printf(
        "%d variables, Adam: build %.2f s, plan and initialize %.2f s, plan a step %.2f s, first step %.2f s, %.0f MB\n",
        n, built - start, initialized - built, planned - initialized, now() - planned, resident_megabytes());
    free(w);
    leat_callable_free(call);
    leat_session_free(s);
    leat_saver_free(saver);
    leat_graph_free(g);
}

int main(int argc, char **argv)
{
    tiny();
    housing(1);
    housing(2);
    gradient(10000);
    variables(5000);
    variables(10000);
    chains(64, 100, 1);
    chains(64, 100, 2);
    if (argc < 2 || atol(argv[1]) > 0)
        chain(argc > 1 ? atol(argv[1]) : 1000000);
    return 0;
}
