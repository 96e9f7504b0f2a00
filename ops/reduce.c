/* reduce.c - Sum, Mean, Prod, Max, Min, All, Any, EuclideanNorm. */
#include "ops/reduce-private.h"
#include "ops/grad-private.h"

static leat_status sum_kernel(leat_kernel *k)
{
    return leat_reduce(k, LEAT_REDUCE_SUM, LEAT_FINISH_NONE);
}
static leat_status mean_kernel(leat_kernel *k)
{
    return leat_reduce(k, LEAT_REDUCE_SUM, LEAT_FINISH_MEAN);
}
static leat_status prod_kernel(leat_kernel *k)
{
    return leat_reduce(k, LEAT_REDUCE_PROD, LEAT_FINISH_NONE);
}
static leat_status max_kernel(leat_kernel *k)
{
    return leat_reduce(k, LEAT_REDUCE_MAX, LEAT_FINISH_NONE);
}
static leat_status min_kernel(leat_kernel *k)
{
    return leat_reduce(k, LEAT_REDUCE_MIN, LEAT_FINISH_NONE);
}
static leat_status norm_kernel(leat_kernel *k)
{
    return leat_reduce(k, LEAT_REDUCE_SQUARES, LEAT_FINISH_ROOT);
}

/* ---- gradients ---- */

/* What a gradient knows of the reduction: which axes, as a mask, where input rank and axes are known (else false). */
static bool static_axes(leat_grad *g, unsigned *mask)
{
    leat_shape shape = leat_out_shape(leat_grad_in(g, 0));
    int rank = leat_shape_rank(&shape);
    const leat_op *axes_op = leat_grad_in(g, 1).op;
    *mask = 0;
    if (rank < 0 || axes_op == NULL || strcmp(axes_op->type_name, "Const") != 0)
        return false;
    const leat_tensor *axes = leat_attr_tensor(axes_op, "value");
    for (int64_t i = 0; i < axes->elements; i++) {
        int axis;
        if (!leat_axis_normal(leat_index_at(axes, i), rank, &axis))
            return false;
        *mask |= 1U << axis;
    }
    return true;
}

/* The input's shape with 1 for every reduced axis, computed in the graph. */
static leat_out kept_shape(leat_grad *g, leat_out shape)
{
    leat_out axes = leat_grad_in(g, 1), rank = leat_raw_size(shape);
    if (leat_out_dtype(axes) != LEAT_INT32)
        axes = leat_raw_cast(axes, LEAT_INT32);
    leat_out zero = leat_scalar_int(g->graph, 0), one = leat_scalar_int(g->graph, 1);
    axes = leat_raw_floor_mod(leat_raw_add_v2(axes, rank), rank);
    leat_out axes_1d = leat_raw_reshape(axes, leat_grad_dims(g, (const int64_t[]){-1}, 1));
    leat_out ones = leat_raw_ones_like(axes_1d);
    return leat_raw_dynamic_stitch(LEAT_OUTS(leat_raw_range(zero, rank, one), axes_1d),
                                   LEAT_OUTS(shape, ones));
}

/* `value`, which has the output's shape, with the reduced axes put back as 1. */
static leat_out put_axes_back(leat_grad *g, leat_out value)
{
    unsigned mask;
    if (leat_attr_bool(g->op, "keep_dims"))
        return value;
    leat_shape shape = leat_out_shape(leat_grad_in(g, 0));
    int rank = leat_shape_rank(&shape), unknown = 0;
    if (rank == 0)
        return value;
    if (!static_axes(g, &mask))
        return leat_raw_reshape(value, kept_shape(g, leat_raw_shape(leat_grad_in(g, 0))));
    for (int d = 0; d < rank; d++) {
        if (mask >> d & 1)
            shape.dims[d] = 1;
        unknown += shape.dims[d] < 0;
    }
    if (unknown <= 1) /* one -1 is Reshape's to find out */
        return leat_raw_reshape(value, leat_grad_dims(g, shape.dims, rank));
    return leat_raw_reshape(value, kept_shape(g, leat_raw_shape(leat_grad_in(g, 0))));
}

static leat_out spread(leat_grad *g, leat_out dy)
{
    leat_shape shape = leat_out_shape(leat_grad_in(g, 0));
    if (leat_shape_rank(&shape) == 0)
        return dy;
    return leat_raw_broadcast_to(put_axes_back(g, dy), leat_grad_shape_of(g, leat_grad_in(g, 0)));
}

static void sum_grad(leat_grad *g)
{
    g->dx[0] = spread(g, g->dy[0]);
}

