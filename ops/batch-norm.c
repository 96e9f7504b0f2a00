/* batch-norm.c - FusedBatchNorm, V2 and V3, and their gradients.
 *
 * Ioffe and Szegedy, Batch Normalization, 2015. Statistics are summed in double, in at most 8 ranges of the rows whose
 * sums are added in order. Images with their channels first are taken plane by plane. */
#include <math.h>
#include "ops/grad-private.h"
#include "ops/nn-vector-private.h"

enum { MAX_PARTS = 8, TILE_ROWS_ELEMENTS = 32768 };

/* x as `rows` rows of `channels`; with the channels first as `planes` planes of `pixels` values, channel by channel. */
typedef struct norm {
    leat_kernel *k;
    int64_t channels, rows, pixels;
    bool channels_first;
    const float *x, *dy;
    float *out;
    const float *mean, *factor, *offset, *slope; /* of every channel */
    double *sums;                                /* parts x channels */
    int64_t parts;
    int what; /* SUM ... */
} norm;
enum { SUM, SQUARES, DOTS, AFFINE, BACKWARD };

static const float *plane_of(const float *x, const norm *n, int64_t plane)
{
    return x + plane * n->pixels;
}

/* The planes of rows begin..end, which are images here. */
static void planes(const norm *n, int64_t begin, int64_t end, double *sums)
{
    const leat_norm_loops *loops = &leat_nn_vector_get()->norm;
    for (int64_t p = begin * n->channels; p < end * n->channels; p++) {
        int64_t c = p % n->channels;
        const float *x = plane_of(n->x, n, p);
        size_t pixels = (size_t)n->pixels;
        if (n->what == SUM || n->what == SQUARES || n->what == DOTS) {
            double sum = 0;
            for (size_t i = 0; i < pixels; i++) {
                double d = n->what == SUM ? (double)x[i] : (double)(x[i] - n->mean[c]);
                sum += n->what == SUM ? d : n->what == SQUARES ? d * d : d * (double)plane_of(n->dy, n, p)[i];
            }
            sums[c] += sum;
        } else { /* one channel as rows of one element would waste the vectors: rows of one value stand for it */
            float *out = n->out + p * n->pixels;
            for (size_t i = 0; i < pixels; i++)
                if (n->what == AFFINE)
                    loops->affine(x + i, n->mean + c, n->factor + c, n->offset + c, out + i, 1, 1);
                else
                    loops->backward(plane_of(n->dy, n, p) + i, x + i, n->mean + c, n->offset + c,
                                    n->slope + c, n->factor + c, out + i, 1, 1);
        }
    }
}

static void rows(const norm *n, int64_t begin, int64_t end, double *sums)
{
    const leat_norm_loops *loops = &leat_nn_vector_get()->norm;
    const float *x = n->x + begin * n->channels, *dy = n->dy != NULL ? n->dy + begin * n->channels : NULL;
    float *out = n->out != NULL ? n->out + begin * n->channels : NULL;
    size_t count = (size_t)(end - begin), c = (size_t)n->channels;
    switch (n->what) {
    case SUM: leat_nn_vector_get()->softmax[0].column_sums(x, count, c, sums); break;
    case SQUARES: loops->squares(x, n->mean, count, c, sums); break;
    case DOTS: loops->dots(dy, x, n->mean, count, c, sums); break;
    case AFFINE: loops->affine(x, n->mean, n->factor, n->offset, out, count, c); break;
    default: loops->backward(dy, x, n->mean, n->offset, n->slope, n->factor, out, count, c); break;
    }
}

static void run_range(const norm *n, int64_t begin, int64_t end, double *sums)
{
    if (n->channels_first)
        planes(n, begin, end, sums);
    else
        rows(n, begin, end, sums);
}

static void part(size_t p, void *arg)
{
    const norm *n = arg;
    double *sums = n->sums + p * (size_t)n->channels;
    memset(sums, 0, (size_t)n->channels * sizeof *sums);
    run_range(n, (int64_t)p * n->rows / n->parts, ((int64_t)p + 1) * n->rows / n->parts, sums);
}

static void each_range(int64_t begin, int64_t end, void *arg)
{
    run_range(arg, begin, end, NULL);
}

