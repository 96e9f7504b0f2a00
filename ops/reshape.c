/* reshape.c - Reshape, Squeeze, ExpandDims: other shapes of the same buffer. */
#include "ops/ops-private.h"
#include "ops/grad-private.h"

/* ---- Reshape ---- */

/* The new shape from the vector `want`, of which one element may be -1; `have` is known. NULL, or the reason why not. A size
 * of 0 is left out, with the zeros of `have`, when the free one is worked out: [0, 3] as [0, -1] is [0, 3]. */
static const char *resolve_reshape(leat_shape *want, const leat_shape *have)
{
    int64_t product = 1, elements = 1, total = leat_dims_product(have, 0, leat_shape_rank(have));
    int free_dim = -1;
    bool zero = false;
    for (int d = 0; d < leat_shape_rank(want); d++) {
        if (want->dims[d] == -1) {
            if (free_dim >= 0)
                return "Only one input size may be -1";
            free_dim = d;
        } else if (want->dims[d] < 0) {
            return "a size is negative";
        } else if (want->dims[d] == 0) {
            zero = true;
        } else if (__builtin_mul_overflow(product, want->dims[d], &product)) {
            return "the requested shape has too many elements";
        }
    }
    for (int d = 0; d < leat_shape_rank(have); d++)
        if (have->dims[d] > 0 || !zero)
            elements *= have->dims[d];
    if (free_dim >= 0) {
        if (!zero && elements % product != 0)
            return "the number of values is no multiple of what the requested shape needs";
        want->dims[free_dim] = elements / product;
        product = elements;
    }
    return (zero ? 0 : product) == total ? NULL : "the requested shape has another number of values";
}

static leat_status reshape_kernel(leat_kernel *k)
{
    const leat_tensor *sizes = k->in[1];
    char text[128];
    if (leat_shape_rank(&sizes->shape) > 1 || sizes->elements > LEAT_MAX_RANK) /* a scalar is one size */
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "the shape must be a vector of at most %d sizes", LEAT_MAX_RANK);
    leat_shape want = {.rank_plus_1 = (int32_t)sizes->elements + 1};
    for (int64_t i = 0; i < sizes->elements; i++)
        want.dims[i] = leat_index_at(sizes, i);
    leat_shape asked = want;
    const char *reason = resolve_reshape(&want, &k->in[0]->shape);
    if (reason != NULL)
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT, "Input to reshape is a tensor with %lld values, not %s: %s",
            (long long)k->in[0]->elements, leat_shape_print(asked, text, sizeof text), reason);
    return leat_out_alias(k, &want);
}

static leat_status reshape_shape(leat_infer *c)
{
    if (leat_shape_rank(c->in[1]) > 1)
        return leat_infer_fail(c, "the shape must be a vector");
    leat_tensor *sizes = leat_infer_value(c, 1);
    if (sizes == NULL) { /* unknown sizes, as -1: nothing is to be resolved */
        c->out[0] = leat_infer_value_as_shape(c, 1);
        return LEAT_OK;
    }
    leat_shape want = {.rank_plus_1 = (int32_t)sizes->elements + 1};
    bool fits = sizes->elements <= LEAT_MAX_RANK;
    for (int64_t i = 0; i < sizes->elements && fits; i++)
        want.dims[i] = leat_index_at(sizes, i);
    leat_tensor_unref(sizes);
    if (!fits)
        return leat_infer_fail(c, "more than %d dimensions", LEAT_MAX_RANK);
    int free_dims = 0;
    for (int d = 0; d < leat_shape_rank(&want); d++) {
        if (want.dims[d] < -1)
            return leat_infer_fail(c, "size %d is negative: %lld", d, (long long)want.dims[d]);
        free_dims += want.dims[d] == -1;
    }
    if (free_dims > 1)
        return leat_infer_fail(c, "Only one input size may be -1");
    if (leat_shape_known(c->in[0])) {
        const char *reason = resolve_reshape(&want, c->in[0]);
        if (reason != NULL)
            return leat_infer_fail(c, "%s", reason);
    }
    c->out[0] = want;
    return LEAT_OK;
}