/* The number of elements behind each output: -1 where it is not known before the run. */
static int64_t static_count(leat_grad *g)
{
    unsigned mask;
    leat_shape shape = leat_out_shape(leat_grad_in(g, 0));
    int64_t count = 1;
    if (!static_axes(g, &mask))
        return -1;
    for (int d = 0; d < leat_shape_rank(&shape); d++)
        if (mask >> d & 1) {
            if (shape.dims[d] < 0)
                return -1;
            count *= shape.dims[d];
        }
    return count;
}

/* The small gradient is divided, then spread: the same values as TensorFlow's spread, then divided. */
static void mean_grad(leat_grad *g)
{
    int64_t count = static_count(g);
    leat_out divisor, x = leat_grad_in(g, 0);
    if (count >= 0) {
        divisor = leat_scalar_float(g->graph, (double)count);
    } else {
        leat_out sizes =
            leat_raw_floor_div(leat_raw_size(x), leat_raw_maximum(leat_raw_size(leat_grad_out(g, 0)),
                                                                  leat_scalar_int(g->graph, 1)));
        divisor = leat_raw_cast(sizes, leat_out_dtype(x));
    }
    g->dx[0] = spread(g, leat_raw_real_div(g->dy[0], divisor));
}

/* Shared equally among the elements that are the extreme. */
static void extreme_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), y = put_axes_back(g, leat_grad_out(g, 0));
    leat_out chosen = leat_raw_cast(leat_raw_equal(y, x), leat_out_dtype(x));
    leat_out n = leat_raw_sum(chosen, leat_grad_in(g, 1), .keep_dims = true);
    g->dx[0] = leat_raw_mul(leat_raw_real_div(chosen, n), put_axes_back(g, g->dy[0]));
}

static void norm_grad(leat_grad *g)
{
    leat_out y = put_axes_back(g, leat_grad_out(g, 0));
    g->dx[0] = leat_raw_real_div(leat_grad_in(g, 0), leat_raw_real_div(y, put_axes_back(g, g->dy[0])));
}

/* The product of the others, zeros among them: the products of what stands before and behind each element, after the
 * reduced axes have been brought to the front and made one. */
static void prod_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), zero = leat_scalar_int(g->graph, 0), one = leat_scalar_int(g->graph, 1);
    leat_out rank = leat_raw_rank(x), shape = leat_raw_shape(x), all = leat_raw_range(zero, rank, one);
    leat_out axes = leat_raw_reshape(leat_grad_in(g, 1), leat_grad_dims(g, (const int64_t[]){-1}, 1));
    if (leat_out_dtype(axes) != LEAT_INT32)
        axes = leat_raw_cast(axes, LEAT_INT32);
    axes = leat_raw_floor_mod(leat_raw_add_v2(axes, rank), rank);
    leat_op *others_op = leat_raw_list_diff(all, axes);
    if (others_op == NULL)
        return;
    leat_out others = {others_op, 0};
    leat_out perm = leat_raw_concat_v2(LEAT_OUTS(axes, others), zero);
    leat_out n = leat_raw_prod(leat_raw_gather_v2(shape, axes, zero), zero);
    leat_out m = leat_raw_prod(leat_raw_gather_v2(shape, others, zero), zero);
    leat_out permuted = leat_raw_transpose(x, perm);
    leat_out flat = leat_raw_reshape(permuted, leat_raw_pack(LEAT_OUTS(n, m)));
    leat_out before = leat_raw_cumprod(flat, zero, .exclusive = true);
    leat_out behind = leat_raw_cumprod(flat, zero, .exclusive = true, .reverse = true);
    leat_out product = leat_raw_reshape(leat_raw_mul(before, behind), leat_raw_shape(permuted));
    leat_out slope = leat_raw_transpose(product, leat_raw_invert_permutation(perm));
    g->dx[0] = leat_raw_mul(slope, spread(g, g->dy[0]));
}

/* ---- descriptors ---- */

const leat_op_def leat_op_Sum = LEAT_OP(
    "Sum(input: T, reduction_indices: Tidx) -> output: T; keep_dims: bool = false; T: numeric; Tidx: {int32, int64} = int32",
    .doc = "The sum over the axes named.", .shape = leat_reduce_shape, .kernels = {{sum_kernel}},
    .gradient = sum_grad);

const leat_op_def leat_op_Mean = LEAT_OP(
    "Mean(input: T, reduction_indices: Tidx) -> output: T; keep_dims: bool = false; T: numeric; Tidx: {int32, int64} = int32",
    .doc = "The mean over the axes named; of integers, rounded towards zero.", .shape = leat_reduce_shape,
    .kernels = {{mean_kernel}}, .gradient = mean_grad);

