/* dilation.c - Dilation2D: the greatest sum of an image's window and a filter, channel by channel, and its gradients. */
#include "ops/grad-private.h"
#include "ops/window-private.h"

typedef struct dilation {
    leat_window w;
    const leat_tensor *in, *filter, *dy;
    leat_tensor *out;
} dilation;

static const char *read_list(const leat_op *op, const char *name, int64_t *to)
{
    const int64_t *list;
    if (leat_attr_ints(op, name, &list) != 4 || list[0] != 1 || list[3] != 1)
        return "strides and rates must be 1, rows, columns, 1";
    to[0] = list[1];
    to[1] = list[2];
    for (int i = 0; i < 2; i++)
        if (to[i] < 1 || to[i] > INT32_MAX)
            return "strides and rates must be positive, below 2^31";
    return NULL;
}

/* NULL, or what is wrong; unknown dimensions are -1. */
static const char *describe(leat_window *w, const leat_op *op, const leat_shape *in, const leat_shape *filter)
{
    *w = (leat_window){.spatial = 2, .same = strcmp(leat_attr_string(op, "padding"), "SAME") == 0};
    const char *reason = read_list(op, "strides", w->stride);
    if (reason == NULL)
        reason = read_list(op, "rates", w->dilation);
    if (reason != NULL)
        return reason;
    if ((in->rank_plus_1 != 0 && leat_shape_rank(in) != 4) ||
        (filter->rank_plus_1 != 0 && leat_shape_rank(filter) != 3))
        return "input must be 4-dimensional and filter 3-dimensional";
    bool known = in->rank_plus_1 != 0;
    w->batch = known ? in->dims[0] : -1;
    w->channels = known ? in->dims[3] : -1;
    for (int i = 0; i < 2; i++) {
        w->in[i] = known ? in->dims[1 + i] : -1;
        w->size[i] = filter->rank_plus_1 != 0 ? filter->dims[i] : -1;
    }
    int64_t depth = filter->rank_plus_1 != 0 ? filter->dims[2] : -1;
    if (w->channels >= 0 && depth >= 0 && w->channels != depth)
        return "input and filter must have the same depth";
    return leat_window_fit(w);
}

/* The index in the image, and that in the filter, of the greatest sum at a place of the output: the first of equal ones; -1 where the
 * window has no element in the image. *best is that sum. */
#define GREATEST(type_, name_)                                                                               \
    static type_ name_(const dilation *p, int64_t image, int64_t y, int64_t x, int64_t c, int64_t at[2])     \
    {                                                                                                        \
        const leat_window *w = &p->w;                                                                        \
        const type_ *in = p->in->data, *filter = p->filter->data;                                            \
        int64_t top, left, i0, i1, j0, j1;                                                                   \
        type_ best = 0;                                                                                      \
        at[0] = at[1] = -1;                                                                                  \
        leat_window_clip(w, 0, y, &top, &i0, &i1);                                                           \
        leat_window_clip(w, 1, x, &left, &j0, &j1);                                                          \
        for (int64_t i = i0; i < i1; i++)                                                                    \
            for (int64_t j = j0; j < j1; j++) {                                                              \
                int64_t row = image * w->in[0] + top + i * w->dilation[0];                                   \
                int64_t pixel = (row * w->in[1] + left + j * w->dilation[1]) * w->channels + c;              \
                int64_t tap = (i * w->size[1] + j) * w->channels + c;                                        \
                type_ sum = (type_)(in[pixel] + filter[tap]);                                                \
                if (at[0] < 0 || sum > best) {                                                               \
                    best = sum;                                                                              \
                    at[0] = pixel;                                                                           \
                    at[1] = tap;                                                                             \
                }                                                                                            \
            }                                                                                                \
        return best;                                                                                         \
    }

