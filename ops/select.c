/* select.c - Select, SelectV2, ClipByValue, AddN. */
#include "ops/elementwise-private.h"
#include "leat/raw-ops.h"

/* ---- selection ---- */

struct select_run {
    leat_broadcast b;
    const uint8_t *condition;
    const char *yes, *no;
    char *out;
    size_t bytes;
};

#define SELECT_LOOP(type_)                                                                                   \
    {                                                                                                        \
        const type_ *t = (const type_ *)r->yes + at[1], *f = (const type_ *)r->no + at[2];                   \
        type_ *out = (type_ *)r->out + begin;                                                                \
        for (int64_t i = 0; i < n; i++)                                                                      \
            out[i] = c[i * sc] ? t[i * st] : f[i * sf];                                                      \
        break;                                                                                               \
    }

static void select_range(int64_t begin, int64_t end, void *arg)
{
    const struct select_run *r = arg;
    const int64_t sc = r->b.stride[0][0], st = r->b.stride[1][0], sf = r->b.stride[2][0];
    while (begin < end) {
        int64_t at[3], left;
        leat_broadcast_at(&r->b, begin, 3, at, &left);
        int64_t n = LEAT_MIN(left, end - begin);
        const uint8_t *c = r->condition + at[0];
        switch (r->bytes) {
        case 1: SELECT_LOOP(uint8_t)
        case 2: SELECT_LOOP(uint16_t)
        case 4: SELECT_LOOP(uint32_t)
        case 8: SELECT_LOOP(uint64_t)
        default:
            for (int64_t i = 0; i < n; i++)
                memcpy(r->out + (size_t)(begin + i) * r->bytes,
                       c[i * sc] ? r->yes + (size_t)(at[1] + i * st) * r->bytes
                                 : r->no + (size_t)(at[2] + i * sf) * r->bytes,
                       r->bytes);
        }
        begin += n;
    }
}

/* The condition is used under the shape `condition`, which broadcasts to `out` as the two values do. */
static leat_status select_run(leat_kernel *k, const leat_shape *condition, const leat_shape *out)
{
    const leat_tensor *yes = k->in[1], *no = k->in[2];
    struct select_run r = {.condition = k->in[0]->data, .yes = yes->data, .no = no->data};
    bool strings = yes->dtype == LEAT_STRING;
    if (strings)
        LEAT_TRY(leat_out_new(k, 0, out));
    else
        LEAT_TRY(leat_out_reuse(k, 0, leat_shape_equal(yes->shape, *out) ? 1 : 2, out));
    leat_broadcast_plan(&r.b, out, (const leat_shape *const[]){condition, &yes->shape, &no->shape}, 3);
    if (!strings) {
        r.out = k->out[0].data;
        r.bytes = leat_dtype_bytes(yes->dtype);
        leat_ranges(k, k->out[0].elements, LEAT_GRAIN_CHEAP, select_range, &r);
        return LEAT_OK;
    }
    for (int64_t i = 0; i < k->out[0].elements; i++) {
        int64_t at[3], left;
        leat_broadcast_at(&r.b, i, 3, at, &left);
        const leat_string *from =
            r.condition[at[0]] ? (const leat_string *)r.yes + at[1] : (const leat_string *)r.no + at[2];
        LEAT_TRY(leat_string_set((leat_string *)k->out[0].data + i, from->data, from->size));
    }
    return LEAT_OK;
}

static leat_status select_shapes_fail(const leat_kernel *k)
{
    char c[128], t[128], e[128];
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "condition %s, t %s and e %s do not fit together",
                            leat_shape_print(k->in[0]->shape, c, sizeof c),
                            leat_shape_print(k->in[1]->shape, t, sizeof t),
                            leat_shape_print(k->in[2]->shape, e, sizeof e));
}

static leat_status select_v2_kernel(leat_kernel *k)
{
    leat_shape values, out;
    if (!leat_shape_broadcast(&k->in[1]->shape, &k->in[2]->shape, &values) ||
        !leat_shape_broadcast(&k->in[0]->shape, &values, &out))
        return select_shapes_fail(k);
    return select_run(k, &k->in[0]->shape, &out);
}

