/* crop-resize.c - CropAndResize: boxes of images, each brought to one size, and its gradients.
 *
 * A box is y1, x1, y2, x2 in parts of the image; a crop of one row or column is taken from the box's middle. */
#include <math.h>
#include "ops/grad-private.h"

typedef struct crop {
    const leat_tensor *images, *boxes, *box_index;
    int64_t batch, height, width, channels, crop_height, crop_width;
    bool nearest;
} crop;

/* Where row (or column) i of `n` lies in an image of `size`; not in the image: negative. */
static float place(float from, float to, int64_t i, int64_t n, int64_t size)
{
    float at = n > 1
                   ? from * (float)(size - 1) + (float)i * ((to - from) * (float)(size - 1) / (float)(n - 1))
                   : 0.5f * (from + to) * (float)(size - 1);
    return at < 0 || at > (float)(size - 1) ? -1 : at;
}

/* A pixel of a crop: its four (or one) neighbours and how far it is between them. */
typedef struct spot {
    float y, x, dy, dx;               /* dy, dx: the fractions */
    int64_t top, bottom, left, right; /* element offsets in the batch */
} spot;

/* false: outside of the image. */
static bool spot_at(const crop *c, int64_t box, int64_t y, int64_t x, spot *s)
{
    const float *b = (const float *)c->boxes->data + 4 * box;
    s->y = place(b[0], b[2], y, c->crop_height, c->height);
    s->x = place(b[1], b[3], x, c->crop_width, c->width);
    if (!(s->y >= 0) || !(s->x >= 0))
        return false;
    int64_t image = ((const int32_t *)c->box_index->data)[box] * c->height, row = c->width * c->channels;
    float top = c->nearest ? roundf(s->y) : floorf(s->y), left = c->nearest ? roundf(s->x) : floorf(s->x);
    s->top = (image + (int64_t)top) * row;
    s->bottom = (image + (int64_t)(c->nearest ? top : ceilf(s->y))) * row;
    s->left = (int64_t)left * c->channels;
    s->right = (int64_t)(c->nearest ? left : ceilf(s->x)) * c->channels;
    s->dy = c->nearest ? 0 : s->y - top;
    s->dx = c->nearest ? 0 : s->x - left;
    return true;
}

static leat_status check_boxes(const leat_kernel *k, const crop *c)
{
    const float *b = c->boxes->data;
    if (leat_shape_rank(&c->boxes->shape) != 2 || c->boxes->shape.dims[1] != 4 ||
        leat_shape_rank(&c->box_index->shape) != 1 || c->box_index->elements != c->boxes->shape.dims[0])
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "boxes must be rows of 4 numbers, with an image's index for each");
    for (int64_t i = 0; i < c->boxes->elements; i++)
        if (!isfinite(b[i]))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "box %lld is not finite",
                                    (long long)(i / 4));
    for (int64_t i = 0; i < c->box_index->elements; i++) {
        int64_t image = leat_index_at(c->box_index, i);
        if (image < 0 || image >= c->batch)
            return leat_kernel_fail(k, LEAT_ERR_OUT_OF_RANGE, "box_index[%lld] = %lld is not in [0, %lld)",
                                    (long long)i, (long long)image, (long long)c->batch);
    }
    return LEAT_OK;
}

/* The images' and the crops' sizes; rank 4 both. */
static leat_status set_sizes(const leat_kernel *k, crop *c, const leat_shape *images, int64_t crop_height,
                             int64_t crop_width)
{
    if (leat_shape_rank(images) != 4 || images->dims[1] <= 0 || images->dims[2] <= 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "images must have rank 4 and pixels");
    if (crop_height <= 0 || crop_width <= 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "crops must have pixels: %lld x %lld",
                                (long long)crop_height, (long long)crop_width);
    c->batch = images->dims[0];
    c->height = images->dims[1];
    c->width = images->dims[2];
    c->channels = images->dims[3];
    c->crop_height = crop_height;
    c->crop_width = crop_width;
    c->nearest = strcmp(leat_attr_string(k->op, "method"), "nearest") == 0;
    return LEAT_OK;
}

