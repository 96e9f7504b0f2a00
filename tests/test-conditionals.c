/* Conditionals: what is dead and what is not, variables in branches, gradients through them; each run one node after the other
 * and on 2, 3, 4 and 7 threads under random delays. (test-parallel.c has them in random graphs.) */
#include "config.h"
#include "check.h"
#include "delayed-runs.h"
#include "graph-text.h"
#include <leat.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLOAT1(name_, value_) #name_ " = Const() dtype:type=float value:tensor=float[1]" #value_ "; "
#define PRED "p = Placeholder() dtype:type=bool shape:shape=; "
/* s is 3, negated where p is false, squared where it is true */
#define BRANCHES                                                                                             \
    PRED FLOAT1(x,                                                                                           \
                3) "s = Switch(x,p) T:type=float; a = Neg(s:0) T:type=float; b = Square(s:1) T:type=float; "
#define DEAD "Retval[0] does not have value"
#define VARIABLE(name_)                                                                                      \
#name_ " = VariableV2() dtype:type=float shape:shape=1; " #name_ "/i = Assign(" #name_                   \
           ",zero) T:type=float; "
#define INIT FLOAT1(zero, 0) FLOAT1(one, 1)

/* Node f is fetched four times, with p false, true, false, true; where there is a node "init", it runs before. A want is a
 * number or the text of an error. */
