/* strided-slice.c - StridedSlice with all its masks, its gradient, and assignment through it. */
#include "ops/strided-private.h"
#include "ops/grad-private.h"

/* The specification, dense over the input's dimensions. */
struct spec {
    int rank; /* of the input */
    int64_t begin[LEAT_MAX_RANK], end[LEAT_MAX_RANK], stride[LEAT_MAX_RANK];
    bool begin_masked[LEAT_MAX_RANK], end_masked[LEAT_MAX_RANK], shrink[LEAT_MAX_RANK], known[LEAT_MAX_RANK];
    int64_t size[LEAT_MAX_RANK];  /* elements taken; -1: unknown before the run */
    int n_final;                  /* dimensions of the result */
    int final[LEAT_MAX_RANK + 1]; /* each: a dimension of the input, or -1 for a new axis */
};

static int64_t value_at(const leat_tensor *t, int64_t i)
{
    return t == NULL ? 0 : leat_index_at(t, i);
}

/* Spreads begin, end and strides over the dimensions. NULL, or the reason why not. */
static const char *spread(struct spec *s, const leat_op *op, int64_t n, const leat_tensor *begin,
                          const leat_tensor *end, const leat_tensor *strides)
{
    uint64_t begin_mask = (uint64_t)leat_attr_int(op, "begin_mask"),
             end_mask = (uint64_t)leat_attr_int(op, "end_mask");
    uint64_t ellipsis = (uint64_t)leat_attr_int(op, "ellipsis_mask"),
             added = (uint64_t)leat_attr_int(op, "new_axis_mask");
    uint64_t shrink = (uint64_t)leat_attr_int(op, "shrink_axis_mask");
    int d = 0, used = 0;
    if (n > 32)
        return "too many dimensions are specified";
    const uint64_t masks[] = {begin_mask, end_mask, ellipsis, added, shrink};
    for (size_t i = 0; i < LEAT_LEN(masks); i++)
        if ((int64_t)masks[i] != (int32_t)masks[i])
            return "a mask is beyond int32";
    if (ellipsis & (ellipsis - 1)) /* even where the vectors are too short for them */
        return "Multiple ellipses in slice spec not allowed";
    uint64_t within = n == 0 ? 0 : UINT64_MAX >> (64 - n);
    ellipsis &= within;
    added &= within & ~ellipsis;
    for (int64_t i = 0; i < n; i++)
        used += !(ellipsis >> i & 1) && !(added >> i & 1);
    if (used > s->rank)
        return "Index out of range: more dimensions are specified than the input has";
    for (int64_t i = 0; i <= n; i++) {
        bool dots = i < n ? ellipsis >> i & 1 : ellipsis == 0; /* an ellipsis at the end is implied */
        if (dots)
            for (int fill = s->rank - used; fill > 0; fill--, d++) {
                s->begin_masked[d] = s->end_masked[d] = s->known[d] = true;
                s->stride[d] = 1;
                if (s->n_final > LEAT_MAX_RANK)
                    return "the result has too many dimensions";
                s->final[s->n_final++] = d;
            }
        if (dots || i == n)
            continue;
        if (added >> i & 1) {
            if (s->n_final > LEAT_MAX_RANK)
                return "the result has too many dimensions";
            s->final[s->n_final++] = -1;
            continue;
        }
        s->begin[d] = value_at(begin, i);
        s->end[d] = value_at(end, i);
        s->stride[d] = strides == NULL ? 1 : leat_index_at(strides, i);
        s->begin_masked[d] = begin_mask >> i & 1;
        s->end_masked[d] = end_mask >> i & 1;
        s->shrink[d] = shrink >> i & 1;
        s->known[d] = strides != NULL && (begin != NULL || (s->begin_masked[d] && !s->shrink[d])) &&
                      (end != NULL || s->end_masked[d] || s->shrink[d]);
        if (s->stride[d] == 0)
            return "strides must be non-zero";
        if (s->shrink[d] && s->stride[d] < 0)
            return "only stride 1 allowed on non-range indexing";
        if (!s->shrink[d])
            s->final[s->n_final++] = d;
        d++;
    }
    return s->n_final > LEAT_MAX_RANK ? "the result has too many dimensions" : NULL;
}

