/* The engine as its users see it: names, errors, feeds, variables, callables; and every allocation failing once. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/fault-private.h"
#include "check.h"
#include "leat.h"

LEAT_TEST(tensors_are_printed_as_numpy_does)
{
    static const float floats[] = {2, -0.5f, 1e10f, NAN},
                       complex64[] = {1, 2, 0.5f, -0.25f, 0, INFINITY, NAN, NAN};
    static const double complex128[] = {-1.5, -0.0};
    static const bool bools[] = {true, false};
    static const char *const strings[] = {"a", "b c"};
    const struct {
        leat_dtype dtype;
        leat_shape shape;
        const void *data;
        const char *text;
    } rows[] = {
        {LEAT_FLOAT, LEAT_SHAPE(2, 2), floats, "[[2. -0.5] [1e+10 nan]]"},
        {LEAT_COMPLEX64, LEAT_SHAPE(4), complex64, "[1.+2.j 0.5-0.25j 0.+infj nan+nanj]"},
        {LEAT_COMPLEX128, LEAT_SCALAR, complex128, "-1.5-0.j"},
        {LEAT_BOOL, LEAT_SHAPE(2), bools, "[True False]"},
        {LEAT_STRING, LEAT_SHAPE(2), strings, "[b'a' b'b c']"},
        {LEAT_FLOAT, LEAT_SHAPE(0, 2), floats, "[]"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        char text[100];
        leat_tensor *t = leat_tensor_from(rows[i].dtype, rows[i].shape, rows[i].data);
        CHECK_STR(leat_tensor_print(t, text, sizeof text), rows[i].text);
        leat_tensor_unref(t);
    }
}

LEAT_TEST(first_graph)
{
    static const char *const names[] = {
        "x/initial_value", "x",   "x/Assign", "x/read", "y/initial_value", "y",    "y/Assign",
        "y/read",          "mul", "mul_1",    "add",    "add_1/y",         "add_1"};
    leat_graph *g = leat_graph_new();
    leat_out x = leat_variable(leat_scalar(g, 3), .name = "x"),
             y = leat_variable(leat_scalar(g, 4), .name = "y");
    leat_out f = leat_add(leat_add(leat_mul(leat_mul(x, x), y), y), leat_scalar(g, 2));
    CHECK(leat_graph_op_count(g) == sizeof names / sizeof names[0]);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        CHECK_STR(leat_op_name(leat_graph_op_at(g, i)), names[i]);
    leat_session *s = leat_session_new(g, NULL);
    double value = 0;
    CHECK_FAILS(leat_eval_f64(s, f, &value), LEAT_ERR_FAILED_PRECONDITION, "uninitialized value x");
    CHECK_OK(leat_run_init(s));
    CHECK_OK(leat_eval_f64(s, f, &value));
    CHECK(value == 42);
    leat_session_free(s);
    leat_graph_free(g);
}

LEAT_TEST(names_are_unique_as_in_tensorflow)
{
    leat_graph *g = leat_graph_new();
    leat_out a = leat_constant_f32(g, LEAT_SCALAR, (float[]){1}, NULL);
    CHECK_STR(leat_op_name(a.op), "Const");
    CHECK_STR(leat_op_name(leat_constant_f32(g, LEAT_SCALAR, (float[]){1}, NULL).op), "Const_1");
    CHECK_STR(leat_op_name(leat_constant_f32(g, LEAT_SCALAR, (float[]){1}, "const").op),
              "const_2"); /* case does not count */
    CHECK_STR(leat_op_name(leat_neg(a, .name = "a_1").op), "a_1");
    CHECK_STR(leat_op_name(leat_neg(a, .name = "a").op), "a");
    CHECK_STR(leat_op_name(leat_neg(a, .name = "a").op), "a_2");
    LEAT_NAME_SCOPE (g, "s") {
        CHECK_STR(leat_op_name(leat_neg(a, .name = "n").op), "s/n");
        LEAT_NAME_SCOPE (g, "s")
            CHECK_STR(leat_op_name(leat_neg(a, .name = "n").op), "s/s/n");
        CHECK_STR(leat_current_name_scope(g), "s/");
    }
    LEAT_NAME_SCOPE (g, "s")
        CHECK_STR(leat_op_name(leat_neg(a, .name = "n").op), "s_1/n");
    LEAT_NAME_SCOPE (g, "s/")
        CHECK_STR(leat_op_name(leat_neg(a, .name = "n").op), "s/n_1");
    CHECK_STR(leat_current_name_scope(g), "");
    CHECK_OK(leat_graph_status(g));
    leat_graph_free(g);
}

