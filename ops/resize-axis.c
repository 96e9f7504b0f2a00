/* resize-axis.c - which input coordinates an output coordinate is made of, as TensorFlow places pixels. */
#include <math.h>
#include "ops/resize-private.h"

static int64_t bound(int64_t i, int64_t limit)
{
    return LEAT_MAX(0, LEAT_MIN(i, limit - 1));
}

/* The distance of neighbouring output pixels in input pixels. An area is not to be empty: one pixel has no corners to align. */
static float scale_of(const leat_resize *r, int64_t in, int64_t out)
{
    bool corners = r->align_corners && out > 1 && (in > 1 || r->method != LEAT_RESIZE_AREA);
    return corners ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
}

/* Where output pixel i lies in the input. */
static float place(const leat_resize *r, int64_t i, float scale)
{
    return r->half_pixel_centers ? ((float)i + 0.5f) * scale - 0.5f : (float)i * scale;
}

typedef struct taps {
    int n;
    int64_t index[4];
    float weight[4];
} taps;

static void nearest(const leat_resize *r, int64_t i, float scale, int64_t in, taps *t)
{
    float at = r->half_pixel_centers ? ((float)i + 0.5f) * scale : (float)i * scale;
    t->n = 1;
    t->index[0] = bound((int64_t)(r->align_corners ? roundf(at) : floorf(at)), in);
    t->weight[0] = 1;
}

static void bilinear(const leat_resize *r, int64_t i, float scale, int64_t in, taps *t)
{
    float at = place(r, i, scale), low = floorf(at), lerp = at - low;
    t->n = 2;
    t->index[0] = LEAT_MAX((int64_t)low, 0);
    t->index[1] = LEAT_MIN((int64_t)ceilf(at), in - 1);
    t->weight[0] = 1 - lerp;
    t->weight[1] = lerp;
}

/* Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981; TensorFlow takes the coefficients from a table
 * of 1,024 steps, which is kept to here. a = -0.5 with half pixel centers, else -0.75. */
static float cubic_near(double a, int64_t step)
{
    float x = (float)((double)step / 1024);
    return (float)(((a + 2) * (double)x - (a + 3)) * (double)x * (double)x + 1);
}
static float cubic_far(double a, int64_t step)
{
    float x = (float)((double)step / 1024) + 1.0f;
    return (float)(((a * (double)x - 5 * a) * (double)x + 8 * a) * (double)x - 4 * a);
}

static void bicubic(const leat_resize *r, int64_t i, float scale, int64_t in, taps *t)
{
    float at = place(r, i, scale), sum = 0;
    int64_t low = (int64_t)floorf(at), step = lrintf((at - (float)low) * 1024);
    double a = r->half_pixel_centers ? -0.5 : -0.75;
    t->n = 4;
    t->weight[0] = cubic_far(a, step);
    t->weight[1] = cubic_near(a, step);
    t->weight[2] = cubic_near(a, 1024 - step);
    t->weight[3] = cubic_far(a, 1024 - step);
    for (int j = 0; j < 4; j++) {
        t->index[j] = bound(low - 1 + j, in);
        if (r->half_pixel_centers && t->index[j] != low - 1 + j) /* outside: no weight */
            t->weight[j] = 0;
        sum += t->weight[j];
    }
    for (int j = 0; r->half_pixel_centers && fabsf(sum) >= 1000 * 1.17549435e-38f && j < 4; j++)
        t->weight[j] *= 1 / sum;
}

/* How much of input pixel `at` lies between `from` and `to`. */
static float overlap(int64_t at, float from, float to, float scale)
{
    if ((float)at < from)
        return (float)(at + 1) > to ? scale : (float)(at + 1) - from;
    return (float)(at + 1) > to ? to - (float)at : 1;
}

static void put(leat_axis *a, int64_t *n, int64_t index, float weight)
{
    if (weight == 0)
        return;
    a->index[*n] = index;
    a->weight[(*n)++] = weight;
}

static leat_status make_axis(leat_resize *r, leat_kernel *k, leat_axis *a, int64_t in, int64_t out)
{
    float scale = scale_of(r, in, out);
    int64_t n = 0, most = r->method == LEAT_RESIZE_AREA ? in + 3 * out + 3 : 4 * out;
    if (r->method == LEAT_RESIZE_AREA &&
        r->align_corners) /* then pixels may overlap by up to one more a step */
        most += in;
    a->in = in;
    a->out = out;
    a->first = leat_realloc_array(NULL, (size_t)out + 1, sizeof *a->first);
    a->index = leat_realloc_array(NULL, (size_t)most, sizeof *a->index);
    a->weight = leat_realloc_array(NULL, (size_t)most, sizeof *a->weight);
    if (a->first == NULL || a->index == NULL || a->weight == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld weights", (long long)most);
    for (int64_t i = 0; i < out; i++) {
        taps t = {.n = 0};
        a->first[i] = n;
        if (r->method == LEAT_RESIZE_AREA) {
            float from = (float)i * scale, to = (float)(i + 1) * scale;
            for (int64_t at = (int64_t)floorf(from); at < (int64_t)ceilf(to) && n < most; at++)
                put(a, &n, bound(at, in), overlap(at, from, to, scale));
            continue;
        }
        if (r->method == LEAT_RESIZE_NEAREST)
            nearest(r, i, scale, in, &t);
        else if (r->method == LEAT_RESIZE_BILINEAR)
            bilinear(r, i, scale, in, &t);
        else
            bicubic(r, i, scale, in, &t);
        for (int j = 0; j < t.n; j++)
            put(a, &n, t.index[j], t.weight[j]);
    }
    a->first[out] = n;
    return LEAT_OK;
}

static bool attr_or_false(const leat_op *op, const char *name) /* old graphs lack half_pixel_centers */
{
    return leat_attr(op, name) != NULL && leat_attr_bool(op, name);
}

leat_status leat_resize_begin(leat_resize *r, leat_kernel *k, leat_resize_method method, int64_t in_height,
                              int64_t in_width, int64_t out_height, int64_t out_width)
{
    r->method = method;
    r->align_corners = attr_or_false(k->op, "align_corners");
    r->half_pixel_centers = attr_or_false(k->op, "half_pixel_centers");
    if (r->align_corners && r->half_pixel_centers)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "align_corners and half_pixel_centers exclude each other");
    if (in_height <= 0 || in_width <= 0 || out_height <= 0 || out_width <= 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "sizes must be positive: %lld x %lld to %lld x %lld", (long long)in_height,
                                (long long)in_width, (long long)out_height, (long long)out_width);
    if (LEAT_MAX(LEAT_MAX(in_height, in_width), LEAT_MAX(out_height, out_width)) >= 1 << 24)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "sizes must be below 2^24");
    r->scale = 1;
    if (method == LEAT_RESIZE_AREA)
        r->scale =
            (float)(1.0 / (double)(scale_of(r, in_height, out_height) * scale_of(r, in_width, out_width)));
    LEAT_TRY(make_axis(r, k, &r->y, in_height, out_height));
    LEAT_TRY(make_axis(r, k, &r->x, in_width, out_width));
    for (int64_t j = 0; j < r->x.first[out_width]; j++)
        r->x.index[j] *= r->channels;
    return LEAT_OK;
}

void leat_resize_free(leat_resize *r)
{
    leat_axis *const axes[2] = {&r->y, &r->x};
    for (int i = 0; i < 2; i++) {
        leat_free(axes[i]->first);
        leat_free(axes[i]->index);
        leat_free(axes[i]->weight);
    }
}
