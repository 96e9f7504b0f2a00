/* image-color.c - colours of images: contrast, hue, saturation, RGB and HSV. The last dimension has red, green and blue. */
#include "ops/ops-private.h"
#include <math.h>

/* ---- AdjustContrastv2, and AdjustContrast, which clips: away from the mean of each image's channel ---- */

typedef struct contrast {
    const leat_tensor *in;
    leat_tensor *out;
    int64_t pixels, channels;
    float factor, lowest, highest;
} contrast;

static void contrast_image(size_t image, void *arg)
{
    const contrast *c = arg;
    int64_t begin = (int64_t)image * c->pixels * c->channels, end = begin + c->pixels * c->channels;
    for (int64_t channel = 0; channel < c->channels; channel++) {
        double sum = 0;
        for (int64_t i = begin + channel; i < end; i += c->channels)
            sum += leat_element_get(c->in, i);
        float mean = (float)(sum / (double)c->pixels);
        for (int64_t i = begin + channel; i < end; i += c->channels) {
            float v = ((float)leat_element_get(c->in, i) - mean) * c->factor + mean;
            v = v > c->highest ? c->highest : v;
            leat_element_put(c->out, i, (double)(v < c->lowest ? c->lowest : v));
        }
    }
}

static leat_status contrast_kernel(leat_kernel *k)
{
    const leat_shape *shape = &k->in[0]->shape;
    int rank = leat_shape_rank(shape);
    if (rank < 3)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input must be at least 3-D, got rank %d",
                                rank);
    static const char *const names[] = {"contrast_factor", "min_value", "max_value"};
    for (int i = 1; i < (int)k->n_in; i++)
        LEAT_TRY(leat_kernel_want_scalar(k, i, names[i - 1]));
    LEAT_TRY(leat_out_new(k, 0, shape));
    bool clips = k->n_in > 2;
    contrast c = {.in = k->in[0],
                  .out = &k->out[0],
                  .pixels = shape->dims[rank - 3] * shape->dims[rank - 2],
                  .channels = shape->dims[rank - 1],
                  .factor = *(const float *)k->in[1]->data,
                  .lowest = clips ? *(const float *)k->in[2]->data : -INFINITY,
                  .highest = clips ? *(const float *)k->in[3]->data : INFINITY};
    if (k->in[0]->elements > 0)
        leat_tiles(k, (size_t)leat_dims_product(shape, 0, rank - 3), contrast_image, &c);
    return LEAT_OK;
}

static leat_status adjust_shape(leat_infer *c)
{
    for (int i = 1; i < (int)c->op->n_inputs; i++)
        LEAT_TRY(leat_infer_want_rank(c, i, 0));
    c->out[0] = *c->in[0];
    return LEAT_OK;
}

const leat_op_def leat_op_AdjustContrast = LEAT_OP(
    "AdjustContrast(images: T, contrast_factor: float, min_value: float, max_value: float) -> output: float; "
    "T: {uint8, int8, int16, int32, int64, float, double}",
    .doc = "(x - mean) * contrast_factor + mean, with the mean of each image's channel, clipped.",
    .shape = adjust_shape, .kernels = {{contrast_kernel}}, .gradient = leat_grad_missing);

LEAT_ROW(
    AdjustContrast,
    "(int8[2,1,2,2] 1 2 3 6 0 0 1 1, float[] 2, float[] -0.25, float[] 7) -> float[2,1,2,2] 0 0 4 7 -0.25 -0.25 1.5 1.5");

const leat_op_def leat_op_AdjustContrastv2 =
    LEAT_OP("AdjustContrastv2(images: T, contrast_factor: float) -> output: T; T: {half, float} = float",
            .doc = "(x - mean) * contrast_factor + mean, with the mean of each image's channel.",
            .shape = adjust_shape, .kernels = {{contrast_kernel}}, .gradient = leat_grad_missing);

LEAT_ROW(AdjustContrastv2,
         "(float[2,1,2,2] 1 2 3 6 0 0 1 1, float[] 2) nograd -> float[2,1,2,2] 0 0 4 8 -0.5 -0.5 1.5 1.5");
LEAT_ROW(AdjustContrastv2, "(float[2,3] 0..1, float[] 2) fails 'at least 3-D'");
LEAT_ROW(AdjustContrastv2, "(float[1,1,3] 0..1, float[1] 0.5) fails ''");

/* ---- pixels ---- */

typedef void pixel_fn(const double *in, double *out, double amount);

