/* cumulative.c - Cumsum and Cumprod along an axis. */
#include "ops/ops-private.h"
#include "leat/raw-ops.h"

struct scan {
    const leat_tensor *x;
    leat_tensor *out;
    int64_t length, inner; /* [outer, length, inner] */
    bool exclusive, reverse, product;
};

/* One line of `length` elements, `inner` apart. Each result is a rounding of the line's running value in the type
 * itself, as TensorFlow computes it. */
#define SCAN_LINE(type_, x_, out_, operation_, identity_)                                                    \
    {                                                                                                        \
        type_ acc = (type_)(identity_);                                                                      \
        for (int64_t i = 0; i < s->length; i++) {                                                            \
            int64_t at = (s->reverse ? s->length - 1 - i : i) * s->inner;                                    \
            type_ v = (x_)[at], next = (type_)(acc operation_ v);                                            \
            (out_)[at] = s->exclusive ? acc : next;                                                          \
            acc = next;                                                                                      \
        }                                                                                                    \
    }
#define SCAN_CASE(dtype_, type_)                                                                             \
    case dtype_: {                                                                                           \
        const type_ *x = (const type_ *)s->x->data + first;                                                  \
        type_ *out = (type_ *)s->out->data + first;                                                          \
        if (s->product)                                                                                      \
            SCAN_LINE(type_, x, out, *, 1)                                                                   \
        else                                                                                                 \
            SCAN_LINE(type_, x, out, +, 0)                                                                   \
        return;                                                                                              \
    }

static void scan_line(const struct scan *s, int64_t line)
{
    int64_t first = line / s->inner * s->length * s->inner + line % s->inner;
    switch (s->x->dtype) {
        SCAN_CASE(LEAT_FLOAT, float)
        SCAN_CASE(LEAT_DOUBLE, double)
        SCAN_CASE(LEAT_INT8, uint8_t)
        SCAN_CASE(LEAT_UINT8, uint8_t)
        SCAN_CASE(LEAT_INT32, uint32_t)
        SCAN_CASE(LEAT_UINT32, uint32_t)
        SCAN_CASE(LEAT_INT64, uint64_t)
        SCAN_CASE(LEAT_UINT64, uint64_t)
    case LEAT_INT16:
    case LEAT_UINT16: {
        const uint16_t *x = (const uint16_t *)s->x->data + first;
        uint16_t *out = (uint16_t *)s->out->data + first;
        uint32_t acc = s->product;
        for (int64_t i = 0; i < s->length; i++) {
            int64_t at = (s->reverse ? s->length - 1 - i : i) * s->inner;
            uint32_t next = s->product ? acc * x[at] : acc + x[at];
            out[at] = (uint16_t)(s->exclusive ? acc : next);
            acc = (uint16_t)next;
        }
        return;
    }
    default: break;
    }
    const uint16_t *x = (const uint16_t *)s->x->data + first;
    uint16_t *out = (uint16_t *)s->out->data + first;
    float acc = s->product, v;
    for (int64_t i = 0; i < s->length; i++) {
        int64_t at = (s->reverse ? s->length - 1 - i : i) * s->inner;
        uint16_t before, after;
        leat_floats_to_16(s->x->dtype, &before, &acc, 1);
        leat_floats_from_16(s->x->dtype, &v, &x[at], 1);
        acc = s->product ? acc * v : acc + v;
        leat_floats_to_16(s->x->dtype, &after, &acc, 1);
        leat_floats_from_16(s->x->dtype, &acc, &after, 1);
        out[at] = s->exclusive ? before : after;
    }
}

static void scan_lines(int64_t begin, int64_t end, void *arg)
{
    for (; begin < end; begin++)
        scan_line(arg, begin);
}

