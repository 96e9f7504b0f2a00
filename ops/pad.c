/* pad.c - Pad, PadV2, MirrorPad and its gradient. */
#include "ops/strided-private.h"
#include "ops/grad-private.h"

/* ---- Pad, PadV2 ---- */

/* The padded shape from paddings [rank, 2]; NULL, or the reason why not. */
static const char *padded_shape(const leat_shape *in, const leat_tensor *paddings, leat_shape *out)
{
    int rank = leat_shape_rank(in);
    if (leat_shape_rank(&paddings->shape) != 2 || paddings->shape.dims[0] != rank ||
        paddings->shape.dims[1] != 2)
        return "paddings must be a matrix with 2 columns and one row for each dimension";
    *out = *in;
    for (int d = 0; d < rank; d++) {
        int64_t before = leat_index_at(paddings, 2 * d), after = leat_index_at(paddings, 2 * d + 1);
        if (before < 0 || after < 0)
            return "Paddings must be non-negative";
        if (in->dims[d] >= 0 && (__builtin_add_overflow(out->dims[d], before, &out->dims[d]) ||
                                 __builtin_add_overflow(out->dims[d], after, &out->dims[d])))
            return "the paddings are too large";
    }
    return NULL;
}

/* Where the input lies in the output. */
static void inside(leat_strided *s, const leat_shape *in, const leat_shape *out, const leat_tensor *paddings)
{
    *s = (leat_strided){.rank = leat_shape_rank(in)};
    leat_shape_strides(out, s->stride);
    for (int d = 0; d < s->rank; d++) {
        s->dims[d] = in->dims[d];
        s->offset += leat_index_at(paddings, 2 * d) * s->stride[d];
    }
}

static leat_status pad_with(leat_kernel *k, const void *value)
{
    const leat_tensor *x = k->in[0];
    leat_shape out;
    leat_strided s;
    const char *reason = padded_shape(&x->shape, k->in[1], &out);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s", reason);
    LEAT_TRY(leat_out_fill(k, &out, value));
    inside(&s, &x->shape, &out, k->in[1]);
    return leat_copy_strided(k, x->dtype, x->data, k->out[0].data, &s, true);
}

static leat_status pad_kernel(leat_kernel *k)
{
    static const char zero[sizeof(leat_string)];
    return pad_with(k, zero);
}
static leat_status pad_v2_kernel(leat_kernel *k)
{
    LEAT_TRY(leat_kernel_want_scalar(k, 2, "constant_values"));
    return pad_with(k, k->in[2]->data);
}

static leat_status pad_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 1, 2));
    int rank = leat_shape_rank(c->in[0]);
    if (leat_shape_rank(c->in[1]) == 2) {
        int64_t n = c->in[1]->dims[0];
        if ((n >= 0 && rank >= 0 && n != rank) || (c->in[1]->dims[1] >= 0 && c->in[1]->dims[1] != 2))
            return leat_infer_fail(c,
                                   "paddings must be a matrix with 2 columns and one row for each dimension");
        if (rank < 0 && n >= 0 && n <= LEAT_MAX_RANK)
            c->out[0] = leat_shape_ranked((int)n);
    }
    if (rank < 0)
        return LEAT_OK;
    c->out[0] = leat_shape_ranked(rank);
    leat_tensor *paddings = leat_infer_value(c, 1);
    if (paddings == NULL)
        return LEAT_OK;
    const char *reason = padded_shape(c->in[0], paddings, &c->out[0]);
    leat_tensor_unref(paddings);
    return reason != NULL ? leat_infer_fail(c, "%s", reason) : LEAT_OK;
}

/* The input's part of the gradient: it begins at the first column of the paddings. */
static leat_out inner_part(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), paddings = leat_grad_in(g, 1);
    leat_shape shape = leat_out_shape(x);
    if (leat_out_dtype(paddings) != LEAT_INT32)
        paddings = leat_raw_cast(paddings, LEAT_INT32);
    leat_out zeros = leat_grad_dims(g, (const int64_t[]){0, 0}, 2), rank = leat_raw_rank(x);
    leat_out column = leat_shape_rank(&shape) >= 0
                          ? leat_grad_dims(g, (const int64_t[]){leat_shape_rank(&shape), 1}, 2)
                          : leat_raw_pack(LEAT_OUTS(rank, leat_scalar_int(g->graph, 1)));
    leat_out begin = leat_raw_reshape(leat_raw_slice(paddings, zeros, column),
                                      leat_grad_dims(g, (const int64_t[]){-1}, 1));
    return leat_raw_slice(g->dy[0], begin, leat_grad_shape_of(g, x));
}

static void pad_grad(leat_grad *g)
{
    g->dx[0] = inner_part(g);
}