/* A sum over each channel into out (channels doubles). */
static void reduce(norm *n, int what, double *out)
{
    int64_t row = n->channels * n->pixels;
    n->what = what;
    n->parts = LEAT_MAX(1, LEAT_MIN(LEAT_MIN(MAX_PARTS, n->rows), n->rows * row / TILE_ROWS_ELEMENTS));
    leat_tiles(n->k, (size_t)n->parts, part, n);
    for (int64_t c = 0; c < n->channels; c++) {
        out[c] = n->sums[c];
        for (int64_t p = 1; p < n->parts; p++)
            out[c] += n->sums[p * n->channels + c];
    }
}

static void each(norm *n, int what)
{
    n->what = what;
    leat_ranges(n->k, n->rows, LEAT_MAX(1, TILE_ROWS_ELEMENTS / LEAT_MAX(1, n->channels * n->pixels)),
                each_range, n);
}

/* ---- checks ---- */

static bool channels_first(const leat_op *op)
{
    return strncmp(leat_attr_string(op, "data_format"), "NC", 2) == 0;
}

static leat_status describe(norm *n, leat_kernel *k, const leat_tensor *x)
{
    const leat_attr_value *format = leat_attr(k->op, "data_format");
    int rank = leat_shape_rank(&x->shape), want = (int)format->n;
    char text[128];
    if (rank != want)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "images must have rank %d: %s", want,
                                leat_shape_print(x->shape, text, sizeof text));
    *n = (norm){.k = k, .channels_first = channels_first(k->op)};
    n->channels = x->shape.dims[n->channels_first ? 1 : rank - 1];
    n->pixels = n->channels_first ? leat_dims_product(&x->shape, 2, rank) : 1;
    n->rows = n->channels_first ? x->shape.dims[0] : leat_dims_product(&x->shape, 0, rank - 1);
    return LEAT_OK;
}

/* Input i must hold a float for every channel (or, if it may, nothing). */
static leat_status want_channels(const leat_kernel *k, const norm *n, int i, bool may_be_empty)
{
    const leat_tensor *t = k->in[i];
    char text[128];
    if (t->dtype != LEAT_FLOAT)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "statistics of dtype %s",
                                leat_dtype_name(t->dtype));
    if (leat_shape_rank(&t->shape) == 1 && (t->elements == n->channels || (may_be_empty && t->elements == 0)))
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                            "%s must hold a value for each of %lld channels: %s", k->op->type->in[i].name,
                            (long long)n->channels, leat_shape_print(t->shape, text, sizeof text));
}

/* Memory of the kernel: `doubles` and `floats` for each channel, and float copies of 16-bit images. */
typedef struct room {
    double *doubles;
    float *floats, *images;
} room;