static leat_status select_v2_shape(leat_infer *c)
{
    leat_shape values;
    if (!leat_shape_broadcast(c->in[1], c->in[2], &values) ||
        !leat_shape_broadcast(c->in[0], &values, &c->out[0]))
        return leat_infer_fail(c, "the shapes do not broadcast");
    return LEAT_OK;
}

/* The old rule: condition is a scalar, of the values' shape, or a vector that selects along their first dimension. */
static leat_status select_kernel(leat_kernel *k)
{
    const leat_shape *condition = &k->in[0]->shape, *values = &k->in[1]->shape;
    int rank = leat_shape_rank(values);
    if (!leat_shape_equal(*values, k->in[2]->shape))
        return select_shapes_fail(k);
    if (leat_shape_rank(condition) == 0 || leat_shape_equal(*condition, *values))
        return select_run(k, condition, values);
    if (leat_shape_rank(condition) != 1 || rank < 1 || condition->dims[0] != values->dims[0])
        return select_shapes_fail(k);
    leat_shape rows = {.rank_plus_1 = rank + 1, .dims = {condition->dims[0]}};
    for (int i = 1; i < rank; i++)
        rows.dims[i] = 1;
    return select_run(k, &rows, values);
}

static leat_status select_shape(leat_infer *c)
{
    if (!leat_shape_merge(c->in[1], c->in[2], &c->out[0]))
        return leat_infer_fail(c, "t and e must have one shape");
    const leat_shape *condition = c->in[0], *values = &c->out[0];
    int rank = leat_shape_rank(condition), want = leat_shape_rank(values);
    if (rank <= 0 || want < 0)
        return LEAT_OK;
    bool rows = rank == 1 && want >= 1 &&
                (condition->dims[0] < 0 || values->dims[0] < 0 || condition->dims[0] == values->dims[0]);
    if (!rows && !leat_shape_merge(condition, values, NULL))
        return leat_infer_fail(c, "the condition fits neither the values nor their first dimension");
    return LEAT_OK;
}

static void select_grad(leat_grad *g)
{
    leat_out c = leat_grad_in(g, 0), zeros = leat_raw_zeros_like(leat_grad_in(g, 1));
    g->dx[1] = leat_raw_select(c, g->dy[0], zeros);
    g->dx[2] = leat_raw_select(c, zeros, g->dy[0]);
}

/* The condition may broadcast the values too: each is summed down to its own shape. */
static leat_out sum_to_shape_of(leat_grad *g, leat_out dx, leat_out like)
{
    leat_shape have = leat_out_shape(dx), want = leat_out_shape(like);
    if (leat_shape_known(&want) && leat_shape_equal(have, want))
        return dx;
    leat_op *args =
        leat_raw_broadcast_gradient_args(leat_raw_shape(like), leat_raw_shape(leat_grad_out(g, 0)));
    if (args == NULL)
        return LEAT_NO_OUT;
    return leat_raw_reshape(leat_raw_sum(dx, (leat_out){args, 0}), leat_raw_shape(like));
}

static void select_v2_grad(leat_grad *g)
{
    leat_out c = leat_grad_in(g, 0), zeros = leat_raw_zeros_like(g->dy[0]);
    g->dx[1] = sum_to_shape_of(g, leat_raw_select_v2(c, g->dy[0], zeros), leat_grad_in(g, 1));
    g->dx[2] = sum_to_shape_of(g, leat_raw_select_v2(c, zeros, g->dy[0]), leat_grad_in(g, 2));
}

