/* Graphs that must be refused, or whose runs must fail, with a line that names the node: the numbers are those of the catalogue of
 * bad inputs. A new case is a row. Every row also says what makes it good again: one replacement in its text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "graph-text.h"
#include "leat.h"

#define CONST(name_, tensor_) name_ " = Const() dtype:type=" tensor_

static const struct row {
    int number;
    const char *graph;      /* what is fetched is node "f" */
    const char *says;       /* in the message */
    const char *bad, *good; /* replace the first `bad` by `good`, and it runs; NULL: nothing to replace */
} rows[] = {
    {10, "f = FrobnicateV9()", "op 'FrobnicateV9' is not known", "f = FrobnicateV9()",
     "f = Const() dtype:type=int32 value:tensor=int32[]1"},
    {11, "a = Neg(b) T:type=float; b = Neg(a) T:type=float; f = Neg(b) T:type=float",
     "a cycle: ", "Neg(a) T:type=float", "Const() dtype:type=float value:tensor=float[]1"},
    {12, "f = Neg(nowhere) T:type=float", "input 'nowhere' is not in the graph",
     "f = Neg(nowhere) T:type=float", "f = Const() dtype:type=float value:tensor=float[]1"},
    {13, "c = Const() dtype:type=float value:tensor=float[]1; f = Neg(c:3) T:type=float",
     "is output 3 of 'c'", "c:3", "c:0"},
    {14,
     "c = Const() dtype:type=float value:tensor=float[]1; c = Const() dtype:type=float value:tensor=float[]2; f = Neg(c) T:type=float",
     "the name is taken", "; c =", "; d ="},
    {15,
     " = Const() dtype:type=float value:tensor=float[]1; f = Const() dtype:type=float value:tensor=float[]1",
     "the name is empty", " = Const", "e = Const"},
    {16, "f = Const(^ghost) dtype:type=float value:tensor=float[]1",
     "control input 'ghost' is not in the graph", "^ghost", ""},
    {19, "f = Const() value:tensor=float[]1", "attribute 'dtype' is missing", "value",
     "dtype:type=float value"},
    {20, "f = Const() dtype:int=1 value:tensor=float[]1", "attribute 'dtype' is a int, not a type",
     "dtype:int=1", "dtype:type=float"},
    {21, "f = Const() dtype:type=float dtype:type=float value:tensor=float[]1",
     "attribute 'dtype' is given twice", "dtype:type=float dtype", "dtype"},
    {22, "f = Placeholder() dtype:type=99", "dtype 99", "f = Placeholder() dtype:type=99",
     "f = Const() dtype:type=float value:tensor=float[]1"},
    {23, "c = Const() dtype:type=float value:tensor=float[]1; f = Neg(c) T:type=int32",
     "is float32, but 'T' is int32", "T:type=int32", "T:type=float"},
    {24, "f = Const() dtype:type=float value:tensor=float[-2]1", "dimension -2", "[-2]", "[2]"},
    {25, "f = Const() dtype:type=float value:tensor=float[4294967296,4294967296,4294967296]1", "too large",
     "4294967296,4294967296,4294967296", "2"},
    {26, "f = Const() dtype:type=float value:tensor=float[1,1,1,1,1,1,1,1,1,1,1,1]1",
     "more than 8 dimensions", "1,1,1,1,1,1,1,1,1,1,1,1", "1"},
    {27, "f = Const() dtype:type=float value:tensor=float[1099511627776]1", "claimed by a file of",
     "1099511627776", "2"},
    {41,
     "c = Const() dtype:type=float value:tensor=float[4]1; s = Const() dtype:type=int32 value:tensor=int32[2]-1,-1; f = Reshape(c,s) T:type=float",
     "-1", "-1,-1", "-1,2"},
    {42,
     "c = Const() dtype:type=float value:tensor=float[4]1; s = Const() dtype:type=int64 value:tensor=int64[2]4611686018427387904,4; "
     "f = Reshape(c,s) T:type=float Tshape:type=int64",
     "node 'f' (Reshape)", "4611686018427387904,4", "2,2"},
    {43,
     "a = Const() dtype:type=float value:tensor=float[2]1; b = Const() dtype:type=float value:tensor=float[3]1; f = AddV2(a,b) T:type=float",
     "(2,) and (3,)", "float[3]", "float[2]"},
    {55,
     "a = Const() dtype:type=float value:tensor=float[2,2]1; p = Const() dtype:type=int32 value:tensor=int32[2]0,0; f = Transpose(a,p) T:type=float",
     "node 'f' (Transpose)", "0,0", "1,0"},
    {63,
     "a = Const() dtype:type=int32 value:tensor=int32[]7; b = Const() dtype:type=int32 value:tensor=int32[]0; f = FloorDiv(a,b) T:type=int32",
     "zero", "int32[]0", "int32[]2"},
    {65, "v = VariableV2() dtype:type=float shape:shape=2; f = Identity(v) T:type=float",
     "uninitialized value v", NULL, NULL},
    {68,
     "v = VariableV2() dtype:type=float shape:shape=2; c = Const() dtype:type=float value:tensor=float[3]1; f = Assign(v,c) T:type=float",
     "node 'f' (Assign)", "float[3]", "float[2]"},
};

