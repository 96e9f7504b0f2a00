/* resize.c - ResizeBilinear, ResizeBicubic, ResizeArea, ResizeNearestNeighbor, and their gradients. */
#include "ops/resize-private.h"

/* ---- weighted sums ---- */

typedef struct job {
    const leat_resize *r;
    const float *from; /* images, or the gradient */
    float *to;
    leat_dtype to_dtype; /* of the gradient's result */
    const char *source;  /* nearest neighbour: any type */
    char *target;
    size_t bytes;
} job;

/* Output row `row` (of batch x height). */
static void forward_row(const job *j, int64_t row)
{
    const leat_resize *r = j->r;
    int64_t n = r->channels, y = row % r->y.out, in_row = r->x.in * n;
    const float *image = j->from + row / r->y.out * r->y.in * in_row;
    float *out = j->to + row * r->x.out * n;
    memset(out, 0, (size_t)(r->x.out * n) * sizeof *out);
    for (int64_t x = 0; x < r->x.out; x++, out += n)
        for (int64_t ty = r->y.first[y]; ty < r->y.first[y + 1]; ty++) {
            const float *in = image + r->y.index[ty] * in_row;
            float wy = r->y.weight[ty] * r->scale;
            for (int64_t tx = r->x.first[x]; tx < r->x.first[x + 1]; tx++) {
                float w = wy * r->x.weight[tx];
                for (int64_t c = 0; c < n; c++)
                    out[c] += w * in[r->x.index[tx] + c];
            }
        }
}

static void forward_rows(int64_t begin, int64_t end, void *arg)
{
    for (int64_t row = begin; row < end; row++)
        forward_row(arg, row);
}

/* The gradient of image b: what each output pixel took from an input pixel goes back to it. */
#define BACKWARD_IMAGE(name_, type_)                                                                         \
    static void name_(const job *j, int64_t b)                                                               \
    {                                                                                                        \
        const leat_resize *r = j->r;                                                                         \
        int64_t n = r->channels, in_row = r->x.in * n;                                                       \
        const float *dy = j->from + b * r->y.out * r->x.out * n;                                             \
        type_ *dx = (type_ *)(void *)j->to + b * r->y.in * in_row;                                           \
        memset(dx, 0, (size_t)(r->y.in * in_row) * sizeof *dx);                                              \
        for (int64_t y = 0; y < r->y.out; y++)                                                               \
            for (int64_t x = 0; x < r->x.out; x++, dy += n)                                                  \
                for (int64_t ty = r->y.first[y]; ty < r->y.first[y + 1]; ty++)                               \
                    for (int64_t tx = r->x.first[x]; tx < r->x.first[x + 1]; tx++) {                         \
                        type_ w = (type_)r->y.weight[ty] * (type_)r->x.weight[tx];                           \
                        type_ *at = dx + r->y.index[ty] * in_row + r->x.index[tx];                           \
                        for (int64_t c = 0; c < n; c++)                                                      \
                            at[c] += w * (type_)dy[c];                                                       \
                    }                                                                                        \
    }
BACKWARD_IMAGE(backward_image_f32, float)
BACKWARD_IMAGE(backward_image_f64, double)

static void backward_images(int64_t begin, int64_t end, void *arg)
{
    const job *j = arg;
    for (int64_t b = begin; b < end; b++)
        if (j->to_dtype == LEAT_DOUBLE)
            backward_image_f64(j, b);
        else
            backward_image_f32(j, b);
}

/* ---- operands ---- */