static leat_status get_room(leat_kernel *k, const norm *n, size_t doubles, size_t floats, size_t images,
                            room *r)
{
    size_t c = (size_t)n->channels, d = (doubles + MAX_PARTS) * c, f = floats * c;
    r->doubles = leat_scratch(k, d * sizeof(double) + (f + images) * sizeof(float) + 1);
    if (r->doubles == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for the statistics of %zu channels", c);
    r->floats = (float *)(void *)(r->doubles + d);
    r->images = r->floats + f;
    return LEAT_OK;
}

/* ---- forward ---- */

/* The statistics of this batch, and what goes to outputs 1 to 4. */
static void train_statistics(norm *n, const room *r, float *saved_mean, float *saved_variance)
{
    leat_kernel *k = n->k;
    int64_t count = n->rows * n->pixels;
    double *sums = r->doubles + MAX_PARTS * n->channels,
           unbiased = count > 1 ? (double)count / (double)(count - 1) : 1;
    float keep = 1 - leat_attr_float(k->op, "exponential_avg_factor");
    reduce(n, SUM, sums);
    for (int64_t c = 0; c < n->channels; c++)
        saved_mean[c] = (float)(sums[c] / (double)count);
    n->mean = saved_mean;
    reduce(n, SQUARES, sums);
    for (int64_t c = 0; c < n->channels; c++) {
        double variance = sums[c] / (double)count;
        float *mean = (float *)k->out[1].data + c, *var = (float *)k->out[2].data + c;
        saved_variance[c] = (float)variance;
        *mean = saved_mean[c];
        *var = (float)(variance * unbiased);
        if (keep != 0) { /* running averages */
            *mean = keep * ((const float *)k->in[3]->data)[c] + (1 - keep) * *mean;
            *var = keep * ((const float *)k->in[4]->data)[c] + (1 - keep) * *var;
        }
    }
}

static void normalize(norm *n, const room *r, const float *mean, const float *variance)
{
    const float *scale = n->k->in[1]->data;
    float epsilon = leat_attr_float(n->k->op, "epsilon"), *factor = r->floats;
    for (int64_t c = 0; c < n->channels; c++)
        factor[c] = scale[c] / sqrtf(variance[c] + epsilon);
    n->mean = mean;
    n->factor = factor;
    n->offset = n->k->in[2]->data;
    each(n, AFFINE);
}

static leat_status new_outputs(leat_kernel *k, const norm *n)
{
    LEAT_TRY(leat_out_new(k, 0, &k->in[0]->shape));
    for (int i = 1; i < 5; i++)
        LEAT_TRY(leat_out_new(k, i, &LEAT_SHAPE(n->channels)));
    if (k->n_out > 5) { /* of use for other devices only: a scalar, as TensorFlow's is here */
        LEAT_TRY(leat_out_new(k, 5, &LEAT_SCALAR));
        leat_element_put(&k->out[5], 0, 0);
    }
    return LEAT_OK;
}

static leat_status forward_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    bool training = leat_attr_bool(k->op, "is_training"), small = leat_dtype_is_16bit_float(x->dtype);
    norm n;
    room r;
    LEAT_TRY(describe(&n, k, x));
    bool running = training && leat_attr_float(k->op, "exponential_avg_factor") == 1;
    for (int i = 1; i < 5; i++)
        LEAT_TRY(want_channels(k, &n, i, i >= 3 && running));
    LEAT_TRY(new_outputs(k, &n));
    if (x->elements == 0) { /* no statistics: not a number, as TensorFlow has it */
        for (int64_t c = 0; c < n.channels; c++) {
            ((float *)k->out[1].data)[c] = ((float *)k->out[2].data)[c] = NAN;
            ((float *)k->out[3].data)[c] = ((float *)k->out[4].data)[c] = 0;
        }
        return LEAT_OK;
    }
    LEAT_TRY(get_room(k, &n, 1, 1, small ? 2 * (size_t)x->elements : 0, &r));
    n.sums = r.doubles;
    n.x = x->data;
    n.out = k->out[0].data;
    if (small) {
        leat_floats_from_16(x->dtype, r.images, x->data, (size_t)x->elements);
        n.x = r.images;
        n.out = r.images + x->elements;
    }
    if (training) {
        train_statistics(&n, &r, k->out[3].data, k->out[4].data);
        normalize(&n, &r, k->out[3].data, k->out[4].data);
    } else {
        for (int i = 0; i < 4; i++)
            memcpy(k->out[1 + i].data, k->in[3 + i % 2]->data, (size_t)n.channels * sizeof(float));
        normalize(&n, &r, k->in[3]->data, k->in[4]->data);
    }
    if (small)
        leat_floats_to_16(x->dtype, k->out[0].data, n.out, (size_t)x->elements);
    return LEAT_OK;
}

static leat_status merge_channels(leat_infer *c, const leat_shape *images, int first, int end,
                                  int64_t *channels)
{
    char text[128];
    int rank = leat_shape_rank(images), want = (int)leat_attr(c->op, "data_format")->n;
    if (rank >= 0 && rank != want)
        return leat_infer_fail(c, "images must have rank %d: %s", want,
                               leat_shape_print(*images, text, sizeof text));
    *channels = rank < 0 ? -1 : images->dims[channels_first(c->op) ? 1 : rank - 1];
    for (int i = first; i < end; i++) {
        LEAT_TRY(leat_infer_want_rank(c, i, 1));
        if (c->in[i]->rank_plus_1 == 0 || c->in[i]->dims[0] < 0 || (i >= 3 && c->in[i]->dims[0] == 0))
            continue;
        if (*channels >= 0 && *channels != c->in[i]->dims[0])
            return leat_infer_fail(c, "%s must hold a value for each of %lld channels: %s",
                                   c->op->type->in[i].name, (long long)*channels,
                                   leat_shape_print(*c->in[i], text, sizeof text));
        *channels = c->in[i]->dims[0];
    }
    return LEAT_OK;
}

static leat_status forward_shape(leat_infer *c)
{
    int64_t channels;
    LEAT_TRY(merge_channels(c, c->in[0], 1, 5, &channels));
    c->out[0] = *c->in[0];
    for (int i = 1; i < 5; i++)
        c->out[i] = LEAT_SHAPE(channels);
    if (c->op->n_outputs > 5)
        c->out[5] = LEAT_SCALAR;
    return LEAT_OK;
}

static void norm_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                      leat_cost *cost)
{
    (void)op;
    (void)out;
    cost->flops = 8.0 * (double)in[0]->elements;
    cost->bytes = 4.0 * (double)in[0]->elements * (double)leat_dtype_bytes(in[0]->dtype);
}