/* ---- forward ---- */

static leat_status crop_kernel(leat_kernel *k)
{
    crop c = {.images = k->in[0], .boxes = k->in[1], .box_index = k->in[2]};
    const leat_tensor *size = k->in[3], *t = c.images;
    if (leat_shape_rank(&size->shape) != 1 || size->elements != 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "crop_size must be two numbers");
    LEAT_TRY(set_sizes(k, &c, &t->shape, leat_index_at(size, 0), leat_index_at(size, 1)));
    LEAT_TRY(check_boxes(k, &c));
    LEAT_TRY(
        leat_out_new(k, 0, &LEAT_SHAPE(c.boxes->shape.dims[0], c.crop_height, c.crop_width, c.channels)));
    float *out = k->out[0].data, outside = leat_attr_float(k->op, "extrapolation_value");
    for (int64_t i = 0; i < k->out[0].elements; i += c.channels, out += c.channels) {
        int64_t pixel = i / c.channels, x = pixel % c.crop_width, y = pixel / c.crop_width % c.crop_height;
        spot s;
        bool inside = spot_at(&c, pixel / c.crop_width / c.crop_height, y, x, &s);
        for (int64_t d = 0; d < c.channels; d++) {
            if (!inside) {
                out[d] = outside;
                continue;
            }
            float tl = (float)leat_element_get(t, s.top + s.left + d),
                  tr = (float)leat_element_get(t, s.top + s.right + d);
            float bl = (float)leat_element_get(t, s.bottom + s.left + d);
            float br = (float)leat_element_get(t, s.bottom + s.right + d);
            float above = tl + (tr - tl) * s.dx, below = bl + (br - bl) * s.dx;
            out[d] = c.nearest ? tl : above + (below - above) * s.dy;
        }
    }
    return LEAT_OK;
}

static leat_status crop_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 4));
    LEAT_TRY(leat_infer_want_rank(c, 1, 2));
    LEAT_TRY(leat_infer_want_rank(c, 2, 1));
    leat_shape size = leat_infer_value_as_shape(c, 3);
    if (size.rank_plus_1 != 0 && leat_shape_rank(&size) != 2)
        return leat_infer_fail(c, "crop_size must be two numbers");
    c->out[0] = LEAT_SHAPE(
        c->in[1]->rank_plus_1 != 0 ? c->in[1]->dims[0] : -1, size.rank_plus_1 != 0 ? size.dims[0] : -1,
        size.rank_plus_1 != 0 ? size.dims[1] : -1, c->in[0]->rank_plus_1 != 0 ? c->in[0]->dims[3] : -1);
    return LEAT_OK;
}

static void crop_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), boxes = leat_grad_in(g, 1), index = leat_grad_in(g, 2);
    leat_dtype dtype = leat_out_dtype(x);
    if (dtype == LEAT_FLOAT || dtype == LEAT_DOUBLE || dtype == LEAT_HALF) {
        /* T is not given by the inputs here: it is copied from this op */
        g->dx[0] = leat_out_0(
            LEAT_GRAD_LIKE(g, "CropAndResizeGradImage", g->dy[0], boxes, index, leat_raw_shape(x)));
    }
    g->dx[1] = leat_raw_crop_and_resize_grad_boxes(g->dy[0], x, boxes, index);
}

const leat_op_def leat_op_CropAndResize = LEAT_OP(
    "CropAndResize(image: T, boxes: float, box_ind: int32, crop_size: int32) -> crops: float; "
    "T: {uint8, uint16, int8, int16, int32, int64, half, float, double}; method: {'bilinear', 'nearest'} = 'bilinear'; "
    "extrapolation_value: float = 0.0",
    .doc = "Crops of images by boxes (y1, x1, y2, x2, in parts of the image), all resized to crop_size.",
    .shape = crop_shape, .kernels = {{.fn = crop_kernel}}, .gradient = crop_grad);