/* Any real type as floats: in place if they are, else in scratch memory. */
static const float *as_floats(leat_kernel *k, const leat_tensor *t)
{
    if (t->dtype == LEAT_FLOAT)
        return t->data;
    float *room = leat_scratch(k, (size_t)t->elements * sizeof *room + 1);
    if (room == NULL)
        return NULL;
    if (leat_dtype_is_16bit_float(t->dtype)) {
        leat_floats_from_16(t->dtype, room, t->data, (size_t)t->elements);
        return room;
    }
    switch (t->dtype) {
#define AS_FLOATS_CASE(dtype_, type_)                                                                        \
    case dtype_:                                                                                             \
        for (int64_t i = 0; i < t->elements; i++)                                                            \
            room[i] = (float)((const type_ *)t->data)[i];                                                    \
        break;
        LEAT_FOR_REALS(AS_FLOATS_CASE)
#undef AS_FLOATS_CASE
    default: break;
    }
    return room;
}

/* The size that input i says: two positive numbers. */
static leat_status read_size(const leat_kernel *k, int i, int64_t *height, int64_t *width)
{
    const leat_tensor *t = k->in[i];
    if (leat_shape_rank(&t->shape) != 1 || t->elements != 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "size must be two numbers");
    *height = leat_index_at(t, 0);
    *width = leat_index_at(t, 1);
    if (*height <= 0 || *width <= 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "sizes must be positive: %lld x %lld",
                                (long long)*height, (long long)*width);
    return LEAT_OK;
}

static leat_status want_images(const leat_kernel *k, int i)
{
    char text[128];
    if (leat_shape_rank(&k->in[i]->shape) == 4)
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s must have rank 4: %s", k->op->type->in[i].name,
                            leat_shape_print(k->in[i]->shape, text, sizeof text));
}

/* ---- forward ---- */

static leat_status forward(leat_kernel *k, leat_resize_method method)
{
    const leat_tensor *images = k->in[0];
    const int64_t *dims = images->shape.dims;
    int64_t height, width;
    leat_resize r = {.batch = 0};
    LEAT_TRY(want_images(k, 0));
    LEAT_TRY(read_size(k, 1, &height, &width));
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(dims[0], height, width, dims[3])));
    r.batch = dims[0];
    r.channels = dims[3];
    leat_status status = leat_resize_begin(&r, k, method, dims[1], dims[2], height, width);
    if (status == LEAT_OK && k->out[0].elements > 0) {
        job j = {.r = &r, .from = as_floats(k, images), .to = k->out[0].data};
        if (j.from == NULL)
            status = leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for images as floats");
        else
            leat_ranges(k, r.batch * height, LEAT_MAX(1, LEAT_GRAIN_MATH / (width * r.channels)),
                        forward_rows, &j);
    }
    leat_resize_free(&r);
    return status;
}

static leat_status bilinear_kernel(leat_kernel *k)
{
    return forward(k, LEAT_RESIZE_BILINEAR);
}

static leat_status bicubic_kernel(leat_kernel *k)
{
    return forward(k, LEAT_RESIZE_BICUBIC);
}

static leat_status area_kernel(leat_kernel *k)
{
    return forward(k, LEAT_RESIZE_AREA);
}

static leat_status resize_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 4));
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    leat_shape size = leat_infer_value_as_shape(c, 1);
    bool ranked = c->in[0]->rank_plus_1 != 0, known = leat_shape_rank(&size) == 2;
    if (leat_shape_rank(&size) >= 0 && leat_shape_rank(&size) != 2)
        return leat_infer_fail(c, "size must be two numbers");
    c->out[0] = LEAT_SHAPE(ranked ? c->in[0]->dims[0] : -1, known ? size.dims[0] : -1,
                           known ? size.dims[1] : -1, ranked ? c->in[0]->dims[3] : -1);
    return LEAT_OK;
}

static void bilinear_grad(leat_grad *g)
{
    g->dx[0] = leat_out_0(LEAT_GRAD_LIKE(g, "ResizeBilinearGrad", g->dy[0], leat_grad_in(g, 0)));
}

static void bicubic_grad(leat_grad *g)
{
    leat_dtype dtype = leat_out_dtype(leat_grad_in(g, 0));
    if (dtype == LEAT_FLOAT || dtype == LEAT_DOUBLE)
        g->dx[0] = leat_out_0(LEAT_GRAD_LIKE(g, "ResizeBicubicGrad", g->dy[0], leat_grad_in(g, 0)));
}

