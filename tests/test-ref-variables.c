/* Ref variables that are read, handed on and written in one run: who waits for a write sees it, who does not keeps what was read,
 * and fetches show the content at the end; on 1, 2, 3, 4 and 7 threads under random delays. The values are TensorFlow's wherever
 * the edges decide (tests/random/test-writes.py compares many more). */
#include "config.h"
#include "check.h"
#include "delayed-runs.h"
#include "graph-text.h"
#include <leat.h>
#include <stdio.h>
#include <string.h>

#define VARIABLE                                                                                             \
    "a = Const() dtype:type=float value:tensor=float[2]1,2; " TEN                                            \
    "v = VariableV2() dtype:type=float shape:shape=2; "                                                      \
    "init = Assign(v,a) T:type=float; "
#define TEN "ten = Const() dtype:type=float value:tensor=float[2]10,10; "
#define FREE                                                                                                               \
    "a = Const() dtype:type=float value:tensor=float[2]1,2; b = Const() dtype:type=float value:tensor=float[3]5,6,7; " TEN \
    "v = VariableV2() dtype:type=float shape:shape=unknown; init = Assign(v,a) T:type=float validate_shape:bool=false; "
#define READ "r = Identity(v) T:type=float; "
#define ADD "w = AssignAdd(v,ten) T:type=float; "

/* Fetched in one run, by a comma between them, after "init" alone. */
static const struct row {
    const char *name, *graph, *fetches, *want;
} rows[] = {
    {"who waits for an update sees it", VARIABLE READ ADD "n = Neg(r,^w) T:type=float", "n", "[-11. -12.]"},
    {"who does not keeps what was read", VARIABLE READ ADD "n = Neg(r) T:type=float; m = NoOp(^w)", "n,w",
     "[-1. -2.] [11. 12.]"},
    {"both of one read", VARIABLE READ ADD "n = Neg(r) T:type=float; m = Neg(r,^w) T:type=float", "n,m",
     "[-1. -2.] [-11. -12.]"},
    {"the read waits, too", VARIABLE READ "w = AssignAdd(v,ten,^r) T:type=float; n = Neg(r,^w) T:type=float",
     "n", "[-11. -12.]"},
    {"by way of other nodes",
     VARIABLE READ ADD "x = NoOp(^w); y = Neg(ten,^x) T:type=float; z = Add(r,y) T:type=float", "z",
     "[1. 2.]"},
    {"through values that hand on",
     VARIABLE READ
     "s = Const() dtype:type=int32 value:tensor=int32[2]2,1; q = Reshape(r,s) T:type=float Tshape:type=int32; "
     "o = StopGradient(q) T:type=float; " ADD "n = Neg(o,^w) T:type=float",
     "n", "[[-11.] [-12.]]"},
    {"a value made after one write, used after another",
     VARIABLE READ ADD "i = Identity(r,^w) T:type=float; u = AssignAdd(v,ten,^i) T:type=float; "
                       "n = Neg(i,^u) T:type=float; k = Neg(i) T:type=float",
     "n,k", "[-21. -22.] [-11. -12.]"},
    {"an Assign writes into the buffer",
     VARIABLE READ "w = Assign(v,ten) T:type=float; n = Neg(r,^w) T:type=float", "n", "[-10. -10.]"},
    {"an Assign of another size leaves it",
     FREE READ "w = Assign(v,b,^r) T:type=float validate_shape:bool=false; n = Neg(r,^w) T:type=float; "
               "m = Neg(v,^w) T:type=float; u = Assign(v,ten,^m,^n) T:type=float validate_shape:bool=false; "
               "k = Neg(r,^u) T:type=float",
     "n,m,k,v", "[-1. -2.] [-5. -6. -7.] [-1. -2.] [10. 10.]"},
    {"an Assign of another shape does not",
     FREE READ "c = Const() dtype:type=float value:tensor=float[2,1]3,4; "
               "w = Assign(v,c) T:type=float validate_shape:bool=false; n = Neg(r,^w) T:type=float",
     "n,v", "[-3. -4.] [[3.] [4.]]"},
    {"fetches show the end", VARIABLE READ ADD "u = AssignAdd(w,ten) T:type=float", "r,v,w,u",
     "[21. 22.] [21. 22.] [21. 22.] [21. 22.]"},
    {"through a conditional",
     VARIABLE "p = Const() dtype:type=bool value:tensor=bool[]1; " READ
              "s = Switch(r,p) T:type=float; t = Neg(s:0) T:type=float; "
              "m = Merge(t,s:1) T:type=float N:int=2; " ADD
              "n = Neg(m,^w) T:type=float; k = Neg(m) T:type=float",
     "n,k,m", "[-11. -12.] [-1. -2.] [11. 12.]"},
    {"the branch that computes",
     VARIABLE
     "p = Const() dtype:type=bool value:tensor=bool[]0; " READ
     "s = Switch(r,p) T:type=float; t = Neg(s:0) T:type=float; "
     "m = Merge(t,s:1) T:type=float N:int=2; w = AssignAdd(v,ten,^m) T:type=float; n = Neg(m,^w) T:type=float",
     "n,m", "[1. 2.] [-1. -2.]"},
    {"an update by the variable itself",
     VARIABLE READ "w = AssignAdd(v,r) T:type=float; u = AssignAdd(v,r,^w) T:type=float", "u", "[4. 8.]"},
    {"rows scattered over those that they come from",
     VARIABLE READ "i = Const() dtype:type=int32 value:tensor=int32[2]1,0; k = Neg(r) T:type=float; "
                   "w = ScatterAdd(v,i,r) T:type=float Tindices:type=int32; n = Neg(r) T:type=float",
     "w,k,n", "[4. 3.] [-1. -2.] [-1. -2.]"},
    {"strings",
     "a = Const() dtype:type=int32 value:tensor=int32[2]1,2; b = Const() dtype:type=int32 value:tensor=int32[2]3,4; "
     "x = AsString(a) T:type=int32; y = AsString(b) T:type=int32; v = VariableV2() dtype:type=string shape:shape=2; "
     "init = Assign(v,x) T:type=string; r = Identity(v) T:type=string; w = Assign(v,y) T:type=string; "
     "n = StringJoin(r,r,^w) N:int=2; k = StringJoin(r,r) N:int=2",
     "n,k", "[b'33' b'44'] [b'11' b'22']"},
    {"a resource's value stays what it was",
     "a = Const() dtype:type=float value:tensor=float[2]1,2; " TEN
     "v = VarHandleOp() dtype:type=float shape:shape=2 shared_name:string=v container:string=; init = AssignVariableOp(v,a) dtype:type=float; "
     "r = ReadVariableOp(v) dtype:type=float; w = AssignAddVariableOp(v,ten,^r) dtype:type=float; n = Neg(r,^w) T:type=float; "
     "s = ReadVariableOp(v,^w) dtype:type=float",
     "n,r,s", "[-1. -2.] [1. 2.] [11. 12.]"},
};