static void leave_scope_early(leat_graph *g)
{
    LEAT_NAME_SCOPE (g, "early")
        return;
}

LEAT_TEST(scopes_close_by_themselves)
{
    leat_graph *g = leat_graph_new();
    leave_scope_early(g);
    CHECK_STR(leat_current_name_scope(g), "");
    LEAT_NAME_SCOPE (g, "broken")
        break;
    CHECK_STR(leat_current_name_scope(g), "");
    leat_graph_free(g);
}

LEAT_TEST(the_first_error_is_kept)
{
    leat_graph *g = leat_graph_new();
    leat_out a = leat_constant_f32(g, LEAT_SHAPE(2), (float[]){1, 2}, "a");
    leat_out b = leat_constant_f32(g, LEAT_SHAPE(3), (float[]){1, 2, 3}, "b");
    leat_out bad = leat_add(a, b, .name = "first");
    CHECK(bad.op == NULL);
    CHECK(leat_mul(bad, a, .name = "second").op == NULL);
    CHECK_FAILS(leat_graph_status(g), LEAT_ERR_INVALID_ARGUMENT, "node 'first' (AddV2)");
    leat_session *s;
    CHECK_FAILS(leat_session_open(&s, g, NULL), LEAT_ERR_INVALID_ARGUMENT, "node 'first' (AddV2)");
    leat_graph_free(g);
}

LEAT_TEST(feeds_are_checked)
{
    leat_graph *g = leat_graph_new();
    leat_out x = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, 2), .name = "x");
    leat_out y = leat_neg(x, .name = "y");
    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *good = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(1, 2), (float[]){1, 2}), *out = NULL;
    leat_tensor *shape = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(3), (float[]){1, 2, 3});
    leat_tensor *dtype = leat_tensor_from(LEAT_INT32, LEAT_SHAPE(1, 2), (int32_t[]){1, 2});
    CHECK_FAILS(leat_eval(s, y, &out), LEAT_ERR_INVALID_ARGUMENT, "node 'x' (Placeholder): You must feed");
    CHECK_FAILS(leat_run(s, LEAT_FEEDS({x, shape}), LEAT_FETCHES({y, &out}), LEAT_NO_TARGETS),
                LEAT_ERR_INVALID_ARGUMENT, "'x:0', which has shape (?, 2)");
    CHECK_FAILS(leat_run(s, LEAT_FEEDS({x, dtype}), LEAT_FETCHES({y, &out}), LEAT_NO_TARGETS),
                LEAT_ERR_INVALID_ARGUMENT, "the fed value is int32");
    CHECK_FAILS(leat_run(s, LEAT_FEEDS({x, good}, {x, good}), LEAT_FETCHES({y, &out}), LEAT_NO_TARGETS),
                LEAT_ERR_INVALID_ARGUMENT, "is fed twice");
    CHECK_OK(leat_run(s, LEAT_FEEDS({x, good}), LEAT_FETCHES({y, &out}), LEAT_NO_TARGETS));
    CHECK(out != NULL && ((float *)leat_tensor_data(out))[1] == -2);
    /* Any tensor may be fed; what is before it is not run. */
    CHECK_OK(leat_run(s, LEAT_FEEDS({y, good}), LEAT_FETCHES({y, &out}), LEAT_NO_TARGETS));
    CHECK(((float *)leat_tensor_data(out))[1] == 2);
    leat_tensor_unref(good);
    leat_tensor_unref(shape);
    leat_tensor_unref(dtype);
    leat_tensor_unref(out);
    leat_session_free(s);
    leat_graph_free(g);
}

