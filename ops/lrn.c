/* lrn.c - local response normalisation across channels.
 *
 * Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 2012, section 3.3:
 * y[c] = x[c] / (bias + alpha * sum of x[j]^2 over |j - c| <= depth_radius) ^ beta. */
#include <math.h>
#include "ops/grad-private.h"

typedef struct lrn {
    leat_kernel *k;
    leat_dtype dtype;
    const void *x, *y, *dy;
    void *out;
    int64_t channels, radius;
    float bias, alpha, beta;
    atomic_bool no_memory;
} lrn;

/* n floats from element `at` of an operand, turned if it is of 16 bits. */
static const float *load(const lrn *l, const void *from, int64_t at, float *room)
{
    if (l->dtype == LEAT_FLOAT)
        return (const float *)from + at;
    leat_floats_from_16(l->dtype, room, (const uint16_t *)from + at, (size_t)l->channels);
    return room;
}

/* scale[c] = bias + alpha * sum of the squares around c; the sum slides. */
static void scales(const lrn *l, const float *x, double *squares, float *scale)
{
    int64_t n = l->channels;
    squares[0] = 0; /* prefix sums */
    for (int64_t c = 0; c < n; c++)
        squares[c + 1] = squares[c] + (double)x[c] * (double)x[c];
    for (int64_t c = 0; c < n; c++) {
        int64_t first = LEAT_MAX(c - l->radius, 0), end = LEAT_MIN(c + l->radius + 1, n);
        double sum = 0; /* a short window is summed anew: differences of prefixes would cancel */
        if (end - first <= 16)
            for (int64_t j = first; j < end; j++)
                sum += (double)x[j] * (double)x[j];
        else
            sum = squares[end] - squares[first];
        scale[c] = (float)((double)l->bias + (double)l->alpha * sum);
    }
}

static void store(const lrn *l, int64_t at, const float *row)
{
    if (l->dtype == LEAT_FLOAT)
        memcpy((float *)l->out + at, row, (size_t)l->channels * sizeof *row);
    else
        leat_floats_to_16(l->dtype, (uint16_t *)l->out + at, row, (size_t)l->channels);
}

static float *row_room(lrn *l, double **squares)
{
    size_t n = (size_t)l->channels;
    *squares = leat_scratch(l->k, (n + 1) * sizeof(double) + 6 * n * sizeof(float));
    if (*squares == NULL) {
        atomic_store_explicit(&l->no_memory, true, memory_order_relaxed);
        return NULL;
    }
    return (float *)(void *)(*squares + n + 1);
}

static void forward_rows(int64_t begin, int64_t end, void *arg)
{
    lrn *l = arg;
    double *squares;
    float *room = row_room(l, &squares), *scale = room + l->channels, *out = scale + l->channels;
    for (int64_t r = begin; room != NULL && r < end; r++) {
        const float *x = load(l, l->x, r * l->channels, room);
        scales(l, x, squares, scale);
        for (int64_t c = 0; c < l->channels; c++)
            out[c] = x[c] * (l->beta == 0.5f ? 1 / sqrtf(scale[c]) : powf(scale[c], -l->beta));
        store(l, r * l->channels, out);
    }
}

/* dx[j] = dy[j] scale[j]^-beta - 2 alpha beta x[j] * sum over |c - j| <= radius of dy[c] y[c] / scale[c] */
static void backward_rows(int64_t begin, int64_t end, void *arg)
{
    lrn *l = arg;
    double *squares;
    int64_t n = l->channels;
    float *room = row_room(l, &squares), *scale = room + 3 * n, *ratio = scale + n, *out = ratio + n;
    for (int64_t r = begin; room != NULL && r < end; r++) {
        const float *x = load(l, l->x, r * n, room), *y = load(l, l->y, r * n, room + n);
        const float *dy = load(l, l->dy, r * n, room + 2 * n);
        scales(l, x, squares, scale);
        for (int64_t c = 0; c < n; c++)
            ratio[c] = dy[c] * y[c] / scale[c];
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t c = LEAT_MAX(j - l->radius, 0); c < LEAT_MIN(j + l->radius + 1, n); c++)
                sum += (double)ratio[c];
            out[j] = dy[j] * powf(scale[j], -l->beta) - 2 * l->alpha * l->beta * x[j] * (float)sum;
        }
        store(l, r * n, out);
    }
}

