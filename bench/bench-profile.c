/* What a profile costs: runs of nodes of about a microsecond, with and without, as a caller of leat_run sees them.
 *
 *     make bench-profile && chrt -f 1 ./bench-profile [THREADS]
 *
 * Runs with and without take turns, so that both see the same machine; nobody looks at the profile meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include "base/base-private.h"
#include "leat.h"

enum { NODES = 2000, ROUNDS = 200 };

typedef struct setup {
    leat_graph *g;
    leat_session *s;
    leat_callable *call;
    leat_tensor *x;
} setup;

/* `chains` chains of elementwise ops over n floats. */
static void build(setup *b, int chains, int64_t n, int threads)
{
    *b = (setup){.g = leat_graph_new(), .x = leat_tensor_new(LEAT_FLOAT, LEAT_SHAPE(n))};
    leat_out x = leat_placeholder(b->g, LEAT_FLOAT, .shape = LEAT_SHAPE(n));
    leat_out ends[64];
    for (int k = 0; k < chains; k++) {
        ends[k] = x;
        for (int i = 0; i < NODES / chains; i++)
            ends[k] = leat_tanh(ends[k]);
    }
    leat_op *ops[64];
    for (int k = 0; k < chains; k++)
        ops[k] = ends[k].op;
    for (int64_t i = 0; i < n; i++)
        ((float *)leat_tensor_data(b->x))[i] = (float)i / (float)n;
    leat_session_options o = {.size = sizeof o, .threads = threads, .no_sharing = true};
    leat_must(leat_session_open(&b->s, b->g, &o));
    leat_must(leat_prepare(&b->call, b->s, (leat_out_list){&x, 1}, (leat_out_list){NULL, 0},
                           (leat_target_list){ops, (size_t)chains}));
}

static double run(setup *b, leat_profile *p)
{
    leat_run_options o = {.size = sizeof o, .profile = p};
    double start = leat_now();
    leat_must(leat_call_with(b->call, p != NULL ? &o : NULL, &b->x, NULL));
    return leat_now() - start;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Each round has a run without, two with and one without, so that a machine that grows slower meanwhile favours none. Shown are the
 * smallest times, which are the machine's own, and the median of the rounds' ratios, in which what others do cancels. */
static void measure(int chains, int64_t n, int threads)
{
    setup b;
    leat_profile *p;
    static double ratios[ROUNDS];
    double off = 1e9, on = 1e9, all_off = 0, all_on = 0;
    build(&b, chains, n, threads);
    leat_must(leat_profile_new(&p, NULL));
    for (int i = 0; i < 10; i++) /* the plan measures itself in runs 2 to 4 */
        run(&b, i < 5 ? NULL : p);
    for (int i = 0; i < ROUNDS; i++) {
        double off1 = run(&b, NULL), on1 = run(&b, p), on2 = run(&b, p), off2 = run(&b, NULL);
        off = LEAT_MIN(off, LEAT_MIN(off1, off2));
        on = LEAT_MIN(on, LEAT_MIN(on1, on2));
        all_off += off1 + off2;
        all_on += on1 + on2;
        ratios[i] = (on1 + on2) / (off1 + off2) - 1;
    }
    qsort(ratios, ROUNDS, sizeof *ratios, by_value);
    printf(
        "%2d chains, %5lld floats, %d thread%s: %6.0f ns a node off, smallest times %+5.1f ns, %+5.2f %%; median of %d pairs %+5.2f %%, sum %+5.2f %%\n",
        chains, (long long)n, threads, threads == 1 ? " " : "s", off / NODES * 1e9, (on - off) / NODES * 1e9,
        100 * (on / off - 1), ROUNDS, 100 * ratios[ROUNDS / 2], 100 * (all_on / all_off - 1));
    leat_profile_free(p);
    leat_callable_free(b.call);
    leat_session_free(b.s);
    leat_tensor_unref(b.x);
    leat_graph_free(b.g);
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 2;
    static const int64_t sizes[] = {8, 1450, 30000};
    for (size_t i = 0; i < LEAT_LEN(sizes); i++) {
        measure(1, sizes[i], 1);
        measure(16, sizes[i], threads);
    }
    return 0;
}
