/* Kernels' inputs that must be refused (44 to 62 and 67 of the catalogue of bad inputs): when the graph is imported, where shapes and
 * constants say enough, else by the step, which names the node and leaves the session usable. A new case is a row; every row also
 * says what makes it good again: one replacement in its text. */
#include <stdio.h>
#include <string.h>
#include "base/base-private.h"
#include "check.h"
#include "events/decode-private.h"
#include "graph-text.h"
#include "leat.h"

enum stage {
    IMPORT,
    STEP
}; /* when constants are refused; what is fed is known in the step only, unless an attribute is wrong */

#define CONV(strides_, padding_) " T:type=float strides:ints=" strides_ " padding:string=" padding_
#define POOL(ksize_, strides_)                                                                               \
    " T:type=float ksize:ints=" ksize_ " strides:ints=" strides_ " padding:string=VALID"
#define SLICE                                                                                                 \
    " T:type=float Index:type=int32 begin_mask:int=0 end_mask:int=0 ellipsis_mask:int=0 new_axis_mask:int=0 " \
    "shrink_axis_mask:int=0"

static const struct row {
    int number;
    enum stage stage;
    const char *op; /* OP(tensor; tensor) ATTRIBUTES, tensors and attributes as in graph-text.h */
    const char *says, *bad, *good;
} rows[] = {
    {44, IMPORT, "Conv2D(float[1,4,4,1]1;float[2,2,1,1]1)" CONV("1,0,1,1", "VALID"), "stride", "1,0,1,1",
     "1,1,1,1"},
    {44, IMPORT, "DepthwiseConv2dNative(float[1,4,4,1]1;float[2,2,1,1]1)" CONV("1,0,0,1", "SAME"), "stride",
     "1,0,0,1", "1,1,1,1"},
    {44, IMPORT, "MaxPool(float[1,4,4,1]1)" POOL("1,2,2,1", "1,0,2,1"), "stride", "1,0,2,1", "1,2,2,1"},
    {44, IMPORT, "AvgPool(float[1,4,4,1]1)" POOL("1,2,2,1", "1,2,-1,1"), "stride", "2,-1,1", "2,2,1"},
    {44, IMPORT, "StridedSlice(float[4]1;int32[1]0;int32[1]4;int32[1]0)" SLICE, "strides must be non-zero",
     "]4;int32[1]0", "]4;int32[1]2"},
    {45, IMPORT, "Conv2D(float[1,4,4,1]1;float[0,2,1,1])" CONV("1,1,1,1", "VALID"), "filter", "[0,2,1,1]",
     "[2,2,1,1]1"},
    {45, IMPORT, "Conv2D(float[1,4,4,1]1;float[2,2,1,0])" CONV("1,1,1,1", "VALID"), "filter", "[2,2,1,0]",
     "[2,2,1,1]1"},
    {45, IMPORT, "DepthwiseConv2dNative(float[1,4,4,1]1;float[0,0,1,1])" CONV("1,1,1,1", "SAME"), "filter",
     "[0,0,1,1]", "[2,2,1,1]1"},
    {46, IMPORT, "Conv2D(float[1,4,4,3]1;float[2,2,2,1]1)" CONV("1,1,1,1", "VALID"), "depth", "[2,2,2,1]",
     "[2,2,3,1]"},
    {46, IMPORT, "Conv2D(float[1,4,4,3]1;float[2,2,0,1])" CONV("1,1,1,1", "VALID"), "", "[2,2,0,1]",
     "[2,2,3,1]1"},
    {46, IMPORT, "Conv2D(float[1,4,4,4]1;float[2,2,2,3]1)" CONV("1,1,1,1", "VALID"), "", "[2,2,2,3]",
     "[2,2,2,2]"},
    {46, IMPORT, "DepthwiseConv2dNative(float[1,4,4,3]1;float[2,2,2,1]1)" CONV("1,1,1,1", "SAME"), "depth",
     "[2,2,2,1]", "[2,2,3,1]"},
    {46, IMPORT,
     "Conv2D(float[1,4,4,1]1;float[2,2,1,1]1)" CONV("1,1,1,1",
                                                    "SAME") " explicit_paddings:ints=0,0,1,1,0,0,0,0",
     "explicit_paddings must be empty", "SAME", "EXPLICIT"},
    {47, IMPORT,
     "MaxPool(float[1,4,4,1]1)" POOL("1,2,2,1", "1,2,2,1") " explicit_paddings:ints=0,0,1,1,0,0,0,0",
     "explicit_paddings must be empty", "VALID", "EXPLICIT"},
    {47, IMPORT, "MaxPool(float[1,4,4,1]1)" POOL("1,0,2,1", "1,2,2,1"), "window", "1,0,2,1", "1,2,2,1"},
    {47, IMPORT, "AvgPool(float[1,4,4,1]1)" POOL("1,2,-2,1", "1,2,2,1"), "window", "1,2,-2,1", "1,2,2,1"},
    {48, IMPORT, "MaxPool(float[1,4,4,1]1)" POOL("1,5,2,1", "1,2,2,1"), "", "1,5,2,1", "1,4,2,1"},
    {48, IMPORT, "Conv2D(float[1,4,4,1]1;float[5,1,1,1]1)" CONV("1,1,1,1", "VALID"), "", "[5,1,1,1]",
     "[4,1,1,1]"},
    {49, STEP,
     "GatherV2(float[3]1;int32[1]3;int32[]0) Tparams:type=float Tindices:type=int32 Taxis:type=int32",
     "indices[0] = 3 is not in [0, 3)", "int32[1]3", "int32[1]2"},
    {49, STEP, "Gather(float[3,2]1;int64[2]0,7) Tparams:type=float Tindices:type=int64",
     "indices[1] = 7 is not in [0, 3)", "0,7", "0,1"},
    {49, STEP, "GatherNd(float[3,2]1;int32[1,2]1,2) Tparams:type=float Tindices:type=int32",
     "does not index into", "1,2)", "1,1)"},
    {50, STEP,
     "GatherV2(float[3]1;int64[1]-1;int32[]0) Tparams:type=float Tindices:type=int64 Taxis:type=int32",
     "indices[0] = -1 is not in [0, 3)", "-1", "1"},
    {50, STEP, "GatherNd(float[3]1;int32[1,1]-1) Tparams:type=float Tindices:type=int32",
     "does not index into", "-1", "1"},
    {51, STEP, "SegmentSum(float[2]1;int32[2]-1,0) T:type=float Tindices:type=int32", "segment", "-1,0",
     "0,0"},
    {51, STEP,
     "SparseSegmentSum(float[2]1;int32[2]0,1;int32[2]-1,0) T:type=float Tidx:type=int32 Tsegmentids:type=int32",
     "segment", "-1,0", "0,0"},
    {52, STEP, "SegmentSum(float[2]1;int64[2]0,4611686018427387904) T:type=float Tindices:type=int64", "",
     "4611686018427387904", "1"},
    {52, STEP, "SegmentMean(float[2]1;int64[2]0,9223372036854775807) T:type=float Tindices:type=int64",
     "too large", "9223372036854775807", "1"},
    {52, STEP, "SegmentMax(float[2]1;int64[2]0,4611686018427387904) T:type=float Tindices:type=int64", "",
     "4611686018427387904", "1"},
    {52, STEP,
     "UnsortedSegmentSum(float[2]1;int64[2]0,4611686018427387904;int32[]2) T:type=float Tindices:type=int64 "
     "Tnumsegments:type=int32",
     "is out of range", "4611686018427387904", "1"},
    {52, STEP,
     "UnsortedSegmentSum(float[2]1;int32[2]0,1;int32[]-2) T:type=float Tindices:type=int32 "
     "Tnumsegments:type=int32",
     "", "int32[]-2", "int32[]2"},
    {53, STEP,
     "OneHot(int32[4096]1;int32[]-2147483648;float[]1;float[]0) T:type=float TI:type=int32 axis:int=-1",
     "depth must be non-negative", "-2147483648", "2"},
    {53, STEP,
     "OneHot(int32[40960]1;int32[]2147483647;double[]1;double[]0) T:type=double TI:type=int32 axis:int=-1",
     "", "2147483647", "2"},
    {54, IMPORT, "OneHot(int32[0];int32[]2;float[]1;float[]0) T:type=float TI:type=int32 axis:int=-3", "axis",
     "-3", "-1"},
    {54, IMPORT, "OneHot(int32[0];int32[1]0;float[]1;float[]0) T:type=float TI:type=int32 axis:int=-1", "",
     "int32[1]0", "int32[]0"},
    {55, IMPORT, "Transpose(float[2,2]1;int32[2]0,-3) T:type=float Tperm:type=int32", "", "0,-3", "0,1"},
    {55, IMPORT, "Transpose(float[2,2]1;int32[2]1,1) T:type=float Tperm:type=int32", "", "1,1)", "1,0)"},
    {56, IMPORT, "ConcatV2(float[2]1;float[2]1;int32[]1) T:type=float N:int=2 Tidx:type=int32", "",
     "int32[]1", "int32[]0"},
    {56, IMPORT, "ConcatV2(float[2]1;float[2]1;int32[]-2) T:type=float N:int=2 Tidx:type=int32", "", "-2",
     "-1"},
    {56, IMPORT, "ConcatV2(float[2,3]1;float[2,2]1;int32[]0) T:type=float N:int=2 Tidx:type=int32", "",
     "int32[]0", "int32[]1"},
    {57, IMPORT, "SplitV(float[4]1;int32[2]-2,6;int32[]0) T:type=float Tlen:type=int32 num_split:int=2", "",
     "-2,6", "2,2"},
    {57, IMPORT, "SplitV(float[4]1;int64[2]3,3;int32[]0) T:type=float Tlen:type=int64 num_split:int=2", "",
     "3,3", "1,3"},
    {57, IMPORT, "Split(int32[]0;float[4]1) T:type=float num_split:int=0", "", "num_split:int=0",
     "num_split:int=2"},
    {57, IMPORT, "Split(int32[]0;float[4]1) T:type=float num_split:int=3", "", "num_split:int=3",
     "num_split:int=4"},
    /* no memory for what a number claims, and no wrap to one that fits */
    {57, IMPORT, "Split(int32[]0;float[4]1) T:type=float num_split:int=2147483648", "at most 65536 outputs",
     "num_split:int=2147483648", "num_split:int=4"},
    {57, IMPORT, "Split(int32[]0;float[4]1) T:type=float num_split:int=4294967298", "at most 65536 outputs",
     "num_split:int=4294967298", "num_split:int=2"},
    {57, IMPORT, "Unpack(float[2]1) T:type=float num:int=4294967298", "at most 65536 outputs",
     "num:int=4294967298", "num:int=2"},
    {57, IMPORT, "Split(int32[]1;float[4]1) T:type=float num_split:int=2", "", "int32[]1", "int32[]0"},
    {58, IMPORT, "Range(int32[]0;int32[]9;int32[]0) Tidx:type=int32", "Requires delta != 0",
     "int32[]9;int32[]0", "int32[]9;int32[]3"},
    {58, IMPORT, "Range(float[]0;float[]9;float[]nan) Tidx:type=float", "", "nan", "3"},
    {59, IMPORT, "Range(int64[]-9223372036854775807;int64[]9223372036854775807;int64[]1) Tidx:type=int64", "",
     "int64[]-9223372036854775807", "int64[]9223372036854775800"},
    {59, IMPORT, "Range(double[]0;double[]1e300;double[]1) Tidx:type=double", "", "1e300", "10"},
    {60, IMPORT,
     "Tile(float[2,2]1;int64[2]4611686018427387904,4611686018427387904) T:type=float Tmultiples:type=int64",
     "", "4611686018427387904,4611686018427387904", "2,2"},
    {60, IMPORT, "Tile(float[2,2]1;int32[2]2,-1) T:type=float Tmultiples:type=int32", "", "2,-1", "2,1"},
    {60, IMPORT, "Tile(float[2,2]1;int32[1]2) T:type=float Tmultiples:type=int32", "", "int32[1]2",
     "int32[2]2"},
    {60, IMPORT,
     "Fill(int64[2]4611686018427387904,4611686018427387904;float[]1) T:type=float index_type:type=int64", "",
     "4611686018427387904,4611686018427387904", "2,2"},
    {61, STEP, "DynamicStitch(int32[2]0,-1;float[2]1) T:type=float N:int=1", "", "0,-1", "0,1"},
    {61, STEP, "DynamicStitch(int32[2]0,2147483646;float[2]1) T:type=float N:int=1", "without data",
     "2147483646", "1"},
    {61, IMPORT, "DynamicStitch(int32[2]0,1;float[3]1) T:type=float N:int=1", "", "float[3]", "float[2]"},
    {61, STEP, "ParallelDynamicStitch(int32[2]0,-7;float[2]1) T:type=float N:int=1", "", "0,-7", "0,1"},
    {62, IMPORT, "FusedBatchNorm(float[0,1,1,2];float[1]1;float[2]1;float[0];float[0]) T:type=float", "",
     "float[1]1", "float[2]1"},
    {62, IMPORT, "FusedBatchNorm(float[2,1,1,2]1;float[0];float[2]1;float[0];float[0]) T:type=float", "",
     "float[0];float[2]", "float[2]1;float[2]"},
    {67, IMPORT, "HistogramSummary(string[2];float[2]1) T:type=float", "", "string[2]", "string[]"},
};