const leat_op_def leat_op_ResizeBilinear = LEAT_OP(
    "ResizeBilinear(images: T, size: int32) -> resized_images: float; "
    "T: {int8, uint8, int16, uint16, int32, int64, bfloat16, half, float, double}; align_corners: bool = false; "
    "half_pixel_centers: bool = false",
    .doc = "Images (batch, height, width, channels) of another size, by linear interpolation.",
    .shape = resize_shape, .kernels = {{.fn = bilinear_kernel}}, .gradient = bilinear_grad);

LEAT_ROW(ResizeBilinear, "(float[1,1,2,1] 1 3, int32[2] 1 4) nograd -> float[1,1,4,1] 1 2 3 3");
LEAT_ROW(ResizeBilinear,
         "(float[1,1,2,1] 1 3, int32[2] 1 3) {align_corners: true} nograd -> float[1,1,3,1] 1 2 3");
LEAT_ROW(ResizeBilinear,
         "(uint8[1,1,2,1] 1 3, int32[2] 1 4) {half_pixel_centers: true} -> float[1,1,4,1] 1 1.5 2.5 3");
LEAT_ROW(ResizeBilinear, "(float[1,1,2,1] 1 3, int32[2] 0 4) fails 'positive'");
LEAT_ROW(
    ResizeBilinear,
    "(float[1,1,2,1] 1 3, int32[2] 1 4) {align_corners: true, half_pixel_centers: true} fails 'exclude'");

const leat_op_def leat_op_ResizeBicubic = LEAT_OP(
    "ResizeBicubic(images: T, size: int32) -> resized_images: float; "
    "T: {int8, uint8, int16, uint16, int32, int64, half, float, double, bfloat16}; align_corners: bool = false; "
    "half_pixel_centers: bool = false",
    .doc = "Images of another size, by cubic interpolation.", .shape = resize_shape,
    .kernels = {{.fn = bicubic_kernel}}, .gradient = bicubic_grad);

LEAT_ROW(ResizeBicubic, "(float[1,1,2,1] 1 3, int32[2] 1 4) nograd -> float[1,1,4,1] 1 2 3 3.1875");

const leat_op_def leat_op_ResizeArea = LEAT_OP(
    "ResizeArea(images: T, size: int32) -> resized_images: float; "
    "T: {int8, uint8, int16, uint16, int32, int64, half, float, double, bfloat16}; align_corners: bool = false",
    .doc = "Images of another size; a pixel is the mean of the area that it covers.", .shape = resize_shape,
    .kernels = {{.fn = area_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(ResizeArea, "(float[1,1,3,1] 1 3 5, int32[2] 1 2) tol 1e-6 -> float[1,1,2,1] 1.6666666 4.3333335");
LEAT_ROW(ResizeArea,
         "(float[1,1,1,1] 5, int32[2] 2 3) {align_corners: true} tol 1e-6 -> float[1,2,3,1] 5 5 5 5 5 5");

/* ---- nearest neighbour: copies of whole pixels ---- */

static void nearest_rows(int64_t begin, int64_t end, void *arg)
{
    const job *j = arg;
    const leat_resize *r = j->r;
    size_t pixel = (size_t)r->channels * j->bytes, in_row = (size_t)r->x.in * pixel;
    for (int64_t row = begin; row < end; row++) {
        int64_t y = row % r->y.out;
        const char *in = j->source + (size_t)(row / r->y.out * r->y.in + r->y.index[r->y.first[y]]) * in_row;
        char *out = j->target + (size_t)(row * r->x.out) * pixel;
        for (int64_t x = 0; x < r->x.out; x++)
            memcpy(out + (size_t)x * pixel, in + (size_t)r->x.index[r->x.first[x]] * j->bytes, pixel);
    }
}

static leat_status nearest_kernel(leat_kernel *k)
{
    const leat_tensor *images = k->in[0];
    const int64_t *dims = images->shape.dims;
    int64_t height, width;
    leat_resize r = {.batch = 0};
    LEAT_TRY(want_images(k, 0));
    LEAT_TRY(read_size(k, 1, &height, &width));
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(dims[0], height, width, dims[3])));
    r.batch = dims[0];
    r.channels = dims[3];
    leat_status status = leat_resize_begin(&r, k, LEAT_RESIZE_NEAREST, dims[1], dims[2], height, width);
    if (status == LEAT_OK && k->out[0].elements > 0) {
        job j = {.r = &r,
                 .source = images->data,
                 .target = k->out[0].data,
                 .bytes = leat_dtype_bytes(images->dtype)};
        leat_ranges(k, r.batch * height, LEAT_MAX(1, LEAT_GRAIN_CHEAP / (width * r.channels)), nearest_rows,
                    &j);
    }
    leat_resize_free(&r);
    return status;
}

static void nearest_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0);
    int32_t size[2] = {(int32_t)leat_dim(x, 1), (int32_t)leat_dim(x, 2)};
    leat_out shape = size[0] >= 0 && size[1] >= 0
                         ? leat_grad_ints(g, size, 2)
                         : leat_raw_strided_slice(leat_raw_shape(x), leat_grad_ints(g, &(int32_t){1}, 1),
                                                  leat_grad_ints(g, &(int32_t){3}, 1),
                                                  leat_grad_ints(g, &(int32_t){1}, 1));
    g->dx[0] = leat_out_0(LEAT_GRAD_LIKE(g, "ResizeNearestNeighborGrad", g->dy[0], shape));
}