static int64_t clamp(int64_t x, int64_t lo, int64_t hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

/* begin, end and size of dimension d, which has `dim` elements (-1: unknown). */
static const char *resolve(struct spec *s, int d, int64_t dim)
{
    if (s->shrink[d]) {
        s->size[d] = 1;
        if (!s->known[d] || dim < 0)
            return NULL;
        if (s->begin[d] < 0)
            s->begin[d] += dim;
        return s->begin[d] < 0 || s->begin[d] >= dim ? "slice index out of bounds" : NULL;
    }
    s->size[d] = -1;
    if (!s->known[d] || dim < 0)
        return NULL;
    bool forward = s->stride[d] > 0;
    int64_t lo = forward ? 0 : -1, hi = forward ? dim : dim - 1;
    int64_t b = s->begin[d] < 0 ? s->begin[d] + dim : s->begin[d],
            e = s->end[d] < 0 ? s->end[d] + dim : s->end[d];
    b = s->begin_masked[d] ? (forward ? lo : hi) : clamp(b, lo, hi);
    e = s->end_masked[d] ? (forward ? hi : lo) : clamp(e, lo, hi);
    s->begin[d] = b;
    s->size[d] = 0;
    if (forward ? e > b : e < b)
        s->size[d] = (e - b) / s->stride[d] + ((e - b) % s->stride[d] != 0);
    return NULL;
}

/* in: the shape that is sliced; *out: the result's. The tensors may be NULL where their values are unknown. */
static const char *slice_spec(struct spec *s, const leat_op *op, const leat_shape *in, int64_t n,
                              const leat_tensor *begin, const leat_tensor *end, const leat_tensor *strides,
                              leat_shape *out)
{
    *s = (struct spec){.rank = leat_shape_rank(in)};
    const char *reason = spread(s, op, n, begin, end, strides);
    for (int d = 0; d < s->rank && reason == NULL; d++)
        reason = resolve(s, d, in->dims[d]);
    if (reason != NULL)
        return reason;
    *out = (leat_shape){.rank_plus_1 = s->n_final + 1};
    for (int i = 0; i < s->n_final; i++)
        out->dims[i] = s->final[i] < 0 ? 1 : s->size[s->final[i]];
    return NULL;
}

static void strided_of(leat_strided *to, const struct spec *s, const leat_shape *in)
{
    int64_t stride[LEAT_MAX_RANK];
    leat_shape_strides(in, stride);
    *to = (leat_strided){.rank = s->rank};
    for (int d = 0; d < s->rank; d++) {
        to->dims[d] = s->size[d];
        to->stride[d] = stride[d] * s->stride[d];
        to->offset += s->begin[d] * stride[d];
    }
}

/* Reads begin, end, strides from inputs first..first+2 for a tensor of shape `in`. */
static leat_status kernel_spec(leat_kernel *k, int first, const leat_shape *in, leat_strided *strided,
                               leat_shape *out)
{
    struct spec s;
    char text[128];
    for (int i = first; i < first + 3; i++)
        if (leat_shape_rank(&k->in[i]->shape) != 1 || k->in[i]->elements != k->in[first]->elements)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "begin, end and strides must be vectors of one length");
    const char *reason = slice_spec(&s, k->op, in, k->in[first]->elements, k->in[first], k->in[first + 1],
                                    k->in[first + 2], out);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s; the shape is %s", reason,
                                leat_shape_print(*in, text, sizeof text));
    strided_of(strided, &s, in);
    return LEAT_OK;
}

/* ---- StridedSlice ---- */

static leat_status strided_slice_kernel(leat_kernel *k)
{
    leat_strided s;
    leat_shape out;
    LEAT_TRY(kernel_spec(k, 1, &k->in[0]->shape, &s, &out));
    LEAT_TRY(leat_out_new(k, 0, &out));
    return leat_copy_strided(k, k->in[0]->dtype, k->out[0].data, k->in[0]->data, &s, false);
}

/* The number of specified dimensions: the length of any of the three vectors; -1: unknown. */
static int64_t spec_length(leat_infer *c, int first)
{
    for (int i = first; i < first + 3; i++)
        if (leat_shape_rank(c->in[i]) == 1 && c->in[i]->dims[0] >= 0)
            return c->in[i]->dims[0];
    return -1;
}

