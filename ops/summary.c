/* summary.c - ops whose result is a serialized Summary: scalars, histograms, tensors, and the merge of such. */
#include "engine/files/graphdef-private.h"
#include "events/histogram-private.h"
#include "ops/summary-private.h"

/* ---- what all share ---- */

leat_status leat_summary_out(leat_kernel *k, leat_buf *summary)
{
    leat_status status = leat_buf_status(summary);
    if (status == LEAT_OK)
        status = leat_out_new(k, 0, &LEAT_SCALAR);
    if (status == LEAT_OK) /* the buffer is the string's from now on */
        *(leat_string *)k->out[0].data = (leat_string){summary->data, summary->size};
    else
        leat_buf_free(summary);
    return status;
}

leat_status leat_summary_tag(const leat_kernel *k, leat_bytes *tag)
{
    LEAT_TRY(leat_kernel_want_scalar(k, 0, "the tag"));
    const leat_string *s = k->in[0]->data;
    *tag = (leat_bytes){s->data, s->size};
    return LEAT_OK;
}

static size_t begin_value(leat_buf *b, leat_bytes tag)
{
    size_t value = leat_put_begin(b, 1);
    leat_put_bytes(b, LEAT_VALUE_TAG, tag.data != NULL ? tag.data : "", tag.size);
    return value;
}

/* ---- ScalarSummary ---- */