/* A value read before a write, and used by an op that waits for the write, is the old one of a resource variable and the new one
 * of a ref variable, as in TensorFlow; updates in place do not change what a read gave. */
LEAT_TEST(reads_and_writes_keep_their_order)
{
    for (int mode = 0; mode < 2; mode++) {
        leat_graph *g = leat_graph_new();
        leat_out v = leat_variable(leat_constant_f32(g, LEAT_SHAPE(2), (float[]){1, 2}, "start"), .name = "v",
                                   .use_resource = mode == 1);
        leat_out before = leat_identity(v, .name = "before");
        leat_out ten = leat_constant_f32(g, LEAT_SHAPE(2), (float[]){10, 10}, "ten");
        leat_op *write = mode == 1 ? leat_raw_assign_add_variable_op(v, ten) : leat_raw_assign_add(v, ten).op;
        leat_out after = LEAT_NO_OUT;
        LEAT_CONTROL_DEPENDENCIES (g, &write, 1)
            after = leat_mul(before, leat_scalar(g, 1.0), .name = "after");
        leat_session *s = leat_session_new(g, NULL);
        leat_tensor *t = NULL, *kept = NULL;
        CHECK_OK(leat_run_init(s));
        CHECK_OK(leat_eval(s, leat_variable_read(v), &kept));
        CHECK_OK(leat_eval(s, after, &t));
        int32_t seen = mode == 1 ? 1 : 11;
        CHECK(t != NULL && ((float *)leat_tensor_data(t))[0] == (float)seen &&
              ((float *)leat_tensor_data(t))[1] == (float)seen + 1);
        CHECK(kept != NULL && ((float *)leat_tensor_data(kept))[0] == 1);
        CHECK_OK(leat_eval(s, leat_variable_read(v), &t));
        CHECK(((float *)leat_tensor_data(t))[0] == 11);
        leat_tensor_unref(t);
        leat_tensor_unref(kept);
        leat_session_free(s);
        leat_graph_free(g);
    }
}

LEAT_TEST(callables_reuse_what_they_are_given)
{
    leat_graph *g = leat_graph_new();
    leat_out x = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(4));
    leat_out y = leat_square(leat_neg(x));
    leat_session *s = leat_session_new(g, NULL);
    leat_callable *c;
    REQUIRE_OK(leat_prepare(&c, s, LEAT_OUTS(x), LEAT_OUTS(y), LEAT_NO_TARGETS));
    leat_tensor *in = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(4), (float[]){1, 2, 3, 4}), *out = NULL;
    for (int i = 0; i < 6; i++)
        CHECK_OK(leat_call(c, &in, &out));
    uint64_t live = leat_live_allocations();
    leat_fault_arm(LEAT_FAULT_ALLOC, 1, 12);
    CHECK_OK(leat_call(c, &in, &out)); /* allocates nothing: an allocation would fail */
    CHECK(!leat_fault_fired());
    leat_fault_disarm();
    CHECK(leat_live_allocations() == live);
    CHECK(((float *)leat_tensor_data(out))[3] == 16);
    leat_tensor_unref(in);
    leat_tensor_unref(out);
    leat_callable_free(c);
    leat_session_free(s);
    leat_graph_free(g);
}

/* Names that TensorFlow would not load back; of constants, which get theirs when an op takes them, too. */
LEAT_TEST(names_are_checked)
{
    static const char *const names[] = {"", "a b", "/a", "a\nb", "%n", "_x", "a:0", "^a", "\xc3\xa9"};
    for (size_t i = 0; i < 2 * LEAT_LEN(names); i++) {
        leat_graph *g = leat_graph_new();
        const char *name = names[i / 2];
        leat_out c = leat_constant_f32(g, LEAT_SHAPE(1), (float[]){1}, i % 2 ? NULL : name);
        (void)leat_neg(c, .name = i % 2 ? name : NULL);
        CHECK_FAILS(leat_graph_status(g), LEAT_ERR_INVALID_ARGUMENT, "is not a valid node name");
        leat_graph_free(g);
    }
}