const leat_op_def leat_op_Pad =
    LEAT_OP("Pad(input: T, paddings: Tpaddings) -> output: T; T: type; Tpaddings: {int32, int64} = int32",
            .doc = "The input with paddings[d] zeros before and after along each dimension d.",
            .shape = pad_shape, .kernels = {{pad_kernel}}, .gradient = pad_grad, .cost = leat_cost_moves);

const leat_op_def leat_op_PadV2 = LEAT_OP(
    "PadV2(input: T, paddings: Tpaddings, constant_values: T) -> output: T; T: type; Tpaddings: {int32, int64} = int32",
    .doc = "As Pad, with this value in place of zero.", .shape = pad_shape, .kernels = {{pad_v2_kernel}},
    .gradient = pad_grad /* none by the value, as in TensorFlow */, .cost = leat_cost_moves);

LEAT_ROW(Pad, "(double[2,2] 1 2 3 4, int32[2,2] 1 0 0 2) -> double[3,4] 0 0 0 0 1 2 0 0 3 4 0 0");
LEAT_ROW(Pad, "(double[2] 1 2, int64[1,2] 1 1) -> double[4] 0 1 2 0");
LEAT_ROW(Pad, "(string[1] 'a', int32[1,2] 0 1) -> string[2] 'a' ''");
LEAT_ROW(Pad, "(double[] 7, int32[0,2]) -> double[] 7");
LEAT_ROW(Pad, "(float[2] 1 2, int32[1,2] 1 -1) fails 'non-negative'");
LEAT_ROW(Pad, "(float[2] 1 2, int32[2,2] 1 1 1 1) fails ''");
LEAT_ROW(PadV2, "(double[2] 1 2, int32[1,2] 1 2, double[] 9) gradin 0 -> double[5] 9 1 2 9 9");
LEAT_ROW(PadV2, "(int8[1,1] 5, int32[2,2] 0 1 1 0, int8[] -1) -> int8[2,2] -1 5 -1 -1");
LEAT_ROW(PadV2, "(float[1] 1, int32[1,2] 1 1, float[1] 2) fails 'constant_values must be a scalar'");

/* ---- MirrorPad: REFLECT leaves out the edge, SYMMETRIC repeats it ---- */

static int mirror_offset(const leat_op *op)
{
    return strcmp(leat_attr_string(op, "mode"), "REFLECT") == 0;
}

/* The input index that output index i of a dimension shows. */
static int64_t mirrored(int64_t i, int64_t before, int64_t dim, int offset)
{
    i -= before;
    if (i < 0)
        return -i - 1 + offset;
    return i < dim ? i : 2 * dim - 1 - i - offset;
}

static const char *check_mirror(const leat_shape *in, const leat_tensor *paddings, int offset)
{
    for (int d = 0; d < leat_shape_rank(in); d++)
        for (int side = 0; side < 2; side++)
            if (in->dims[d] >= 0 && leat_index_at(paddings, 2 * d + side) > in->dims[d] - offset)
                return "paddings must be no greater than the dimension size (less one for REFLECT)";
    return NULL;
}

struct mirror {
    int rank, offset;
    leat_shape small, large;
    int64_t before[LEAT_MAX_RANK];
};

/* Element of the small tensor that element i of the large one mirrors. */
static int64_t mirror_source(const struct mirror *m, int64_t i)
{
    int64_t at = 0, step = 1;
    for (int d = m->rank - 1; d >= 0; d--) {
        at += mirrored(i % m->large.dims[d], m->before[d], m->small.dims[d], m->offset) * step;
        i /= m->large.dims[d];
        step *= m->small.dims[d];
    }
    return at;
}

static leat_status mirror_pad_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    struct mirror m = {.rank = leat_shape_rank(&x->shape), .offset = mirror_offset(k->op), .small = x->shape};
    const char *reason = padded_shape(&x->shape, k->in[1], &m.large);
    if (reason == NULL)
        reason = check_mirror(&x->shape, k->in[1], m.offset);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s", reason);
    for (int d = 0; d < m.rank; d++)
        m.before[d] = leat_index_at(k->in[1], 2 * d);
    LEAT_TRY(leat_out_new(k, 0, &m.large));
    size_t bytes = leat_dtype_bytes(x->dtype);
    for (int64_t i = 0; i < k->out[0].elements; i++)
        LEAT_TRY(leat_copy_elements(x->dtype, (char *)k->out[0].data + (size_t)i * bytes,
                                    (const char *)x->data + (size_t)mirror_source(&m, i) * bytes, 1));
    return LEAT_OK;
}