/* The row's op over constants, or (`fed`) over what a run might feed. */
static void row_text(leat_buf *b, const char *op, bool fed)
{
    const char *open = strchr(op, '('), *close = strchr(op, ')');
    int n = 0;
    for (const char *p = open + 1; p < close; n++) {
        size_t size = strcspn(p, ";)"), dtype = strcspn(p, "[");
        leat_buf_printf(b, "c%d = Const() dtype:type=%.*s value:tensor=%.*s; ", n, (int)dtype, p, (int)size,
                        p);
        if (fed)
            leat_buf_printf(b, "d%d = PlaceholderWithDefault(c%d) dtype:type=%.*s shape:shape=unknown; ", n,
                            n, (int)dtype, p);
        p += size + (p[size] == ';');
    }
    leat_buf_printf(b, "f = %.*s(", (int)(open - op), op);
    for (int i = 0; i < n; i++)
        leat_buf_printf(b, "%s%c%d", i > 0 ? "," : "", fed ? 'd' : 'c', i);
    leat_buf_puts(b, close);
}

typedef struct outcome {
    leat_status imported, ran, ran_after; /* ran_after: another step of the session */
} outcome;

static outcome run(const char *op, bool fed)
{
    leat_buf text = {0}, b = {0};
    leat_graph *g = leat_graph_new();
    leat_session *s = NULL;
    leat_tensor *value = NULL, *after = NULL;
    outcome o = {LEAT_OK, LEAT_OK, LEAT_OK};
    row_text(&text, op, fed);
    graph_text(&b, text.data);
    o.imported = leat_import_graph_def(g, b.data, b.size, NULL);
    if (o.imported == LEAT_OK && CHECK_OK(leat_session_open(&s, g, NULL))) {
        o.ran_after = leat_eval(s, leat_graph_get(g, "c0:0"), &after);
        leat_tensor_unref(after);
        after = NULL;
        o.ran = leat_eval(s, leat_graph_get(g, "f:0"), &value);
        char message[600];
        snprintf(message, sizeof message, "%s", leat_message());
        if (o.ran_after == LEAT_OK)
            o.ran_after = leat_eval(s, leat_graph_get(g, "c0:0"), &after);
        if (o.ran != LEAT_OK) /* the message is the row's */
            (void)leat_fail(o.ran, "%s", message);
    }
    leat_tensor_unref(value);
    leat_tensor_unref(after);
    leat_session_free(s);
    leat_graph_free(g);
    leat_buf_free(&b);
    leat_buf_free(&text);
    return o;
}