static const struct row {
    const char *name, *graph, *want[4];
} rows[] = {
    {"the branch taken", BRANCHES "f = Merge(a,b) T:type=float N:int=2", {"-3", "9", "-3", "9"}},
    {"the order of Merge's inputs", BRANCHES "f = Merge(b,a) T:type=float N:int=2", {"-3", "9", "-3", "9"}},
    {"value_index",
     BRANCHES "m = Merge(a,b) T:type=float N:int=2; f = Identity(m:1) T:type=int32",
     {"0", "1", "0", "1"}},
    {"a dead value fetched", BRANCHES "f = Identity(a) T:type=float", {"-3", DEAD, "-3", DEAD}},
    {"a dead Switch fetched", BRANCHES "f = Identity(s:1) T:type=float", {DEAD, "3", DEAD, "3"}},
    {"dead with live", BRANCHES "f = AddV2(a,x) T:type=float", {"0", DEAD, "0", DEAD}},
    {"after a dead node", BRANCHES "f = Identity(x,^a) T:type=float", {"3", DEAD, "3", DEAD}},
    {"after a node that waits for a dead one",
     BRANCHES "n = NoOp(^a); m = NoOp(^n); f = Identity(x,^m) T:type=float",
     {"3", DEAD, "3", DEAD}},
    {"after ControlTrigger",
     BRANCHES "n = ControlTrigger(^a,^b); f = Identity(x,^n) T:type=float",
     {"3", "3", "3", "3"}},
    {"a Merge does not ask whether what it waits for is dead",
     BRANCHES "f = Merge(a,b,^a,^b) T:type=float N:int=2",
     {"-3", "9", "-3", "9"}},
    {"constants in branches",
     BRANCHES "c = Const(^a) dtype:type=float value:tensor=float[1]5; "
              "d = Const(^b) dtype:type=float value:tensor=float[1]6; f = Merge(c,d) T:type=float N:int=2",
     {"5", "6", "5", "6"}},
    {"equal constants in two branches are not one",
     BRANCHES "c = Const(^a) dtype:type=float value:tensor=float[1]5; d = Const(^b) dtype:type=float "
              "value:tensor=float[1]5; m = Merge(c,d) T:type=float N:int=2; f = Identity(m:1) T:type=int32",
     {"0", "1", "0", "1"}},
    {"two Switches of the same are one",
     BRANCHES "t = Switch(x,p) T:type=float; e = Square(t:1) T:type=float; g = Sub(e,b) T:type=float; "
              "f = Merge(a,g) T:type=float N:int=2",
     {"-3", "0", "-3", "0"}},
    {"opposite predicates are not one",
     BRANCHES "q = LogicalNot(p); t = Switch(x,q) T:type=float; e = Square(t:1) T:type=float; "
              "f = Merge(e,b) T:type=float N:int=2",
     {"9", "9", "9", "9"}},
    {"a constant predicate",
     FLOAT1(x, 3) "p = Const() dtype:type=bool value:tensor=bool[]1; s = Switch(x,p) T:type=float; "
                  "m = Merge(s:0,s:1) T:type=float N:int=2; f = Identity(m:1) T:type=int32",
     {"1", "1", "1", "1"}},
    {"nested: the inner one is dead as a whole",
     BRANCHES "q = Const() dtype:type=bool value:tensor=bool[]1; w = Switch(q,p) T:type=bool; "
              "i = Switch(s:1,w:1) T:type=float; j = Neg(i:0) T:type=float; k = Exp(i:0) T:type=float; "
              "l = Square(i:1) T:type=float; m = Merge(j,l) T:type=float N:int=2; "
              "n = Identity(m:1) T:type=int32; o = Cast(n) SrcT:type=int32 DstT:type=float; "
              "z = AddV2(m,o) T:type=float; f = Merge(a,z) T:type=float N:int=2",
     {"-3", "10", "-3", "10"}},
    {"nested: value_index of a dead Merge",
     BRANCHES "w = Switch(p,p) T:type=bool; i = Switch(s:1,w:1) T:type=float; "
              "m = Merge(i:0,i:1) T:type=float N:int=2; f = Identity(m:1) T:type=int32",
     {DEAD, "1", DEAD, "1"}},
    {"more than two inputs",
     BRANCHES "q = LogicalNot(p); t = Switch(x,q) T:type=float; f = Merge(s:1,t:0,a) T:type=float N:int=3",
     {"-3", "3", "-3", "3"}},
    {"all of Merge's inputs live", BRANCHES "f = Merge(x,x) T:type=float N:int=2", {"3", "3", "3", "3"}},
    {"an assertion in the branch that is not taken",
     BRANCHES
     "c = Const() dtype:type=bool value:tensor=bool[]0; w = Switch(c,p) T:type=bool; "
     "y = Assert(w:1,b) T:types=float; f = Identity(x) T:type=float; g = Identity(x,^y) T:type=float",
     {"3", "3", "3", "3"}},
    {"an assertion in a branch",
     BRANCHES "c = Const() dtype:type=bool value:tensor=bool[]0; w = Switch(c,p) T:type=bool; "
              "y = Assert(w:1,b) T:types=float; e = Identity(b,^y) T:type=float; "
              "f = Merge(a,e) T:type=float N:int=2",
     {"-3", "assertion failed: [9]", "-3", "assertion failed: [9]"}},
    {"random numbers of a branch go on only where it is taken", /* TensorFlow's stream of these seeds */
     BRANCHES "n = Const(^b) dtype:type=int32 value:tensor=int32[1]1; "
              "r = RandomUniform(n) dtype:type=float T:type=int32 seed:int=1 seed2:int=2; "
              "f = Merge(a,r) T:type=float N:int=2",
     {"-3", "0.406396746635437", "-3", "0.431598424911499"}},
    {"a variable written in a branch",
     INIT PRED VARIABLE(v) "init = NoOp(^v/i); r = RefSwitch(v,p) T:type=float; "
                           "u = AssignAdd(r:1,one) T:type=float; m = RefMerge(r:0,u) T:type=float N:int=2; "
                           "f = Identity(m) T:type=float",
     {"0", "1", "1", "2"}},
    {"a variable written in a branch by another name of its reference",
     INIT PRED VARIABLE(
         v) "init = NoOp(^v/i); i = RefIdentity(v) T:type=float; r = RefSwitch(i,p) T:type=float; "
            "j = RefIdentity(r:1) T:type=float; u = AssignAdd(j,one) T:type=float; "
            "n = ControlTrigger(^u); f = Identity(v,^n) T:type=float",
     {"0", "1", "1", "2"}},
    {"a variable read before and after the branch that writes it",
     INIT PRED VARIABLE(v) "init = NoOp(^v/i); before = Identity(v) T:type=float; "
                           "s = Switch(one,p) T:type=float; u = AssignAdd(v,s:1) T:type=float; "
                           "n = ControlTrigger(^u); after = Identity(v,^n) T:type=float; "
                           "h = Const() dtype:type=float value:tensor=float[1]100; "
                           "k = Mul(after,h) T:type=float; f = AddV2(before,k) T:type=float",
     {"0", "101", "101", "202"}}, /* before + 100 * after: both wait for the write, if there was one */
    {"a write in each branch",
     INIT PRED VARIABLE(v) "init = NoOp(^v/i); s = Switch(one,p) T:type=float; "
                           "u = AssignAdd(v,s:1) T:type=float; w = AssignSub(v,s:0) T:type=float; "
                           "n = ControlTrigger(^u,^w); f = Identity(v,^n) T:type=float",
     {"-1", "0", "-1", "0"}},
    {"a Switch of a variable's value, which is written later",
     INIT PRED VARIABLE(v) "init = NoOp(^v/i); s = Switch(v,p) T:type=float; "
                           "u = AssignAdd(v,one) T:type=float; n = NoOp(^u); "
                           "a = Neg(s:0) T:type=float; b = Square(s:1) T:type=float; "
                           "m = Merge(a,b) T:type=float N:int=2; f = Identity(m,^n) T:type=float",
     {"-0", "1", "-2", "9"}},
    {"a predicate that is a variable itself",
     INIT
     "no = Const() dtype:type=bool value:tensor=bool[]0; yes = Const() dtype:type=bool value:tensor=bool[]1; "
     "p = Placeholder() dtype:type=bool shape:shape=; "
     "q = VariableV2() dtype:type=bool shape:shape=; q/i = Assign(q,no) T:type=bool; " VARIABLE(
         v) "init = NoOp(^v/i,^q/i); r = RefSwitch(v,q) T:type=float; "
            "u = AssignAdd(r:1,one) T:type=float; w = AssignSub(r:0,one) T:type=float; "
            "m = RefMerge(w,u) T:type=float N:int=2; y = Identity(m) T:type=float; "
            "z = Assign(q,p,^y) T:type=bool; f = Identity(y,^z) T:type=float",
     {"-1", "-2", "-1", "-2"}}, /* q is p of the run before */
    {"an uninitialised variable in the branch that is not taken",
     INIT PRED "v = VariableV2() dtype:type=float shape:shape=1; s = Switch(one,p) T:type=float; "
               "a = Identity(s:0) T:type=float; b = Identity(s:1) T:type=float; "
               "r = Identity(v,^b) T:type=float; f = Merge(a,r) T:type=float N:int=2",
     {"1", "uninitialized value v", "1", "uninitialized value v"}},
    {"a resource variable in a branch",
     INIT PRED "v = VarHandleOp() dtype:type=float shape:shape=1 shared_name:string=v container:string=; "
               "v/i = AssignVariableOp(v,zero) dtype:type=float; init = NoOp(^v/i); "
               "s = Switch(v,p) T:type=resource; o = Switch(one,p) T:type=float; "
               "u = AssignAddVariableOp(s:1,o:1) dtype:type=float; "
               "a = ReadVariableOp(s:0) dtype:type=float; b = ReadVariableOp(s:1,^u) dtype:type=float; "
               "f = Merge(a,b) T:type=float N:int=2",
     {"0", "1", "1", "2"}},
    {"refs of two variables cannot be merged",
     INIT PRED VARIABLE(v) VARIABLE(w) "init = NoOp(^v/i,^w/i); r = RefSwitch(v,p) T:type=float; "
                                       "t = RefSwitch(w,p) T:type=float; "
                                       "f = RefMerge(r:0,t:1) T:type=float N:int=2",
     {"one and the same variable", "one and the same variable", "one and the same variable",
      "one and the same variable"}},
};