static leat_status scalar_kernel(leat_kernel *k)
{
    const leat_tensor *tags = k->in[0], *values = k->in[1];
    leat_buf b = {0};
    char text[128], other[128];
    if (!leat_shape_equal(tags->shape, values->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "tags and values differ in shape: %s and %s",
                                leat_shape_print(tags->shape, text, sizeof text),
                                leat_shape_print(values->shape, other, sizeof other));
    for (int64_t i = 0; i < tags->elements; i++) {
        const leat_string *tag = (const leat_string *)tags->data + i;
        size_t value = begin_value(&b, (leat_bytes){tag->data, tag->size});
        leat_put_float(&b, LEAT_VALUE_SIMPLE, (float)leat_element_get(values, i));
        leat_put_end(&b, value);
    }
    return leat_summary_out(k, &b);
}

static leat_status scalar_shape(leat_infer *c)
{
    char a[128], b[128];
    if (!leat_shape_merge(c->in[0], c->in[1], NULL))
        return leat_infer_fail(c, "tags and values differ in shape: %s and %s",
                               leat_shape_print(*c->in[0], a, sizeof a),
                               leat_shape_print(*c->in[1], b, sizeof b));
    c->out[0] = LEAT_SCALAR;
    return LEAT_OK;
}

const leat_op_def leat_op_ScalarSummary =
    LEAT_OP("ScalarSummary(tags: string, values: T) -> summary: string; T: real",
            .doc = "A Summary with one value for every tag.", .shape = scalar_shape,
            .kernels = {{.fn = scalar_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

/* Value {tag: "a", simple_value: 1} */
LEAT_ROW(ScalarSummary, "(string[] 'a', float[] 1) -> string[] '\x0a\x08\x0a\x01a\x15\x00\x00\x80\x3f'");
LEAT_ROW(ScalarSummary, "(string[2] 'a' 'b', int32[] 1) fails 'differ in shape'");

/* ---- HistogramSummary ---- */

static leat_status histogram_kernel(leat_kernel *k)
{
    leat_bytes tag = {NULL, 0};
    leat_buf b = {0};
    const leat_tensor *values = k->in[1];
    LEAT_TRY(leat_summary_tag(k, &tag));
    leat_histogram_counter *h = leat_scratch(k, sizeof *h);
    if (h == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for the histogram");
    leat_histogram_init(h);
    if (values->dtype == LEAT_FLOAT)
        leat_histogram_add_f32(h, values->data, (size_t)values->elements);
    else if (values->dtype == LEAT_DOUBLE)
        leat_histogram_add_f64(h, values->data, (size_t)values->elements);
    else
        for (int64_t i = 0; i < values->elements; i++) {
            double value = leat_element_get(values, i);
            leat_histogram_add_f64(h, &value, 1);
        }
    if (h->not_finite > 0)
        leat_note(LEAT_LOG_WARNING,
                  "node '%s' (HistogramSummary): %llu of %lld values are not finite and were left out",
                  k->op->name, (unsigned long long)h->not_finite, (long long)values->elements);
    size_t value = begin_value(&b, tag);
    leat_histogram_put(&b, LEAT_VALUE_HISTO, h);
    leat_put_end(&b, value);
    return leat_summary_out(k, &b);
}

static leat_status one_tag_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 0));
    c->out[0] = LEAT_SCALAR;
    return LEAT_OK;
}

const leat_op_def leat_op_HistogramSummary = LEAT_OP(
    "HistogramSummary(tag: string, values: T) -> summary: string; T: real = float",
    .doc =
        "A Summary with the histogram of all values. Values that are not finite are left out and counted in the "
        "log.",
    .shape = one_tag_shape, .kernels = {{.fn = histogram_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves);

LEAT_ROW(HistogramSummary, "(string[] 'h', float[4] 1 2 2 nan) -> any");
LEAT_ROW(HistogramSummary, "(string[] 'h', int32[3] 1 2 -2) -> any");
LEAT_ROW(HistogramSummary, "(string[2] 'h' 'g', float[1] 1) fails ''");

/* ---- TensorSummary ---- */

static leat_status tensor_kernel(leat_kernel *k)
{
    leat_buf b = {0};
    size_t value = leat_put_begin(&b, 1);
    leat_put_string(&b, LEAT_VALUE_NODE_NAME, k->op->name);
    leat_put_tensor_proto(&b, LEAT_VALUE_TENSOR, k->in[0]);
    leat_put_end(&b, value);
    return leat_summary_out(k, &b);
}

const leat_op_def leat_op_TensorSummary = LEAT_OP(
    "TensorSummary(tensor: T) -> summary: string; T: type; description: string = ''; labels: list(string) = []; "
    "display_name: string = ''",
    .doc = "A Summary that holds the tensor under the node's name.", .shape = leat_shape_scalar,
    .kernels = {{.fn = tensor_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

LEAT_ROW(TensorSummary, "(float[2] 1 2) -> any");

static leat_status tensor_v2_kernel(leat_kernel *k)
{
    leat_bytes tag = {NULL, 0};
    leat_buf b = {0};
    LEAT_TRY(leat_summary_tag(k, &tag));
    LEAT_TRY(leat_kernel_want_scalar(k, 2, "serialized_summary_metadata"));
    const leat_string *metadata = k->in[2]->data;
    leat_wire w = leat_wire_from(metadata->data, metadata->size, 0);
    leat_field f;
    while (leat_wire_next(&w, &f))
        ;
    if (leat_wire_status(&w) != LEAT_OK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "serialized_summary_metadata is no SummaryMetadata: %s", leat_message());
    size_t value = begin_value(&b, tag);
    leat_put_tensor_proto(&b, LEAT_VALUE_TENSOR, k->in[1]);
    leat_put_bytes(&b, LEAT_VALUE_METADATA, metadata->data != NULL ? metadata->data : "", metadata->size);
    leat_put_end(&b, value);
    return leat_summary_out(k, &b);
}

static leat_status tensor_v2_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 2, 0));
    return one_tag_shape(c);
}

const leat_op_def leat_op_TensorSummaryV2 = LEAT_OP(
    "TensorSummaryV2(tag: string, tensor: T, serialized_summary_metadata: string) -> summary: string; T: type",
    .doc = "A Summary that holds the tensor under a tag, with metadata that say what it means.",
    .shape = tensor_v2_shape, .kernels = {{.fn = tensor_v2_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves);

LEAT_ROW(TensorSummaryV2, "(string[] 't', string[2] 'a' 'b', string[] '') -> any");
LEAT_ROW(TensorSummaryV2, "(string[] 't', float[2] 1 2, string[] 'a') fails 'SummaryMetadata'");

/* ---- MergeSummary ---- */

/* Appends the values of one serialized Summary; a tag that is there already is an error. `tags` borrows from the input. */
static leat_status merge_one(const leat_kernel *k, const leat_string *in, leat_buf *b, leat_map *tags)
{
    leat_wire w = leat_wire_from(in->data, in->size, 0);
    leat_field f, g;
    while (leat_wire_next(&w, &f)) {
        if (f.number != 1 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_bytes tag = {NULL, 0};
        leat_wire value = leat_wire_sub(&w, &f);
        while (leat_wire_next(&value, &g))
            if (g.number == LEAT_VALUE_TAG && g.type == LEAT_WIRE_BYTES)
                tag = (leat_bytes){(const char *)g.bytes, g.size};
        if (leat_wire_status(&value) != LEAT_OK)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "an input is no Summary: %s",
                                    leat_message());
        if (tag.size > 0) {
            if (leat_map_get(tags, tag.data, tag.size) != NULL)
                return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "tag '%.*s' comes twice",
                                        (int)LEAT_MIN(tag.size, 200), tag.data);
            LEAT_TRY(leat_map_put(tags, tag.data, tag.size, tags));
        }
        leat_put_bytes(b, 1, f.bytes, f.size);
    }
    if (leat_wire_status(&w) != LEAT_OK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "an input is no Summary: %s", leat_message());
    return LEAT_OK;
}

static leat_status merge_kernel(leat_kernel *k)
{
    leat_buf b = {0};
    leat_map tags = {0};
    leat_status status = LEAT_OK;
    for (uint32_t i = 0; status == LEAT_OK && i < k->n_in; i++)
        for (int64_t j = 0; status == LEAT_OK && j < k->in[i]->elements; j++)
            status = merge_one(k, (const leat_string *)k->in[i]->data + j, &b, &tags);
    leat_map_free(&tags);
    if (status == LEAT_OK)
        return leat_summary_out(k, &b);
    leat_buf_free(&b);
    return status;
}

const leat_op_def leat_op_MergeSummary =
    LEAT_OP("MergeSummary(inputs: N * string) -> summary: string; N: int >= 1",
            .doc = "One Summary with the values of all inputs. A tag may stand in one of them only.",
            .shape = leat_shape_scalar, .kernels = {{.fn = merge_kernel}}, .gradient = leat_grad_none,
            .cost = leat_cost_moves);

LEAT_ROW(
    MergeSummary,
    "([string[] '\x0a\x03\x0a\x01a', string[1] '\x0a\x03\x0a\x01b']) -> string[] '\x0a\x03\x0a\x01a\x0a\x03\x0a\x01b'");
LEAT_ROW(MergeSummary, "([string[] '\x0a\x03\x0a\x01a', string[] '\x0a\x03\x0a\x01a']) fails 'comes twice'");
LEAT_ROW(MergeSummary, "([string[] 'nonsense']) fails 'no Summary'");