static void reshape_back_grad(leat_grad *g)
{
    g->dx[0] = leat_grad_reshape_like(g, g->dy[0], leat_grad_in(g, 0));
}

const leat_op_def leat_op_Reshape =
    LEAT_OP("Reshape(tensor: T, shape: Tshape) -> output: T; T: type; Tshape: {int32, int64} = int32",
            .doc = "The elements of tensor under another shape; one size may be -1.", .shape = reshape_shape,
            .kernels = {{reshape_kernel}}, .gradient = reshape_back_grad, .flags = LEAT_OP_ALIAS);

LEAT_ROW(Reshape, "(double[2,3] 1 2 3 4 5 6, int32[2] 3 2) -> double[3,2] 1 2 3 4 5 6");
LEAT_ROW(Reshape, "(double[2,3] 1 2 3 4 5 6, int64[1] -1) -> double[6] 1 2 3 4 5 6");
LEAT_ROW(Reshape, "(double[1] 7, int32[0]) -> double[] 7");
LEAT_ROW(Reshape, "(string[2] 'a' 'b', int32[2] 1 2) -> string[1,2] 'a' 'b'");
LEAT_ROW(Reshape, "(float[0,3], int32[2] 0 -1) nograd -> float[0,3]");
LEAT_ROW(Reshape, "(float[0,5], int32[3] -1 0 2) nograd -> float[2,0,2]");
LEAT_ROW(Reshape, "(float[2] 0..1, int32[2] -1 0) fails ''");
LEAT_ROW(Reshape, "(float[0,3], int32[2] -1 3) nograd -> float[0,3]");
LEAT_ROW(Reshape, "(float[2,3] 0..1, int32[2] -1 -1) fails 'Only one input size may be -1'");
LEAT_ROW(Reshape, "(float[2,3] 0..1, int32[2] 4 -1) fails ''");
LEAT_ROW(Reshape, "(float[2,3] 0..1, int32[2] 4 2) fails ''");
LEAT_ROW(Reshape, "(float[2,3] 0..1, int64[3] 1048576 1048576 1099511627776) fails ''");
LEAT_ROW(Reshape, "(float[2,3] 0..1, int32[2] -6 -1) fails ''");
LEAT_ROW(Reshape, "(float[2,1] 1 2, int32[] 2) -> float[2] 1 2");
LEAT_ROW(Reshape, "(float[2,1] 1 2, int32[] -1) -> float[2] 1 2");
LEAT_ROW(Reshape, "(float[2,1] 1 2, int32[1,1] 2) fails 'vector'");

/* ---- Squeeze ---- */

/* NULL, or the reason why not. Unknown dimensions (shape inference) may be squeezed if named. */
static const char *squeezed(const leat_op *op, const leat_shape *in, leat_shape *out)
{
    const int64_t *axes;
    size_t n = leat_attr_ints(op, "squeeze_dims", &axes);
    int rank = leat_shape_rank(in);
    unsigned mask = 0;
    for (size_t i = 0; i < n; i++) {
        int axis;
        if (!leat_axis_normal(axes[i], rank, &axis))
            return "an axis is out of range";
        if (in->dims[axis] != 1 && in->dims[axis] >= 0)
            return "Can not squeeze a dimension that is not 1";
        mask |= 1U << axis;
    }
    *out = (leat_shape){.rank_plus_1 = 1};
    for (int d = 0; d < rank; d++)
        if (n > 0 ? !(mask >> d & 1) : in->dims[d] != 1)
            out->dims[out->rank_plus_1++ - 1] = in->dims[d];
    return NULL;
}

static leat_status squeeze_kernel(leat_kernel *k)
{
    leat_shape out;
    char text[128];
    const char *reason = squeezed(k->op, &k->in[0]->shape, &out);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s; the input's shape is %s", reason,
                                leat_shape_print(k->in[0]->shape, text, sizeof text));
    return leat_out_alias(k, &out);
}

