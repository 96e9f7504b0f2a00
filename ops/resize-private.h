/* resize-private.h - resampling of images, an axis at a time: every output coordinate is a weighted sum of input ones. */
#ifndef LEAT_RESIZE_PRIVATE_H
#define LEAT_RESIZE_PRIVATE_H

#include "ops/grad-private.h"

typedef enum leat_resize_method {
    LEAT_RESIZE_NEAREST,
    LEAT_RESIZE_BILINEAR,
    LEAT_RESIZE_BICUBIC,
    LEAT_RESIZE_AREA
} leat_resize_method;

/* Output coordinate i is the sum of weight[j] * input[index[j]] for first[i] <= j < first[i + 1]. Weights of 0 are left out. */
typedef struct leat_axis {
    int64_t in, out;
    int64_t *first, *index;
    float *weight;
} leat_axis;

typedef struct leat_resize {
    leat_resize_method method;
    bool align_corners, half_pixel_centers;
    int64_t batch, channels;
    leat_axis y, x; /* x.index is in elements of a row */
    float scale;    /* of the whole sum: areas */
} leat_resize;

/* Reads the attributes and makes the axes' tables (leat_resize_free them). */
leat_status leat_resize_begin(leat_resize *r, leat_kernel *k, leat_resize_method method, int64_t in_height,
                              int64_t in_width, int64_t out_height, int64_t out_width) LEAT_MUST_CHECK;
void leat_resize_free(leat_resize *r);

#endif