static bool names_node(const struct row *r)
{
    char name[80];
    snprintf(name, sizeof name, "node 'f' (%.*s)", (int)strcspn(r->op, "("), r->op);
    return strstr(leat_message(), name) != NULL && strstr(leat_message(), r->says) != NULL;
}

LEAT_TEST(bad_inputs_of_kernels_are_refused)
{
    for (size_t i = 0; i < LEAT_LEN(rows); i++)
        for (int fed = 0; fed < 2; fed++) {
            const struct row *r = &rows[i];
            outcome o = run(r->op, fed);
            leat_status status = o.imported != LEAT_OK ? o.imported : o.ran;
            bool good = status != LEAT_OK && names_node(r) && o.ran_after == LEAT_OK;
            good &= fed || r->stage != IMPORT || o.imported != LEAT_OK;
            if (!CHECK(good))
                printf("\n    number %d, %s: %s%s: %s\n", r->number, r->op, fed ? "fed, " : "",
                       o.imported != LEAT_OK ? "refused" : "step",
                       status == LEAT_OK ? "fine" : leat_message());
        }
}

LEAT_TEST(one_change_makes_kernels_inputs_good)
{
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        char text[600];
        const char *at = strstr(rows[i].op, rows[i].bad);
        if (!CHECK(at != NULL))
            continue;
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - rows[i].op), rows[i].op, rows[i].good,
                 at + strlen(rows[i].bad));
        for (int fed = 0; fed < 2; fed++) {
            outcome o = run(text, fed);
            if (!CHECK(o.imported == LEAT_OK && o.ran == LEAT_OK))
                printf("\n    number %d, %s: %s\n", rows[i].number, text, leat_message());
        }
    }
}