/* In training, by the statistics of the batch; else by the given ones. V3 hands on its sixth output. */
static void forward_grad(leat_grad *g)
{
    if (!leat_grad_flows(g, 0))
        return;
    bool training = leat_attr_bool(g->op, "is_training"), v3 = g->op->n_outputs > 5;
    leat_out in[6] = {g->dy[0],
                      leat_grad_in(g, 0),
                      leat_grad_in(g, 1),
                      training ? leat_grad_out(g, 3) : leat_grad_in(g, 3),
                      training ? leat_grad_out(g, 4) : leat_grad_in(g, 4),
                      leat_grad_out(g, 5)};
    const char *type = v3                                                  ? "FusedBatchNormGradV3"
                       : strcmp(g->op->type_name, "FusedBatchNormV2") == 0 ? "FusedBatchNormGradV2"
                                                                           : "FusedBatchNormGrad";
    leat_op *grad = leat_grad_like(g, type, in, v3 ? 6 : 5);
    for (int i = 0; grad != NULL && i < 3; i++)
        g->dx[i] = leat_op_output(grad, i);
}

const leat_op_def leat_op_FusedBatchNorm = LEAT_OP(
    "FusedBatchNorm(x: T, scale: T, offset: T, mean: T, variance: T) -> y: T, batch_mean: T, batch_variance: T, "
    "reserve_space_1: T, reserve_space_2: T; T: {float}; epsilon: float = 0.0001; exponential_avg_factor: float = 1.0; "
    "data_format: {'NHWC', 'NCHW'} = 'NHWC'; is_training: bool = true",
    .doc = "Normalises each channel by its mean and variance, of the batch (training) or as given.",
    .shape = forward_shape, .kernels = {{.fn = forward_kernel, .label = "vector"}}, .gradient = forward_grad,
    .cost = norm_cost);

LEAT_ROW(FusedBatchNorm,
         "(float[1,1,2,1] 1 3, float[1] 2, float[1] 5, float[0], float[0]) {epsilon: 0.0} nograd -> "
         "float[1,1,2,1] 3 7, float[1] 2, float[1] 2, float[1] 2, float[1] 1");
LEAT_ROW(FusedBatchNorm,
         "(float[1,1,2,1] 1 3, float[1] 2, float[1] 5, float[1] 1, float[1] 4) {epsilon: 0.0, "
         "is_training: false} nograd -> float[1,1,2,1] 5 7, float[1] 1, float[1] 4, float[1] 1, float[1] 4");
LEAT_ROW(FusedBatchNorm,
         "(float[1,1,2,2] 0..1, float[1] 2, float[1] 5, float[1] 1, float[1] 4) fails 'channels'");

const leat_op_def leat_op_FusedBatchNormV2 = LEAT_OP(
    "FusedBatchNormV2(x: T, scale: U, offset: U, mean: U, variance: U) -> y: T, batch_mean: U, batch_variance: U, "
    "reserve_space_1: U, reserve_space_2: U; T: {half, bfloat16, float}; U: {float}; epsilon: float = 0.0001; "
    "exponential_avg_factor: float = 1.0; data_format: {'NHWC', 'NCHW'} = 'NHWC'; is_training: bool = true",
    .doc = "FusedBatchNorm with images of 16 bits, too; the statistics stay float.", .shape = forward_shape,
    .kernels = {{.fn = forward_kernel, .label = "vector"}}, .gradient = forward_grad, .cost = norm_cost);

LEAT_ROW(FusedBatchNormV2,
         "(half[1,1,2,1] 1 3, float[1] 2, float[1] 5, float[0], float[0]) {epsilon: 0.0} nograd -> "
         "half[1,1,2,1] 3 7, float[1] 2, float[1] 2, float[1] 2, float[1] 1");

const leat_op_def leat_op_FusedBatchNormV3 = LEAT_OP(
    "FusedBatchNormV3(x: T, scale: U, offset: U, mean: U, variance: U) -> y: T, batch_mean: U, batch_variance: U, "
    "reserve_space_1: U, reserve_space_2: U, reserve_space_3: U; T: {half, bfloat16, float}; U: {bfloat16, float}; "
    "epsilon: float = 0.0001; exponential_avg_factor: float = 1.0; "
    "data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC'; is_training: bool = true",
    .doc = "FusedBatchNormV2 with volumes, too, and a sixth output, which is of no use here.",
    .shape = forward_shape, .kernels = {{.fn = forward_kernel, .label = "vector"}}, .gradient = forward_grad,
    .cost = norm_cost);