/* Imports and runs; the tensor is freed. */
static leat_status run_graph(const char *text)
{
    leat_buf b = {0};
    graph_text(&b, text);
    leat_graph *g = leat_graph_new();
    leat_session *s = NULL;
    leat_tensor *value = NULL;
    leat_import_options o = {.size = sizeof o, .origin = "bad.pb"};
    leat_status status = leat_import_graph_def(g, b.data, b.size, &o);
    if (status == LEAT_OK)
        status = leat_session_open(&s, g, NULL);
    if (status == LEAT_OK)
        status = leat_eval(s, leat_graph_get(g, "f:0"), &value);
    leat_tensor_unref(value);
    leat_session_free(s);
    leat_graph_free(g);
    leat_buf_free(&b);
    return status;
}

LEAT_TEST(bad_graphs_are_refused)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        leat_status status = run_graph(rows[i].graph);
        bool good = status != LEAT_OK && strstr(leat_message(), rows[i].says) != NULL;
        if (!good)
            printf("\n    number %d: %s: %s\n", rows[i].number, leat_status_name(status),
                   status == LEAT_OK ? "" : leat_message());
        CHECK(good);
    }
}

LEAT_TEST(one_change_makes_them_good)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1024];
        if (rows[i].bad == NULL)
            continue;
        const char *at = strstr(rows[i].graph, rows[i].bad);
        REQUIRE(at != NULL);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - rows[i].graph), rows[i].graph, rows[i].good,
                 at + strlen(rows[i].bad));
        leat_status status = run_graph(text);
        if (status != LEAT_OK)
            printf("\n    number %d: %s\n    %s\n", rows[i].number, text, leat_message());
        CHECK(status == LEAT_OK);
    }
}

/* What would trap the processor gives some value. */
static const struct {
    int number;
    const char *graph;
} computed[] = {
    {64, "a = Const() dtype:type=int32 value:tensor=int32[]-2147483648; "
         "b = Const() dtype:type=int32 value:tensor=int32[]-1; f = FloorDiv(a,b) T:type=int32"},
    {64, "a = Const() dtype:type=int32 value:tensor=int32[]-2147483648; "
         "b = Const() dtype:type=int32 value:tensor=int32[]-1; f = FloorMod(a,b) T:type=int32"},
    {66,
     "a = Const() dtype:type=float value:tensor=float[2]nan,1e30; f = Cast(a) SrcT:type=float DstT:type=int32"},
    {66,
     "a = Const() dtype:type=double value:tensor=double[2]inf,-1e300; f = Cast(a) SrcT:type=double DstT:type=uint8"},
};

LEAT_TEST(arithmetic_that_would_trap)
{
    for (size_t i = 0; i < LEAT_LEN(computed); i++)
        if (!CHECK_OK(run_graph(computed[i].graph)))
            printf("\n    number %d\n", computed[i].number);
}

/* Every truncation, and every byte changed, of a good graph: refused or run, never a crash. */
LEAT_TEST(damaged_bytes)
{
    leat_buf b = {0};
    graph_text(
        &b,
        "x = Placeholder() dtype:type=float shape:shape=2,?; c = Const() dtype:type=float value:tensor=float[2,1]1,2; "
        "f = AddV2(x,c) T:type=float; n = NoOp(^f)");
    for (size_t n = 0; n < b.size; n++) {
        leat_graph *g = leat_graph_new();
        leat_status status = leat_import_graph_def(g, b.data, n, NULL);
        (void)status;
        leat_graph_free(g);
    }
    for (size_t i = 0; i < b.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            b.data[i] ^= (char)(1 << bit);
            leat_graph *g = leat_graph_new();
            leat_status status = leat_import_graph_def(g, b.data, b.size, NULL);
            CHECK(status == LEAT_OK || leat_message()[0] != '\0');
            leat_graph_free(g);
            b.data[i] ^= (char)(1 << bit);
        }
    leat_buf_free(&b);
}

/* 17: a chain of a million nodes is accepted, in memory linear in it; nothing recurses. */
LEAT_TEST(long_chain)
{
    enum { NODES = 200000 };
    leat_buf b = {0};
    graph_text(&b, "x0 = Placeholder() dtype:type=float");
    char node[96];
    for (int i = 1; i <= NODES; i++) {
        leat_buf one = {0};
        snprintf(node, sizeof node, "x%d = Neg(x%d) T:type=float", i, i - 1);
        graph_text(&one, node);
        leat_buf_append(&b, one.data, one.size);
        leat_buf_free(&one);
    }
    leat_graph *g = leat_graph_new();
    CHECK_OK(leat_import_graph_def(g, b.data, b.size, NULL));
    leat_session *s;
    REQUIRE_OK(leat_session_open(&s, g, NULL));
    leat_tensor *in = leat_tensor_from(LEAT_FLOAT, LEAT_SCALAR, &(float){3}), *out = NULL;
    snprintf(node, sizeof node, "x%d:0", NODES);
    CHECK_OK(leat_run(s, LEAT_FEEDS({leat_graph_get(g, "x0:0"), in}),
                      LEAT_FETCHES({leat_graph_get(g, node), &out}), LEAT_NO_TARGETS));
    CHECK(out != NULL && *(float *)leat_tensor_data(out) == 3);
    leat_tensor_unref(in);
    leat_tensor_unref(out);
    leat_session_free(s);
    leat_graph_free(g);
    leat_buf_free(&b);
}