static leat_status squeeze_shape(leat_infer *c)
{
    const int64_t *axes;
    size_t n = leat_attr_ints(c->op, "squeeze_dims", &axes);
    if (leat_shape_rank(c->in[0]) < 0 || (n == 0 && !leat_shape_known(c->in[0])))
        return LEAT_OK; /* any unknown dimension may turn out to be 1 */
    const char *reason = squeezed(c->op, c->in[0], &c->out[0]);
    return reason != NULL ? leat_infer_fail(c, "%s", reason) : LEAT_OK;
}

const leat_op_def leat_op_Squeeze =
    LEAT_OP("Squeeze(input: T) -> output: T; T: type; squeeze_dims: list(int) = []",
            .doc = "Without the dimensions of size 1, or without those named.", .shape = squeeze_shape,
            .kernels = {{squeeze_kernel}}, .gradient = reshape_back_grad, .flags = LEAT_OP_ALIAS);

LEAT_ROW(Squeeze, "(double[1,2,1] 1 2) -> double[2] 1 2");
LEAT_ROW(Squeeze, "(double[1,2,1] 1 2) {squeeze_dims: [-1]} -> double[1,2] 1 2");
LEAT_ROW(Squeeze, "(double[1,1] 7) -> double[] 7");
LEAT_ROW(Squeeze, "(float[1,2] 1 2) {squeeze_dims: [1]} fails 'squeeze'");
LEAT_ROW(Squeeze, "(float[1,2] 1 2) {squeeze_dims: [2]} fails 'out of range'");

/* ---- ExpandDims ---- */

static leat_status expand_dims_kernel(leat_kernel *k)
{
    const leat_shape *in = &k->in[0]->shape;
    int axis, rank = leat_shape_rank(in);
    if (rank == LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "more than %d dimensions", LEAT_MAX_RANK);
    LEAT_TRY(leat_kernel_axis(k, k->in[1], rank + 1, &axis));
    leat_shape out = {.rank_plus_1 = rank + 2};
    for (int d = 0; d <= rank; d++)
        out.dims[d] = d == axis ? 1 : in->dims[d < axis ? d : d - 1];
    return leat_out_alias(k, &out);
}

static leat_status expand_dims_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[0]), axis;
    if (rank < 0)
        return LEAT_OK;
    if (rank == LEAT_MAX_RANK)
        return leat_infer_fail(c, "more than %d dimensions", LEAT_MAX_RANK);
    c->out[0] = leat_shape_ranked(rank + 1);
    leat_tensor *value = leat_infer_value(c, 1);
    if (value == NULL)
        return LEAT_OK;
    bool one = value->elements == 1;
    int64_t asked = one ? leat_index_at(value, 0) : 0;
    leat_tensor_unref(value);
    if (!one)
        return leat_infer_fail(c, "'dim' input must be a tensor with a single value");
    if (!leat_axis_normal(asked, rank + 1, &axis))
        return leat_infer_fail(c, "Tried to expand dim index %lld for tensor with %d dimensions",
                               (long long)asked, rank);
    for (int d = 0; d <= rank; d++)
        c->out[0].dims[d] = d == axis ? 1 : c->in[0]->dims[d < axis ? d : d - 1];
    return LEAT_OK;
}

const leat_op_def leat_op_ExpandDims =
    LEAT_OP("ExpandDims(input: T, dim: Tdim) -> output: T; T: type; Tdim: {int32, int64} = int32",
            .doc = "With a new dimension of size 1 at this place.", .shape = expand_dims_shape,
            .kernels = {{expand_dims_kernel}}, .gradient = reshape_back_grad, .flags = LEAT_OP_ALIAS);

LEAT_ROW(ExpandDims, "(double[2] 1 2, int32[] 0) -> double[1,2] 1 2");
LEAT_ROW(ExpandDims, "(double[2] 1 2, int64[] -1) -> double[2,1] 1 2");
LEAT_ROW(ExpandDims, "(double[] 1, int32[1] 0) -> double[1] 1");
LEAT_ROW(ExpandDims, "(float[2] 1 2, int32[] 2) fails ''");
LEAT_ROW(ExpandDims, "(float[1] 1, int32[1] 0) -> float[1,1] 1");