static leat_status run(leat_kernel *k, const leat_tensor *x, lrn *l, leat_range_fn *fn)
{
    char text[128];
    if (leat_shape_rank(&x->shape) != 4)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "images must have rank 4: %s",
                                leat_shape_print(x->shape, text, sizeof text));
    for (uint32_t i = 1; i < k->n_in; i++)
        if (!leat_shape_equal(k->in[0]->shape, k->in[i]->shape))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the images differ in shape");
    LEAT_TRY(leat_out_new(k, 0, &x->shape));
    if (x->elements == 0)
        return LEAT_OK;
    l->k = k;
    l->dtype = x->dtype;
    l->out = k->out[0].data;
    l->channels = x->shape.dims[3];
    l->radius =
        LEAT_MIN(LEAT_MAX(0, leat_attr_int(k->op, "depth_radius")), l->channels); /* c + radius fits */
    l->bias = leat_attr_float(k->op, "bias");
    l->alpha = leat_attr_float(k->op, "alpha");
    l->beta = leat_attr_float(k->op, "beta");
    leat_ranges(k, x->elements / l->channels, LEAT_MAX(1, LEAT_GRAIN_HEAVY / l->channels), fn, l);
    if (atomic_load_explicit(&l->no_memory, memory_order_relaxed))
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for rows of %lld channels",
                                (long long)l->channels);
    return LEAT_OK;
}

static leat_status lrn_kernel(leat_kernel *k)
{
    lrn l = {.x = k->in[0]->data};
    return run(k, k->in[0], &l, forward_rows);
}

static leat_status lrn_grad_kernel(leat_kernel *k)
{
    lrn l = {.dy = k->in[0]->data, .x = k->in[1]->data, .y = k->in[2]->data};
    return run(k, k->in[1], &l, backward_rows);
}

static leat_status lrn_shape(leat_infer *c)
{
    if (leat_attr_int(c->op, "depth_radius") < 0)
        return leat_infer_fail(c, "depth_radius must not be negative");
    for (uint32_t i = 0; i < c->op->n_inputs; i++)
        LEAT_TRY(leat_infer_want_rank(c, (int)i, 4));
    return leat_shape_same_merged(c);
}

static void lrn_grad(leat_grad *g)
{
    g->dx[0] = leat_out_0(LEAT_GRAD_LIKE(g, "LRNGrad", g->dy[0], leat_grad_in(g, 0), leat_grad_out(g, 0)));
}

static void lrn_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out, leat_cost *cost)
{
    (void)in;
    /* a square, the sum over neighbours, times alpha, plus bias, a power, a product */
    cost->flops = (double)out[0].elements * (6.0 + 2.0 * (double)leat_attr_int(op, "depth_radius"));
    cost->bytes = 3.0 * (double)out[0].elements * (double)leat_dtype_bytes(out[0].dtype);
}

const leat_op_def leat_op_LRN = LEAT_OP(
    "LRN(input: T) -> output: T; depth_radius: int = 5; bias: float = 1.0; alpha: float = 1.0; beta: float = 0.5; "
    "T: {half, bfloat16, float} = float",
    .doc = "Each value over a power of the sum of squares of its neighbours in depth.", .shape = lrn_shape,
    .kernels = {{.fn = lrn_kernel}}, .gradient = lrn_grad, .cost = lrn_cost);

LEAT_ROW(LRN, "(float[1,1,1,3] 1 2 2) {depth_radius: 1, bias: 4.0} nograd tol 1e-6 -> "
              "float[1,1,1,3] 0.33333334 0.5547002 0.57735026");
LEAT_ROW(LRN, "(float[1,1,1,2] 3 4) {bias: 0.0, beta: 1.0} nograd -> float[1,1,1,2] 0.12 0.16");
LEAT_ROW(LRN, "(float[1,1,1,2] 3 4) {depth_radius: 9223372036854775807, bias: 0.0, beta: 1.0} nograd -> "
              "float[1,1,1,2] 0.12 0.16");
LEAT_ROW(LRN, "(float[2,2] 1..2) fails 'rank'");
LEAT_ROW(LRN, "(float[1,1,1,2] 3 4) {depth_radius: -1} fails 'depth_radius'");

const leat_op_def leat_op_LRNGrad =
    LEAT_OP("LRNGrad(input_grads: T, input_image: T, output_image: T) -> output: T; depth_radius: int = 5; "
            "bias: float = 1.0; alpha: float = 1.0; beta: float = 0.5; T: {half, bfloat16, float} = float",
            .doc = "The gradient of LRN.", .shape = lrn_shape, .kernels = {{.fn = lrn_grad_kernel}},
            .gradient = leat_grad_none, .cost = lrn_cost);

LEAT_ROW(
    LRNGrad,
    "(float[1,1,1,1] 1, float[1,1,1,1] 1, float[1,1,1,1] 0.5) {bias: 1.0, beta: 1.0} -> float[1,1,1,1] 0");