typedef struct pixels {
    const leat_tensor *in;
    leat_tensor *out;
    pixel_fn *fn;
    double amount;
} pixels;

static void pixel_range(int64_t begin, int64_t end, void *arg)
{
    const pixels *p = arg;
    for (int64_t i = 3 * begin; i < 3 * end; i += 3) {
        double in[3], out[3];
        for (int j = 0; j < 3; j++)
            in[j] = leat_element_get(p->in, i + j);
        p->fn(in, out, p->amount);
        for (int j = 0; j < 3; j++)
            leat_element_put(p->out, i + j, out[j]);
    }
}

/* `amount`: is input 1 a number for fn? */
static leat_status each_pixel(leat_kernel *k, pixel_fn *fn, int least_rank, bool amount)
{
    const leat_shape *shape = &k->in[0]->shape;
    int rank = leat_shape_rank(shape);
    if (rank < least_rank || shape->dims[rank - 1] != 3)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "input must be at least %d-D and have 3 channels", least_rank);
    if (amount)
        LEAT_TRY(leat_kernel_want_scalar(k, 1, "delta or scale"));
    LEAT_TRY(leat_out_new(k, 0, shape));
    pixels p = {k->in[0], &k->out[0], fn, amount ? (double)*(const float *)k->in[1]->data : 0};
    leat_ranges(k, k->in[0]->elements / 3, LEAT_GRAIN_HEAVY, pixel_range, &p);
    return LEAT_OK;
}

/* ---- AdjustHue: Where, on the circle of six colours, the middle channel lies between the least and the greatest ---- */

static double hue_of(const double *p, double *least, double *greatest)
{
    static const uint8_t sector_of[3][3] = {{0, 0, 5}, {1, 0, 2}, {4, 3, 0}}; /* [greatest][middle] */
    int top, low;
    if (p[0] < p[1]) {
        top = p[2] > p[1] ? 2 : 1;
        low = p[2] < p[0] ? 2 : 0;
    } else {
        top = p[2] > p[0] ? 2 : 0;
        low = p[2] < p[1] ? 2 : 1;
    }
    int middle = 3 - top - low, sector = sector_of[top][middle];
    *least = p[low];
    *greatest = p[top];
    if (*least == *greatest)
        return 0;
    if (top == 0 && middle == 1)
        sector = 0;
    double part = (p[middle] - *least) / (*greatest - *least);
    return (double)sector + (sector % 2 == 0 ? part : 1 - part);
}

static void hue_pixel(const double *in, double *out, double delta)
{
    static const uint8_t order[6][3] = {{0, 1, 2}, {1, 0, 2}, {1, 2, 0}, {2, 1, 0}, {2, 0, 1}, {0, 2, 1}};
    double least, greatest, hue = hue_of(in, &least, &greatest) + delta * 6;
    if (hue < 0 || hue >= 6)
        hue -= 6 * floor(hue / 6);
    int sector = hue >= 0 && hue < 6 ? (int)hue : 5;
    double part = hue - (double)sector;
    out[order[sector][0]] = greatest; /* greatest, middle, least */
    out[order[sector][1]] = least + (sector % 2 == 0 ? part : 1 - part) * (greatest - least);
    out[order[sector][2]] = least;
}

static leat_status hue_kernel(leat_kernel *k)
{
    return each_pixel(k, hue_pixel, 3, true);
}

/* ---- RGB and HSV ---- */

static void to_hsv(const double *in, double *out, double unused)
{
    double r = in[0], g = in[1], b = in[2], value = fmax(r, fmax(g, b)), range = value - fmin(r, fmin(g, b));
    double unit = 1 / (6 * range), hue;
    (void)unused;
    if (r == value)
        hue = unit * (g - b);
    else
        hue = g == value ? unit * (b - r) + 2.0 / 6 : unit * (r - g) + 4.0 / 6;
    out[0] = range > 0 ? (hue < 0 ? hue + 1 : hue) : 0;
    out[1] = value > 0 ? range / value : 0;
    out[2] = value;
}