const leat_op_def leat_op_ResizeNearestNeighbor = LEAT_OP(
    "ResizeNearestNeighbor(images: T, size: int32) -> resized_images: T; "
    "T: {int8, uint8, int16, uint16, int32, int64, half, float, double, bfloat16}; align_corners: bool = false; "
    "half_pixel_centers: bool = false",
    .doc = "Images of another size, each pixel that of the nearest input pixel.", .shape = resize_shape,
    .kernels = {{.fn = nearest_kernel}}, .gradient = nearest_grad, .cost = leat_cost_moves);

LEAT_ROW(ResizeNearestNeighbor, "(int32[1,1,2,2] 1 2 3 4, int32[2] 1 3) -> int32[1,1,3,2] 1 2 1 2 3 4");
LEAT_ROW(ResizeNearestNeighbor,
         "(double[1,2,1,1] 1 2, int32[2] 3 1) {align_corners: true} -> double[1,3,1,1] 1 2 2");

static leat_status nearest_grad_kernel(leat_kernel *k)
{
    const leat_tensor *dy = k->in[0];
    const int64_t *dims = dy->shape.dims;
    int64_t height, width;
    leat_resize r = {.batch = 0};
    LEAT_TRY(want_images(k, 0));
    LEAT_TRY(read_size(k, 1, &height, &width));
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(dims[0], height, width, dims[3])));
    leat_tensor *dx = &k->out[0];
    memset(dx->data, 0, (size_t)dx->elements * leat_dtype_bytes(dx->dtype));
    r.batch = dims[0];
    r.channels = dims[3];
    leat_status status = leat_resize_begin(&r, k, LEAT_RESIZE_NEAREST, height, width, dims[1], dims[2]);
    for (int64_t i = 0; status == LEAT_OK && i < dy->elements; i++) {
        int64_t c = i % r.channels, x = i / r.channels % r.x.out, y = i / r.channels / r.x.out % r.y.out;
        int64_t b = i / r.channels / r.x.out / r.y.out;
        int64_t at =
            (b * height + r.y.index[r.y.first[y]]) * width * r.channels + r.x.index[r.x.first[x]] + c;
        leat_element_put(dx, at, leat_element_get(dx, at) + leat_element_get(dy, i));
    }
    leat_resize_free(&r);
    return status;
}