static leat_status infer_spec(leat_infer *c, const leat_shape *in, int first, leat_shape *out)
{
    for (int i = first; i < first + 3; i++)
        LEAT_TRY(leat_infer_want_rank(c, i, 1));
    int64_t n = spec_length(c, first);
    if (leat_shape_rank(in) < 0 || n < 0)
        return LEAT_OK;
    leat_tensor *v[3];
    struct spec s;
    bool fits = true;
    for (int i = 0; i < 3; i++) {
        v[i] = leat_infer_value(c, first + i);
        fits = fits && (v[i] == NULL || v[i]->elements == n);
    }
    const char *reason = fits ? slice_spec(&s, c->op, in, n, v[0], v[1], v[2], out)
                              : "begin, end and strides must be vectors of one length";
    for (int i = 0; i < 3; i++)
        leat_tensor_unref(v[i]);
    return reason != NULL ? leat_infer_fail(c, "%s", reason) : LEAT_OK;
}

static leat_status strided_slice_shape(leat_infer *c)
{
    return infer_spec(c, c->in[0], 1, &c->out[0]);
}

#define MASKS(op_)                                                                                           \
    .begin_mask = leat_attr_int(op_, "begin_mask"), .end_mask = leat_attr_int(op_, "end_mask"),              \
    .ellipsis_mask = leat_attr_int(op_, "ellipsis_mask"),                                                    \
    .new_axis_mask = leat_attr_int(op_, "new_axis_mask"),                                                    \
    .shrink_axis_mask = leat_attr_int(op_, "shrink_axis_mask")

static void strided_slice_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), begin = leat_grad_in(g, 1);
    leat_out shape = leat_raw_shape(x, .out_type = leat_out_dtype(begin));
    g->dx[0] = leat_raw_strided_slice_grad(shape, begin, leat_grad_in(g, 2), leat_grad_in(g, 3), g->dy[0],
                                           MASKS(g->op));
}

const leat_op_def leat_op_StridedSlice = LEAT_OP(
    "StridedSlice(input: T, begin: Index, end: Index, strides: Index) -> output: T; T: type; Index: {int16, int32, int64}; "
    "begin_mask: int = 0; end_mask: int = 0; ellipsis_mask: int = 0; new_axis_mask: int = 0; shrink_axis_mask: "
    "int = 0",
    .doc =
        "input[begin:end:strides], as Python slices; the masks stand for omitted limits, `...`, new axes and "
        "single indices.",
    .shape = strided_slice_shape, .kernels = {{strided_slice_kernel}}, .gradient = strided_slice_grad,
    .cost = leat_cost_moves);

LEAT_ROW(StridedSlice,
         "(double[3,3] 1 2 3 4 5 6 7 8 9, int32[2] 1 0, int32[2] 3 2, int32[2] 1 1) -> double[2,2] 4 5 7 8");
LEAT_ROW(StridedSlice, "(double[5] 1 2 3 4 5, int32[1] -1, int32[1] -6, int32[1] -2) -> double[3] 5 3 1");
LEAT_ROW(
    StridedSlice,
    "(double[5] 1 2 3 4 5, int64[1] 9, int64[1] 9, int64[1] 2) {begin_mask: 1; end_mask: 1} -> double[3] 1 3 5");
LEAT_ROW(StridedSlice,
         "(double[5] 1 2 3 4 5, int32[1] 0, int32[1] 0, int32[1] -1) {begin_mask: 1; end_mask: 1} -> "
         "double[5] 5 4 3 2 1");
LEAT_ROW(
    StridedSlice,
    "(double[2,3] 1 2 3 4 5 6, int32[1] -1, int32[1] 0, int32[1] 1) {shrink_axis_mask: 1} -> double[3] 4 5 6");
LEAT_ROW(StridedSlice,
         "(double[2,2,2] 1 2 3 4 5 6 7 8, int32[2] 0 1, int32[2] 0 2, int32[2] 1 1) {ellipsis_mask: 1} -> "
         "double[2,2,1] 2 4 6 8");
LEAT_ROW(StridedSlice,
         "(double[2,2] 1 2 3 4, int32[3] 0 0 0, int32[3] 0 0 1, int32[3] 1 1 1) {new_axis_mask: 1; "
         "ellipsis_mask: 2; shrink_axis_mask: 4} -> double[1,2] 1 3");
