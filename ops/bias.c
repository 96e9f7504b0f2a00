/* bias.c - BiasAdd and its gradient: a value for every channel, the last dimension (NHWC) or the second (NCHW). */
#include "ops/elementwise-private.h"
#include "ops/grad-private.h"
#include "ops/nn-vector-private.h"

/* ---- BiasAdd ---- */

static bool is_nchw(const leat_op *op)
{
    const leat_attr_value *v = leat_attr(op, "data_format"); /* BiasAddV1 has none */
    return v != NULL && strcmp(v->s, "NCHW") == 0;
}

/* The dimension of the channels of a value of that rank. */
static int channel_axis(const leat_op *op, int rank)
{
    return is_nchw(op) ? 1 : rank - 1;
}

static int least_rank(const leat_op *op)
{
    return is_nchw(op) ? 3 : 2;
}

static leat_status bias_add_shape(leat_infer *c)
{
    char a[128], b[128];
    int rank = leat_shape_rank(c->in[0]), axis = channel_axis(c->op, rank);
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    c->out[0] = *c->in[0];
    if (rank < 0)
        return LEAT_OK;
    if (rank < least_rank(c->op))
        return leat_infer_fail(c, "the value must have rank %d or more: %s", least_rank(c->op),
                               leat_shape_print(*c->in[0], a, sizeof a));
    if (c->in[1]->rank_plus_1 == 0 || c->in[1]->dims[0] < 0)
        return LEAT_OK;
    if (c->out[0].dims[axis] >= 0 && c->out[0].dims[axis] != c->in[1]->dims[0])
        return leat_infer_fail(c, "%s channels take no bias of shape %s",
                               leat_shape_print(*c->in[0], a, sizeof a),
                               leat_shape_print(*c->in[1], b, sizeof b));
    c->out[0].dims[axis] = c->in[1]->dims[0];
    return LEAT_OK;
}

LEAT_LOOP2(add_8, uint8_t, uint8_t, x + y)
LEAT_LOOP2(add_16, uint16_t, uint16_t, x + y)
LEAT_LOOP2(add_32, uint32_t, uint32_t, x + y)
LEAT_LOOP2(add_64, uint64_t, uint64_t, x + y)

/* The bias is broadcast as numpy does once it stands in the channels' place. */
static leat_status bias_add_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {.vector = LEAT_VECTOR_ADD + 1,
                                            .by_dtype = {[LEAT_INT8] = add_8,
                                                         [LEAT_UINT8] = add_8,
                                                         [LEAT_INT16] = add_16,
                                                         [LEAT_UINT16] = add_16,
                                                         [LEAT_UINT32] = add_32,
                                                         [LEAT_UINT64] = add_64}};
    char text[128], other[128];
    const leat_tensor *value = k->in[0];
    int rank = leat_shape_rank(&value->shape), axis = channel_axis(k->op, rank);
    if (rank < least_rank(k->op) || leat_shape_rank(&k->in[1]->shape) != 1 ||
        k->in[1]->elements != value->shape.dims[axis])
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "a value of shape %s takes no bias of shape %s",
                                leat_shape_print(value->shape, text, sizeof text),
                                leat_shape_print(k->in[1]->shape, other, sizeof other));
    leat_tensor bias = *k->in[1];
    bias.shape = (leat_shape){.rank_plus_1 = rank - axis + 1, .dims = {bias.elements}};
    for (int i = 1; i < rank - axis; i++)
        bias.shape.dims[i] = 1;
    const leat_tensor *in[2] = {value, &bias};
    leat_kernel placed = *k;
    placed.in = in;
    return leat_binary(&placed, &loops);
}

static void bias_add_grad(leat_grad *g)
{
    g->dx[0] = g->dy[0];
    g->dx[1] = is_nchw(g->op) ? leat_raw_bias_add_grad(g->dy[0], .data_format = "NCHW")
                              : leat_raw_bias_add_grad(g->dy[0]);
}