const leat_op_def leat_op_Select = LEAT_OP(
    "Select(condition: bool, t: T, e: T) -> output: T; T: type",
    .doc = "t where condition holds, else e. A vector condition selects rows.", .shape = select_shape,
    .kernels = {{select_kernel}}, .gradient = select_grad, .cost = leat_cost_moves, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_SelectV2 =
    LEAT_OP("SelectV2(condition: bool, t: T, e: T) -> output: T; T: type",
            .doc = "t where condition holds, else e; all three broadcast.", .shape = select_v2_shape,
            .kernels = {{select_v2_kernel}}, .gradient = select_v2_grad, .cost = leat_cost_moves,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(Select, "(bool[2,3] 0..1, double[2,3] -3..3, double[2,3] -3..3)", x ? y : z);
LEAT_ROW(Select, "(bool[2] true false, float[2,2] 1 2 3 4, float[2,2] 5 6 7 8) -> float[2,2] 1 2 7 8");
LEAT_ROW(Select, "(bool[] false, string[1] 'a', string[1] 'b') -> string[1] 'b'");
LEAT_ROW(Select, "(bool[3] true true true, float[2] 1 2, float[2] 3 4) fails ''");
LEAT_ROW(SelectV2, "(bool[2,3] 0..1, double[3] -3..3, double[2,1] -3..3)", x ? y : z);
LEAT_ROW(SelectV2, "(bool[4,1] 0..1, double[] -3..3, double[] -3..3)", x ? y : z);
LEAT_ROW(SelectV2, "(bool[2] true false, int8[] 5, int8[2] 1 2) -> int8[2] 5 2");
LEAT_ROW(SelectV2, "(bool[2] true false, string[] 'x', string[2] 'a' 'b') -> string[2] 'x' 'b'");

/* ---- ClipByValue ---- */

#define CLIP_LOOP(dtype_, type_)                                                                             \
    case dtype_: {                                                                                           \
        const type_ *t = k->in[0]->data, *lo = k->in[1]->data, *hi = k->in[2]->data;                         \
        type_ *out = k->out[0].data;                                                                         \
        for (int64_t i = 0; i < n; i++) {                                                                    \
            type_ v = t[i], l = lo[i * sl], h = hi[i * sh];                                                  \
            v = v > h ? h : v;                                                                               \
            out[i] = v < l ? l : v;                                                                          \
        }                                                                                                    \
        return LEAT_OK;                                                                                      \
    }

static leat_status clip_kernel(leat_kernel *k)
{
    const leat_shape *shape = &k->in[0]->shape;
    int64_t stride[2], n = k->in[0]->elements;
    for (int i = 1; i < 3; i++) {
        stride[i - 1] = leat_shape_equal(k->in[i]->shape, *shape);
        if (!stride[i - 1] && leat_shape_rank(&k->in[i]->shape) != 0)
            return leat_kernel_fail(
                k, LEAT_ERR_INVALID_ARGUMENT,
                "clip_value_min and clip_value_max must be scalars or of the same shape as t");
    }
    int64_t sl = stride[0], sh = stride[1];
    leat_dtype dtype = k->in[0]->dtype;
    if (leat_dtype_is_16bit_float(dtype)) {
        LEAT_TRY(leat_out_reuse(k, 0, 0, shape));
        const uint16_t *t = k->in[0]->data, *lo = k->in[1]->data, *hi = k->in[2]->data;
        uint16_t *out = k->out[0].data;
        for (int64_t i = 0; i < n; i++) {
            float v, l, h;
            leat_floats_from_16(dtype, &v, &t[i], 1);
            leat_floats_from_16(dtype, &l, &lo[i * sl], 1);
            leat_floats_from_16(dtype, &h, &hi[i * sh], 1);
            uint16_t kept = v > h ? hi[i * sh] : t[i];
            out[i] = (v > h ? h : v) < l ? lo[i * sl] : kept;
        }
        return LEAT_OK;
    }
    LEAT_TRY(leat_out_reuse(k, 0, 0, shape));
    switch (dtype) {
        LEAT_FOR_REALS(CLIP_LOOP)
    default: return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no kernel for %s", leat_dtype_name(dtype));
    }
}

/* The gradient flows where t was between the limits; beyond one, into that limit. */
static void clip_grad(leat_grad *g)
{
    leat_out t = leat_grad_in(g, 0), lo = leat_grad_in(g, 1), hi = leat_grad_in(g, 2);
    leat_out zeros = leat_raw_zeros_like(g->dy[0]);
    leat_out below = leat_raw_less(t, lo), above = leat_raw_greater(t, hi);
    g->dx[0] = leat_raw_select_v2(leat_raw_logical_or(below, above), zeros, g->dy[0]);
    g->dx[1] = leat_grad_unbroadcast(g, leat_raw_select_v2(below, g->dy[0], zeros), 1, 0);
    g->dx[2] = leat_grad_unbroadcast(g, leat_raw_select_v2(above, g->dy[0], zeros), 2, 0);
}

const leat_op_def leat_op_ClipByValue =
    LEAT_OP("ClipByValue(t: T, clip_value_min: T, clip_value_max: T) -> output: T; T: numeric",
            .doc = "t taken into [clip_value_min, clip_value_max]; NaN stays.", .shape = leat_shape_same,
            .kernels = {{clip_kernel}}, .gradient = clip_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(ClipByValue, "(double[2,3] -3..3, double[] -1, double[] 1.5)", x<y ? y : x> z ? z : x);
LEAT_ROW(ClipByValue, "(float[4] nan 3 -3 -0, float[] -1, float[] 1) nograd -> float[4] nan 1 -1 -0");
LEAT_ROW(ClipByValue, "(half[3] -2 0.5 2, half[] -1, half[3] 1 1 1) -> half[3] -1 0.5 1");
LEAT_ROW(ClipByValue, "(uint8[3] 0 5 9, uint8[] 2, uint8[] 7) -> uint8[3] 2 5 7");
LEAT_ROW(ClipByValue, "(float[3] 0 5 9, float[2] 2 2, float[] 7) fails 'scalars'");
LEAT_ROW(ClipByValue, "(float[2,1] 1 2, float[1] 0, float[] 1) fails 'scalars'");

/* ---- AddN ---- */

struct add_n {
    const leat_tensor *const *in;
    uint32_t n;
    leat_tensor *out;
    leat_loop2 *add;
};

/* The inputs are added in their order, in blocks that stay in the cache. */
static void add_n_range(int64_t begin, int64_t end, void *arg)
{
    const struct add_n *a = arg;
    size_t bytes = leat_dtype_bytes(a->out->dtype);
    for (int64_t at = begin; at < end; at += 2048) {
        size_t count = (size_t)LEAT_MIN(end - at, 2048), offset = (size_t)at * bytes;
        char *out = (char *)a->out->data + offset;
        const char *first = (const char *)a->in[0]->data + offset;
        if (a->n == 1)
            memmove(out, first, count * bytes);
        for (uint32_t i = 1; i < a->n; i++)
            a->add(i == 1 ? first : out, (const char *)a->in[i]->data + offset, out, count, LEAT_BOTH);
    }
}

#define ADD_SMALL(dtype_, type_) LEAT_LOOP2(add_##dtype_, type_, type_, (uint64_t)x + (uint64_t)y)
LEAT_FOR_INTS(ADD_SMALL)

static void add_n_16(int64_t begin, int64_t end, void *arg)
{
    const struct add_n *a = arg;
    for (int64_t i = begin; i < end; i++) {
        float sum, x;
        leat_floats_from_16(a->out->dtype, &sum, (const uint16_t *)a->in[0]->data + i, 1);
        for (uint32_t j = 1; j < a->n; j++) {
            leat_floats_from_16(a->out->dtype, &x, (const uint16_t *)a->in[j]->data + i, 1);
            sum += x;
        }
        leat_floats_to_16(a->out->dtype, (uint16_t *)a->out->data + i, &sum, 1);
    }
}

static leat_status add_n_kernel(leat_kernel *k)
{
#define ADD_ENTRY(dtype_, type_) [dtype_] = add_##dtype_,
    static const leat_binary_loops loops = {.vector = LEAT_VECTOR_ADD + 1,
                                            .of_complex = LEAT_COMPLEX_ADD + 1,
                                            .by_dtype = {LEAT_FOR_INTS(ADD_ENTRY)}};
#undef ADD_ENTRY
    const leat_tensor *first = k->in[0];
    for (uint32_t i = 1; i < k->n_in; i++)
        if (!leat_shape_equal(k->in[i]->shape, first->shape)) {
            char a[128], b[128];
            return leat_kernel_fail(
                k, LEAT_ERR_INVALID_ARGUMENT,
                "Inputs to operation must have the same size and shape. Input 0: %s != input %u: %s",
                leat_shape_print(first->shape, a, sizeof a), i,
                leat_shape_print(k->in[i]->shape, b, sizeof b));
        }
    bool lifted = leat_dtype_is_16bit_float(first->dtype);
    struct add_n a = {k->in, k->n_in, &k->out[0], lifted ? NULL : leat_binary_loop(&loops, first->dtype)};
    if (!lifted && a.add == NULL)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no kernel for %s", leat_dtype_name(first->dtype));
    bool twice = false; /* AddN(x, y, x): x is still read when the first sum is written */
    for (uint32_t i = 1; i < k->n_in; i++)
        twice |= k->in[i]->data == first->data;
    LEAT_TRY(twice ? leat_out_new(k, 0, &first->shape) : leat_out_reuse(k, 0, 0, &first->shape));
    leat_ranges(k, first->elements, LEAT_GRAIN_CHEAP, lifted ? add_n_16 : add_n_range, &a);
    return LEAT_OK;
}

static void add_n_grad(leat_grad *g)
{
    for (uint32_t i = 0; i < g->op->n_inputs; i++)
        g->dx[i] = g->dy[0];
}

static leat_status accumulate_n_shape(leat_infer *c)
{
    leat_shape shape = leat_attr_shape(c->op, "shape");
    c->out[0] = shape;
    for (uint32_t i = 0; i < c->op->n_inputs; i++)
        if (!leat_shape_merge(&c->out[0], c->in[i], &c->out[0]))
            return leat_infer_fail(c, "the inputs must have one shape, that of the attribute");
    return LEAT_OK;
}

static void add_n_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                       leat_cost *cost)
{
    (void)in;
    cost->flops = (double)out[0].elements * (op->n_inputs - 1);
}

const leat_op_def leat_op_AddN = LEAT_OP(
    "AddN(inputs: N * T) -> sum: T; N: int >= 1; T: numeric", .doc = "The sum of the inputs, of one shape.",
    .shape = leat_shape_same_merged, .kernels = {{add_n_kernel}}, .gradient = add_n_grad, .cost = add_n_cost,
    .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_AccumulateNV2 = LEAT_OP(
    "AccumulateNV2(inputs: N * T) -> sum: T; N: int >= 1; T: numeric; shape: shape",
    .doc = "The sum of the inputs, as AddN.", .shape = accumulate_n_shape, .kernels = {{add_n_kernel}},
    .gradient = add_n_grad, .cost = add_n_cost, .flags = LEAT_OP_INPLACE);

LEAT_ROW(AddN, "([double[2,3] -3..3, double[2,3] -3..3, double[2,3] -3..3])", x + y + z);
LEAT_ROW(AddN, "([float[5000] -3..3, float[5000] -3..3, float[5000] -3..3])",
         (float)((float)x + (float)y) + z);
LEAT_ROW(AddN, "([int8[2] 100 1]) -> int8[2] 100 1");
LEAT_ROW(AddN, "([half[2] 1 2, half[2] 3 4, half[2] 0.5 0.25]) -> half[2] 4.5 6.25");
LEAT_ROW(AddN, "([float[2] 1 2, float[3] 1 2 3]) fails ''");
LEAT_ROW(AddN, "([complex64[2] 1j 2, complex64[2] 1 1, complex64[2] 1 1j]) -> complex64[2] 2+1j 3+1j");
LEAT_ROW(AccumulateNV2, "([int32[2] 1 2, int32[2] 3 4]) {shape: shape[2]} -> int32[2] 4 6");