LEAT_ROW(FusedBatchNormV3,
         "(float[1,1,2,1] 1 3, float[1] 2, float[1] 5, float[0], float[0]) {epsilon: 0.0} nograd -> "
         "float[1,1,2,1] 3 7, float[1] 2, float[1] 2, float[1] 2, float[1] 1, float[] 0");
LEAT_ROW(FusedBatchNormV3,
         "(float[2,1,1,2] 1 3 5 9, float[1] 2, float[1] 5, float[1] 1, float[1] 4) {epsilon: 0.0, "
         "is_training: false, data_format: 'NCHW'} nograd -> float[2,1,1,2] 5 7 9 13, float[1] 1, "
         "float[1] 4, float[1] 1, float[1] 4, float[] 0");
LEAT_ROW(FusedBatchNormV3,
         "(float[1,1,2,1] 1 3, float[1] 2, float[1] 5, float[1] 6, float[1] 4) {epsilon: 0.0, "
         "exponential_avg_factor: 0.5} nograd -> float[1,1,2,1] 3 7, float[1] 4, float[1] 3, float[1] 2, "
         "float[1] 1, float[] 0");
LEAT_ROW(FusedBatchNormV3,
         "(float[0,1,1,1], float[1] 2, float[1] 5, float[0], float[0]) nograd -> float[0,1,1,1], "
         "float[1] nan, float[1] nan, float[1] 0, float[1] 0, float[] 0");

/* ---- backward ---- */

/* With f = scale / sqrt(variance + epsilon): in training
 * dx = f (dy - mean(dy) - (x - mean) mean(dy (x - mean)) / (variance + epsilon)), else dx = f dy. */
static void backward(norm *n, const room *r, bool training)
{
    leat_kernel *k = n->k;
    double *sum = r->doubles + MAX_PARTS * n->channels, *dot = sum + n->channels,
           count = (double)(n->rows * n->pixels);
    float *factor = r->floats, *shift = factor + n->channels, *slope = shift + n->channels;
    float *dscale = k->out[1].data, *doffset = k->out[2].data, epsilon = leat_attr_float(k->op, "epsilon");
    const float *variance = k->in[4]->data, *scale = k->in[2]->data, *x = n->x;
    n->mean = k->in[3]->data;
    n->x = n->dy; /* the sums of dy */
    reduce(n, SUM, sum);
    n->x = x;
    reduce(n, DOTS, dot);
    for (int64_t c = 0; c < n->channels; c++) {
        double v = (double)variance[c] + (double)epsilon;
        factor[c] = (float)((double)scale[c] / sqrt(v));
        shift[c] = training ? (float)(sum[c] / count) : 0;
        slope[c] = training ? (float)(dot[c] / count / v) : 0;
        dscale[c] = (float)(dot[c] / sqrt(v));
        doffset[c] = (float)sum[c];
    }
    n->factor = factor;
    n->offset = shift;
    n->slope = slope;
    each(n, BACKWARD);
}

