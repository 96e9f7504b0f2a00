/* roll.c - Roll, and Cross, which rolls its operands' components. */
#include "ops/elementwise-private.h"
#include "ops/grad-private.h"

/* ---- Roll ---- */

static leat_status roll_shape(leat_infer *c)
{
    c->out[0] = *c->in[0];
    if (leat_shape_rank(c->in[0]) == 0)
        return leat_infer_fail(c, "input must be 1-D or higher");
    if (leat_shape_rank(c->in[1]) > 1 || leat_shape_rank(c->in[2]) > 1)
        return leat_infer_fail(c, "shift and axis must be scalars or 1-D vectors");
    return LEAT_OK;
}

typedef struct roll {
    const leat_tensor *in;
    char *out;
    size_t bytes;
    int rank, last;                /* the innermost axis that is shifted */
    int64_t shift[LEAT_MAX_RANK];  /* 0 <= shift < dimension */
    int64_t stride[LEAT_MAX_RANK]; /* elements */
    int64_t lines, inner;          /* of the axis `last`: how many, elements of each step */
    leat_status status;
} roll;

/* Lines along the last shifted axis move in two pieces; the other axes only say where to. */
static void roll_lines(int64_t begin, int64_t end, void *arg)
{
    roll *r = arg;
    const leat_shape *shape = &r->in->shape;
    int64_t n = shape->dims[r->last], shift = r->shift[r->last];
    for (int64_t line = begin; line < end; line++) {
        int64_t from = line * n * r->inner, to = 0, rest = from;
        for (int d = 0; d < r->last; d++) {
            int64_t x = rest / r->stride[d] + r->shift[d];
            rest %= r->stride[d];
            to += (x >= shape->dims[d] ? x - shape->dims[d] : x) * r->stride[d];
        }
        const char *in = (const char *)r->in->data + (size_t)from * r->bytes;
        char *out = r->out + (size_t)to * r->bytes;
        size_t step = (size_t)r->inner * r->bytes;
        leat_status status =
            leat_copy_elements(r->in->dtype, out + (size_t)shift * step, in, (n - shift) * r->inner);
        if (status == LEAT_OK)
            status = leat_copy_elements(r->in->dtype, out, in + (size_t)(n - shift) * step, shift * r->inner);
        if (status != LEAT_OK)
            r->status = status; /* strings only, which go in one range */
    }
}

static leat_status read_shifts(const leat_kernel *k, roll *r)
{
    const leat_tensor *shift = k->in[1], *axis = k->in[2];
    if (r->rank < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input must be 1-D or higher");
    if (leat_shape_rank(&shift->shape) > 1 || leat_shape_rank(&axis->shape) > 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "shift and axis must be scalars or 1-D vectors");
    if (!leat_shape_equal(shift->shape, axis->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "shift and axis must have the same size");
    for (int64_t i = 0; i < axis->elements; i++) {
        int d;
        if (!leat_axis_normal(leat_index_at(axis, i), r->rank, &d))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "axis %lld is out of range for rank %d",
                                    (long long)leat_index_at(axis, i), r->rank);
        int64_t n = r->in->shape.dims[d];
        if (n == 0)
            continue;
        int64_t by = leat_index_at(shift, i) % n;
        r->shift[d] = (r->shift[d] + by + n) % n;
        r->last = LEAT_MAX(r->last, d);
    }
    return LEAT_OK;
}

static leat_status roll_kernel(leat_kernel *k)
{
    const leat_tensor *in = k->in[0];
    roll r = {.in = in, .bytes = leat_dtype_bytes(in->dtype), .rank = leat_shape_rank(&in->shape)};
    LEAT_TRY(read_shifts(k, &r));
    LEAT_TRY(leat_out_new(k, 0, &in->shape));
    if (in->elements == 0)
        return LEAT_OK;
    for (int d = 0; d < r.rank; d++)
        r.stride[d] = leat_dims_product(&in->shape, d + 1, r.rank);
    r.out = k->out[0].data;
    r.inner = r.stride[r.last];
    r.lines = in->elements / (in->shape.dims[r.last] * r.inner);
    int64_t grain = LEAT_MAX(LEAT_GRAIN_CHEAP / (in->shape.dims[r.last] * r.inner), 1);
    leat_ranges(k, r.lines, in->dtype == LEAT_STRING ? r.lines : grain, roll_lines, &r);
    return r.status;
}

static void roll_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_roll(g->dy[0], leat_raw_neg(leat_grad_in(g, 1)), leat_grad_in(g, 2));
}

const leat_op_def leat_op_Roll = LEAT_OP(
    "Roll(input: T, shift: Tshift, axis: Taxis) -> output: T; T: type; Tshift: {int32, int64}; Taxis: {int32, int64}",
    .doc =
        "The elements moved on by shift along each axis; what leaves at the end comes in at the beginning.",
    .shape = roll_shape, .kernels = {{roll_kernel}}, .gradient = roll_grad, .cost = leat_cost_moves);

LEAT_ROW(Roll, "(double[5] 0 1 2 3 4, int32[] 2, int32[] 0) -> double[5] 3 4 0 1 2");
LEAT_ROW(Roll,
         "(double[2,5] 0 1 2 3 4 5 6 7 8 9, int32[2] 1 -2, int64[2] 0 1) -> double[2,5] 7 8 9 5 6 2 3 4 0 1");
