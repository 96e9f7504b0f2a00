/* conv.c - what the ops of convolution share: their checks, shapes, and the choice of the computation. */
#include "ops/conv-ops-private.h"
#include "ops/gemm-private.h"

/* ---- description ---- */

/* Filter [spatial..., channels of a group, filters], depthwise [h, w, channels, multiplier]. -1 where unknown. */
const char *leat_conv_describe(leat_conv *c, const leat_op *op, const leat_shape *images,
                               const leat_shape *filter)
{
    bool depthwise = strncmp(op->type_name, "Depthwise", 9) == 0;
    const char *reason = leat_window_attrs(&c->w, op);
    int rank = leat_shape_rank(filter), spatial = c->w.spatial;
    c->filters = -1;
    c->groups = 1;
    if (reason != NULL || (reason = leat_window_images(&c->w, images)) != NULL)
        return reason;
    if (rank < 0)
        return leat_window_fit(&c->w);
    if (rank != spatial + 2)
        return spatial == 2 ? "the filter must have rank 4" : "the filter must have rank 5";
    int64_t own = filter->dims[spatial], outs = filter->dims[spatial + 1];
    for (int i = 0; i < spatial; i++)
        c->w.size[i] = filter->dims[i];
    if (own == 0 || outs == 0)
        return "the filter is empty";
    if (depthwise) {
        if (own >= 0 && c->w.channels >= 0 && own != c->w.channels)
            return "input and filter must have the same depth";
        c->groups = own >= 0 ? own : c->w.channels;
        c->filters = c->groups >= 0 && outs >= 0 ? c->groups * outs : -1;
        return leat_window_fit(&c->w);
    }
    c->filters = outs;
    if (own > 0 && c->w.channels >= 0) {
        if (c->w.channels == 0 || c->w.channels % own != 0)
            return "input depth must be evenly divisible by filter depth";
        c->groups = c->w.channels / own;
        if (outs >= 0 && outs % c->groups != 0)
            return "the number of filters is no multiple of the number of groups";
    }
    return leat_window_fit(&c->w);
}

/* The output's shape is known by now: the given one must be it. */
static const char *check_output(const leat_conv *c, const leat_shape *given)
{
    leat_shape want = leat_window_shape(&c->w, c->w.batch, c->w.out, c->filters);
    return leat_shape_equal(want, *given)
               ? NULL
               : "the gradient does not have the shape of the convolution's result";
}

/* ---- running ---- */

typedef struct turned {
    float *room; /* float copies of 16-bit operands; NULL: none were needed */
} turned;

/* half and bfloat16: all three operands as floats, in memory of our own. */
static leat_status to_floats(leat_kernel *k, leat_conv *c, turned *t)
{
    size_t nx = (size_t)leat_conv_x_elements(c), nf = (size_t)leat_conv_f_elements(c),
           ny = (size_t)leat_conv_y_elements(c);
    t->room = NULL;
    if (!leat_dtype_is_16bit_float(c->dtype))
        return LEAT_OK;
    t->room = leat_alloc_aligned((nx + nf + ny) * sizeof *t->room);
    if (t->room == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %zu floats", nx + nf + ny);
    if (c->kind != LEAT_CONV_INPUT)
        leat_floats_from_16(c->dtype, t->room, c->x, nx);
    if (c->kind != LEAT_CONV_FILTER)
        leat_floats_from_16(c->dtype, t->room + nx, c->f, nf);
    if (c->kind != LEAT_CONV_FORWARD)
        leat_floats_from_16(c->dtype, t->room + nx + nf, c->y, ny);
    c->x = t->room;
    c->f = t->room + nx;
    c->y = t->room + nx + nf;
    c->dtype = LEAT_FLOAT;
    return LEAT_OK;
}

static leat_status run(leat_kernel *k, leat_conv *c)
{
    bool done = false;
    if (leat_conv_x_elements(c) == 0 || leat_conv_y_elements(c) == 0) { /* sums of nothing */
        memset(k->out[0].data, 0, (size_t)k->out[0].elements * leat_dtype_bytes(k->out[0].dtype));
        return LEAT_OK;
    }
    leat_conv floats = *c;
    turned t;
    LEAT_TRY(to_floats(k, &floats, &t));
    leat_status status = LEAT_OK;
    if (floats.dtype == LEAT_FLOAT)
        status = leat_conv_onednn(k, &floats, &done);
    if (status == LEAT_OK && !done)
        status = leat_conv_columns(k, &floats);
    leat_kernel_ran(k, done ? "onednn" : leat_gemm_library(floats.dtype));
    if (status == LEAT_OK && t.room != NULL)
        leat_floats_to_16(c->dtype, k->out[0].data,
                          c->kind == LEAT_CONV_FORWARD ? floats.y
                          : c->kind == LEAT_CONV_INPUT ? floats.x
                                                       : floats.f,
                          (size_t)k->out[0].elements);
    leat_free_aligned(t.room);
    return status;
}

static leat_status refuse(const leat_kernel *k, const char *reason, const leat_shape *images,
                          const leat_shape *filter)
{
    char a[128], b[128];
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s: images %s, filter %s", reason,
                            leat_shape_print(*images, a, sizeof a), leat_shape_print(*filter, b, sizeof b));
}

