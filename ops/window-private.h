/* window-private.h - windows that slide over the spatial dimensions of images: what convolution and pooling share. */
#ifndef LEAT_WINDOW_PRIVATE_H
#define LEAT_WINDOW_PRIVATE_H

#include "ops/ops-private.h"

enum { LEAT_SPATIAL = 3 }; /* at most: depth, height, width */

/* Spatial dimensions outer first: index 0 is height (2 of them) or depth (3). -1: unknown while building. */
typedef struct leat_window {
    int spatial;
    bool channels_first; /* NCHW, NCDHW */
    bool same;           /* padding 'SAME' */
    int64_t batch, channels;
    int64_t in[LEAT_SPATIAL], out[LEAT_SPATIAL];
    int64_t size[LEAT_SPATIAL], stride[LEAT_SPATIAL], dilation[LEAT_SPATIAL];
    int64_t before[LEAT_SPATIAL], after[LEAT_SPATIAL]; /* padding */
} leat_window;

/* Reads strides, dilations, padding, data_format and, where the op has it, ksize. NULL, or what is wrong with them. */
const char *leat_window_attrs(leat_window *w, const leat_op *op);
/* Sets strides or sizes from a list of `spatial + 2` numbers in the order of the data format. */
const char *leat_window_list(const leat_window *w, const int64_t *list, size_t n, const char *what,
                             int64_t *to);
/* Sets batch, in and channels from the shape of images. */
const char *leat_window_images(leat_window *w, const leat_shape *images);
/* Computes out, before and after of what is known. NULL, or why the window does not fit. */
const char *leat_window_fit(leat_window *w);

/* A shape in the order of the data format. */
leat_shape leat_window_shape(const leat_window *w, int64_t batch, const int64_t *spatial, int64_t channels);

/* The dimension of the channels, and the first spatial one. */
static inline int leat_window_channel_axis(const leat_window *w)
{
    return w->channels_first ? 1 : w->spatial + 1;
}
static inline int leat_window_spatial_axis(const leat_window *w)
{
    return w->channels_first ? 2 : 1;
}
static inline int64_t leat_window_product(const leat_window *w, const int64_t *dims)
{
    int64_t n = 1;
    for (int i = 0; i < w->spatial; i++)
        n *= dims[i];
    return n;
}

/* The part of window position `at` (of one dimension) that lies inside the image: taps *first to *end (exclusive), of which
 * tap t is element *origin + t * dilation. */
static inline void leat_window_clip(const leat_window *w, int d, int64_t at, int64_t *origin, int64_t *first,
                                    int64_t *end)
{
    int64_t o = at * w->stride[d] - w->before[d], step = w->dilation[d];
    *origin = o;
    *first = o < 0 ? (-o + step - 1) / step : 0;
    *end = o >= w->in[d] ? *first : LEAT_MIN(w->size[d], (w->in[d] - 1 - o) / step + 1);
    if (*end < *first)
        *end = *first;
}

#endif