static leat_status scan_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    int rank = leat_shape_rank(&x->shape), axis;
    LEAT_TRY(leat_kernel_want_scalar(k, 1, "axis"));
    LEAT_TRY(leat_kernel_axis(k, k->in[1], rank, &axis));
    LEAT_TRY(leat_out_new(k, 0, &x->shape));
    if (!leat_dtype_is_floating(x->dtype) && !leat_dtype_is_integer(x->dtype))
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no kernel for %s", leat_dtype_name(x->dtype));
    if (x->elements == 0)
        return LEAT_OK;
    struct scan s = {.x = x,
                     .out = &k->out[0],
                     .length = x->shape.dims[axis],
                     .inner = leat_dims_product(&x->shape, axis + 1, rank),
                     .exclusive = leat_attr_bool(k->op, "exclusive"),
                     .reverse = leat_attr_bool(k->op, "reverse"),
                     .product = strcmp(k->op->type->name, "Cumprod") == 0};
    leat_ranges(k, x->elements / s.length, LEAT_MAX(LEAT_GRAIN_MATH / s.length, 1), scan_lines, &s);
    return LEAT_OK;
}

static void cumsum_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_cumsum(g->dy[0], leat_grad_in(g, 1), .exclusive = leat_attr_bool(g->op, "exclusive"),
                               .reverse = !leat_attr_bool(g->op, "reverse"));
}

/* As TensorFlow's, which is not finite where x is 0. */
static void cumprod_grad(leat_grad *g)
{
    leat_out product = leat_raw_mul(leat_grad_out(g, 0), g->dy[0]);
    leat_out sum =
        leat_raw_cumsum(product, leat_grad_in(g, 1), .exclusive = leat_attr_bool(g->op, "exclusive"),
                        .reverse = !leat_attr_bool(g->op, "reverse"));
    g->dx[0] = leat_raw_real_div(sum, leat_grad_in(g, 0));
}

const leat_op_def leat_op_Cumsum = LEAT_OP(
    "Cumsum(x: T, axis: Tidx) -> out: T; exclusive: bool = false; reverse: bool = false; T: numeric; Tidx: {int32, int64} = "
    "int32",
    .doc = "Running sums along an axis.", .shape = leat_shape_same, .kernels = {{scan_kernel}},
    .gradient = cumsum_grad);

const leat_op_def leat_op_Cumprod = LEAT_OP(
    "Cumprod(x: T, axis: Tidx) -> out: T; exclusive: bool = false; reverse: bool = false; T: numeric; Tidx: {int32, int64} = "
    "int32",
    .doc = "Running products along an axis.", .shape = leat_shape_same, .kernels = {{scan_kernel}},
    .gradient = cumprod_grad);

LEAT_ROW(Cumsum, "(double[2,3] 1 2 3 4 5 6, int32[] 1) -> double[2,3] 1 3 6 4 9 15");
LEAT_ROW(Cumsum, "(double[2,3] 1 2 3 4 5 6, int64[] 0) -> double[2,3] 1 2 3 5 7 9");
LEAT_ROW(Cumsum, "(double[3] 1 2 3, int32[] -1) {exclusive: true} -> double[3] 0 1 3");
LEAT_ROW(Cumsum, "(double[3] 1 2 3, int32[] 0) {reverse: true} -> double[3] 6 5 3");
LEAT_ROW(Cumsum, "(double[3] 1 2 3, int32[] 0) {reverse: true; exclusive: true} -> double[3] 5 3 0");
LEAT_ROW(Cumsum, "(int8[3] 100 100 100, int32[] 0) -> int8[3] 100 -56 44");
LEAT_ROW(Cumsum, "(uint16[2] 65535 2, int32[] 0) -> uint16[2] 65535 1");
LEAT_ROW(Cumsum, "(half[3] 1 2 3, int32[] 0) {exclusive: true} -> half[3] 0 1 3");
LEAT_ROW(Cumsum, "(float[2] 1 2, int32[] 1) fails 'out of range'");
LEAT_ROW(Cumsum, "(float[2] 1 2, int32[1] 0) fails 'axis must be a scalar'");
LEAT_ROW(Cumprod, "(double[2,3] 1 2 3 4 5 6, int32[] 1) -> double[2,3] 1 2 6 4 20 120");
LEAT_ROW(Cumprod, "(double[3] 2 3 4, int32[] 0) {exclusive: true; reverse: true} -> double[3] 12 4 1");
LEAT_ROW(Cumprod, "(int32[3] 2 3 4, int32[] 0) -> int32[3] 2 6 24");
LEAT_ROW(Cumprod, "(float[2] 1 2, int32[1] 0) fails 'axis must be a scalar'");