static bool as_wanted(const char *want, leat_status status, const leat_tensor *t)
{
    char *end;
    double number = strtod(want, &end);
    if (*end != '\0' || end == want)
        return status != LEAT_OK && strstr(leat_message(), want) != NULL;
    if (status != LEAT_OK || t == NULL || leat_tensor_elements(t) != 1)
        return false;
    double got = leat_tensor_dtype(t) == LEAT_INT32 ? *(const int32_t *)leat_tensor_data(t)
                                                    : (double)*(const float *)leat_tensor_data(t);
    return fabs(got - number) < 1e-7;
}

static void report(const struct row *r, int threads, int run, leat_status status, const leat_tensor *t)
{
    char text[200] = "";
    printf("\n    %s, %d threads, run %d: %s\n", r->name, threads, run,
           status != LEAT_OK ? leat_message()
           : t != NULL       ? leat_tensor_print(t, text, sizeof text)
                             : "nothing");
}

static void run_row(const struct row *r, leat_graph *g, int threads)
{
    leat_session_options options = {.size = sizeof options, .threads = threads};
    leat_session *s = NULL;
    leat_op *init = leat_graph_find(g, "init");
    leat_out p = leat_graph_get(g, "p:0"), f = leat_graph_get(g, "f:0");
    bool fed = p.op != NULL && strcmp(leat_op_type(p.op), "Placeholder") == 0;
    REQUIRE_OK(leat_session_open(&s, g, &options));
    if (init != NULL)
        CHECK_OK(leat_run(s, LEAT_NO_FEEDS, LEAT_NO_FETCHES, LEAT_TARGETS(init)));
    leat_tensor *value[2] = {leat_tensor_from(LEAT_BOOL, LEAT_SCALAR, &(bool){false}),
                             leat_tensor_from(LEAT_BOOL, LEAT_SCALAR, &(bool){true})};
    leat_signature signature = {.feeds = &p, .n_feeds = fed, .fetches = &f, .n_fetches = 1};
    for (int run = 0; run < 4; run++) {
        leat_tensor *out = NULL;
        leat_status status = delayed_run(s, threads, &signature, &value[run % 2], &out);
        if (!CHECK(as_wanted(r->want[run], status, out)))
            report(r, threads, run, status, out);
        leat_tensor_unref(out);
    }
    leat_tensor_unref(value[0]);
    leat_tensor_unref(value[1]);
    leat_session_free(s);
}