LEAT_TEST(pointers_are_checked)
{
    leat_clear_message();
    CHECK(leat_saver_new(NULL, .max_to_keep = 5) == NULL && strstr(leat_message(), "graph is NULL") != NULL);
    leat_graph *g = leat_graph_new();
    leat_out x = leat_placeholder(g, LEAT_FLOAT), y = leat_neg(x);
    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *t = NULL;
    leat_callable *c;
    REQUIRE_OK(leat_prepare(&c, s, LEAT_OUTS(x), LEAT_OUTS(y), LEAT_NO_TARGETS));
    CHECK_FAILS(leat_call(c, NULL, &t), LEAT_ERR_INVALID_ARGUMENT, "the array of feeds is NULL");
    CHECK_FAILS(leat_call(c, (leat_tensor *[]){NULL}, NULL), LEAT_ERR_INVALID_ARGUMENT, "of fetches is NULL");
    CHECK_FAILS(leat_call(c, (leat_tensor *[]){NULL}, &t), LEAT_ERR_INVALID_ARGUMENT,
                "the fed value is none");
    CHECK_FAILS(leat_run(s, LEAT_NO_FEEDS, LEAT_FETCHES({y, NULL}), LEAT_NO_TARGETS),
                LEAT_ERR_INVALID_ARGUMENT, "fetch 0 has no place");
    CHECK_FAILS(leat_eval(s, leat_scalar(g, 5), &t), LEAT_ERR_INVALID_ARGUMENT,
                "a number that no op has taken");
    leat_callable_free(c);
    leat_session_free(s);
    leat_graph_free(g);
}

LEAT_TEST(deadline_and_cancel)
{
    leat_graph *g = leat_graph_new();
    leat_out x = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SCALAR), y = x;
    for (int i = 0; i < 20000; i++)
        y = leat_mul(y, x);
    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *in = leat_tensor_from(LEAT_FLOAT, LEAT_SCALAR, (float[]){1}), *out = NULL;
    leat_run_options o = {.size = sizeof o, .timeout = 1e-9};
    CHECK_FAILS(leat_run_with(s, &o, LEAT_FEEDS({x, in}), LEAT_FETCHES({y, &out}), LEAT_NO_TARGETS),
                LEAT_ERR_DEADLINE, "time limit");
    o = (leat_run_options){.size = sizeof o, .memory_limit = 1};
    CHECK_FAILS(leat_run_with(s, &o, LEAT_FEEDS({x, in}), LEAT_FETCHES({y, &out}), LEAT_NO_TARGETS),
                LEAT_ERR_NO_MEMORY, "memory limit");
    CHECK_OK(leat_run(s, LEAT_FEEDS({x, in}), LEAT_FETCHES({y, &out}), LEAT_NO_TARGETS));
    leat_tensor_unref(in);
    leat_tensor_unref(out);
    leat_session_free(s);
    leat_graph_free(g);
}

static void check_all(const leat_tensor *t, float want)
{
    const float *v = leat_tensor_data(t);
    bool same = true;
    for (int64_t i = 0; i < leat_tensor_elements(t); i++)
        same &= v[i] == want;
    CHECK(same);
}

static leat_op *assign_op(leat_out variable, leat_out value)
{
    return leat_out_dtype(variable) == LEAT_RESOURCE ? leat_raw_assign_variable_op(variable, value)
                                                     : leat_assign(variable, value, NULL).op;
}

/* An assigned variable may keep the memory of the value. Whoever else uses that value, another variable among them, must not see
 * what becomes of it. */