/* Not refused, as TensorFlow: negative ids of Unsorted* are dropped (51), empty results (54), batches of nothing (62). */
LEAT_TEST(odd_inputs_of_kernels_are_taken)
{
    static const char *const ops[] = {
        "UnsortedSegmentSum(float[2]1;int32[2]-1,0;int32[]2) T:type=float Tindices:type=int32 Tnumsegments:type=int32",
        "UnsortedSegmentMax(float[2]1;int64[2]-1,-5;int32[]1) T:type=float Tindices:type=int64 Tnumsegments:type=int32",
        "OneHot(int32[0];int32[]3;float[]1;float[]0) T:type=float TI:type=int32 axis:int=0",
        "OneHot(int32[2,0];int32[]3;float[]1;float[]0) T:type=float TI:type=int32 axis:int=1",
        "OneHot(int32[2]1;int32[]0;float[]1;float[]0) T:type=float TI:type=int32 axis:int=-1",
        "FusedBatchNorm(float[0,1,1,2];float[2]1;float[2]1;float[0];float[0]) T:type=float",
        "FusedBatchNorm(float[0,1,1,2];float[2]1;float[2]1;float[2]1;float[2]1) T:type=float is_training:bool=false",
        "FusedBatchNormGrad(float[0,1,1,2];float[0,1,1,2];float[2]1;float[2]1;float[2]1) T:type=float",
        "MaxPool(float[0,4,4,1])" POOL("1,2,2,1", "1,2,2,1"),
        "Conv2D(float[0,4,4,1];float[2,2,1,1]1)" CONV("1,1,1,1", "VALID"),
        "HistogramSummary(string[];float[4]nan,1,-inf,inf) T:type=float",
        "Range(int32[]5;int32[]5;int32[]1) Tidx:type=int32",
        "Tile(float[2,2]1;int32[2]0,3) T:type=float Tmultiples:type=int32",
    };
    for (size_t i = 0; i < LEAT_LEN(ops); i++)
        for (int fed = 0; fed < 2; fed++) {
            outcome o = run(ops[i], fed);
            if (!CHECK(o.imported == LEAT_OK && o.ran == LEAT_OK))
                printf("\n    %s: %s\n", ops[i], leat_message());
        }
}