static leat_status backward_kernel(leat_kernel *k)
{
    const leat_tensor *dy = k->in[0], *x = k->in[1];
    bool small = leat_dtype_is_16bit_float(x->dtype);
    size_t elements = (size_t)x->elements;
    norm n;
    room r;
    LEAT_TRY(describe(&n, k, x));
    if (!leat_shape_equal(dy->shape, x->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "y_backprop and x differ in shape");
    for (int i = 2; i < 5; i++)
        LEAT_TRY(want_channels(k, &n, i, false));
    LEAT_TRY(leat_out_new(k, 0, &x->shape));
    for (int i = 1; i < 5; i++) {
        LEAT_TRY(leat_out_new(k, i, &LEAT_SHAPE(i < 3 ? n.channels : 0)));
        memset(k->out[i].data, 0, (size_t)k->out[i].elements * sizeof(float));
    }
    if (x->elements == 0)
        return LEAT_OK;
    LEAT_TRY(get_room(k, &n, 2, 3, small ? 3 * elements : 0, &r));
    n.sums = r.doubles;
    n.x = x->data;
    n.dy = dy->data;
    n.out = k->out[0].data;
    if (small) {
        leat_floats_from_16(x->dtype, r.images, x->data, elements);
        leat_floats_from_16(x->dtype, r.images + elements, dy->data, elements);
        n.x = r.images;
        n.dy = r.images + elements;
        n.out = r.images + 2 * elements;
    }
    backward(&n, &r, leat_attr_bool(k->op, "is_training"));
    if (small)
        leat_floats_to_16(x->dtype, k->out[0].data, n.out, elements);
    return LEAT_OK;
}

static leat_status backward_shape(leat_infer *c)
{
    int64_t channels;
    LEAT_TRY(merge_channels(c, c->in[1], 2, 3, &channels));
    c->out[0] = *c->in[1];
    c->out[1] = c->out[2] = LEAT_SHAPE(channels);
    c->out[3] = c->out[4] = LEAT_SHAPE(0);
    return LEAT_OK;
}

const leat_op_def leat_op_FusedBatchNormGrad = LEAT_OP(
    "FusedBatchNormGrad(y_backprop: T, x: T, scale: T, reserve_space_1: T, reserve_space_2: T) -> x_backprop: T, "
    "scale_backprop: T, offset_backprop: T, reserve_space_3: T, reserve_space_4: T; T: {float}; "
    "epsilon: float = 0.0001; data_format: {'NHWC', 'NCHW'} = 'NHWC'; is_training: bool = true",
    .doc = "The gradient of FusedBatchNorm; reserve_space_1 and 2 are the mean and the variance it used.",
    .shape = backward_shape, .kernels = {{.fn = backward_kernel, .label = "vector"}},
    .gradient = leat_grad_none, .cost = norm_cost);

LEAT_ROW(FusedBatchNormGrad,
         "(float[1,1,2,1] 1 2, float[1,1,2,1] 1 3, float[1] 2, float[1] 2, float[1] 1) {epsilon: 0.0, "
         "is_training: false} -> float[1,1,2,1] 2 4, float[1] 1, float[1] 3, float[0], float[0]");
LEAT_ROW(FusedBatchNormGrad,
         "(float[1,1,4,1] 1 0 0 0, float[1,1,4,1] -1 1 -1 1, float[1] 2, float[1] 0, float[1] 1) "
         "{epsilon: 0.0} -> float[1,1,4,1] 1 0 -1 0, float[1] -1, float[1] 1, float[0], float[0]");

const leat_op_def leat_op_FusedBatchNormGradV2 = LEAT_OP(
    "FusedBatchNormGradV2(y_backprop: T, x: T, scale: float, reserve_space_1: U, reserve_space_2: U) -> "
    "x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_3: U, reserve_space_4: U; "
    "T: {half, bfloat16, float}; U: {float}; epsilon: float = 0.0001; data_format: {'NHWC', 'NCHW'} = 'NHWC'; "
    "is_training: bool = true",
    .doc = "The gradient of FusedBatchNormV2.", .shape = backward_shape,
    .kernels = {{.fn = backward_kernel, .label = "vector"}}, .gradient = leat_grad_none, .cost = norm_cost);

LEAT_ROW(FusedBatchNormGradV2,
         "(half[1,1,2,1] 1 2, half[1,1,2,1] 1 3, float[1] 2, float[1] 2, float[1] 1) {epsilon: 0.0, "
         "is_training: false} -> half[1,1,2,1] 2 4, float[1] 1, float[1] 3, float[0], float[0]");

const leat_op_def leat_op_FusedBatchNormGradV3 = LEAT_OP(
    "FusedBatchNormGradV3(y_backprop: T, x: T, scale: float, reserve_space_1: U, reserve_space_2: U, "
    "reserve_space_3: U) -> x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_4: U, "
    "reserve_space_5: U; T: {half, bfloat16, float}; U: {float}; epsilon: float = 0.0001; "
    "data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC'; is_training: bool = true",
    .doc = "The gradient of FusedBatchNormV3.", .shape = backward_shape,
    .kernels = {{.fn = backward_kernel, .label = "vector"}}, .gradient = leat_grad_none, .cost = norm_cost);

LEAT_ROW(FusedBatchNormGradV3,
         "(float[1,1,1,2] 1 2, float[1,1,1,2] 1 3, float[1] 2, float[1] 2, float[1] 1, float[0]) "
         "{epsilon: 0.0, is_training: false, data_format: 'NCHW'} -> float[1,1,1,2] 2 4, float[1] 1, "
         "float[1] 3, float[0], float[0]");
LEAT_ROW(FusedBatchNormGradV3,
         "(float[1,1,1,2] 1 2, float[1,1,2,1] 1 3, float[1] 2, float[1] 2, float[1] 1, float[0]) "
         "fails 'differ in shape'");
