/* activation.c - rectifiers and their like, with the ops of their gradients. */
#include <math.h>
#include "ops/elementwise-private.h"
#include "ops/grad-private.h"

/* ---- forward ---- */

#define INT_RECTIFIERS(dtype_, type_)                                                                        \
    LEAT_LOOP1(relu_##dtype_, type_, type_, x < (type_)1 ? (type_)0 : x)                                     \
    LEAT_LOOP1(relu6_##dtype_, type_, type_, x<(type_)1 ? (type_)0 : x>(type_) 6 ? (type_)6 : x)             \
    LEAT_LOOP2(relu_grad_##dtype_, type_, type_, y < (type_)1 ? (type_)0 : x)                                \
    LEAT_LOOP2(relu6_grad_##dtype_, type_, type_, y<(type_)1 || y>(type_) 5 ? (type_)0 : x)
LEAT_FOR_INTS(INT_RECTIFIERS)
#define RELU_ENTRY(dtype_, type_) [dtype_] = relu_##dtype_,
#define RELU6_ENTRY(dtype_, type_) [dtype_] = relu6_##dtype_,
#define RELU_GRAD_ENTRY(dtype_, type_) [dtype_] = relu_grad_##dtype_,
#define RELU6_GRAD_ENTRY(dtype_, type_) [dtype_] = relu6_grad_##dtype_,

static leat_status relu_kernel(leat_kernel *k)
{
    static const leat_unary_loops loops = {.float1 = LEAT_VECTOR_RELU + 1,
                                           .by_dtype = {LEAT_FOR_INTS(RELU_ENTRY)}};
    return leat_unary(k, &loops);
}
static leat_status relu6_kernel(leat_kernel *k)
{
    static const leat_unary_loops loops = {.float1 = LEAT_VECTOR_RELU6 + 1,
                                           .by_dtype = {LEAT_FOR_INTS(RELU6_ENTRY)}};
    return leat_unary(k, &loops);
}
LEAT_VECTOR_KERNEL1(elu_kernel, ELU, MATH)
LEAT_VECTOR_KERNEL1(selu_kernel, SELU, MATH)
LEAT_VECTOR_KERNEL1(softplus_kernel, SOFTPLUS, MATH)
LEAT_VECTOR_KERNEL1(softsign_kernel, SOFTSIGN, CHEAP)

static void relu_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_relu_grad(g->dy[0], leat_grad_out(g, 0));
}
static void relu6_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_relu6_grad(g->dy[0], leat_grad_out(g, 0));
}
static void elu_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_elu_grad(g->dy[0], leat_grad_out(g, 0));
}
static void selu_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_selu_grad(g->dy[0], leat_grad_out(g, 0));
}
static void softplus_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_softplus_grad(g->dy[0], leat_grad_in(g, 0));
}
static void softsign_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_softsign_grad(g->dy[0], leat_grad_in(g, 0));
}

