/* Profiles: what made-up runs add up to. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "profile-made.h"

LEAT_TEST(profile_figures_add_up)
{
    maker *const makers[] = {made_chain,    made_wide,         made_one_big, made_short_nodes,
                             made_overhead, made_memory_bound, made_helped,  made_small_serial};
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
        made_link(&m[i]);
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

/* Four workers that all multiply do it four times as fast as one; tiles of others do not make it faster once more. */
LEAT_TEST(rates_are_of_the_time_in_which_a_type_ran)
{
    made *m = calloc(1, sizeof *m);
    leat_figures f = {0};
    REQUIRE(m != NULL);
    for (uint32_t i = 0; i < 4; i++)
        m->nodes[made_add(m, "MatMul", i, 100 * i, 1000)].flops = 1000;
    m->nodes[made_add(m, "MatMul", 2, 2000, 2500)].flops = 1000;
    made_add(m, "Relu", 0, 1000, 3000);
    m->spans[m->step.n_spans++] = (leat_profile_span){2000, 2500, 4, 3, 7};
    made_apart(m);
    CHECK_OK(leat_figures_make(&f, &m->step, 1, NULL));
    for (size_t i = 0; i < f.n_ops; i++)
        if (strcmp(f.ops[i].name, "MatMul") == 0)
            CHECK(f.ops[i].rate_ns == 1500 && f.ops[i].flops == 5000 && f.ops[i].wall_ns == 3900);
        else
            CHECK(f.ops[i].rate_ns == 2000);
    leat_figures_free(&f);
    free(m);
}

LEAT_TEST(workers_that_wait_for_nodes_are_told_from_nodes_that_wait_for_workers)
{
    static const struct {
        maker *make;
        double ns;
    } rows[] = {
        {made_chain, 0},
        {made_left_waiting,
         39 * 9900 + 38 * 200 + 100},  /* one worker, and both in the gaps; in the last, one node waits */
        {made_crowded, 9 * 100 * 2},   /* in the gaps, of both CPUs */
        {made_too_few, 25000 + 25000}, /* all the while the fifth could have run */
    };
    made *m = calloc(1, sizeof *m);
    REQUIRE(m != NULL);
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_figures f = {0};
        memset(m, 0, sizeof *m);
        rows[i].make(m);
        CHECK_OK(leat_figures_make(&f, &m->step, 1, NULL));
        if (!CHECK(f.waited_ns == rows[i].ns))
            printf("row %zu: %g, not %g\n", i, f.waited_ns, rows[i].ns);
        leat_figures_free(&f);
    }
    free(m);
}