const leat_op_def leat_op_BiasAdd =
    LEAT_OP("BiasAdd(value: T, bias: T) -> output: T; T: numeric; data_format: {'NHWC', 'NCHW'} = 'NHWC'",
            .doc = "Adds the bias of its channel to every element.", .shape = bias_add_shape,
            .kernels = {{.fn = bias_add_kernel, .label = "vector"}}, .gradient = bias_add_grad,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(BiasAdd, "(float[2,3] -1..1, float[3] -1..1)", x + y);
LEAT_ROW(BiasAdd, "(double[2,2,1,3] -1..1, double[3] -1..1)", x + y);
LEAT_ROW(BiasAdd, "(int32[2,2] 1 2 3 4, int32[2] 10 20) -> int32[2,2] 11 22 13 24");
LEAT_ROW(BiasAdd, "(uint8[2,2] 1 2 3 255, uint8[2] 10 20) -> uint8[2,2] 11 22 13 19");
LEAT_ROW(BiasAdd,
         "(double[1,2,2] 1 2 3 4, double[2] 10 20) {data_format: 'NCHW'} -> double[1,2,2] 11 12 23 24");
LEAT_ROW(BiasAdd, "(float[2,3] 1..2, float[2] 1 2) fails 'bias'");

const leat_op_def leat_op_BiasAddV1 =
    LEAT_OP("BiasAddV1(value: T, bias: T) -> output: T; T: numeric",
            .doc = "BiasAdd with the channels in the last dimension.", .shape = bias_add_shape,
            .kernels = {{.fn = bias_add_kernel, .label = "vector"}}, .gradient = bias_add_grad,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(BiasAddV1, "(float[2,3] -1..1, float[3] -1..1)", x + y);

/* ---- BiasAddGrad ---- */

static leat_status bias_grad_shape(leat_infer *c)
{
    char text[128];
    int rank = leat_shape_rank(c->in[0]);
    if (rank >= 0 && rank < least_rank(c->op))
        return leat_infer_fail(c, "the gradient must have rank %d or more: %s", least_rank(c->op),
                               leat_shape_print(*c->in[0], text, sizeof text));
    c->out[0] = LEAT_SHAPE(rank < 0 ? -1 : c->in[0]->dims[channel_axis(c->op, rank)]);
    return LEAT_OK;
}

/* outer x channels x inner; partial sums of up to 8 ranges of `outer`, added in order. */
typedef struct bias_sum {
    leat_dtype dtype;
    const char *data;
    int64_t outer, channels, inner, parts;
    char *partial; /* parts x channels sums: double, or 64-bit integers */
} bias_sum;

#define BIAS_SUM(type_, sum_)                                                                                \
    do {                                                                                                     \
        sum_ *sums = (sum_ *)(void *)b->partial + part * (size_t)b->channels;                                \
        const type_ *x = (const type_ *)(const void *)b->data + begin * b->channels * b->inner;              \
        for (int64_t o = begin; o < end; o++)                                                                \
            for (int64_t c = 0; c < b->channels; c++)                                                        \
                for (int64_t i = 0; i < b->inner; i++)                                                       \
                    sums[c] += (sum_)*x++;                                                                   \
    } while (0)

static void bias_sum_part(size_t part, void *arg)
{
    const bias_sum *b = arg;
    int64_t begin = (int64_t)part * b->outer / b->parts, end = ((int64_t)part + 1) * b->outer / b->parts;
    switch (b->dtype) {
    case LEAT_FLOAT: BIAS_SUM(float, double); break;
    case LEAT_DOUBLE: BIAS_SUM(double, double); break;
    case LEAT_INT8: BIAS_SUM(int8_t, uint64_t); break;
    case LEAT_UINT8: BIAS_SUM(uint8_t, uint64_t); break;
    case LEAT_INT16: BIAS_SUM(int16_t, uint64_t); break;
    case LEAT_UINT16: BIAS_SUM(uint16_t, uint64_t); break;
    case LEAT_INT32: BIAS_SUM(int32_t, uint64_t); break;
    case LEAT_UINT32: BIAS_SUM(uint32_t, uint64_t); break;
    case LEAT_INT64:
    case LEAT_UINT64: BIAS_SUM(uint64_t, uint64_t); break;
    default: {
        double *sums = (double *)(void *)b->partial + part * (size_t)b->channels;
        const uint16_t *x = (const uint16_t *)(const void *)b->data + begin * b->channels * b->inner;
        for (int64_t i = 0; i < (end - begin) * b->channels * b->inner; i++)
            sums[i / b->inner % b->channels] +=
                (double)(b->dtype == LEAT_HALF ? leat_half_to_float(x[i]) : leat_bfloat16_to_float(x[i]));
    }
    }
}

/* Rows of channels, float or double: in three instruction sets. */
static void bias_columns_part(size_t part, void *arg)
{
    const bias_sum *b = arg;
    int64_t begin = (int64_t)part * b->outer / b->parts, end = ((int64_t)part + 1) * b->outer / b->parts;
    bool is_double = b->dtype == LEAT_DOUBLE;
    const char *x = b->data + (size_t)(begin * b->channels) * leat_dtype_bytes(b->dtype);
    leat_nn_vector_get()->softmax[is_double].column_sums(x, (size_t)(end - begin), (size_t)b->channels,
                                                         (double *)(void *)b->partial +
                                                             part * (size_t)b->channels);
}

static void put_bias_sums(const bias_sum *b, leat_tensor *out)
{
    for (int64_t c = 0; c < b->channels; c++) {
        if (leat_dtype_is_floating(b->dtype)) {
            double sum = 0;
            for (int64_t p = 0; p < b->parts; p++)
                sum += ((const double *)(const void *)b->partial)[p * b->channels + c];
            leat_element_put(out, c, sum);
        } else {
            uint64_t sum = 0;
            for (int64_t p = 0; p < b->parts; p++)
                sum += ((const uint64_t *)(const void *)b->partial)[p * b->channels + c];
            memcpy((char *)out->data + (size_t)c * leat_dtype_bytes(b->dtype), &sum,
                   leat_dtype_bytes(b->dtype));
        }
    }
}

static leat_status bias_grad_kernel(leat_kernel *k)
{
    const leat_tensor *dy = k->in[0];
    int rank = leat_shape_rank(&dy->shape), axis = channel_axis(k->op, rank);
    if (rank < least_rank(k->op))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "the gradient must have rank %d or more, not %d", least_rank(k->op), rank);
    if (!leat_dtype_is_integer(dy->dtype) && !leat_dtype_is_floating(dy->dtype))
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no sums of %s", leat_dtype_name(dy->dtype));
    bias_sum b = {.dtype = dy->dtype,
                  .data = dy->data,
                  .outer = leat_dims_product(&dy->shape, 0, axis),
                  .channels = dy->shape.dims[axis],
                  .inner = leat_dims_product(&dy->shape, axis + 1, rank)};
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(b.channels)));
    b.parts = LEAT_MAX(1, LEAT_MIN(LEAT_MIN(8, b.outer), dy->elements / LEAT_GRAIN_CHEAP));
    size_t bytes = (size_t)(b.parts * b.channels) * sizeof(double);
    b.partial = leat_scratch(k, bytes);
    if (b.partial == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %zu bytes of sums", bytes);
    memset(b.partial, 0, bytes);
    leat_tiles(k, (size_t)b.parts,
               (b.dtype == LEAT_FLOAT || b.dtype == LEAT_DOUBLE) && b.inner == 1 ? bias_columns_part
                                                                                 : bias_sum_part,
               &b);
    put_bias_sums(&b, &k->out[0]);
    return LEAT_OK;
}