LEAT_ROW(CropAndResize, "(float[1,2,2,1] 1 2 3 4, float[1,4] 0 0 1 1, int32[1] 0, int32[2] 3 3) nograd -> "
                        "float[1,3,3,1] 1 1.5 2 2 2.5 3 3 3.5 4");
LEAT_ROW(CropAndResize, "(uint8[1,2,2,1] 1 2 3 4, float[1,4] 0 0 2 2, int32[1] 0, int32[2] 2 2) "
                        "{extrapolation_value: 9.0, method: 'nearest'} nograd -> float[1,2,2,1] 1 9 9 9");
LEAT_ROW(CropAndResize,
         "(float[1,2,2,1] 1 2 3 4, float[1,4] 0 0 1 1, int32[1] 1, int32[2] 3 3) fails 'box_index'");
LEAT_ROW(CropAndResize,
         "(float[1,2,2,1] 1 2 3 4, float[1,4] 0 0 1 nan, int32[1] 0, int32[2] 3 3) fails 'finite'");
LEAT_ROW(CropAndResize,
         "(float[1,2,2,1] 1 2 3 4, float[1,4] 0 0 1 1, int32[1] 0, int32[2] 0 3) fails 'pixels'");

/* ---- gradients ---- */

static leat_status want_crops(const leat_kernel *k, const crop *c, const leat_tensor *dy)
{
    char text[128];
    if (dy->shape.dims[0] == c->boxes->shape.dims[0] && dy->shape.dims[3] == c->channels)
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                            "the gradient does not have the shape of the crops: %s",
                            leat_shape_print(dy->shape, text, sizeof text));
}

static leat_status grad_image_kernel(leat_kernel *k)
{
    const leat_tensor *dy = k->in[0];
    crop c = {.boxes = k->in[1], .box_index = k->in[2]};
    leat_shape images;
    LEAT_TRY(leat_kernel_shape(k, k->in[3], &images));
    if (leat_shape_rank(&dy->shape) != 4)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the gradient must have rank 4");
    LEAT_TRY(set_sizes(k, &c, &images, dy->shape.dims[1], dy->shape.dims[2]));
    LEAT_TRY(check_boxes(k, &c));
    LEAT_TRY(want_crops(k, &c, dy));
    LEAT_TRY(leat_out_new(k, 0, &images));
    leat_tensor *dx = &k->out[0];
    double *sum = leat_scratch(k, (size_t)dx->elements * sizeof *sum + 1);
    if (sum == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld sums", (long long)dx->elements);
    memset(sum, 0, (size_t)dx->elements * sizeof *sum);
    const float *from = dy->data;
    for (int64_t i = 0; i < dy->elements; i += c.channels, from += c.channels) {
        int64_t pixel = i / c.channels, x = pixel % c.crop_width, y = pixel / c.crop_width % c.crop_height;
        spot s;
        if (!spot_at(&c, pixel / c.crop_width / c.crop_height, y, x, &s))
            continue;
        for (int64_t d = 0; d < c.channels; d++) {
            float top = (1 - s.dy) * from[d], bottom = s.dy * from[d];
            sum[s.top + s.left + d] += (double)((1 - s.dx) * top);
            sum[s.top + s.right + d] += (double)(s.dx * top);
            sum[s.bottom + s.left + d] += (double)((1 - s.dx) * bottom);
            sum[s.bottom + s.right + d] += (double)(s.dx * bottom);
        }
    }
    for (int64_t i = 0; i < dx->elements; i++)
        leat_element_put(dx, i, sum[i]);
    return LEAT_OK;
}

static leat_status grad_image_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 4));
    leat_shape size = leat_infer_value_as_shape(c, 3);
    c->out[0] = leat_shape_rank(&size) == 4 ? size : leat_shape_ranked(4);
    return LEAT_OK;
}