LEAT_ROW(StridedSlice, "(double[3] 1 2 3, int32[1] 2, int32[1] 1, int32[1] 1) nograd -> double[0]");
LEAT_ROW(StridedSlice, "(string[3] 'a' 'b' 'c', int32[1] 0, int32[1] 3, int32[1] 2) -> string[2] 'a' 'c'");
LEAT_ROW(StridedSlice,
         "(float[3] 1 2 3, int32[1] 0, int32[1] 1, int32[1] 0) fails 'strides must be non-zero'");
LEAT_ROW(StridedSlice,
         "(float[3] 1 2 3, int32[1] 3, int32[1] 4, int32[1] 1) {shrink_axis_mask: 1} fails 'out of bounds'");
LEAT_ROW(StridedSlice,
         "(float[3] 1 2 3, int32[2] 0 0, int32[2] 1 1, int32[2] 1 1) fails 'Index out of range'");
LEAT_ROW(StridedSlice,
         "(float[3] 1 2 3, int32[2] 0 0, int32[2] 1 1, int32[2] 1 1) {ellipsis_mask: 3} fails 'ellipses'");
LEAT_ROW(StridedSlice,
         "(float[2] 1 2, int32[0], int32[0], int32[0]) {ellipsis_mask: 3} fails 'Multiple ellipses'");
LEAT_ROW(
    StridedSlice,
    "(float[2] 1 2, int32[1] 0, int32[1] 1, int32[1] 1) {shrink_axis_mask: 4294967297} fails 'beyond int32'");
LEAT_ROW(StridedSlice, "(double[4] 1 2 3 4, int16[1] 3, int16[1] 0, int16[1] -2) nograd -> double[2] 4 2");

/* ---- its gradient ---- */

static leat_status strided_slice_grad_kernel(leat_kernel *k)
{
    static const char zero[sizeof(leat_string)];
    leat_strided s;
    leat_shape in, part;
    char a[128], b[128];
    LEAT_TRY(leat_kernel_shape(k, k->in[0], &in));
    LEAT_TRY(kernel_spec(k, 1, &in, &s, &part));
    if (!leat_shape_equal(part, k->in[4]->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "shape of dy was %s instead of %s",
                                leat_shape_print(k->in[4]->shape, a, sizeof a),
                                leat_shape_print(part, b, sizeof b));
    LEAT_TRY(leat_out_fill(k, &in, zero));
    return leat_copy_strided(k, k->in[4]->dtype, k->in[4]->data, k->out[0].data, &s, true);
}

static leat_status strided_slice_grad_shape(leat_infer *c)
{
    c->out[0] = leat_infer_value_as_shape(c, 0);
    return LEAT_OK;
}

static void strided_slice_grad_grad(leat_grad *g)
{
    g->dx[4] = leat_raw_strided_slice(g->dy[0], leat_grad_in(g, 1), leat_grad_in(g, 2), leat_grad_in(g, 3),
                                      MASKS(g->op));
}

const leat_op_def leat_op_StridedSliceGrad = LEAT_OP(
    "StridedSliceGrad(shape: Index, begin: Index, end: Index, strides: Index, dy: T) -> output: T; T: type; Index: "
    "{int32, int64}; begin_mask: int = 0; end_mask: int = 0; ellipsis_mask: int = 0; new_axis_mask: int = 0; "
    "shrink_axis_mask: int = 0",
    .doc = "Zeros of this shape with dy where StridedSlice took its elements from.",
    .shape = strided_slice_grad_shape, .kernels = {{strided_slice_grad_kernel}},
    .gradient = strided_slice_grad_grad, .cost = leat_cost_moves);

LEAT_ROW(StridedSliceGrad,
         "(int32[1] 5, int32[1] 0, int32[1] 5, int32[1] 2, double[3] 1 2 3) -> double[5] 1 0 2 0 3");
LEAT_ROW(StridedSliceGrad,
         "(int64[2] 2 2, int64[1] 1, int64[1] 2, int64[1] 1, double[2] 1 2) {shrink_axis_mask: 1} -> "
         "double[2,2] 0 0 1 2");
LEAT_ROW(StridedSliceGrad,
         "(int32[1] 5, int32[1] 0, int32[1] 5, int32[1] 2, float[2] 1 2) fails 'shape of dy'");

/* ---- assignment to a part of a variable ---- */

/* value has the part's shape, or is a scalar, as TensorFlow allows. */
static leat_status assign_part(leat_kernel *k)
{
    leat_tensor *var;
    leat_strided s;
    leat_shape part;
    const leat_tensor *value = k->in[4];
    char a[128], b[128];
    LEAT_TRY(leat_var_value(k, 0, &var));
    LEAT_TRY(kernel_spec(k, 1, &var->shape, &s, &part));
    if (value->dtype != var->dtype)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the value is %s, the variable %s",
                                leat_dtype_name(value->dtype), leat_dtype_name(var->dtype));
    if (leat_shape_rank(&value->shape) == 0 && leat_shape_elements(part) != 1) {
        leat_strided one = s;
        for (int64_t i = 0, n = leat_shape_elements(part); i < n; i++) {
            one.offset = s.offset;
            int64_t left = i;
            for (int d = s.rank - 1; d >= 0; d--) {
                one.offset += left % s.dims[d] * s.stride[d];
                left /= s.dims[d];
                one.dims[d] = 1;
            }
            LEAT_TRY(leat_copy_strided(k, var->dtype, value->data, var->data, &one, true));
        }
        return LEAT_OK;
    }
    if (!leat_shape_equal(part, value->shape))
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT, "the value's shape %s is not that of the part, %s",
            leat_shape_print(value->shape, a, sizeof a), leat_shape_print(part, b, sizeof b));
    return leat_copy_strided(k, var->dtype, value->data, var->data, &s, true);
}