LEAT_TEST(conditionals_run_what_is_taken)
{
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf b = {0};
        leat_graph *g = leat_graph_new();
        graph_text(&b, rows[i].graph);
        if (CHECK_OK(leat_import_graph_def(g, b.data, b.size, NULL)))
            for (size_t k = 0; k < LEAT_LEN(delayed_threads); k++)
                run_row(&rows[i], g, delayed_threads[k]);
        else
            printf("\n    %s\n", rows[i].name);
        leat_graph_free(g);
        leat_buf_free(&b);
    }
}

/* A fed value is alive, whatever its Switch would say; a value for a reference cannot be written to. */
LEAT_TEST(fed_values_are_alive)
{
    leat_buf b = {0};
    leat_graph *g = leat_graph_new();
    leat_session *s = NULL;
    leat_tensor *out = NULL, *one = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(1), (float[]){1});
    leat_tensor *no = leat_tensor_from(LEAT_BOOL, LEAT_SCALAR, &(bool){false});
    graph_text(&b, INIT BRANCHES "n = Identity(x,^s) T:type=float; f = AddV2(b,n) T:type=float; " VARIABLE(
                       v) "r = RefSwitch(v,p) T:type=float; u = AssignAdd(r:0,one) T:type=float");
    REQUIRE_OK(leat_import_graph_def(g, b.data, b.size, NULL));
    REQUIRE_OK(leat_session_open(&s, g, NULL));
    CHECK_OK(leat_run(s, LEAT_FEEDS({leat_graph_get(g, "p:0"), no}, {leat_graph_get(g, "s:1"), one}),
                      LEAT_FETCHES({leat_graph_get(g, "f:0"), &out}), LEAT_NO_TARGETS));
    CHECK(out != NULL && *(float *)leat_tensor_data(out) == 4);
    CHECK_FAILS(leat_run(s, LEAT_FEEDS({leat_graph_get(g, "p:0"), no}, {leat_graph_get(g, "v:0"), one}),
                         LEAT_FETCHES({leat_graph_get(g, "u:0"), &out}), LEAT_NO_TARGETS),
                LEAT_ERR_INVALID_ARGUMENT, "fed");
    leat_tensor_unref(out);
    leat_tensor_unref(one);
    leat_tensor_unref(no);
    leat_session_free(s);
    leat_graph_free(g);
    leat_buf_free(&b);
}