leat_status leat_conv_forward_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0], *f = k->in[1];
    leat_conv c = {.kind = LEAT_CONV_FORWARD, .dtype = x->dtype, .x = x->data, .f = f->data};
    const char *reason = leat_conv_describe(&c, k->op, &x->shape, &f->shape);
    if (reason != NULL)
        return refuse(k, reason, &x->shape, &f->shape);
    leat_shape shape = leat_window_shape(&c.w, c.w.batch, c.w.out, c.filters);
    LEAT_TRY(leat_out_new(k, 0, &shape));
    c.y = k->out[0].data;
    return run(k, &c);
}

/* The first Conv3DBackpropInput and Conv3DBackpropFilter are shown a tensor of the result's shape, where the others are told sizes. */
static bool is_shown(const leat_op *op, int i)
{
    return leat_dtype_is_floating(leat_out_dtype(op->inputs[i]));
}

/* input_sizes: the whole shape, or its spatial part, as TensorFlow allows. */
static leat_status read_sizes(const leat_kernel *k, const leat_conv *c, leat_shape *images)
{
    if (is_shown(k->op, 0)) {
        *images = k->in[0]->shape;
        return LEAT_OK;
    }
    const leat_tensor *t = k->in[0];
    const leat_shape *dy = &k->in[2]->shape, *f = &k->in[1]->shape;
    int spatial = c->w.spatial;
    if (leat_shape_rank(&t->shape) != 1 || leat_shape_rank(dy) != spatial + 2 ||
        leat_shape_rank(f) != spatial + 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "input_sizes must be a vector, filter and gradient of rank %d", spatial + 2);
    if (t->elements == spatial + 2)
        return leat_kernel_shape(k, t, images);
    if (t->elements != spatial)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "input_sizes must hold %d or %d numbers, not %lld", spatial + 2, spatial,
                                (long long)t->elements);
    int64_t dims[LEAT_SPATIAL];
    for (int i = 0; i < spatial; i++)
        if ((dims[i] = leat_index_at(t, i)) < 0)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input_sizes must not be negative");
    *images = leat_window_shape(&c->w, dy->dims[0], dims, f->dims[spatial]);
    return LEAT_OK;
}

leat_status leat_conv_input_kernel(leat_kernel *k)
{
    const leat_tensor *f = k->in[1], *dy = k->in[2];
    leat_conv c = {.kind = LEAT_CONV_INPUT, .dtype = dy->dtype, .f = f->data, .y = dy->data};
    leat_shape images;
    const char *reason = leat_window_attrs(&c.w, k->op);
    if (reason == NULL) {
        LEAT_TRY(read_sizes(k, &c, &images));
        reason = leat_conv_describe(&c, k->op, &images, &f->shape);
    }
    if (reason == NULL)
        reason = check_output(&c, &dy->shape);
    if (reason != NULL)
        return refuse(k, reason, &dy->shape, &f->shape);
    LEAT_TRY(leat_out_new(k, 0, &images));
    c.x = k->out[0].data;
    return run(k, &c);
}

leat_status leat_conv_filter_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0], *dy = k->in[2];
    leat_conv c = {.kind = LEAT_CONV_FILTER, .dtype = x->dtype, .x = x->data, .y = dy->data};
    leat_shape filter = k->in[1]->shape;
    if (!is_shown(k->op, 1))
        LEAT_TRY(leat_kernel_shape(k, k->in[1], &filter));
    const char *reason = leat_conv_describe(&c, k->op, &x->shape, &filter);
    if (reason == NULL)
        reason = check_output(&c, &dy->shape);
    if (reason != NULL)
        return refuse(k, reason, &x->shape, &filter);
    LEAT_TRY(leat_out_new(k, 0, &filter));
    c.f = k->out[0].data;
    return run(k, &c);
}

bool leat_conv_is_float(const leat_op *op)
{
    return op->outputs[0].dtype == LEAT_FLOAT;
}

/* ---- shapes and costs ---- */

leat_status leat_conv_forward_shape(leat_infer *c)
{
    leat_conv conv = {.kind = LEAT_CONV_FORWARD};
    char a[128], b[128];
    const char *reason = leat_conv_describe(&conv, c->op, c->in[0], c->in[1]);
    if (reason != NULL)
        return leat_infer_fail(c, "%s: images %s, filter %s", reason,
                               leat_shape_print(*c->in[0], a, sizeof a),
                               leat_shape_print(*c->in[1], b, sizeof b));
    c->out[0] = leat_window_shape(&conv.w, conv.w.batch, conv.w.out, conv.filters);
    return LEAT_OK;
}