static void assign_shared(bool resource, bool second, bool fetched, bool consumed)
{
    enum { N = 5000 };
    leat_graph *g = leat_graph_new();
    leat_out start = leat_zeros(g, LEAT_SHAPE(N)),
             x = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(N));
    leat_out a = leat_variable(start, .name = "a", .use_resource = resource);
    leat_out b = leat_variable(start, .name = "b", .use_resource = resource);
    leat_out value = leat_mul(leat_add(x, x), x);
    leat_op *first = assign_op(a, value);
    leat_op *other = second ? assign_op(b, value) : first;
    /* In serial order: a gets the value, a changes, the value is used. */
    leat_op *more = resource ? leat_raw_assign_add_variable_op(a, x) : leat_raw_assign_add(a, x).op;
    leat_out sum = consumed ? leat_add(value, x) : x;
    leat_op *double_it = assign_op(a, leat_add(leat_variable_read(a), leat_variable_read(a)));
    leat_session *s = NULL;
    leat_tensor *in = leat_tensor_new(LEAT_FLOAT, LEAT_SHAPE(N)), *got = NULL, *kept = NULL, *summed = NULL;
    REQUIRE_OK(leat_session_open(&s, g, NULL));
    CHECK_OK(leat_run_init(s));
    for (int run = 1; run < 6; run++) {
        float want = 2.0f * (float)run * (float)run;
        for (int i = 0; i < N; i++)
            ((float *)leat_tensor_data(in))[i] = (float)run;
        leat_fetch fetches[] = {{sum, &summed}, {value, &kept}};
        leat_feed feed = {x, in};
        CHECK_OK(leat_run(s, (leat_feed_list){&feed, 1}, (leat_fetch_list){fetches, fetched ? 2 : 1},
                          LEAT_TARGETS(first, other, more)));
        for (int twice = 0; twice < 2; twice++)
            CHECK_OK(leat_run(s, LEAT_NO_FEEDS, LEAT_NO_FETCHES, LEAT_TARGETS(double_it)));
        CHECK_OK(leat_eval(s, leat_variable_read(a), &got));
        check_all(got, 4 * (want + (float)run));
        CHECK_OK(leat_eval(s, leat_variable_read(b), &got));
        check_all(got, second ? want : 0);
        check_all(summed, (consumed ? want : 0) + (float)run);
        if (fetched)
            check_all(kept, want);
    }
    leat_tensor_unref(in);
    leat_tensor_unref(got);
    leat_tensor_unref(kept);
    leat_tensor_unref(summed);
    leat_session_free(s);
    leat_graph_free(g);
}

LEAT_TEST(assigned_values_may_become_the_variable)
{
    for (int i = 0; i < 16; i++)
        assign_shared(i & 1, i & 2, i & 4, i & 8);
}

/* At most five nodes an op in the gradient of a chain. */
LEAT_TEST(variables_are_set_to_values_of_their_kind_only)
{
    leat_graph *g = leat_graph_new();
    leat_out v = leat_variable(leat_constant_f32(g, LEAT_SHAPE(2), (float[]){1, 2}, NULL), .name = "v");
    leat_out sum = leat_reduce_sum(v);
    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *two = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(2), (float[]){3, 4});
    leat_tensor *three = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(3), (float[]){3, 4, 5});
    leat_tensor *whole = leat_tensor_from(LEAT_INT32, LEAT_SHAPE(2), (int32_t[]){3, 4});
    float value = 0;
    CHECK_FAILS(leat_session_set_variable(NULL, v.op, two), LEAT_ERR_INVALID_ARGUMENT, "session");
    CHECK_FAILS(leat_session_set_variable(s, sum.op, two), LEAT_ERR_INVALID_ARGUMENT, "no variable");
    CHECK_FAILS(leat_session_set_variable(s, v.op, three), LEAT_ERR_INVALID_ARGUMENT, "(3,)");
    CHECK_FAILS(leat_session_set_variable(s, v.op, whole), LEAT_ERR_INVALID_ARGUMENT, "int32");
    CHECK_FAILS(leat_eval_f32(s, sum, &value), LEAT_ERR_FAILED_PRECONDITION, "uninitialized value v");
    CHECK_OK(leat_session_set_variable(s, v.op, two));
    CHECK_OK(leat_eval_f32(s, sum, &value));
    CHECK(value == 7);
    leat_tensor_unref(two);
    leat_tensor_unref(three);
    leat_tensor_unref(whole);
    leat_session_free(s);
    leat_graph_free(g);
}