const leat_op_def leat_op_CropAndResizeGradImage = LEAT_OP(
    "CropAndResizeGradImage(grads: float, boxes: float, box_ind: int32, image_size: int32) -> output: T; "
    "T: {float, half, double}; method: {'bilinear', 'nearest'} = 'bilinear'",
    .doc = "The gradient of CropAndResize by its images.", .shape = grad_image_shape,
    .kernels = {{.fn = grad_image_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(CropAndResizeGradImage,
         "(float[1,1,1,1] 4, float[1,4] 0 0 1 1, int32[1] 0, int32[4] 1 2 2 1) {T: float} -> "
         "float[1,2,2,1] 1 1 1 1");

static leat_status grad_boxes_kernel(leat_kernel *k)
{
    const leat_tensor *dy = k->in[0], *t = k->in[1];
    crop c = {.images = t, .boxes = k->in[2], .box_index = k->in[3]};
    if (leat_shape_rank(&dy->shape) != 4)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the gradient must have rank 4");
    LEAT_TRY(set_sizes(k, &c, &t->shape, dy->shape.dims[1], dy->shape.dims[2]));
    LEAT_TRY(check_boxes(k, &c));
    LEAT_TRY(want_crops(k, &c, dy));
    LEAT_TRY(leat_out_new(k, 0, &c.boxes->shape));
    float *out = k->out[0].data;
    memset(out, 0, (size_t)k->out[0].elements * sizeof *out);
    float h = (float)(c.height - 1), w = (float)(c.width - 1),
          ratio_y = c.crop_height > 1 ? h / (float)(c.crop_height - 1) : 0;
    float ratio_x = c.crop_width > 1 ? w / (float)(c.crop_width - 1) : 0;
    for (int64_t i = 0; i < dy->elements; i++) {
        int64_t d = i % c.channels, pixel = i / c.channels, x = pixel % c.crop_width,
                y = pixel / c.crop_width % c.crop_height;
        int64_t box = pixel / c.crop_width / c.crop_height;
        float *b = out + 4 * box, g = ((const float *)dy->data)[i];
        spot s;
        if (!spot_at(&c, box, y, x, &s))
            continue;
        float tl = (float)leat_element_get(t, s.top + s.left + d),
              tr = (float)leat_element_get(t, s.top + s.right + d);
        float bl = (float)leat_element_get(t, s.bottom + s.left + d),
              br = (float)leat_element_get(t, s.bottom + s.right + d);
        float gy = ((1 - s.dx) * (bl - tl) + s.dx * (br - tr)) * g,
              gx = ((1 - s.dy) * (tr - tl) + s.dy * (br - bl)) * g;
        b[0] += c.crop_height > 1 ? gy * (h - (float)y * ratio_y) : gy * 0.5f * h;
        b[2] += c.crop_height > 1 ? gy * ((float)y * ratio_y) : gy * 0.5f * h;
        b[1] += c.crop_width > 1 ? gx * (w - (float)x * ratio_x) : gx * 0.5f * w;
        b[3] += c.crop_width > 1 ? gx * ((float)x * ratio_x) : gx * 0.5f * w;
    }
    return LEAT_OK;
}

static leat_status grad_boxes_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 2, 2));
    c->out[0] = *c->in[2];
    return LEAT_OK;
}

const leat_op_def leat_op_CropAndResizeGradBoxes = LEAT_OP(
    "CropAndResizeGradBoxes(grads: float, image: T, boxes: float, box_ind: int32) -> output: float; "
    "T: {uint8, uint16, int8, int16, int32, int64, half, float, double}; method: {'bilinear'} = 'bilinear'",
    .doc = "The gradient of CropAndResize by its boxes, as of linear interpolation.",
    .shape = grad_boxes_shape, .kernels = {{.fn = grad_boxes_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(CropAndResizeGradBoxes,
         "(float[1,1,1,1] 1, float[1,2,2,1] 1 2 3 4, float[1,4] 0 0 1 1, int32[1] 0) -> "
         "float[1,4] 1 0.5 1 0.5");