const leat_op_def leat_op_Prod = LEAT_OP(
    "Prod(input: T, reduction_indices: Tidx) -> output: T; keep_dims: bool = false; T: numeric; Tidx: {int32, int64} = int32",
    .doc = "The product over the axes named.", .shape = leat_reduce_shape, .kernels = {{prod_kernel}},
    .gradient = prod_grad);

const leat_op_def leat_op_Max = LEAT_OP(
    "Max(input: T, reduction_indices: Tidx) -> output: T; keep_dims: bool = false; T: real; Tidx: {int32, int64} = int32",
    .doc = "The largest element over the axes named; NaN if there is one.", .shape = leat_reduce_shape,
    .kernels = {{max_kernel}}, .gradient = extreme_grad);

const leat_op_def leat_op_Min = LEAT_OP(
    "Min(input: T, reduction_indices: Tidx) -> output: T; keep_dims: bool = false; T: real; Tidx: {int32, int64} = int32",
    .doc = "The smallest element over the axes named; NaN if there is one.", .shape = leat_reduce_shape,
    .kernels = {{min_kernel}}, .gradient = extreme_grad);

const leat_op_def leat_op_EuclideanNorm = LEAT_OP(
    "EuclideanNorm(input: T, reduction_indices: Tidx) -> output: T; keep_dims: bool = false; T: numeric; Tidx: "
    "{int32, int64} = int32",
    .doc = "The root of the sum of squares over the axes named.", .shape = leat_reduce_shape,
    .kernels = {{norm_kernel}}, .gradient = norm_grad);

const leat_op_def leat_op_All = LEAT_OP(
    "All(input: bool, reduction_indices: Tidx) -> output: bool; keep_dims: bool = false; Tidx: {int32, int64} = int32",
    .doc = "Are all true over the axes named?", .shape = leat_reduce_shape, .kernels = {{min_kernel}},
    .gradient = leat_grad_none);

const leat_op_def leat_op_Any = LEAT_OP(
    "Any(input: bool, reduction_indices: Tidx) -> output: bool; keep_dims: bool = false; Tidx: {int32, int64} = int32",
    .doc = "Is any true over the axes named?", .shape = leat_reduce_shape, .kernels = {{max_kernel}},
    .gradient = leat_grad_none);