LEAT_TEST(gradient_of_a_long_chain)
{
    enum { OPS = 10000 };
    leat_graph *g = leat_graph_new();
    leat_out x = leat_variable(leat_constant_f32(g, LEAT_SHAPE(3), (float[]){1, 2, 3}, "start")), y = x, dx;
    for (int i = 0; i < OPS; i++)
        y = i % 2 ? leat_mul(y, x) : leat_tanh(y);
    size_t before = leat_graph_op_count(g);
    leat_gradients(&y, 1, &x, 1, &dx, NULL, NULL, 0);
    CHECK_OK(leat_graph_status(g));
    CHECK(dx.op != NULL);
    CHECK(leat_graph_op_count(g) - before <= 5 * OPS);
    leat_graph_free(g);
}

/* A constant that waits for another op is computed in the run; what is computed of it leaves it as it is. */
LEAT_TEST(constants_under_control_stay_as_they_are)
{
    leat_graph *g = leat_graph_new();
    leat_out v = leat_variable(leat_constant_f32(g, LEAT_SCALAR, (float[]){0}, NULL));
    leat_op *first[1] = {leat_assign(v, leat_constant_f32(g, LEAT_SCALAR, (float[]){4}, NULL), NULL).op};
    leat_out y = LEAT_NO_OUT;
    LEAT_CONTROL_DEPENDENCIES (g, first, 1) {
        leat_out one = leat_constant_f32(g, LEAT_SCALAR, (float[]){1}, "one");
        y = leat_sub(leat_square(one), leat_constant_f32(g, LEAT_SCALAR, (float[]){0.5f}, "half"));
        y = leat_mul(leat_sub(leat_constant_f32(g, LEAT_SCALAR, (float[]){3}, "three"), y), y);
    }
    leat_session *s = leat_session_new(g, NULL);
    CHECK_OK(leat_run_init(s));
    for (int i = 0; i < 3; i++) {
        float value = 0;
        CHECK_OK(leat_eval_f32(s, y, &value));
        CHECK(value == 1.25f);
    }
    leat_session_free(s);
    leat_graph_free(g);
}

/* Integers carry no gradient: what hangs on an x by them alone does not depend on it, and ys that depend on no x are left alone
 * even where their op has no gradient for such inputs. */
LEAT_TEST(gradients_pass_floating_point_tensors_only)
{
    leat_graph *g = leat_graph_new();
    leat_out x = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(3)), xs[2] = {x}, dx[2];
    xs[1] = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(3));
    leat_out by_index = leat_raw_cast(leat_raw_arg_max(x, leat_scalar_int(g, 0)), LEAT_FLOAT);
    leat_out image = leat_placeholder(g, LEAT_INT32, .shape = LEAT_SHAPE(1, 2, 2, 1));
    leat_out resized =
        leat_raw_resize_bilinear(image, leat_constant_i32(g, LEAT_SHAPE(2), (int[]){4, 4}, NULL));
    leat_out ys[] = {by_index, resized, leat_square(xs[1])};
    leat_gradients(ys, 3, xs, 2, dx, NULL, NULL, 0);
    CHECK_OK(leat_graph_status(g));
    CHECK(dx[0].op == NULL);
    CHECK(dx[1].op != NULL);
    leat_graph_free(g);
}

