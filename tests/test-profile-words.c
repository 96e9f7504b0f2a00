/* Profiles: what is said of made-up runs, rule by rule. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "profile-made.h"

LEAT_TEST(profile_words_follow_their_rules)
{
    static const struct {
        const char *name;
        maker *make;
        const char *words[6]; /* each must be said; one that begins with '!' must not */
    } rows[] = {
        {"chain",
         made_chain,
         {"2 workers idle 50 % of the run: the graph is a chain from n0 to n9", "!memory", "!shorter"}},
        {"wide",
         made_wide,
         {"4 workers idle 1 % of the run; the critical path takes 10 % of it, from n",
          "more workers can make it at most 10 times faster", "!chain"}},
        {"one big",
         made_one_big,
         {"2 workers idle 50 % of the run: everything waits for n1, which takes 80 % of it",
          "one node, n1 (Conv2D), takes 80 % of the time at 32 GFLOP/s, 40 % of this machine's peak",
          "!bound by"}},
        {"short",
         made_short_nodes,
         {"1 worker, idle 13 % of the run\n", "!little more", "!critical path takes",
          "nodes shorter than 1 \u00b5s make 90 % of the nodes and 27 % of the time",
          "100 nodes of type MatMul take 73 % of the time"}},
        {"overhead",
         made_overhead,
         {"1 worker, idle 40 % of the run: the ops are short, 1.2 \u00b5s each on average",
          "no node ran in 40 % of the run, 792 ns a node", "!chain"}},
        {"memory",
         made_memory_bound,
         {"Add and Mul are bound by memory: they take 100 % of the time and move 8 GB/s, 80 % of what this machine reads"}},
        {"in caches", made_in_caches, {"1 worker, idle 0 % of the run", "!bound by"}},
        {"tiny",
         made_tiny,
         {"all nodes are shorter than 1 \u00b5s: starting a node costs as much as what it computes",
          "!FLOP/s", "!bound by"}},
        {"helped",
         made_helped,
         {"44 % of the time is tiles that workers took over", "2 workers idle 10 %", "!more workers"}},
        {"serial",
         made_small_serial,
         {"2 workers idle 53 % of the run: all nodes together take 4 \u00b5s, too little to share",
          "!ran on one thread"}},
        {"serial chain",
         made_serial_chain,
         {"2 workers idle 50 % of the run: the graph is a chain from n0 to n9",
          "the plan ran on one thread: by its costs"}},
        {"held up",
         made_held_up,
         {"2 workers idle 60 % of the run: the threads slept, or other programs had their CPUs",
          "no node ran in 60 % of the run, 12 ms, more than starting nodes takes"}},
        {"held up alone",
         made_held_up_alone,
         {"1 worker, idle 40 % of the run: its thread slept, or other programs had the CPU"}},
        {"types", made_types, {"most of the time: Conv2D 24 %, Relu 20 % and Mul 16 %", "!one node"}},
        {"given up",
         made_given_up,
         {"it ran on one thread, since several had just been slower", "!too few", "!short"}},
        {"crowded",
         made_crowded,
         {"4 workers on 2 CPUs, which are idle 1 % of the run; the critical path takes 10 % of it, from n",
          "workers wait for one another's CPUs, and nodes' times contain that: 2 threads would show",
          "!more workers", "!more CPUs"}},
        {"crowded chain",
         made_crowded_chain,
         {"4 workers on 2 CPUs, which are idle 50 % of the run: the graph is a chain from n0 to n9",
          "!wait for"}},
        {"a worker a CPU",
         made_wide_on_all,
         {"4 workers idle 1 % of the run", "more CPUs can make it at most 10 times faster", "!wait for"}},
        {"one worker of many CPUs",
         made_wide_on_one,
         {"1 worker, idle 1 % of the run", "more workers can make it at most 8.1 times faster, on 8 CPUs"}},
        {"given up, a chain",
         made_given_up_chain,
         {"2 workers idle 50 % of the run: the graph is a chain from n0 to n9", "!ran on one thread"}},
        {"left waiting",
         made_left_waiting,
         {"2 workers idle 50 % of the run: nodes were ready, but threads slept, or other programs had the CPUs"}},
        {"moving", made_moving, {"takes 80 % of the time, moving 128 GB/s", "!FLOP/s"}},
        {"nothing", made_nothing, {"no op ran", "!idle", "!ran on one thread"}},
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