static double unit_clip(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static void to_rgb(const double *in, double *out, double unused)
{
    double hue = in[0] * 6, s = in[1], v = in[2];
    (void)unused;
    out[0] = (1 - s + s * unit_clip(fabs(hue - 3) - 1)) * v;
    out[1] = (1 - s + s * unit_clip(2 - fabs(hue - 2))) * v;
    out[2] = (1 - s + s * unit_clip(2 - fabs(hue - 4))) * v;
}

static void saturation_pixel(const double *in, double *out, double scale)
{
    double hsv[3];
    to_hsv(in, hsv, 0);
    hsv[1] = unit_clip(hsv[1] * scale);
    to_rgb(hsv, out, 0);
}

static leat_status saturation_kernel(leat_kernel *k)
{
    return each_pixel(k, saturation_pixel, 3, true);
}
static leat_status to_hsv_kernel(leat_kernel *k)
{
    return each_pixel(k, to_hsv, 1, false);
}
static leat_status to_rgb_kernel(leat_kernel *k)
{
    return each_pixel(k, to_rgb, 1, false);
}

const leat_op_def leat_op_AdjustHue =
    LEAT_OP("AdjustHue(images: T, delta: float) -> output: T; T: {half, float} = float",
            .doc = "RGB images with their hues turned by delta, a part of the circle.", .shape = adjust_shape,
            .kernels = {{hue_kernel}}, .gradient = leat_grad_missing);

const leat_op_def leat_op_AdjustSaturation =
    LEAT_OP("AdjustSaturation(images: T, scale: float) -> output: T; T: {half, float} = float",
            .doc = "RGB images with their saturations times scale.", .shape = adjust_shape,
            .kernels = {{saturation_kernel}}, .gradient = leat_grad_missing);

const leat_op_def leat_op_RGBToHSV =
    LEAT_OP("RGBToHSV(images: T) -> output: T; T: floating = float",
            .doc = "Red, green and blue of the last dimension to hue, saturation and value, of [0, 1].",
            .shape = leat_shape_same, .kernels = {{to_hsv_kernel}}, .gradient = leat_grad_missing);

const leat_op_def leat_op_HSVToRGB =
    LEAT_OP("HSVToRGB(images: T) -> output: T; T: floating = float",
            .doc = "Hue, saturation and value of the last dimension to red, green and blue.",
            .shape = leat_shape_same, .kernels = {{to_rgb_kernel}}, .gradient = leat_grad_missing);

LEAT_ROW(AdjustHue,
         "(float[1,2,4,3] 1 2 3 3 2 1 2 3 1 1 3 2 2 1 3 3 1 2 0 0 0 1 1 0.5, float[] 0.3) nograd -> "
         "float[1,2,4,3] 3 1 2.3999996 1 3 1.6000004 1 2.3999996 3 1.6000004 1 3 3 1.6000004 1 "
         "2.3999996 3 1 0 0 0 0.5 1 0.9000001");
LEAT_ROW(AdjustHue, "(float[1,1,2,3] 0.1 0.2 0.3 0.5 0.5 0.1, float[] -0.7) nograd -> "
                    "float[1,1,2,3] 0.3 0.1 0.23999998 0.1 0.5 0.42000008");
LEAT_ROW(AdjustHue, "(float[1,1,2,4] 0..1, float[] 0.3) fails '3 channels'");
LEAT_ROW(AdjustHue, "(float[1,1,3] 0..1, float[1] 0.5) fails ''");
LEAT_ROW(AdjustSaturation, "(float[1,1,3,3] 0.1 0.2 0.3 0.5 0.5 0.1 0.9 0.2 0.4, float[] 0.5) nograd -> "
                           "float[1,1,3,3] 0.2 0.25 0.3 0.5 0.5 0.3 0.9 0.54999995 0.6499999");
LEAT_ROW(AdjustSaturation, "(float[1,1,1,3] 0.1 0.2 0.3, float[2] 0.5 1) fails ''");
LEAT_ROW(RGBToHSV, "(float[5,3] 0.1 0.2 0.3 0.5 0.5 0.1 0.9 0.2 0.4 0 0 0 1 1 1) nograd -> "
                   "float[5,3] 0.5833334 0.6666667 0.3 0.16666667 0.8 0.5 0.95238096 0.7777778 0.9 0 0 0 0 0 "
                   "1");
LEAT_ROW(RGBToHSV, "(float[3,2] 0..1) fails '3 channels'");
LEAT_ROW(HSVToRGB, "(float[4,3] 0.1 0.2 0.3 0.5 0.5 0.1 0.9 0.2 0.4 0.7 1 1) nograd -> "
                   "float[4,3] 0.3 0.27600002 0.24000001 0.05 0.1 0.1 0.4 0.32000002 0.36800003 0.19999981 0 "
                   "1");
