/* fake-quant.c - FakeQuant*: numbers rounded to the levels of a quantised range, and what flows back inside the range. */
#include "ops/grad-private.h"
#include <math.h>

typedef struct levels {
    float low, high, step; /* the range, moved so that 0 is one of its levels */
} levels;

static const char *read_bits(const leat_op *op, float *first, float *last)
{
    int64_t bits = leat_attr_int(op, "num_bits");
    if (bits < 2 || bits > 16)
        return "num_bits must be between 2 and 16, inclusive";
    *first = leat_attr_bool(op, "narrow_range") ? 1 : 0;
    *last = (float)((1 << bits) - 1);
    return NULL;
}

static levels nudge(float low, float high, float first, float last)
{
    float step = (high - low) / (last - first), zero = first - low / step;
    float nudged = zero < first ? first : zero > last ? last : roundf(zero);
    return (levels){(first - nudged) * step, (last - nudged) * step, step};
}

static float quantised(levels l, float x)
{
    float inside = x < l.low ? l.low : x > l.high ? l.high : x; /* NaN stays */
    return floorf((inside - l.low) / l.step + 0.5f) * l.step + l.low;
}

/* What the three kinds of ops share: the range of each channel (one, if there are none). */
typedef struct ranges {
    const leat_tensor *x;
    float first, last;
    const float *low, *high;
    float attrs[2];
    int64_t channels;
} ranges;

/* `x`: the index of the inputs; min and max follow, or are attributes. */
static leat_status read_ranges(leat_kernel *k, ranges *r, int x, bool inputs, bool channels)
{
    const char *reason = read_bits(k->op, &r->first, &r->last);
    r->x = k->in[x];
    r->channels = 1;
    r->attrs[0] = inputs ? 0 : leat_attr_float(k->op, "min");
    r->attrs[1] = inputs ? 0 : leat_attr_float(k->op, "max");
    r->low = inputs ? k->in[x + 1]->data : &r->attrs[0];
    r->high = inputs ? k->in[x + 2]->data : &r->attrs[1];
    int rank = leat_shape_rank(&r->x->shape);
    if (channels && rank < 1)
        reason = "inputs must have channels";
    else if (channels)
        r->channels = r->x->shape.dims[rank - 1];
    for (int i = 1; i <= 2 && inputs && reason == NULL; i++) {
        const leat_tensor *t = k->in[x + i];
        if (t->elements != r->channels || leat_shape_rank(&t->shape) != (channels ? 1 : 0))
            reason =
                channels ? "min and max must have a number for each channel" : "min and max must be scalars";
    }
    if (!inputs && !(r->attrs[0] < r->attrs[1]))
        reason = "min has to be smaller than max";
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s", reason);
    return LEAT_OK;
}

static leat_status quantise(leat_kernel *k, bool inputs, bool channels)
{
    ranges r = {0};
    LEAT_TRY(read_ranges(k, &r, 0, inputs, channels));
    LEAT_TRY(leat_out_new(k, 0, &r.x->shape));
    const float *in = r.x->data;
    float *out = k->out[0].data;
    for (int64_t c = 0; c < r.channels; c++) {
        bool nothing = inputs && r.low[c] == 0 && r.high[c] == 0; /* TensorFlow gives zeros then */
        levels l = nothing ? (levels){0} : nudge(r.low[c], r.high[c], r.first, r.last);
        for (int64_t i = c; i < r.x->elements; i += r.channels)
            out[i] = nothing ? 0 : quantised(l, in[i]);
    }
    return LEAT_OK;
}