/* Every element of the large gradient is added to the element that it mirrored. */
static leat_status mirror_pad_grad_kernel(leat_kernel *k)
{
    static const char zero[sizeof(leat_string)];
    const leat_tensor *dy = k->in[0], *paddings = k->in[1];
    struct mirror m = {.rank = leat_shape_rank(&dy->shape),
                       .offset = mirror_offset(k->op),
                       .small = dy->shape,
                       .large = dy->shape};
    if (leat_shape_rank(&paddings->shape) != 2 || paddings->shape.dims[0] != m.rank ||
        paddings->shape.dims[1] != 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "paddings must be a matrix with 2 columns and one row for each dimension");
    for (int d = 0; d < m.rank; d++) {
        int64_t before = leat_index_at(paddings, 2 * d), after = leat_index_at(paddings, 2 * d + 1);
        if (before < 0 || after < 0 || before > dy->shape.dims[d] || after > dy->shape.dims[d] - before)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the paddings of dimension %d do not fit",
                                    d);
        m.before[d] = before;
        m.small.dims[d] = dy->shape.dims[d] - before - after;
    }
    const char *reason = check_mirror(&m.small, paddings, m.offset);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s", reason);
    LEAT_TRY(leat_out_fill(k, &m.small, zero));
    for (int64_t i = 0; i < dy->elements; i++) {
        int64_t to = mirror_source(&m, i);
        leat_element_put(&k->out[0], to, leat_element_get(&k->out[0], to) + leat_element_get(dy, i));
    }
    return LEAT_OK;
}

static leat_status mirror_pad_grad_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[0]);
    LEAT_TRY(leat_infer_want_rank(c, 1, 2));
    if (rank < 0)
        return LEAT_OK;
    c->out[0] = leat_shape_ranked(rank);
    leat_tensor *paddings = leat_infer_value(c, 1);
    if (paddings != NULL && leat_shape_rank(&paddings->shape) == 2 && paddings->shape.dims[0] == rank &&
        paddings->shape.dims[1] == 2)
        for (int d = 0; d < rank; d++)
            if (c->in[0]->dims[d] >= 0)
                c->out[0].dims[d] = LEAT_MAX(c->in[0]->dims[d] - leat_index_at(paddings, 2 * d) -
                                                 leat_index_at(paddings, 2 * d + 1),
                                             -1);
    leat_tensor_unref(paddings);
    return LEAT_OK;
}

static void mirror_pad_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mirror_pad_grad(g->dy[0], leat_grad_in(g, 1), leat_attr_string(g->op, "mode"));
}
static void mirror_pad_grad_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mirror_pad(g->dy[0], leat_grad_in(g, 1), leat_attr_string(g->op, "mode"));
}

const leat_op_def leat_op_MirrorPad = LEAT_OP(
    "MirrorPad(input: T, paddings: Tpaddings) -> output: T; T: type; Tpaddings: {int32, int64} = int32; mode: "
    "{'REFLECT', 'SYMMETRIC'}",
    .doc = "The input padded with its own mirror image.", .shape = pad_shape,
    .kernels = {{mirror_pad_kernel}}, .gradient = mirror_pad_grad, .cost = leat_cost_moves);

const leat_op_def leat_op_MirrorPadGrad = LEAT_OP(
    "MirrorPadGrad(input: T, paddings: Tpaddings) -> output: T; T: real; Tpaddings: {int32, int64} = int32; mode: "
    "{'REFLECT', 'SYMMETRIC'}",
    .doc = "The gradient of MirrorPad: mirror images are folded back and added.",
    .shape = mirror_pad_grad_shape, .kernels = {{mirror_pad_grad_kernel}}, .gradient = mirror_pad_grad_grad);

LEAT_ROW(MirrorPad, "(double[3] 1 2 3, int32[1,2] 2 1) {mode: 'REFLECT'} -> double[6] 3 2 1 2 3 2");
LEAT_ROW(MirrorPad, "(double[3] 1 2 3, int32[1,2] 2 1) {mode: 'SYMMETRIC'} -> double[6] 2 1 1 2 3 3");
LEAT_ROW(MirrorPad,
         "(double[2,2] 1 2 3 4, int32[2,2] 1 0 0 1) {mode: 'REFLECT'} -> double[3,3] 3 4 3 1 2 1 3 4 3");
LEAT_ROW(MirrorPad, "(float[3] 1 2 3, int32[1,2] 3 0) {mode: 'REFLECT'} fails 'no greater'");
LEAT_ROW(MirrorPadGrad, "(double[6] 1 2 3 4 5 6, int32[1,2] 2 1) {mode: 'REFLECT'} -> double[3] 3 12 6");
LEAT_ROW(MirrorPadGrad, "(double[6] 1 2 3 4 5 6, int64[1,2] 2 1) {mode: 'SYMMETRIC'} -> double[3] 5 5 11");
