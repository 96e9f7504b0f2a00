/* bench-graph.c - how long graphs take to build and plan, and a small run takes.
 * bench-graph [NODES]: prints one line a figure. */
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

int main(int argc, char **argv)
{
    tiny();
    chains(64, 100, 1);
    chains(64, 100, 2);
    chain(argc > 1 ? atol(argv[1]) : 1000000);
    return 0;
}
