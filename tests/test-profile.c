/* Profiles: recorded runs add up, and are told and traced. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cpus-private.h"
#include "check.h"
#include "faults.h"
#include "leat.h"
#include "profile/figures-private.h"

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

static bool is_output(const leat_profile_node *n, leat_dtype dtype, leat_shape shape)
{
    return n->n_outputs == 1 && n->outputs[0].slot == 0 && n->outputs[0].dtype == dtype &&
           leat_shape_equal(n->outputs[0].shape, shape) &&
           n->outputs[0].bytes == (uint64_t)leat_shape_elements(shape) * leat_dtype_size(dtype);
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
                CHECK(s.n_workers == (uint32_t)threads && s.n_cpus == leat_cpu_count() &&
                      s.wall_time >= last);
                last = s.wall_time;
                check_step(&s);
                if (i < 2) /* of eight runs the third and fourth; later ones share times */
                    check_order(&s);
            }
            CHECK_FAILS(leat_profile_step_at(f.p, 6, &s), LEAT_ERR_OUT_OF_RANGE, "6");
            for (size_t i = 0; i < s.n_nodes; i++)
                if (strcmp(s.nodes[i].op, "MatMul") == 0 && strcmp(s.nodes[i].shapes, "float32[128,64]") == 0)
                    CHECK(s.nodes[i].flops == 2.0 * 128 * 64 * 64 && s.nodes[i].out_bytes == 4 * 128 * 64 &&
                          is_output(&s.nodes[i], LEAT_FLOAT, LEAT_SHAPE(128, 64)));
                else if (strcmp(s.nodes[i].op, "Relu") == 0) /* over its input */
                    CHECK(s.nodes[i].out_bytes == 0 &&
                          is_output(&s.nodes[i], LEAT_FLOAT, LEAT_SHAPE(128, 64)));
                else if (strcmp(s.nodes[i].name, "w") == 0)
                    CHECK(s.nodes[i].out_bytes == 0 &&
                          is_output(&s.nodes[i], LEAT_FLOAT, LEAT_SHAPE(64, 64)));
            leat_profile_clear(f.p);
            CHECK(leat_profile_steps(f.p) == 0);
        }
        fixture_free(&f);
    }
}

/* The branch that is not taken does not run: neither spans nor, in a RunMetadata, nodes tell it, run by run. */
LEAT_TEST(profiles_leave_out_what_did_not_run)
{
    for (int threads = 1; threads <= 2; threads++) {
        leat_graph *g = leat_graph_new();
        leat_session *s = NULL;
        leat_profile *p = NULL;
        leat_profile_step step;
        leat_profile_options po = {.size = sizeof po, .keep = 4};
        leat_session_options so = {.size = sizeof so, .threads = threads};
        leat_out x = leat_placeholder(g, LEAT_FLOAT), taken = leat_placeholder(g, LEAT_BOOL);
        leat_op *both = leat_raw_switch(x, taken);
        leat_out no = leat_square(leat_op_output(both, 0), .name = "no"),
                 yes = leat_exp(leat_op_output(both, 1), .name = "yes");
        leat_out end = leat_op_output(leat_raw_merge(LEAT_OUTS(no, yes)), 0);
        leat_tensor *value = leat_tensor_new(LEAT_FLOAT, LEAT_SHAPE(3)), *z = NULL,
                    *pred = leat_tensor_new(LEAT_BOOL, LEAT_SCALAR);
        memset(leat_tensor_data(value), 0, 12);
        if (CHECK_OK(leat_session_open(&s, g, &so)) && CHECK_OK(leat_profile_new(&p, &po))) {
            leat_run_options o = {.size = sizeof o, .profile = p};
            for (int i = 0; i < 6; i++) {
                *(bool *)leat_tensor_data(pred) = i % 2;
                CHECK_OK(leat_run_with(s, &o, LEAT_FEEDS({x, value}, {taken, pred}), LEAT_FETCHES({end, &z}),
                                       LEAT_NO_TARGETS));
            }
            for (size_t i = 0; i < 4 && CHECK_OK(leat_profile_step_at(p, i, &step)); i++) {
                CHECK(step.n_spans == 3 && step.n_nodes == 4); /* Switch, a branch, Merge */
                for (size_t k = 0; k < step.n_spans; k++)
                    CHECK(strcmp(step.nodes[step.spans[k].node].name, i % 2 ? "no" : "yes") != 0);
                for (size_t k = 0; k < step.n_nodes; k++)
                    if (strcmp(step.nodes[k].op, "Switch") == 0)
                        CHECK(step.nodes[k].n_outputs == 1);
            }
        }
        leat_profile_free(p);
        leat_session_free(s);
        leat_tensor_unref(value);
        leat_tensor_unref(pred);
        leat_tensor_unref(z);
        leat_graph_free(g);
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
              strstr(text, "critical path: ") && strstr(text, "made up") && strstr(text, "3 workers") &&
              strstr(text, " idle "));
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
