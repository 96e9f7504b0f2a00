/* Profiles: RunMetadata, written and read. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "profile-made.h"
#include "proto/wire-private.h"

static size_t count_spans(const leat_profile_step *s, bool helpers)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_spans; i++)
        n += (s->spans[i].tiles > 0) == helpers;
    return n;
}

/* How many fields there are along a path of numbers. */
static size_t count_fields(leat_wire w, const uint32_t *path)
{
    leat_field f;
    size_t n = 0;
    while (leat_wire_next(&w, &f))
        if (f.number == path[0])
            n += path[1] == 0 ? 1 : count_fields(leat_wire_sub(&w, &f), path + 1);
    return n;
}

/* What a RunMetadata keeps of a run: all but edges for the order of state, and nodes that did not run. */
LEAT_TEST(run_metadata_tells_the_same)
{
    made *m = calloc(1, sizeof *m);
    leat_buf b = {0};
    leat_step_record *r;
    REQUIRE(m != NULL);
    made_helped(m);
    m->step.n_workers = 3;
    m->step.wall_time = 1.7e9;
    m->nodes[0].inputs = "elsewhere, x:1";
    m->nodes[0].kernel = "onednn";
    m->nodes[0].flops = 1234567;
    m->nodes[0].bytes = 89;
    m->nodes[0].out_bytes = 4096;
    const leat_profile_output outputs[] = {{0, LEAT_FLOAT, LEAT_SHAPE(2, 512), 4096},
                                           {3, LEAT_INT32, LEAT_SCALAR, 4}};
    m->nodes[0].outputs = outputs;
    m->nodes[0].n_outputs = 2;
    m->step.n_cpus = 7;
    m->step.memory_bytes = 5000;
    m->step.alone = true;
    m->nodes[1].inputs = "n0:0, ^other";
    leat_put_run_metadata(&b, &m->step);
    REQUIRE_OK(leat_step_record_read(&r, b.data, b.size));
    /* step_stats, dev_stats, node_stats, output: told with the helper's share, too, since TensorBoard keeps the first of a name */
    CHECK(count_fields(leat_wire_from(b.data, b.size, 0), (const uint32_t[]){1, 1, 2, 7, 0}) == 4);
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
    CHECK(s->n_cpus == 7 && s->memory_bytes == 5000 && s->alone && !s->serial);
    if (CHECK(s->nodes[0].n_outputs == 2 && s->nodes[1].n_outputs == 0))
        for (int i = 0; i < 2; i++) {
            const leat_profile_output *o = &s->nodes[0].outputs[i];
            CHECK(o->slot == outputs[i].slot && o->dtype == outputs[i].dtype &&
                  o->bytes == outputs[i].bytes && leat_shape_equal(o->shape, outputs[i].shape));
        }
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

static void put_dims(leat_buf *b, int64_t n, int64_t size)
{
    size_t shape = leat_put_begin(b, 2);
    for (int64_t i = 0; i < n; i++) {
        size_t dim = leat_put_begin(b, 2);
        leat_put_uint(b, 1, (uint64_t)size);
        leat_put_end(b, dim);
    }
    leat_put_end(b, shape);
}

/* Without Leat's label the shapes are those of the outputs; what cannot be one is unknown. */
LEAT_TEST(shapes_of_others_are_read_from_their_outputs)
{
    static const struct {
        uint64_t dtype;
        int64_t rank, size;
        const char *text;
    } rows[] = {{1, 2, 3, "float32[3,3]"}, {9, 0, 0, "int64[]"},     {1, 8, 1, "float32[1,1,1,1,1,1,1,1]"},
                {1, 9, 1, "float32[?]"},   {1, 1, -1, "float32[?]"}, {99, 1, 4, "?[4]"},
                {UINT64_MAX, 0, 0, "?[]"}};
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf b = {0};
        leat_step_record *r;
        size_t a = leat_put_begin(&b, 1), c = leat_put_begin(&b, 1), d = leat_put_begin(&b, 2);
        leat_put_string(&b, 1, "n");
        leat_put_uint(&b, 5, 3);
        leat_put_string(&b, 8, "n = Op()");
        size_t output = leat_put_begin(&b, 7), tensor = leat_put_begin(&b, 3);
        leat_put_uint(&b, 1, rows[i].dtype);
        put_dims(&b, rows[i].rank, rows[i].size);
        leat_put_end(&b, tensor);
        leat_put_end(&b, output);
        leat_put_end(&b, d);
        leat_put_end(&b, c);
        leat_put_end(&b, a);
        if (CHECK_OK(leat_step_record_read(&r, b.data, b.size))) {
            CHECK_STR(leat_step_record_step(r)->nodes[0].shapes, rows[i].text);
            leat_step_record_free(r);
        }
        leat_buf_free(&b);
    }
}