/* ---- gradients ---- */

static leat_out merged(leat_out a, leat_out b)
{
    return leat_op_output(leat_raw_merge(LEAT_OUTS(a, b)), 0);
}

/* What flows back to x = 2, and to w = 5, where p is false or true; q is the inner predicate. */
typedef struct cond_gradient {
    const char *name;
    leat_out (*loss)(leat_out x, leat_out w, leat_out p, leat_out q);
    double dx[2][2], dw[2][2]; /* by p, q */
} cond_gradient;

static leat_out plain_loss(leat_out x, leat_out w, leat_out p, leat_out q)
{
    leat_op *sx = leat_raw_switch(x, p), *sw = leat_raw_switch(w, p);
    leat_out no = leat_mul(leat_square(leat_op_output(sx, 0)), leat_op_output(sw, 0));
    leat_out yes = leat_exp(leat_op_output(sx, 1));
    (void)q;
    return leat_mul(merged(no, yes), x); /* x^2 w x, or e^x x */
}

static leat_out one_sided_loss(leat_out x, leat_out w, leat_out p, leat_out q)
{
    leat_op *sx = leat_raw_switch(x, p);
    (void)q;
    return leat_mul(merged(leat_square(leat_op_output(sx, 0)), leat_op_output(leat_raw_switch(w, p), 1)), w);
}

static leat_out nested_loss(leat_out x, leat_out w, leat_out p, leat_out q)
{
    leat_op *sx = leat_raw_switch(x, p), *sw = leat_raw_switch(w, p), *sq = leat_raw_switch(q, p);
    leat_op *ix = leat_raw_switch(leat_op_output(sx, 1), leat_op_output(sq, 1));
    leat_op *iw = leat_raw_switch(leat_op_output(sw, 1), leat_op_output(sq, 1));
    leat_out inner =
        merged(leat_mul(leat_op_output(ix, 0), leat_op_output(iw, 0)), leat_square(leat_op_output(iw, 1)));
    return merged(leat_neg(leat_op_output(sx, 0)), inner);
}

/* Without a Merge: the constant gradient of the loss by itself must not live where the loss is dead. */
static leat_out open_loss(leat_out x, leat_out w, leat_out p, leat_out q)
{
    leat_op *sx = leat_raw_switch(x, p);
    (void)w, (void)q;
    return leat_identity(leat_op_output(sx, 1));
}

