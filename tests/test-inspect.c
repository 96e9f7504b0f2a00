/* What `leat inspect` says of graphs, and how it compares graphs and checkpoints. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/file-private.h"
#include "check.h"
#include "engine/files/bundle-private.h"
#include "graph-text.h"
#include "leat/files.h"
#include "tools/inspect-private.h"

static const char *graph_file(const char *name, const char *text)
{
    static char paths[2][1024];
    static int turn;
    char *path = paths[turn++ & 1];
    leat_buf b = {0};
    graph_text(&b, text);
    snprintf(path, sizeof paths[0], "%s/%s", check_temp_dir(), name);
    CHECK_OK(leat_file_replace(path, b.data, b.size, false));
    leat_buf_free(&b);
    return path;
}

static const char model[] =
    "x = Placeholder() dtype:type=float shape:shape=?,3; w = VariableV2() dtype:type=float shape:shape=3,5; "
    "w/read = Identity(w) T:type=float; h = MatMul(x,w/read) T:type=float; c = Const() dtype:type=float value:tensor=float[5]1; "
    "y = AddV2(h,c) T:type=float; z = OpOfTomorrow(y); n = NoOp(^y)";

LEAT_TEST(facts_of_a_graph)
{
    leat_buf out = {0};
    CHECK_OK(leat_inspect_graph(graph_file("g.pb", model), NULL, true, &out));
    CHECK_STR(
        out.data,
        "{\"nodes\": 8, \"ops\": {\"AddV2\": 1, \"Const\": 1, \"Identity\": 1, \"MatMul\": 1, \"NoOp\": 1, "
        "\"OpOfTomorrow\": 1, \"Placeholder\": 1, \"VariableV2\": 1}, \"missing_ops\": [\"OpOfTomorrow\"], "
        "\"inputs\": [\"x\"], \"outputs\": [\"z\"], \"variables\": [\"w\"]}\n");
    leat_buf_clear(&out);
    CHECK_OK(leat_inspect_graph(graph_file("g.pb", model), NULL, false, &out));
    CHECK(
        strstr(out.data,
               "8 nodes, 6 edges, 1 control edges; 5 levels deep, up to 3 nodes a level; constants 20 bytes, "
               "variables 60 bytes\n") != NULL);
    /* MatMul: 2 * 1 * 3 * 5 flops; AddV2: 5. */
    CHECK(strstr(out.data, "once: 35 flops, 152 bytes moved") != NULL &&
          strstr(out.data, "(unknown dimensions taken as 1)") != NULL);
    CHECK(strstr(out.data, "  OpOfTomorrow  1  (not known: a run that needs it fails)\n") != NULL);
    leat_buf_free(&out);
}

static const struct {
    const char *replace, *by, *text; /* in the model; what the comparison says */
} changes[] = {
    {"", "", "0 nodes added, 0 removed, 0 changed, 8 the same\n"},
    {"float[5]1;", "float[5]1,1,1,1,1;", "0 nodes added, 0 removed, 0 changed, 8 the same\n"},
    {"MatMul(x,w/read) T:type=float", "MatMul(x,w/read) T:type=float transpose_a:bool=false",
     "0 nodes added, 0 removed, 0 changed, 8 the same\n"},
    {"n = NoOp(^y)", "n = NoOp(^y,^x); m = NoOp()",
     "+ m (NoOp)\n~ n (NoOp)\n    control inputs: (^y) -> (^x, ^y)\n1 nodes added, 0 removed, 1 changed, 7 the same\n"},
    {"n = NoOp(^y)", "", "- n (NoOp)\n0 nodes added, 1 removed, 0 changed, 7 the same\n"},
    {"AddV2(h,c)", "Mul(h,h)",
     "~ y (AddV2)\n    op: AddV2 -> Mul\n    inputs: (h:0, c:0) -> (h:0, h:0)\n0 nodes added, 0 removed, 1 changed, 7 the same\n"},
    {"shape:shape=?,3", "shape:shape=2,3",
     "~ x (Placeholder)\n    attribute shape: value { shape { dim { size: -1 } dim { size: 3 } } } -> "
     "value { shape { dim { size: 2 } dim { size: 3 } } }\n0 nodes added, 0 removed, 1 changed, 7 the same\n"},
    {"OpOfTomorrow(y)", "OpOfTomorrow(y) k:int=7",
     "~ z (OpOfTomorrow)\n    attribute k: none -> value { i: 7 }\n0 nodes added, 0 removed, 1 changed, 7 the same\n"},
};

LEAT_TEST(graphs_compared)
{
    for (size_t i = 0; i < LEAT_LEN(changes); i++) {
        char text[1024];
        const char *at = strstr(model, changes[i].replace);
        REQUIRE(at != NULL);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - model), model, changes[i].by,
                 at + strlen(changes[i].replace));
        leat_buf out = {0};
        bool differ = false;
        const char *from = graph_file("a.pb", model), *to = graph_file("b.pb", text);
        CHECK_OK(leat_diff_graphs(from, to, false, &out, &differ));
        CHECK_STR(out.data, changes[i].text);
        CHECK(differ == (i >= 3));
        leat_buf_free(&out);
    }
}