leat_status leat_conv_input_shape(leat_infer *c)
{
    leat_window w;
    const char *reason = leat_window_attrs(&w, c->op);
    if (reason != NULL)
        return leat_infer_fail(c, "%s", reason);
    leat_shape sizes = is_shown(c->op, 0) ? *c->in[0] : leat_infer_value_as_shape(c, 0);
    if (leat_shape_rank(&sizes) == w.spatial + 2)
        c->out[0] = sizes;
    else
        c->out[0] = leat_shape_ranked(w.spatial + 2);
    return LEAT_OK;
}

leat_status leat_conv_filter_shape(leat_infer *c)
{
    leat_window w;
    const char *reason = leat_window_attrs(&w, c->op);
    if (reason != NULL)
        return leat_infer_fail(c, "%s", reason);
    leat_shape sizes = is_shown(c->op, 1) ? *c->in[1] : leat_infer_value_as_shape(c, 1);
    c->out[0] = leat_shape_rank(&sizes) == w.spatial + 2 ? sizes : leat_shape_ranked(w.spatial + 2);
    return LEAT_OK;
}

/* Every element of the result's side of y takes a window of products. */
void leat_conv_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out, leat_cost *cost)
{
    bool forward = strstr(op->type_name, "Backprop") == NULL,
         to_input = strstr(op->type_name, "Input") != NULL;
    const leat_tensor *y = forward ? out : in[2], *f = forward || to_input ? in[1] : out;
    int rank = leat_shape_rank(&f->shape);
    /* Of a depthwise one each output sees one channel. */
    bool depthwise = strncmp(op->type_name, "Depthwise", 9) == 0;
    double filters = 1;
    for (int d = rank - (depthwise ? 2 : 1); d >= 0 && d < rank; d++)
        filters *= (double)f->shape.dims[d];
    double window = (double)f->elements / LEAT_MAX(filters, 1);
    cost->flops = 2.0 * (double)y->elements * window;
    cost->bytes = (double)leat_dtype_bytes(y->dtype) *
                  (double)(y->elements + f->elements + (to_input ? out : in[0])->elements);
}

/* ---- gradients ---- */

/* "Conv2D" of "Conv2DBackpropInput". */
static const char *forward_type(const leat_op *op)
{
    if (strncmp(op->type_name, "Depthwise", 9) == 0)
        return "DepthwiseConv2dNative";
    return strncmp(op->type_name, "Conv3D", 6) == 0 ? "Conv3D" : "Conv2D";
}

static const char *input_type(const leat_op *op)
{
    if (strncmp(op->type_name, "Depthwise", 9) == 0)
        return "DepthwiseConv2dNativeBackpropInput";
    return strncmp(op->type_name, "Conv3D", 6) == 0 ? "Conv3DBackpropInputV2" : "Conv2DBackpropInput";
}

static const char *filter_type(const leat_op *op)
{
    if (strncmp(op->type_name, "Depthwise", 9) == 0)
        return "DepthwiseConv2dNativeBackpropFilter";
    return strncmp(op->type_name, "Conv3D", 6) == 0 ? "Conv3DBackpropFilterV2" : "Conv2DBackpropFilter";
}

void leat_conv_forward_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), f = leat_grad_in(g, 1), dy = g->dy[0];
    leat_op *shapes = leat_raw_shape_n(LEAT_OUTS(x, f));
    if (shapes == NULL)
        return;
    g->dx[0] = leat_out_0(LEAT_GRAD_LIKE(g, input_type(g->op), leat_op_output(shapes, 0), f, dy));
    g->dx[1] = leat_out_0(LEAT_GRAD_LIKE(g, filter_type(g->op), x, leat_op_output(shapes, 1), dy));
}

void leat_conv_input_grad(leat_grad *g)
{
    leat_out f = leat_grad_in(g, 1), dy = g->dy[0];
    g->dx[1] = leat_out_0(LEAT_GRAD_LIKE(g, filter_type(g->op), dy, leat_raw_shape(f), leat_grad_in(g, 2)));
    g->dx[2] = leat_out_0(LEAT_GRAD_LIKE(g, forward_type(g->op), dy, f));
}

void leat_conv_filter_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), df = g->dy[0];
    g->dx[0] = leat_out_0(LEAT_GRAD_LIKE(g, input_type(g->op), leat_raw_shape(x), df, leat_grad_in(g, 2)));
    g->dx[2] = leat_out_0(LEAT_GRAD_LIKE(g, forward_type(g->op), x, df));
}