static void keep_log(void *user, leat_log_level level, const char *text)
{
    (void)level;
    snprintf(user, 200, "%s", text);
}

/* 67: values that are not finite belong into no bucket. TensorFlow's step fails ("Nan in summary histogram"); here they are
 * left out, the others are kept, and a warning counts them: a run that diverges goes on being seen. */
LEAT_TEST(histograms_count_what_is_not_finite)
{
    static const struct {
        const char *values, *says;
        double num, min, max, sum;
    } cases[] = {
        {"float[4]nan,1,-inf,inf", "3 of 4 values are not finite", 1, 1, 1, 1},
        {"double[5]nan,nan,nan,2,-5", "3 of 5 values are not finite", 2, -5, 2, -3},
        {"float[6]nan", "6 of 6 values are not finite", 0, 0, 0, 0},
        {"float[3]1,2,3", NULL, 3, 1, 3, 6},
        {"int32[3]1,2,3", NULL, 3, 1, 3, 6},
    };
    for (size_t i = 0; i < LEAT_LEN(cases); i++) {
        char op[120], told[200] = "";
        leat_buf text = {0}, b = {0};
        leat_graph *g = leat_graph_new();
        leat_session *s = NULL;
        leat_tensor *summary = NULL;
        leat_histogram_value h = {0};
        snprintf(op, sizeof op, "HistogramSummary(string[];%s) T:type=%.*s", cases[i].values,
                 (int)strcspn(cases[i].values, "["), cases[i].values);
        row_text(&text, op, true);
        graph_text(&b, text.data);
        leat_set_log(keep_log, told);
        if (CHECK_OK(leat_import_graph_def(g, b.data, b.size, NULL)) &&
            CHECK_OK(leat_session_open(&s, g, NULL)) &&
            CHECK_OK(leat_eval(s, leat_graph_get(g, "f:0"), &summary))) {
            size_t size;
            const char *bytes = leat_tensor_string(summary, 0, &size);
            leat_wire w = leat_wire_from(bytes, size, 0);
            leat_field f;
            CHECK(leat_wire_next(&w, &f) && f.number == 1);
            CHECK_OK(leat_decode_histogram(f.bytes, f.size, &h));
            CHECK(h.num == cases[i].num && h.sum == cases[i].sum);
            CHECK(h.num == 0 || (h.min == cases[i].min && h.max == cases[i].max));
            double count = 0;
            for (size_t k = 0; k < h.n; k++)
                count += h.buckets[k].count;
            CHECK(count == cases[i].num);
            CHECK(cases[i].says ? strstr(told, cases[i].says) && strstr(told, "node 'f'") : told[0] == '\0');
        }
        leat_set_log(NULL, NULL);
        leat_free(h.buckets);
        leat_tensor_unref(summary);
        leat_session_free(s);
        leat_graph_free(g);
        leat_buf_free(&b);
        leat_buf_free(&text);
    }
}