/* One output row of one image. */
#define FORWARD_ROW(type_)                                                                                   \
    GREATEST(type_, greatest_##type_)                                                                        \
    static void forward_##type_(size_t row, void *arg)                                                       \
    {                                                                                                        \
        const dilation *p = arg;                                                                             \
        const leat_window *w = &p->w;                                                                        \
        int64_t n = w->out[1] * w->channels, at[2];                                                          \
        type_ *to = (type_ *)p->out->data + (int64_t)row * n;                                                \
        for (int64_t i = 0; i < n; i++)                                                                      \
            to[i] = greatest_##type_(p, (int64_t)row / w->out[0], (int64_t)row % w->out[0], i / w->channels, \
                                     i % w->channels, at);                                                   \
    }                                                                                                        \
    /* of_filter: 1 adds to the filter's elements, 0 to the image's; one thread, since windows overlap */    \
    static void backward_##type_(const dilation *p, int of_filter)                                           \
    {                                                                                                        \
        const leat_window *w = &p->w;                                                                        \
        const type_ *dy = p->dy->data;                                                                       \
        type_ *to = p->out->data;                                                                            \
        int64_t at[2], place = 0;                                                                            \
        for (int64_t image = 0; image < w->batch; image++)                                                   \
            for (int64_t y = 0; y < w->out[0]; y++)                                                          \
                for (int64_t x = 0; x < w->out[1]; x++)                                                      \
                    for (int64_t c = 0; c < w->channels; c++, place++) {                                     \
                        (void)greatest_##type_(p, image, y, x, c, at);                                       \
                        if (at[of_filter] >= 0)                                                              \
                            to[at[of_filter]] = (type_)(to[at[of_filter]] + dy[place]);                      \
                    }                                                                                        \
    }

FORWARD_ROW(float)
FORWARD_ROW(double)
FORWARD_ROW(int8_t)
FORWARD_ROW(int16_t)
FORWARD_ROW(int32_t)
FORWARD_ROW(int64_t)
FORWARD_ROW(uint8_t)
FORWARD_ROW(uint16_t)
FORWARD_ROW(uint32_t)
FORWARD_ROW(uint64_t)

static bool has_loops(const leat_op *op)
{
    return !leat_dtype_is_16bit_float(leat_attr_type(op, "T"));
}

static leat_status begin(leat_kernel *k, dilation *p)
{
    const char *reason = describe(&p->w, k->op, &k->in[0]->shape, &k->in[1]->shape);
    p->in = k->in[0];
    p->filter = k->in[1];
    p->out = &k->out[0];
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s", reason);
    return LEAT_OK;
}