/* dx where x is inside; min and max get what lies below and above. */
static leat_status quantise_grad(leat_kernel *k, bool inputs, bool channels)
{
    ranges r = {0};
    LEAT_TRY(read_ranges(k, &r, 1, inputs, channels));
    if (!leat_shape_equal(k->in[0]->shape, r.x->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "gradient and input must be the same size");
    LEAT_TRY(leat_out_new(k, 0, &r.x->shape));
    for (int i = 1; i <= 2 && inputs; i++)
        LEAT_TRY(leat_out_new(k, i, &k->in[1 + i]->shape));
    const float *dy = k->in[0]->data, *x = r.x->data;
    float *dx = k->out[0].data;
    for (int64_t c = 0; c < r.channels; c++) {
        bool nothing = inputs && r.low[c] == 0 && r.high[c] == 0;
        levels l = nothing ? (levels){0} : nudge(r.low[c], r.high[c], r.first, r.last);
        double below = 0, above = 0;
        for (int64_t i = c; i < r.x->elements; i += r.channels) {
            dx[i] = nothing || (x[i] >= l.low && x[i] <= l.high) ? dy[i] : 0;
            below += !nothing && x[i] < l.low ? (double)dy[i] : 0;
            above += !nothing && x[i] > l.high ? (double)dy[i] : 0;
        }
        if (inputs) {
            ((float *)k->out[1].data)[c] = (float)below;
            ((float *)k->out[2].data)[c] = (float)above;
        }
    }
    return LEAT_OK;
}

static leat_status args_kernel(leat_kernel *k)
{
    return quantise(k, false, false);
}
static leat_status vars_kernel(leat_kernel *k)
{
    return quantise(k, true, false);
}
static leat_status channels_kernel(leat_kernel *k)
{
    return quantise(k, true, true);
}
static leat_status args_grad_kernel(leat_kernel *k)
{
    return quantise_grad(k, false, false);
}
static leat_status vars_grad_kernel(leat_kernel *k)
{
    return quantise_grad(k, true, false);
}
static leat_status channels_grad_kernel(leat_kernel *k)
{
    return quantise_grad(k, true, true);
}

static leat_status grad_shape(leat_infer *c)
{
    if (!leat_shape_merge(c->in[0], c->in[1], &c->out[0]))
        return leat_infer_fail(c, "gradient and input must be the same size");
    for (uint32_t i = 1; i < c->op->n_outputs; i++)
        c->out[i] = *c->in[1 + i];
    return LEAT_OK;
}

static void args_grad(leat_grad *g)
{
    g->dx[0] = leat_out_0(LEAT_GRAD_LIKE(g, "FakeQuantWithMinMaxArgsGradient", g->dy[0], leat_grad_in(g, 0)));
}

static void grad_by_three(leat_grad *g, const char *type)
{
    leat_op *op =
        LEAT_GRAD_LIKE(g, type, g->dy[0], leat_grad_in(g, 0), leat_grad_in(g, 1), leat_grad_in(g, 2));
    for (int i = 0; i < 3 && op != NULL; i++)
        g->dx[i] = (leat_out){op, i};
}
static void vars_grad(leat_grad *g)
{
    grad_by_three(g, "FakeQuantWithMinMaxVarsGradient");
}
static void channels_grad(leat_grad *g)
{
    grad_by_three(g, "FakeQuantWithMinMaxVarsPerChannelGradient");
}

const leat_op_def leat_op_FakeQuantWithMinMaxArgs = LEAT_OP(
    "FakeQuantWithMinMaxArgs(inputs: float) -> outputs: float; min: float = -6.0; max: float = 6.0; num_bits: int = 8; "
    "narrow_range: bool = false",
    .doc = "The inputs rounded to the 2^num_bits levels between min and max.", .shape = leat_shape_same,
    .kernels = {{args_kernel}}, .gradient = args_grad);

const leat_op_def leat_op_FakeQuantWithMinMaxArgsGradient = LEAT_OP(
    "FakeQuantWithMinMaxArgsGradient(gradients: float, inputs: float) -> backprops: float; min: float = -6.0; max: float = "
    "6.0; num_bits: int = 8; narrow_range: bool = false",
    .doc = "The gradient of FakeQuantWithMinMaxArgs: where the inputs are inside of the range.",
    .shape = grad_shape, .kernels = {{args_grad_kernel}}, .gradient = leat_grad_missing);

const leat_op_def leat_op_FakeQuantWithMinMaxVars = LEAT_OP(
    "FakeQuantWithMinMaxVars(inputs: float, min: float, max: float) -> outputs: float; num_bits: int = 8; narrow_range: bool "
    "= false",
    .doc = "As FakeQuantWithMinMaxArgs; the range is an input.", .shape = leat_shape_same,
    .kernels = {{vars_kernel}}, .gradient = vars_grad);

const leat_op_def leat_op_FakeQuantWithMinMaxVarsGradient = LEAT_OP(
    "FakeQuantWithMinMaxVarsGradient(gradients: float, inputs: float, min: float, max: float) -> backprops_wrt_input: float, "
    "backprop_wrt_min: float, backprop_wrt_max: float; num_bits: int = 8; narrow_range: bool = false",
    .doc = "The gradients of FakeQuantWithMinMaxVars.", .shape = grad_shape, .kernels = {{vars_grad_kernel}},
    .gradient = leat_grad_missing);

const leat_op_def leat_op_FakeQuantWithMinMaxVarsPerChannel = LEAT_OP(
    "FakeQuantWithMinMaxVarsPerChannel(inputs: float, min: float, max: float) -> outputs: float; num_bits: int = 8; "
    "narrow_range: bool = false",
    .doc = "As FakeQuantWithMinMaxVars, with a range for each element of the last dimension.",
    .shape = leat_shape_same, .kernels = {{channels_kernel}}, .gradient = channels_grad);

const leat_op_def leat_op_FakeQuantWithMinMaxVarsPerChannelGradient = LEAT_OP(
    "FakeQuantWithMinMaxVarsPerChannelGradient(gradients: float, inputs: float, min: float, max: float) -> "
    "backprops_wrt_input: float, backprop_wrt_min: float, backprop_wrt_max: float; num_bits: int = 8; narrow_range: bool = "
    "false",
    .doc = "The gradients of FakeQuantWithMinMaxVarsPerChannel.", .shape = grad_shape,
    .kernels = {{channels_grad_kernel}}, .gradient = leat_grad_missing);

LEAT_ROW(FakeQuantWithMinMaxArgs, "(float[5] -9 -1.01 0 0.3 7) nograd -> "
                                  "float[5] -6.0235295 -0.9882353 0 0.28235295 5.9764705");
LEAT_ROW(FakeQuantWithMinMaxArgs, "(float[3] -9 0.3 7) {min: 1.0; max: -1.0} fails 'smaller than max'");
LEAT_ROW(FakeQuantWithMinMaxArgs, "(float[3] -9 0.3 7) {num_bits: 1} fails 'num_bits'");
LEAT_ROW(FakeQuantWithMinMaxArgsGradient, "(float[3] 1 2 3, float[3] -9 0.3 7) -> float[3] 0 2 0");
LEAT_ROW(FakeQuantWithMinMaxVars,
         "(float[5] -9 -1.01 0 0.3 7, float[] -1.1, float[] 2) {num_bits: 4; narrow_range: true} nograd -> "
         "float[5] -1.1071428 -1.1071428 0 0.22142856 1.992857");
LEAT_ROW(FakeQuantWithMinMaxVars, "(float[3] -9 0 7, float[] 0, float[] 0) nograd -> float[3] 0 0 0");
LEAT_ROW(FakeQuantWithMinMaxVars, "(float[3] -9 0 7, float[1] 0, float[] 0) fails 'scalar'");
LEAT_ROW(FakeQuantWithMinMaxVarsGradient,
         "(float[4] 1 2 3 4, float[4] -9 0.3 7 -8, float[] -1, float[] 2) -> "
         "float[4] 0 2 0 0, float[] 5, float[] 3");
LEAT_ROW(FakeQuantWithMinMaxVarsPerChannel,
         "(float[3,2] -9 -1.01 0 0.3 7 1, float[2] -1 -2, float[2] 2 3) nograd -> "
         "float[3,2] -1 -1.0196079 0 0.29411766 2 1");
LEAT_ROW(FakeQuantWithMinMaxVarsPerChannel,
         "(float[3,2] -9 -1.01 0 0.3 7 1, float[1] -1, float[2] 2 3) fails 'each channel'");
LEAT_ROW(FakeQuantWithMinMaxVarsPerChannelGradient,
         "(float[2,2] 1 2 3 4, float[2,2] -9 0.3 7 -8, float[2] -1 -1, float[2] 2 2) -> "
         "float[2,2] 0 2 0 0, float[2] 1 4, float[2] 3 0");