LEAT_ROW(Roll,
         "(double[2,5] 0 1 2 3 4 5 6 7 8 9, int64[2] 2 -3, int32[2] 1 1) -> double[2,5] 1 2 3 4 0 6 7 8 9 5");
LEAT_ROW(Roll, "(int8[2,2,2] 1 2 3 4 5 6 7 8, int32[] 1, int32[] 0) -> int8[2,2,2] 5 6 7 8 1 2 3 4");
LEAT_ROW(Roll, "(string[3] 'a' 'b' 'c', int32[] -1, int32[] 0) -> string[3] 'b' 'c' 'a'");
LEAT_ROW(Roll, "(float[2] 1 2, int32[] 1, int32[] 1) fails 'out of range'");
LEAT_ROW(Roll, "(float[2] 1 2, int32[2] 1 1, int32[1] 0) fails 'same size'");
LEAT_ROW(Roll, "(float[] 1, int32[] 1, int32[] 0) fails '1-D or higher'");

/* ---- Cross ---- */

static leat_status cross_shape(leat_infer *c)
{
    LEAT_TRY(leat_shape_same_merged(c));
    int rank = leat_shape_rank(&c->out[0]);
    if (rank == 0)
        return leat_infer_fail(c, "inputs must be at least 1-D");
    if (rank > 0 && c->out[0].dims[rank - 1] >= 0 && c->out[0].dims[rank - 1] != 3)
        return leat_infer_fail(c, "Cross-products are only defined for 3-element vectors.");
    return LEAT_OK;
}

static leat_status cross_kernel(leat_kernel *k)
{
    const leat_tensor *a = k->in[0], *b = k->in[1];
    char s[128], t[128];
    int rank = leat_shape_rank(&a->shape);
    if (!leat_shape_equal(a->shape, b->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Both inputs must be of same shape: %s vs. %s",
                                leat_shape_print(a->shape, s, sizeof s),
                                leat_shape_print(b->shape, t, sizeof t));
    if (rank < 1 || a->shape.dims[rank - 1] != 3)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "Cross-products are only defined for 3-element vectors, not for shape %s",
                                leat_shape_print(a->shape, s, sizeof s));
    LEAT_TRY(leat_out_new(k, 0, &a->shape));
    for (int64_t i = 0; i < a->elements; i++) {
        int64_t first = i / 3 * 3, next = first + (i + 1) % 3, last = first + (i + 2) % 3;
#define CROSS_CASE(dtype_, type_, compute_)                                                                  \
    case dtype_: {                                                                                           \
        const type_ *x = a->data, *y = b->data;                                                              \
        ((type_ *)k->out[0].data)[i] = (type_)((compute_)((compute_)x[next] * (compute_)y[last]) -           \
                                               (compute_)((compute_)x[last] * (compute_)y[next]));           \
        break;                                                                                               \
    }
        switch (a->dtype) {
            CROSS_CASE(LEAT_FLOAT, float, float)
            CROSS_CASE(LEAT_DOUBLE, double, double)
            CROSS_CASE(LEAT_INT64, int64_t, uint64_t)
            CROSS_CASE(LEAT_UINT64, uint64_t, uint64_t)
            CROSS_CASE(LEAT_INT32, int32_t, uint32_t)
            CROSS_CASE(LEAT_UINT32, uint32_t, uint32_t)
            CROSS_CASE(LEAT_INT16, int16_t, uint32_t)
            CROSS_CASE(LEAT_UINT16, uint16_t, uint32_t)
            CROSS_CASE(LEAT_INT8, int8_t, uint32_t)
            CROSS_CASE(LEAT_UINT8, uint8_t, uint32_t)
        default:
            leat_element_put(&k->out[0], i,
                             leat_element_get(a, next) * leat_element_get(b, last) -
                                 leat_element_get(a, last) * leat_element_get(b, next));
        }
    }
    return LEAT_OK;
}

static void cross_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_cross(leat_grad_in(g, 1), g->dy[0]);
    g->dx[1] = leat_raw_cross(g->dy[0], leat_grad_in(g, 0));
}

const leat_op_def leat_op_Cross =
    LEAT_OP("Cross(a: T, b: T) -> product: T; T: real",
            .doc = "The cross products of the vectors of three in the last dimension.", .shape = cross_shape,
            .kernels = {{cross_kernel}}, .gradient = cross_grad);

LEAT_ROW(Cross, "(double[2,3] 1 0 0 1 2 3, double[2,3] 0 1 0 4 5 6) -> double[2,3] 0 0 1 -3 6 -3");
LEAT_ROW(Cross, "(int32[3] 1 2 3, int32[3] 4 5 6) -> int32[3] -3 6 -3");
LEAT_ROW(Cross, "(half[3] 1 2 3, half[3] 4 5 6) -> half[3] -3 6 -3");
LEAT_ROW(Cross, "(float[2] 1 2, float[2] 4 5) fails 'only defined for 3-element vectors'");
LEAT_ROW(Cross, "(float[3] 1 2 3, float[1,3] 4 5 6) fails ''");