LEAT_TEST(graphs_compared_in_json)
{
    leat_buf out = {0};
    bool differ = false;
    const char *from = graph_file("a.pb", "a = NoOp(); b = NoOp(); c = NoOp()");
    const char *to = graph_file("b.pb", "a = NoOp(); c = NoOp(^a); d = NoOp()");
    CHECK_OK(leat_diff_graphs(from, to, true, &out, &differ));
    CHECK_STR(
        out.data,
        "{\"added\": [\"d\"], \"removed\": [\"b\"], \"changed\": [{\"name\": \"c\", \"what\": [\"control inputs\"]}], "
        "\"functions_differ\": false}\n");
    CHECK(differ);
    leat_buf_free(&out);
}

/* ---- checkpoints ---- */

typedef struct tensor {
    const char *name;
    int dtype, rank;
    int64_t dims[2];
    const void *data;
    leat_bytes strings[2];
} tensor;

static const char *checkpoint(const char *name, const tensor *tensors, size_t n)
{
    static char paths[2][1024];
    static int turn;
    char *prefix = paths[turn++ & 1];
    leat_bundle_writer *w;
    snprintf(prefix, sizeof paths[0], "%s/%s", check_temp_dir(), name);
    CHECK_OK(leat_bundle_writer_open(&w, prefix, NULL));
    for (size_t i = 0; i < n; i++) {
        leat_bundle_tensor t = {.name = tensors[i].name,
                                .dtype = tensors[i].dtype,
                                .rank = tensors[i].rank,
                                .dims = tensors[i].dims,
                                .data = tensors[i].data,
                                .strings = tensors[i].strings};
        CHECK_OK(leat_bundle_writer_add(w, &t));
    }
    CHECK_OK(leat_bundle_writer_commit(w));
    return prefix;
}

static const tensor before[] = {
    {"a", LEAT_DATA_TYPE_FLOAT, 1, {3}, (float[]){1, 2, NAN}, {{0}}},
    {"b", LEAT_DATA_TYPE_INT64, 1, {2}, (int64_t[]){1, -5}, {{0}}},
    {"c", LEAT_DATA_TYPE_HALF, 1, {2}, (uint16_t[]){0x3c00, 0x0001}, {{0}}},
    {"gone", LEAT_DATA_TYPE_BOOL, 0, {0}, (uint8_t[]){1}, {{0}}},
    {"s", LEAT_DATA_TYPE_STRING, 1, {2}, NULL, {{"x", 1}, {"y", 1}}},
    {"shape", LEAT_DATA_TYPE_INT32, 2, {2, 1}, (int32_t[]){1, 2}, {{0}}},
    {"z", LEAT_DATA_TYPE_COMPLEX64, 0, {0}, (float[]){1, 2}, {{0}}},
};
static const tensor after[] = {
    {"a", LEAT_DATA_TYPE_FLOAT, 1, {3}, (float[]){1, 2.5f, NAN}, {{0}}},
    {"b", LEAT_DATA_TYPE_INT64, 1, {2}, (int64_t[]){4, 5}, {{0}}},
    {"c", LEAT_DATA_TYPE_HALF, 1, {2}, (uint16_t[]){0x4000, 0x0001}, {{0}}},
    {"new", LEAT_DATA_TYPE_BOOL, 0, {0}, (uint8_t[]){1}, {{0}}},
    {"s", LEAT_DATA_TYPE_STRING, 1, {2}, NULL, {{"x", 1}, {"yy", 2}}},
    {"shape", LEAT_DATA_TYPE_INT32, 2, {1, 2}, (int32_t[]){1, 2}, {{0}}},
    {"z", LEAT_DATA_TYPE_COMPLEX64, 0, {0}, (float[]){1, -2}, {{0}}},
};

LEAT_TEST(checkpoints_compared)
{
    leat_buf out = {0};
    bool differ = false;
    const char *from = checkpoint("from", before, LEAT_LEN(before)),
               *to = checkpoint("to", after, LEAT_LEN(after));
    CHECK_OK(leat_diff_checkpoints(from, to, false, &out, &differ));
    CHECK(differ);
    CHECK_STR(out.data, "+ new  bool []\n- gone  bool []\n"
                        "~ a  float32 [3]\n    1 of 3 elements differ, by 0.5 at most (element 1)\n"
                        "~ b  int64 [2]\n    2 of 2 elements differ, by 10 at most (element 1)\n"
                        "~ c  float16 [2]\n    1 of 2 elements differ, by 1 at most (element 0)\n"
                        "~ s  string [2]\n    1 of 2 elements differ, the first is element 1\n"
                        "~ shape  int32 [2,1]\n    becomes int32 [1,2]\n"
                        "~ z  complex64 []\n    1 of 1 elements differ, by 4 at most (element 0)\n"
                        "1 tensors added, 1 removed, 6 changed, 0 the same\n");
    leat_buf_clear(&out);
    CHECK_OK(leat_diff_checkpoints(from, to, true, &out, &differ));
    CHECK(
        strstr(
            out.data,
            "{\"added\": [\"new\"], \"removed\": [\"gone\"], \"changed\": [{\"name\": \"a\", \"elements\": 1, "
            "\"at\": 1, \"max_abs_difference\": 0.5}, ") == out.data);
    leat_buf_clear(&out);
    CHECK_OK(leat_diff_checkpoints(from, from, false, &out, &differ));
    CHECK(!differ);
    CHECK_STR(out.data, "0 tensors added, 0 removed, 0 changed, 7 the same\n");
    leat_buf_free(&out);
}