const leat_op_def leat_op_ResizeNearestNeighborGrad =
    LEAT_OP("ResizeNearestNeighborGrad(grads: T, size: int32) -> output: T; "
            "T: {uint8, int8, int32, half, float, double, bfloat16}; align_corners: bool = false; "
            "half_pixel_centers: bool = false",
            .doc = "The gradient of ResizeNearestNeighbor, whose images had this size.",
            .shape = resize_shape, .kernels = {{.fn = nearest_grad_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(ResizeNearestNeighborGrad, "(float[1,1,3,1] 1 2 4, int32[2] 1 2) -> float[1,1,2,1] 3 4");

/* ---- gradients of the weighted sums ---- */

static leat_status run_backward(leat_kernel *k, const leat_resize *r)
{
    leat_tensor *dx = &k->out[0];
    bool small = leat_dtype_is_16bit_float(dx->dtype);
    job j = {.r = r, .from = k->in[0]->data, .to = dx->data, .to_dtype = dx->dtype};
    if (small && (j.to = leat_scratch(k, (size_t)dx->elements * sizeof(float))) == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld floats", (long long)dx->elements);
    leat_ranges(k, r->batch, LEAT_MAX(1, LEAT_GRAIN_MATH / (r->y.out * r->x.out * r->channels)),
                backward_images, &j);
    if (small)
        leat_floats_to_16(dx->dtype, dx->data, j.to, (size_t)dx->elements);
    return LEAT_OK;
}

static leat_status backward(leat_kernel *k, leat_resize_method method)
{
    const leat_tensor *dy = k->in[0], *image = k->in[1];
    leat_resize r = {.batch = 0};
    LEAT_TRY(want_images(k, 0));
    LEAT_TRY(want_images(k, 1));
    const int64_t *out = dy->shape.dims, *in = image->shape.dims;
    if (out[0] != in[0] || out[3] != in[3])
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "gradient and images differ in batch or channels");
    LEAT_TRY(leat_out_new(k, 0, &image->shape));
    r.batch = in[0];
    r.channels = in[3];
    leat_status status = leat_resize_begin(&r, k, method, in[1], in[2], out[1], out[2]);
    if (status == LEAT_OK && k->out[0].elements > 0)
        status = run_backward(k, &r);
    leat_resize_free(&r);
    return status;
}

static leat_status bilinear_grad_kernel(leat_kernel *k)
{
    return backward(k, LEAT_RESIZE_BILINEAR);
}

static leat_status bicubic_grad_kernel(leat_kernel *k)
{
    return backward(k, LEAT_RESIZE_BICUBIC);
}

static leat_status as_images_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 4));
    LEAT_TRY(leat_infer_want_rank(c, 1, 4));
    c->out[0] = *c->in[1];
    return LEAT_OK;
}

const leat_op_def leat_op_ResizeBilinearGrad = LEAT_OP(
    "ResizeBilinearGrad(grads: float, original_image: T) -> output: T; T: floating; align_corners: bool = false; "
    "half_pixel_centers: bool = false",
    .doc = "The gradient of ResizeBilinear.", .shape = as_images_shape,
    .kernels = {{.fn = bilinear_grad_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(ResizeBilinearGrad, "(float[1,1,4,1] 1 2 4 8, float[1,1,2,1] 0 0) -> float[1,1,2,1] 2 13");
LEAT_ROW(ResizeBilinearGrad, "(float[1,1,4,1] 1 2 4 8, float[2,1,2,1] 0 0 0 0) fails 'batch'");

const leat_op_def leat_op_ResizeBicubicGrad =
    LEAT_OP("ResizeBicubicGrad(grads: float, original_image: T) -> output: T; T: {float, double}; "
            "align_corners: bool = false; half_pixel_centers: bool = false",
            .doc = "The gradient of ResizeBicubic.", .shape = as_images_shape,
            .kernels = {{.fn = bicubic_grad_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(ResizeBicubicGrad, "(float[1,1,2,1] 1 2, double[1,1,2,1] 0 0) -> double[1,1,2,1] 1 2");