/* The axis is fed: the gradient is that of the same axis as a constant. */
LEAT_TEST(gradient_of_gather_by_an_axis_of_the_run)
{
    leat_graph *g = leat_graph_new();
    leat_out x = leat_constant_f32(g, LEAT_SHAPE(2, 3, 2), (float[12]){1, 2, 3}, "x");
    leat_out i = leat_constant_i32(g, LEAT_SHAPE(2, 2), (int[]){2, 0, 2, 1}, "i");
    leat_out axis = leat_placeholder(g, LEAT_INT64, .shape = LEAT_SCALAR), dx[2];
    leat_out y = leat_raw_gather_v2(x, i, axis), same = leat_raw_gather_v2(x, i, leat_scalar_int(g, 1));
    leat_out weights = leat_constant_f32(
        g, LEAT_SHAPE(2, 2, 2, 2), (float[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, "w");
    leat_gradients(&y, 1, &x, 1, &dx[0], &weights, NULL, 0);
    leat_gradients(&same, 1, &x, 1, &dx[1], &weights, NULL, 0);
    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *value = leat_tensor_from(LEAT_INT64, LEAT_SCALAR, &(int64_t){-2}), *out[2] = {NULL, NULL};
    leat_status status = leat_run(s, LEAT_FEEDS({axis, value}),
                                  LEAT_FETCHES({dx[0], &out[0]}, {dx[1], &out[1]}), LEAT_NO_TARGETS);
    CHECK_OK(status);
    if (status == LEAT_OK)
        CHECK(memcmp(leat_tensor_data(out[0]), leat_tensor_data(out[1]), 12 * sizeof(float)) == 0);
    leat_tensor_unref(value);
    leat_tensor_unref(out[0]);
    leat_tensor_unref(out[1]);
    leat_session_free(s);
    leat_graph_free(g);
}

/* Of a function of complex numbers, by the two real ones that they are made of. */
static leat_out complex_loss(leat_out re, leat_out im)
{
    leat_out z = leat_raw_complex(re, im, .Tout = LEAT_COMPLEX128), c = leat_raw_conj(z);
    leat_out q = leat_raw_real_div(leat_raw_log(leat_raw_add_v2(leat_raw_square(z), leat_raw_exp(c))),
                                   leat_raw_sqrt(z));
    q = leat_raw_add_n(LEAT_OUTS(q, leat_raw_mul(z, leat_raw_reciprocal(leat_raw_sub(c, q)))));
    leat_out turned =
        leat_raw_mul(leat_raw_complex_abs(q, .Tout = LEAT_DOUBLE), leat_raw_angle(z, .Tout = LEAT_DOUBLE));
    return leat_raw_add_v2(leat_raw_real(q, .Tout = LEAT_DOUBLE),
                           leat_raw_mul(turned, leat_raw_imag(leat_raw_neg(q), .Tout = LEAT_DOUBLE)));
}

static double run_at(leat_session *s, leat_out parts[2], const double at[2], leat_out what)
{
    double value = NAN;
    leat_tensor *fed[2] = {leat_tensor_from(LEAT_DOUBLE, LEAT_SCALAR, &at[0]),
                           leat_tensor_from(LEAT_DOUBLE, LEAT_SCALAR, &at[1])},
                *out = NULL;
    CHECK_OK(leat_run(s, LEAT_FEEDS({parts[0], fed[0]}, {parts[1], fed[1]}), LEAT_FETCHES({what, &out}),
                      LEAT_NO_TARGETS));
    if (out != NULL)
        value = *(const double *)leat_tensor_data(out);
    leat_tensor_unref(out);
    leat_tensor_unref(fed[0]);
    leat_tensor_unref(fed[1]);
    return value;
}

LEAT_TEST(gradients_of_complex_numbers_agree_with_differences)
{
    const double at[2] = {1.25, -0.75}, h = 1e-6;
    leat_graph *g = leat_graph_new();
    leat_out parts[2] = {leat_placeholder(g, LEAT_DOUBLE, .shape = LEAT_SCALAR),
                         leat_placeholder(g, LEAT_DOUBLE, .shape = LEAT_SCALAR)},
             slopes[2];
    leat_out loss = complex_loss(parts[0], parts[1]);
    leat_gradients(&loss, 1, parts, 2, slopes, NULL, NULL, 0);
    CHECK_OK(leat_graph_status(g));
    leat_session *s = leat_session_new(g, NULL);
    for (int i = 0; i < 2; i++) {
        double before[2] = {at[0], at[1]}, behind[2] = {at[0], at[1]};
        before[i] -= h;
        behind[i] += h;
        double difference = (run_at(s, parts, behind, loss) - run_at(s, parts, before, loss)) / (2 * h);
        CHECK(fabs(run_at(s, parts, at, slopes[i]) - difference) < 1e-7 * (1 + fabs(difference)));
    }
    leat_session_free(s);
    leat_graph_free(g);
}

/* ---- each allocation fails, once: a clean error, no leak ---- */

static leat_status build_train_save(const char *dir)
{
    char path[256];
    leat_graph *g = leat_graph_new();
    leat_status status = LEAT_ERR_NO_MEMORY;
    if (g == NULL)
        return status;
    leat_graph_set_seed(g, 1);
    leat_out x = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, 3), .name = "x");
    leat_out h = leat_dense(x, 4, .activation = leat_act_relu);
    leat_out loss = leat_reduce_mean(leat_square(leat_dense(h, 1)));
    leat_op *train = leat_minimize(leat_adam(.learning_rate = 0.01), loss);
    leat_saver *saver = leat_saver_new(g);
    leat_session *s = NULL;
    leat_tensor *in = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(2, 3), (float[]){1, 2, 3, 4, 5, 6}),
                *out = NULL;
    status = in != NULL
                 ? leat_session_open(
                       &s, g, &(leat_session_options){.size = sizeof(leat_session_options), .threads = 1})
                 : LEAT_ERR_NO_MEMORY;
    if (status == LEAT_OK)
        status = leat_run_init(s);
    for (int i = 0; status == LEAT_OK && i < 2; i++)
        status = leat_run(s, LEAT_FEEDS({x, in}), LEAT_FETCHES({loss, &out}), LEAT_TARGETS(train));
    snprintf(path, sizeof path, "%s/model.ckpt", dir);
    if (status == LEAT_OK)
        status = leat_save(saver, s, path);
    if (status == LEAT_OK)
        status = leat_restore(saver, s, path);
    leat_tensor_unref(in);
    leat_tensor_unref(out);
    leat_session_free(s);
    leat_saver_free(saver);
    leat_graph_free(g);
    return status;
}