static size_t find_fetches(const leat_graph *g, const char *names, leat_out *fetches)
{
    char copy[64], *save = NULL;
    size_t n = 0;
    snprintf(copy, sizeof copy, "%s", names);
    for (char *name = strtok_r(copy, ",", &save); name != NULL; name = strtok_r(NULL, ",", &save))
        fetches[n++] = (leat_out){leat_graph_find(g, name), 0};
    return n;
}

static void run_row(const struct row *r, leat_graph *g, int threads)
{
    leat_session_options options = {.size = sizeof options, .threads = threads};
    leat_session *s = NULL;
    leat_out fetches[8];
    leat_tensor *out[8] = {NULL};
    leat_signature signature = {.fetches = fetches, .n_fetches = find_fetches(g, r->fetches, fetches)};
    REQUIRE_OK(leat_session_open(&s, g, &options));
    for (int run = 0; run < 3; run++) {
        char got[300] = "";
        CHECK_OK(leat_run(s, LEAT_NO_FEEDS, LEAT_NO_FETCHES, LEAT_TARGETS(leat_graph_find(g, "init"))));
        if (!CHECK_OK(delayed_run(s, threads, &signature, NULL, out)))
            break;
        for (size_t i = 0; i < signature.n_fetches; i++) {
            size_t n = strlen(got);
            got[n] = ' ';
            leat_tensor_print(out[i], got + n + (n > 0), sizeof got - n - 1);
        }
        if (!CHECK_STR(got, r->want))
            printf("    %s, %d threads, run %d\n", r->name, threads, run);
    }
    for (size_t i = 0; i < 8; i++)
        leat_tensor_unref(out[i]);
    leat_session_free(s);
}

LEAT_TEST(who_waits_for_a_write_sees_it)
{
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf b = {0};
        leat_graph *g = leat_graph_new();
        graph_text(&b, rows[i].graph);
        if (CHECK_OK(leat_import_graph_def(g, b.data, b.size, NULL)))
            for (size_t k = 0; k < LEAT_LEN(delayed_threads); k++)
                run_row(&rows[i], g, delayed_threads[k]);
        else
            printf("    %s\n", rows[i].name);
        leat_graph_free(g);
        leat_buf_free(&b);
    }
}