static leat_status strided_slice_assign_kernel(leat_kernel *k)
{
    LEAT_TRY(assign_part(k));
    leat_out_ref(k, 0, 0);
    return LEAT_OK;
}

static leat_status assign_shape(leat_infer *c)
{
    leat_shape part;
    LEAT_TRY(infer_spec(c, c->in[0], 1, &part));
    if (c->op->n_outputs > 0)
        c->out[0] = *c->in[0];
    return LEAT_OK;
}

static leat_status resource_assign_shape(leat_infer *c)
{
    for (int i = 1; i < 4; i++)
        LEAT_TRY(leat_infer_want_rank(c, i, 1));
    return LEAT_OK;
}

const leat_op_def leat_op_StridedSliceAssign = LEAT_OP(
    "StridedSliceAssign(ref: Ref(T), begin: Index, end: Index, strides: Index, value: T) -> output_ref: Ref(T); T: "
    "type; Index: {int32, int64}; begin_mask: int = 0; end_mask: int = 0; ellipsis_mask: int = 0; "
    "new_axis_mask: int = 0; shrink_axis_mask: int = 0",
    .doc = "Assigns to ref[begin:end:strides].", .shape = assign_shape,
    .kernels = {{strided_slice_assign_kernel}}, .gradient = leat_grad_missing, .cost = leat_cost_moves,
    .flags = LEAT_OP_WRITES_VAR);

const leat_op_def leat_op_ResourceStridedSliceAssign = LEAT_OP(
    "ResourceStridedSliceAssign(ref: resource, begin: Index, end: Index, strides: Index, value: T); T: type; Index: "
    "{int32, int64}; begin_mask: int = 0; end_mask: int = 0; ellipsis_mask: int = 0; new_axis_mask: int = 0; "
    "shrink_axis_mask: int = 0",
    .doc = "Assigns to a part of a resource variable.", .shape = resource_assign_shape,
    .kernels = {{assign_part}}, .gradient = leat_grad_none, .cost = leat_cost_moves,
    .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(StridedSliceAssign,
         "(ref float[4] 1 2 3 4, int32[1] 1, int32[1] 3, int32[1] 1, float[2] 8 9) -> float[4] 1 8 9 4");
LEAT_ROW(StridedSliceAssign,
         "(ref float[2,2] 1 2 3 4, int32[1] 0, int32[1] 1, int32[1] 1, float[] 7) -> float[2,2] 7 7 3 4");
LEAT_ROW(StridedSliceAssign,
         "(ref float[4] 1 2 3 4, int32[1] 1, int32[1] 3, int32[1] 1, float[3] 8 9 9) fails ''");
LEAT_ROW(ResourceStridedSliceAssign,
         "(var float[4] 1 2 3 4, int32[1] 0, int32[1] 4, int32[1] 2, float[2] 8 9) -> "
         "after 0: float[4] 8 2 9 4");