LEAT_TEST(each_allocation_fails_once)
{
    const char *dir = check_temp_dir();
    CHECK_OK(build_train_save(dir));
    leat_fault_arm(LEAT_FAULT_ALLOC, UINT64_MAX, 12);
    CHECK_OK(build_train_save(dir));
    uint64_t total = leat_fault_count(LEAT_FAULT_ALLOC), live = leat_live_allocations();
    leat_fault_disarm();
    CHECK(total > 100);
    unsigned clean = 0, survived = 0;
    for (uint64_t nth = 1; nth <= total; nth++) {
        leat_fault_arm(LEAT_FAULT_ALLOC, nth, 12);
        leat_status status = build_train_save(dir);
        bool fired = leat_fault_fired();
        leat_fault_disarm();
        if (leat_live_allocations() != live)
            printf("\n    allocation %llu of %llu: %lld leaked\n", (unsigned long long)nth,
                   (unsigned long long)total, (long long)(leat_live_allocations() - live));
        CHECK(leat_live_allocations() == live);
        live = leat_live_allocations();
        clean += fired && status != LEAT_OK;
        survived += fired && status == LEAT_OK; /* a measurement or cache that may be done without */
        CHECK(status == LEAT_OK || leat_message()[0] != '\0');
    }
    printf(" %u failed cleanly, %u did without", clean, survived);
    CHECK(clean > 100);
    CHECK_OK(build_train_save(dir));
}