LEAT_TEST(gradients_flow_through_the_branch_taken)
{
    const double e2 = exp(2);
    const cond_gradient losses[] = {
        {"plain", plain_loss, {{60, 60}, {3 * e2, 3 * e2}}, {{8, 8}, {0, 0}}},
        {"one-sided", one_sided_loss, {{20, 20}, {0, 0}}, {{4, 4}, {10, 10}}},
        {"nested", nested_loss, {{-1, -1}, {5, 0}}, {{0, 0}, {2, 10}}},
        {"open", open_loss, {{0, 0}, {1, 1}}, {{0, 0}, {0, 0}}},
    };
    for (size_t i = 0; i < LEAT_LEN(losses) * 2; i++) {
        const cond_gradient *c = &losses[i / 2];
        leat_graph *g = leat_graph_new();
        leat_session *s = NULL;
        leat_out x = leat_constant_f32(g, LEAT_SCALAR, (float[]){2}, NULL),
                 w = leat_constant_f32(g, LEAT_SCALAR, (float[]){5}, NULL);
        if (i % 2) { /* unknown shapes */
            x = leat_placeholder_with_default(x, (leat_shape){0});
            w = leat_placeholder_with_default(w, (leat_shape){0});
        }
        leat_out p = leat_placeholder(g, LEAT_BOOL, .shape = LEAT_SCALAR);
        leat_out q = leat_placeholder(g, LEAT_BOOL, .shape = LEAT_SCALAR);
        leat_out loss = c->loss(x, w, p, q), grads[2];
        leat_gradients(&loss, 1, (leat_out[]){x, w}, 2, grads, NULL, NULL, 0);
        REQUIRE_OK(leat_graph_status(g));
        REQUIRE_OK(leat_session_open(&s, g, NULL));
        for (int k = 0; k < 8; k++) {
            bool pv = k & 1, qv = k & 2;
            leat_tensor *pt = leat_tensor_from(LEAT_BOOL, LEAT_SCALAR, &pv), *dx = NULL;
            leat_tensor *qt = leat_tensor_from(LEAT_BOOL, LEAT_SCALAR, &qv);
            double want = k & 4 ? c->dw[pv][qv] : c->dx[pv][qv];
            leat_out grad = grads[k / 4];
            if (grad.op == NULL) {
                CHECK(want == 0);
            } else if (CHECK_OK(leat_run(s, LEAT_FEEDS({p, pt}, {q, qt}), LEAT_FETCHES({grad, &dx}),
                                         LEAT_NO_TARGETS))) {
                double got = *(float *)leat_tensor_data(dx);
                if (!CHECK(fabs(got - want) <= 1e-6 * fabs(want)))
                    printf("\n    %s: by %s, p %d, q %d: %.17g, not %.17g\n", c->name, k & 4 ? "w" : "x", pv,
                           qv, got, want);
            }
            leat_tensor_unref(pt);
            leat_tensor_unref(qt);
            leat_tensor_unref(dx);
        }
        leat_session_free(s);
        leat_graph_free(g);
    }
}

/* A resource variable that one branch reads: the other gives it zeros. */
LEAT_TEST(gradients_reach_variables_in_branches)
{
    leat_graph *g = leat_graph_new();
    leat_session *s = NULL;
    leat_out p = leat_placeholder(g, LEAT_BOOL, .shape = LEAT_SCALAR), grad;
    leat_out variable = leat_raw_var_handle_op(g, LEAT_FLOAT, LEAT_SHAPE(2));
    leat_op *init =
        leat_raw_assign_variable_op(variable, leat_constant_f32(g, LEAT_SHAPE(2), (float[]){1, 3}, NULL));
    leat_op *handle = leat_raw_switch(variable, p), *two = leat_raw_switch(leat_scalar(g, 2.0f), p);
    leat_out read = leat_raw_read_variable_op(leat_op_output(handle, 1), LEAT_FLOAT);
    leat_out loss = merged(leat_op_output(two, 0), leat_reduce_sum(leat_square(read)));
    leat_gradients(&loss, 1, &variable, 1, &grad, NULL, NULL, 0);
    REQUIRE_OK(leat_graph_status(g));
    REQUIRE_OK(leat_session_open(&s, g, NULL));
    REQUIRE_OK(leat_run(s, LEAT_NO_FEEDS, LEAT_NO_FETCHES, LEAT_TARGETS(init)));
    for (int k = 0; k < 4; k++) {
        leat_tensor *pt = leat_tensor_from(LEAT_BOOL, LEAT_SCALAR, &(bool){k & 1}), *dv = NULL;
        CHECK_OK(leat_run(s, LEAT_FEEDS({p, pt}), LEAT_FETCHES({grad, &dv}), LEAT_NO_TARGETS));
        CHECK(dv != NULL && ((float *)leat_tensor_data(dv))[1] == (k & 1 ? 6 : 0));
        leat_tensor_unref(pt);
        leat_tensor_unref(dv);
    }
    leat_session_free(s);
    leat_graph_free(g);
}