static leat_status forward_kernel(leat_kernel *k)
{
    dilation p;
    LEAT_TRY(begin(k, &p));
    leat_shape out = leat_window_shape(&p.w, p.w.batch, p.w.out, p.w.channels);
    LEAT_TRY(leat_out_new(k, 0, &out));
    if (p.out->elements == 0)
        return LEAT_OK;
    size_t rows = (size_t)(p.w.batch * p.w.out[0]);
    switch (p.in->dtype) {
#define FORWARD_CASE(dtype_, type_)                                                                          \
    case dtype_: leat_tiles(k, rows, forward_##type_, &p); break;
        LEAT_FOR_REALS(FORWARD_CASE)
    default: break;
    }
    return LEAT_OK;
}

static leat_status backward(leat_kernel *k, int of_filter)
{
    dilation p;
    char a[128], b[128];
    LEAT_TRY(begin(k, &p));
    leat_shape out = leat_window_shape(&p.w, p.w.batch, p.w.out, p.w.channels);
    p.dy = k->in[2];
    if (!leat_shape_equal(out, p.dy->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "out_backprop has shape %s, the output %s",
                                leat_shape_print(p.dy->shape, a, sizeof a),
                                leat_shape_print(out, b, sizeof b));
    LEAT_TRY(leat_out_new(k, 0, &k->in[of_filter]->shape));
    if (p.out->elements == 0)
        return LEAT_OK;
    memset(p.out->data, 0, leat_tensor_bytes(p.out));
    switch (p.in->dtype) {
#define BACKWARD_CASE(dtype_, type_)                                                                         \
    case dtype_: backward_##type_(&p, of_filter); break;
        LEAT_FOR_REALS(BACKWARD_CASE)
    default: break;
    }
    return LEAT_OK;
}

static leat_status input_kernel(leat_kernel *k)
{
    return backward(k, 0);
}

static leat_status filter_kernel(leat_kernel *k)
{
    return backward(k, 1);
}

static leat_status forward_shape(leat_infer *c)
{
    leat_window w;
    const char *reason = describe(&w, c->op, c->in[0], c->in[1]);
    if (reason != NULL)
        return leat_infer_fail(c, "%s", reason);
    c->out[0] = leat_window_shape(&w, w.batch, w.out, w.channels);
    return LEAT_OK;
}

static leat_status filter_shape(leat_infer *c)
{
    c->out[0] = *c->in[1];
    return LEAT_OK;
}

static void dilation_grad(leat_grad *g)
{
    leat_out in = leat_grad_in(g, 0), filter = leat_grad_in(g, 1);
    g->dx[0] = leat_out_0(LEAT_GRAD_LIKE(g, "Dilation2DBackpropInput", in, filter, g->dy[0]));
    g->dx[1] = leat_out_0(LEAT_GRAD_LIKE(g, "Dilation2DBackpropFilter", in, filter, g->dy[0]));
}

const leat_op_def leat_op_Dilation2D = LEAT_OP(
    "Dilation2D(input: T, filter: T) -> output: T; T: real; strides: list(int) >= 4; "
    "rates: list(int) >= 4; padding: {'SAME', 'VALID'}",
    .doc = "The greatest sum of each window and the filter, channel by channel.", .shape = forward_shape,
    .kernels = {{.fn = forward_kernel, .can = has_loops}}, .gradient = dilation_grad);

const leat_op_def leat_op_Dilation2DBackpropInput =
    LEAT_OP("Dilation2DBackpropInput(input: T, filter: T, out_backprop: T) -> in_backprop: T; T: real; "
            "strides: list(int) >= 4; rates: list(int) >= 4; padding: {'SAME', 'VALID'}",
            .doc = "The gradient of Dilation2D by its input.", .shape = leat_shape_same,
            .kernels = {{.fn = input_kernel, .can = has_loops}}, .gradient = leat_grad_none);

const leat_op_def leat_op_Dilation2DBackpropFilter =
    LEAT_OP("Dilation2DBackpropFilter(input: T, filter: T, out_backprop: T) -> filter_backprop: T; T: real; "
            "strides: list(int) >= 4; rates: list(int) >= 4; padding: {'SAME', 'VALID'}",
            .doc = "The gradient of Dilation2D by its filter.", .shape = filter_shape,
            .kernels = {{.fn = filter_kernel, .can = has_loops}}, .gradient = leat_grad_none);

LEAT_ROW(Dilation2D,
         "(double[1,2,3,1] 1 5 2 0 3 9, double[1,2,1] 0 1) {strides: [1, 1, 1, 1]; rates: [1, 1, 1, 1]; "
         "padding: 'VALID'} -> double[1,2,2,1] 6 5 4 10");
LEAT_ROW(Dilation2D,
         "(double[2,5,4,2] -2..2, double[2,3,2] -1..1) {strides: [1, 2, 1, 1]; rates: [1, 1, 2, 1]; "
         "padding: 'SAME'} -> any");
LEAT_ROW(Dilation2D, "(float[1,2,2,1] 0..1, float[2,2,2] 0..1) {strides: [1, 1, 1, 1]; rates: [1, 1, 1, 1]; "
                     "padding: 'SAME'} fails 'same depth'");
LEAT_ROW(Dilation2D, "(float[1,2,2,1] 0..1, float[2,2,1] 0..1) {strides: [1, 0, 1, 1]; rates: [1, 1, 1, 1]; "
                     "padding: 'SAME'} fails 'must be positive'");
LEAT_ROW(Dilation2DBackpropInput,
         "(int32[1,1,3,1] 1 5 2, int32[1,2,1] 0 1, int32[1,1,2,1] 7 8) {strides: [1, 1, 1, 1]; "
         "rates: [1, 1, 1, 1]; padding: 'VALID'} -> int32[1,1,3,1] 0 15 0");
LEAT_ROW(Dilation2DBackpropFilter,
         "(int32[1,1,3,1] 1 5 2, int32[1,2,1] 0 1, int32[1,1,2,1] 7 8) {strides: [1, 1, 1, 1]; "
         "rates: [1, 1, 1, 1]; padding: 'VALID'} -> int32[1,2,1] 8 7");
LEAT_ROW(Dilation2DBackpropFilter,
         "(float[1,1,3,1] 0..1, float[1,2,1] 0..1, float[1,1,3,1] 0..1) {strides: [1, 1, 1, 1]; "
         "rates: [1, 1, 1, 1]; padding: 'VALID'} fails 'out_backprop'");