/* dx = the gradient of the bias, stretched to the shape of dy. */
static void bias_grad_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), shape = leat_raw_shape(x), dy = g->dy[0];
    if (!is_nchw(g->op)) { /* numpy's broadcasting does it */
        g->dx[0] = LEAT_GRAD_CALL(g, "BroadcastTo", dy, shape);
        return;
    }
    int rank = leat_rank(x);
    int32_t dims[LEAT_MAX_RANK] = {-1, 1, 1, 1, 1, 1, 1, 1};
    leat_out column = rank > 2 ? LEAT_GRAD_CALL(g, "Reshape", dy, leat_grad_ints(g, dims, rank - 1)) : dy;
    g->dx[0] = LEAT_GRAD_CALL(g, "BroadcastTo", column, shape);
}

const leat_op_def leat_op_BiasAddGrad =
    LEAT_OP("BiasAddGrad(out_backprop: T) -> output: T; T: numeric; data_format: {'NHWC', 'NCHW'} = 'NHWC'",
            .doc = "The sums over all dimensions but the channels': the gradient of BiasAdd's bias.",
            .shape = bias_grad_shape, .kernels = {{.fn = bias_grad_kernel, .label = "vector"}},
            .gradient = bias_grad_grad);

LEAT_ROW(BiasAddGrad, "(float[2,3] 1 2 3 4 5 6) -> float[3] 5 7 9");
LEAT_ROW(BiasAddGrad, "(double[1,2,2] 1 2 3 4) {data_format: 'NCHW'} -> double[2] 3 7");
LEAT_ROW(BiasAddGrad, "(int8[2,2] 100 2 100 4) -> int8[2] -56 6");
LEAT_ROW(BiasAddGrad, "(half[2,2] 1 2 3 4) -> half[2] 4 6");
LEAT_ROW(BiasAddGrad, "(float[2,0]) -> float[0]");