LEAT_ROW(Sum, "(double[3,4] -3..3, int32[1] 1)", ref_sum);
LEAT_ROW(Sum, "(double[3,4] -3..3, int32[] 0) {keep_dims: true}", ref_sum);
LEAT_ROW(Sum, "(double[3,4,5,2] -3..3, int64[2] -1 1)", ref_sum);
LEAT_ROW(Sum, "(double[3,4,5] -3..3, int32[2] 0 2) {keep_dims: true}", ref_sum);
LEAT_ROW(Sum, "(double[3,4] -3..3, int32[0])", ref_sum);
LEAT_ROW(Sum, "(double[] -3..3, int32[0])", ref_sum);
LEAT_ROW(Sum, "(float[300000] -3..3, int32[1] 0) nograd", ref_sum);
LEAT_ROW(Sum, "(float[200000,3] -3..3, int32[1] 0) nograd", ref_sum);
LEAT_ROW(Sum, "(float[3,200000] -3..3, int32[1] 1) nograd", ref_sum);
LEAT_ROW(Sum, "(float[70,30,90] -3..3, int32[2] 0 2) nograd", ref_sum);
LEAT_ROW(Sum, "(float[700,900] -3..3, int32[1] 0) nograd", ref_sum);
LEAT_ROW(Sum, "(float[0,3] 0..1, int32[1] 0) -> float[3] 0 0 0");
LEAT_ROW(Sum, "(int8[3] 100 100 100, int32[] 0) -> int8[] 44");
LEAT_ROW(Sum, "(half[3] 1000 0.5 0.5, int32[] 0) -> half[] 1001");
LEAT_ROW(Sum, "(uint64[2] 18446744073709551615 2, int32[] 0) -> uint64[] 1");
LEAT_ROW(Sum, "(float[2,3] 0..1, int32[1] 2) fails 'out of range'");
LEAT_ROW(Sum, "(float[2,3] 0..1, int32[2] 1 -1) fails 'twice'");
LEAT_ROW(Sum, "(double[2,2] 1 2 3 4, int32[1,1] 0) -> double[2] 4 6");
LEAT_ROW(Sum, "(complex64[2,2] 1+1j 2 3 4j, int32[1] 0) -> complex64[2] 4+1j 2+4j");
LEAT_ROW(Sum, "(complex128[2,2] 1+1j 2 3 4j, int32[1] 1) {keep_dims: true} -> complex128[2,1] 3+1j 3+4j");
LEAT_ROW(Sum, "(complex128[2,0], int32[1] 1) -> complex128[2] 0 0");
LEAT_ROW(Sum, "(complex64[] 1j, int32[0]) -> complex64[] 1j");
LEAT_ROW(Mean, "(double[3,4] -3..3, int32[1] 1)", ref_mean);
LEAT_ROW(Mean, "(double[3,4] -3..3, int32[2] 0 1)", ref_mean);
LEAT_ROW(Mean, "(float[300,400] -3..3, int32[2] 0 1) nograd", ref_mean);
LEAT_ROW(Mean, "(int32[4] 1 2 4 -9, int32[] 0) -> int32[] 0");
LEAT_ROW(Mean, "(uint8[2] 200 200, int32[] 0) -> uint8[] 200");
LEAT_ROW(Mean, "(float[0,2] 0..1, int32[] 0) nograd -> float[2] nan nan");
LEAT_ROW(Mean, "(int32[0,2], int32[] 0) -> int32[2] 0 0");
LEAT_ROW(Mean, "(float[2,1,2] 1 2 3 4, int32[1,2] 0 1) {keep_dims: true} -> float[1,1,2] 2 3");
LEAT_ROW(Mean, "(complex128[2,2] 1+1j 2 3 4j, int32[2] 0 1) -> complex128[] 1.5+1.25j");
LEAT_ROW(Mean, "(complex64[2,0], int32[1] 1) -> complex64[2] 0 0");
LEAT_ROW(Prod, "(double[3,4] -3..3, int32[1] 1)", ref_prod);
LEAT_ROW(Prod, "(double[2,3,2] -3..3, int32[2] 0 2)", ref_prod);
LEAT_ROW(Prod, "(double[3] 0 2 3, int32[] 0) -> double[] 0");
LEAT_ROW(Prod, "(int32[3] 2 3 4, int32[] 0) -> int32[] 24");
LEAT_ROW(Prod, "(float[0], int32[] 0) nograd -> float[] 1");
LEAT_ROW(Prod, "(complex64[2] 1 2, int32[1] 0) fails 'no kernel for complex64'");
LEAT_ROW(Max, "(double[3,4] -3..3, int32[1] 1)", ref_max);
LEAT_ROW(Max, "(double[3,4] -3..3, int32[1] 0) {keep_dims: true}", ref_max);
LEAT_ROW(Max, "(float[3,3] 1 nan 3 nan nan nan inf -inf 2, int32[] 1) nograd -> float[3] nan nan inf");
LEAT_ROW(Max, "(float[0,2], int32[] 0) nograd -> float[2] -inf -inf");
LEAT_ROW(Max, "(int32[0,2], int32[] 0) -> int32[2] -2147483648 -2147483648");
LEAT_ROW(Max, "(uint64[2] 18446744073709551615 2, int32[] 0) -> uint64[] 18446744073709551615");
LEAT_ROW(Min, "(double[3,4] -3..3, int32[1] 1)", ref_min);
LEAT_ROW(Min, "(float[100,3,70] -3..3, int32[2] 0 2) nograd", ref_min);
LEAT_ROW(Min, "(int8[3] 3 -128 5, int32[] 0) -> int8[] -128");
LEAT_ROW(Min, "(bfloat16[2] 1 0.5, int32[] 0) -> bfloat16[] 0.5");
LEAT_ROW(EuclideanNorm, "(double[3,4] -3..3, int32[1] 1)", ref_euclidean_norm);
LEAT_ROW(EuclideanNorm, "(int32[2,3] 3 4 5 -6 8 0, int32[] 1) -> int32[2] 7 10");
LEAT_ROW(EuclideanNorm, "(uint16[3] 3 4 5, int32[] 0) -> uint16[] 7");
LEAT_ROW(EuclideanNorm, "(double[3,4] -3..3, int32[2] 0 1) {keep_dims: true}", ref_euclidean_norm);
LEAT_ROW(All, "(bool[2,2] true false true true, int32[] 1) -> bool[2] false true");
LEAT_ROW(All, "(bool[0,2], int32[] 0) -> bool[2] true true");
LEAT_ROW(All, "(bool[2] true false, int32[1,1] 0) -> bool[] false");
LEAT_ROW(Any, "(bool[2,2] false false true false, int32[] 1) -> bool[2] false true");
LEAT_ROW(Any, "(bool[0,2], int32[] 0) {keep_dims: true} -> bool[1,2] false false");