const leat_op_def leat_op_Relu = LEAT_OP(
    "Relu(features: T) -> activations: T; T: real", .doc = "max(features, 0).", .shape = leat_shape_same,
    .kernels = {{relu_kernel}}, .gradient = relu_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Relu6 = LEAT_OP(
    "Relu6(features: T) -> activations: T; T: real", .doc = "min(max(features, 0), 6).",
    .shape = leat_shape_same, .kernels = {{relu6_kernel}}, .gradient = relu6_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Elu =
    LEAT_OP("Elu(features: T) -> activations: T; T: floating",
            .doc = "x where x is positive, else exp(x) - 1.", .shape = leat_shape_same,
            .kernels = {{elu_kernel, .label = "vector"}}, .gradient = elu_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Selu =
    LEAT_OP("Selu(features: T) -> activations: T; T: floating",
            .doc = "Elu scaled so that activations keep mean 0 and variance 1.", .shape = leat_shape_same,
            .kernels = {{selu_kernel, .label = "vector"}}, .gradient = selu_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Softplus =
    LEAT_OP("Softplus(features: T) -> activations: T; T: floating", .doc = "log(exp(features) + 1).",
            .shape = leat_shape_same, .kernels = {{softplus_kernel, .label = "vector"}},
            .gradient = softplus_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Softsign =
    LEAT_OP("Softsign(features: T) -> activations: T; T: floating", .doc = "features / (|features| + 1).",
            .shape = leat_shape_same, .kernels = {{softsign_kernel}}, .gradient = softsign_grad,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(Relu, "(double[2,3] -3..3)", x > 0 ? x : 0);
LEAT_ROW(Relu, "(float[4] nan -inf -0 inf) nograd -> float[4] nan 0 0 inf");
LEAT_ROW(Relu, "(int32[3] -5 0 5) -> int32[3] 0 0 5");
LEAT_ROW(Relu6, "(double[2,6] -3..12)", x > 6 ? 6 : x > 0 ? x : 0);
LEAT_ROW(Relu6, "(float[4] nan -inf 7 inf) nograd -> float[4] nan 0 6 6");
LEAT_ROW(Relu6, "(int8[3] -5 4 50) -> int8[3] 0 4 6");
LEAT_ROW(Elu, "(double[2,3] -3..3)", x < 0 ? expm1(x) : x);
LEAT_ROW(Elu, "(float[1001] -30..30) tol 2e-7 nograd", x < 0 ? expm1(x) : x);
LEAT_ROW(Elu, "(float[3] nan -inf inf) nograd -> float[3] nan -1 inf");
LEAT_ROW(Selu, "(double[2,3] -3..3)", x < 0 ? 1.7580993408473768 * expm1(x) : 1.0507009873554805 * x);
LEAT_ROW(Selu, "(float[1001] -30..30) tol 2e-7 nograd",
         x < 0 ? 1.7580993408473768 * expm1(x) : 1.0507009873554805 * x);
LEAT_ROW(Softplus, "(double[2,3] -3..3)", log1p(exp(x)));
LEAT_ROW(Softplus, "(float[1001] -30..30) tol 2e-7 nograd", log1p(exp(x)));
LEAT_ROW(Softplus, "(float[4] nan -inf inf 1000) nograd -> float[4] nan 0 inf 1000");
LEAT_ROW(Softsign, "(double[2,3] -3..3)", x / (1 + fabs(x)));

/* ---- LeakyRelu: its slope is an attribute ---- */

struct leaky {
    const leat_tensor *gradients, *features; /* gradients NULL: forward */
    leat_tensor *out;
    float alpha;
};

#define LEAKY_LOOP(type_)                                                                                    \
    {                                                                                                        \
        const type_ *f = r->features->data, *dy = r->gradients ? r->gradients->data : f;                     \
        type_ *out = r->out->data, alpha = (type_)r->alpha;                                                  \
        LEAT_IVDEP                                                                                           \
        for (int64_t i = begin; i < end; i++)                                                                \
            out[i] = f[i] > 0 ? dy[i] : dy[i] * alpha;                                                       \
        return;                                                                                              \
    }

static void leaky_range(int64_t begin, int64_t end, void *arg)
{
    const struct leaky *r = arg;
    if (r->out->dtype == LEAT_FLOAT)
        LEAKY_LOOP(float)
    if (r->out->dtype == LEAT_DOUBLE)
        LEAKY_LOOP(double)
    leat_dtype dtype = r->out->dtype;
    const uint16_t *features = r->features->data, *gradients = r->gradients ? r->gradients->data : features;
    for (int64_t i = begin; i < end; i++) {
        float f, dy;
        leat_floats_from_16(dtype, &f, &features[i], 1);
        leat_floats_from_16(dtype, &dy, &gradients[i], 1);
        dy = f > 0 ? dy : dy * r->alpha;
        leat_floats_to_16(dtype, (uint16_t *)r->out->data + i, &dy, 1);
    }
}

static leat_status leaky_relu_kernel(leat_kernel *k)
{
    struct leaky r = {NULL, k->in[0], &k->out[0], leat_attr_float(k->op, "alpha")};
    LEAT_TRY(leat_out_reuse(k, 0, 0, &k->in[0]->shape));
    leat_ranges(k, k->in[0]->elements, LEAT_GRAIN_CHEAP, leaky_range, &r);
    return LEAT_OK;
}
static leat_status leaky_relu_grad_kernel(leat_kernel *k)
{
    struct leaky r = {k->in[0], k->in[1], &k->out[0], leat_attr_float(k->op, "alpha")};
    if (!leat_shape_equal(k->in[0]->shape, k->in[1]->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "gradients and features must have one shape");
    LEAT_TRY(leat_out_reuse(k, 0, 0, &k->in[0]->shape));
    leat_ranges(k, k->in[0]->elements, LEAT_GRAIN_CHEAP, leaky_range, &r);
    return LEAT_OK;
}

static void leaky_relu_grad(leat_grad *g)
{
    g->dx[0] =
        leat_raw_leaky_relu_grad(g->dy[0], leat_grad_in(g, 0), .alpha = leat_attr_float(g->op, "alpha"));
}
/* Of the gradient by the features, whose steps are flat: zeros, not nothing, as TensorFlow's. */
static leat_out flat(leat_grad *g)
{
    return leat_grad_wanted(g, 1) ? leat_raw_zeros_like(leat_grad_in(g, 1)) : LEAT_NO_OUT;
}
static void leaky_relu_grad_grad(leat_grad *g)
{
    g->dx[1] = flat(g);
    g->dx[0] =
        leat_raw_leaky_relu_grad(g->dy[0], leat_grad_in(g, 1), .alpha = leat_attr_float(g->op, "alpha"));
}

const leat_op_def leat_op_LeakyRelu =
    LEAT_OP("LeakyRelu(features: T) -> activations: T; alpha: float = 0.2; T: floating = float",
            .doc = "x where x is positive, else alpha * x.", .shape = leat_shape_same,
            .kernels = {{leaky_relu_kernel}}, .gradient = leaky_relu_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_LeakyReluGrad = LEAT_OP(
    "LeakyReluGrad(gradients: T, features: T) -> backprops: T; alpha: float = 0.2; T: floating = float",
    .doc = "The gradient of LeakyRelu.", .shape = leat_shape_same_merged,
    .kernels = {{leaky_relu_grad_kernel}}, .gradient = leaky_relu_grad_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(LeakyRelu, "(double[2,3] -3..3) {alpha: 0.25}", x > 0 ? x : 0.25 * x);
LEAT_ROW(LeakyRelu, "(float[4] nan -inf -0 inf) {alpha: 0.5} nograd -> float[4] nan -inf -0 inf");
LEAT_ROW(LeakyReluGrad, "(double[2,3] -3..3, double[2,3] -3..3) {alpha: 0.25}", y > 0 ? x : 0.25 * x);
LEAT_ROW(LeakyReluGrad, "(half[2] 1 1, half[2] -1 1) {alpha: 0.5} -> half[2] 0.5 1");

/* ---- the gradients' ops: f(gradients, features or outputs) ---- */

static leat_status same_shapes(leat_kernel *k)
{
    if (!leat_shape_equal(k->in[0]->shape, k->in[1]->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "the gradients and their op's values must have one shape");
    return LEAT_OK;
}
static leat_status relu_grad_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {.float2 = LEAT_VECTOR_RELU_GRAD + 1,
                                            .by_dtype = {LEAT_FOR_INTS(RELU_GRAD_ENTRY)}};
    LEAT_TRY(same_shapes(k));
    return leat_binary(k, &loops);
}
static leat_status relu6_grad_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {.float2 = LEAT_VECTOR_RELU6_GRAD + 1,
                                            .by_dtype = {LEAT_FOR_INTS(RELU6_GRAD_ENTRY)}};
    LEAT_TRY(same_shapes(k));
    return leat_binary(k, &loops);
}
#define GRADIENT_KERNEL_COMPLEX(name_, vector_, complex_)                                                    \
    static leat_status name_(leat_kernel *k)                                                                 \
    {                                                                                                        \
        static const leat_binary_loops loops = {.float2 = LEAT_VECTOR_##vector_ + 1,                         \
                                                .of_complex = complex_ + 1};                                 \
        LEAT_TRY(same_shapes(k));                                                                            \
        return leat_binary(k, &loops);                                                                       \
    }
#define GRADIENT_KERNEL(name_, vector_)                                                                      \
    LEAT_VECTOR_KERNEL2(name_##_any, vector_)                                                                \
    static leat_status name_(leat_kernel *k)                                                                 \
    {                                                                                                        \
        LEAT_TRY(same_shapes(k));                                                                            \
        return name_##_any(k);                                                                               \
    }
GRADIENT_KERNEL(elu_grad_kernel, ELU_GRAD)
GRADIENT_KERNEL(selu_grad_kernel, SELU_GRAD)
GRADIENT_KERNEL(softsign_grad_kernel, SOFTSIGN_GRAD)

/* dy * sigmoid(x), in blocks; shapes are the same, so that there is no scalar operand. */
static void softplus_grad_f32(const void *a, const void *b, void *out, size_t n, int mode)
{
    const leat_vector *v = leat_vector_get();
    float block[512];
    (void)mode;
    for (size_t i = 0; i < n; i += LEAT_LEN(block)) {
        size_t m = LEAT_MIN(n - i, LEAT_LEN(block));
        v->float1[LEAT_VECTOR_SIGMOID][LEAT_VECTOR_F32]((const float *)b + i, block, m);
        v->binary[LEAT_VECTOR_MUL][LEAT_VECTOR_F32]((const float *)a + i, block, (float *)out + i, m,
                                                    LEAT_BOTH);
    }
}
static void softplus_grad_f64(const void *a, const void *b, void *out, size_t n, int mode)
{
    const double *dy = a, *x = b;
    double *to = out;
    (void)mode;
    for (size_t i = 0; i < n; i++)
        to[i] = dy[i] / (exp(-x[i]) + 1);
}
static leat_status softplus_grad_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {
        .by_dtype = {[LEAT_FLOAT] = softplus_grad_f32, [LEAT_DOUBLE] = softplus_grad_f64},
        .grain = LEAT_GRAIN_MATH};
    LEAT_TRY(same_shapes(k));
    return leat_binary(k, &loops);
}

static void relu_grad_grad(leat_grad *g)
{
    g->dx[1] = flat(g);
    g->dx[0] = leat_raw_relu_grad(g->dy[0], leat_grad_in(g, 1));
}
static void relu6_grad_grad(leat_grad *g)
{
    g->dx[1] = flat(g);
    g->dx[0] = leat_raw_relu6_grad(g->dy[0], leat_grad_in(g, 1));
}
/* dy * gradients where the output is negative. */
static leat_out where_negative(leat_grad *g)
{
    leat_out outputs = leat_grad_in(g, 1);
    return leat_raw_select_v2(leat_raw_less(outputs, leat_scalar_float(g->graph, 0.0)),
                              leat_raw_mul(g->dy[0], leat_grad_in(g, 0)), leat_raw_zeros_like(outputs));
}
static void elu_grad_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_elu_grad(g->dy[0], leat_grad_in(g, 1));
    g->dx[1] = where_negative(g);
}
static void selu_grad_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_selu_grad(g->dy[0], leat_grad_in(g, 1));
    g->dx[1] = where_negative(g);
}
static void softplus_grad_grad(leat_grad *g)
{
    leat_out dy = leat_grad_in(g, 0), x = leat_grad_in(g, 1), two = leat_scalar_float(g->graph, 2.0);
    g->dx[0] = leat_raw_softplus_grad(g->dy[0], x);
    leat_out bell = leat_raw_add_v2(leat_raw_add_v2(leat_raw_exp(leat_raw_neg(x)), two), leat_raw_exp(x));
    g->dx[1] = leat_raw_real_div(leat_raw_mul(g->dy[0], dy), bell);
}

const leat_op_def leat_op_ReluGrad =
    LEAT_OP("ReluGrad(gradients: T, features: T) -> backprops: T; T: real", .doc = "The gradient of Relu.",
            .shape = leat_shape_same_merged, .kernels = {{relu_grad_kernel}}, .gradient = relu_grad_grad,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Relu6Grad =
    LEAT_OP("Relu6Grad(gradients: T, features: T) -> backprops: T; T: real", .doc = "The gradient of Relu6.",
            .shape = leat_shape_same_merged, .kernels = {{relu6_grad_kernel}}, .gradient = relu6_grad_grad,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_EluGrad =
    LEAT_OP("EluGrad(gradients: T, outputs: T) -> backprops: T; T: floating",
            .doc = "The gradient of Elu, from its output.", .shape = leat_shape_same_merged,
            .kernels = {{elu_grad_kernel}}, .gradient = elu_grad_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_SeluGrad =
    LEAT_OP("SeluGrad(gradients: T, outputs: T) -> backprops: T; T: floating",
            .doc = "The gradient of Selu, from its output.", .shape = leat_shape_same_merged,
            .kernels = {{selu_grad_kernel}}, .gradient = selu_grad_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_SoftplusGrad =
    LEAT_OP("SoftplusGrad(gradients: T, features: T) -> backprops: T; T: floating",
            .doc = "The gradient of Softplus.", .shape = leat_shape_same_merged,
            .kernels = {{softplus_grad_kernel}}, .gradient = softplus_grad_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_SoftsignGrad =
    LEAT_OP("SoftsignGrad(gradients: T, features: T) -> backprops: T; T: floating",
            .doc = "The gradient of Softsign.", .shape = leat_shape_same_merged,
            .kernels = {{softsign_grad_kernel}}, .gradient = leat_grad_missing, .flags = LEAT_OP_INPLACE);

LEAT_ROW(ReluGrad, "(double[2,3] -3..3, double[2,3] -3..3)", y > 0 ? x : 0);
LEAT_ROW(ReluGrad, "(float[4] 3 nan 3 inf, float[4] nan 1 0 1) nograd -> float[4] 0 nan 0 inf");
LEAT_ROW(ReluGrad, "(int32[2] 3 4, int32[2] -1 1) -> int32[2] 0 4");
LEAT_ROW(ReluGrad, "(float[2] 3 4, float[3] 1 2 3) fails 'shape'");
LEAT_ROW(Relu6Grad, "(double[2,6] -3..3, double[2,6] -3..12)", y > 0 && y < 6 ? x : 0);
LEAT_ROW(EluGrad, "(double[2,3] -3..3, double[2,3] -0.9..3)", y < 0 ? (y + 1) * x : x);
LEAT_ROW(SeluGrad, "(double[2,3] -3..3, double[2,3] -0.9..3)",
         y < 0 ? x * (y + 1.7580993408473768) : x * 1.0507009873554805);
LEAT_ROW(SoftplusGrad, "(double[2,3] -3..3, double[2,3] -3..3)", x / (1 + exp(-y)));
LEAT_ROW(SoftplusGrad, "(float[2000] -3..3, float[2000] -3..3) nograd tol 3e-7", x / (1 + exp(-y)));
LEAT_ROW(SoftsignGrad, "(double[2,3] -3..3, double[2,3] -3..3)", x / ((1 + fabs(y)) * (1 + fabs(y))));

/* ---- the gradients' ops: f(outputs, gradients) ---- */

GRADIENT_KERNEL(tanh_grad_kernel, TANH_GRAD)
GRADIENT_KERNEL(sigmoid_grad_kernel, SIGMOID_GRAD)
GRADIENT_KERNEL_COMPLEX(sqrt_grad_kernel, SQRT_GRAD, LEAT_COMPLEX_SQRT_GRAD)
GRADIENT_KERNEL(rsqrt_grad_kernel, RSQRT_GRAD)
GRADIENT_KERNEL_COMPLEX(inv_grad_kernel, INV_GRAD, LEAT_COMPLEX_INV_GRAD)

static void tanh_grad_grad(leat_grad *g)
{
    leat_out y = leat_grad_in(g, 0), b = leat_grad_in(g, 1), minus_two = leat_scalar_float(g->graph, -2.0);
    g->dx[0] = leat_raw_mul(leat_raw_mul(leat_raw_mul(g->dy[0], minus_two), b), y);
    g->dx[1] = leat_raw_tanh_grad(y, g->dy[0]);
}
static void sigmoid_grad_grad(leat_grad *g)
{
    leat_out y = leat_grad_in(g, 0), gb = leat_raw_mul(g->dy[0], leat_grad_in(g, 1));
    leat_out two = leat_scalar_float(g->graph, 2.0);
    g->dx[0] = leat_raw_sub(gb, leat_raw_mul(leat_raw_mul(two, gb), y));
    g->dx[1] = leat_raw_sigmoid_grad(y, g->dy[0]);
}
static void sqrt_grad_grad(leat_grad *g)
{
    leat_out ga = leat_raw_real_div(g->dy[0], leat_grad_in(g, 0));
    g->dx[0] = leat_raw_mul(leat_raw_neg(leat_grad_conj(ga)), leat_grad_out(g, 0));
    g->dx[1] = leat_raw_mul(leat_scalar_float(g->graph, 0.5), ga);
}
static void rsqrt_grad_grad(leat_grad *g)
{
    leat_out y = leat_grad_in(g, 0), factor = leat_scalar_float(g->graph, -1.5);
    g->dx[0] =
        leat_raw_mul(leat_raw_mul(leat_raw_mul(factor, g->dy[0]), leat_grad_in(g, 1)), leat_raw_square(y));
    g->dx[1] = leat_raw_rsqrt_grad(y, g->dy[0]);
}
static void inv_grad_grad(leat_grad *g)
{
    leat_out y = leat_grad_conj(leat_grad_in(g, 0)), factor = leat_scalar_float(g->graph, -2.0);
    g->dx[0] =
        leat_raw_mul(leat_raw_mul(leat_raw_mul(factor, leat_grad_conj(g->dy[0])), leat_grad_in(g, 1)), y);
    g->dx[1] = leat_raw_inv_grad(y, g->dy[0]);
}

const leat_op_def leat_op_TanhGrad =
    LEAT_OP("TanhGrad(y: T, dy: T) -> z: T; T: inexact", .doc = "The gradient of Tanh: dy * (1 - y * y).",
            .shape = leat_shape_same_merged, .kernels = {{tanh_grad_kernel}}, .gradient = tanh_grad_grad,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_SigmoidGrad =
    LEAT_OP("SigmoidGrad(y: T, dy: T) -> z: T; T: inexact",
            .doc = "The gradient of Sigmoid: dy * y * (1 - y).", .shape = leat_shape_same_merged,
            .kernels = {{sigmoid_grad_kernel}}, .gradient = sigmoid_grad_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_SqrtGrad =
    LEAT_OP("SqrtGrad(y: T, dy: T) -> z: T; T: inexact", .doc = "The gradient of Sqrt: dy * 0.5 / y.",
            .shape = leat_shape_same_merged, .kernels = {{sqrt_grad_kernel}}, .gradient = sqrt_grad_grad,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_RsqrtGrad =
    LEAT_OP("RsqrtGrad(y: T, dy: T) -> z: T; T: inexact", .doc = "The gradient of Rsqrt: dy * -0.5 * y^3.",
            .shape = leat_shape_same_merged, .kernels = {{rsqrt_grad_kernel}}, .gradient = rsqrt_grad_grad,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_ReciprocalGrad =
    LEAT_OP("ReciprocalGrad(y: T, dy: T) -> z: T; T: inexact",
            .doc = "The gradient of Reciprocal: -dy * y * y.", .shape = leat_shape_same_merged,
            .kernels = {{inv_grad_kernel}}, .gradient = inv_grad_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_InvGrad =
    LEAT_OP("InvGrad(y: T, dy: T) -> z: T; T: inexact", .doc = "The gradient of Inv: -dy * y * y.",
            .shape = leat_shape_same_merged, .kernels = {{inv_grad_kernel}}, .gradient = inv_grad_grad,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(TanhGrad, "(double[2,3] -0.9..0.9, double[2,3] -3..3)", y *(1 - x * x));
LEAT_ROW(SigmoidGrad, "(double[2,3] 0.1..0.9, double[2,3] -3..3)", y *x *(1 - x));
LEAT_ROW(SigmoidGrad, "(float[50] 0.1..0.9, float[50] -3..3) tol 3e-7 nograd", y *x *(1 - x));
LEAT_ROW(SqrtGrad, "(double[2,3] 0.5..2, double[2,3] -3..3)", 0.5 * y / x);
LEAT_ROW(SqrtGrad, "(complex128[1] 1+1j, complex128[1] 2) -> complex128[1] 0.5+0.5j");
LEAT_ROW(RsqrtGrad, "(double[2,3] 0.5..2, double[2,3] -3..3)", -0.5 * y * x * x * x);
LEAT_ROW(ReciprocalGrad, "(double[2,3] 0.5..2, double[2,3] -3..3)", -y *x *x);
LEAT_ROW(InvGrad, "(double[2,3] 0.5..2, double[2,3] -3..3)", -y *x *x);
LEAT_ROW(InvGrad, "(complex128[1] 1+1j, complex128[1] 2j) -> complex128[1] -4");
