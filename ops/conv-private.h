/* conv-private.h - convolution and its two gradients over one description: plain, grouped, depthwise; 2-D and 3-D. */
#ifndef LEAT_CONV_PRIVATE_H
#define LEAT_CONV_PRIVATE_H

#include "ops/window-private.h"

typedef enum leat_conv_kind { LEAT_CONV_FORWARD, LEAT_CONV_INPUT, LEAT_CONV_FILTER } leat_conv_kind;

/* A depthwise convolution is one with a group for every channel: its filter [h, w, channels, multiplier] is, in memory, the
 * grouped filter [h, w, 1, channels * multiplier]. */
typedef struct leat_conv {
    leat_conv_kind kind;
    leat_dtype dtype;
    leat_window w; /* w.channels: of the input */
    int64_t filters, groups;
    /* input images, filter, output images: two are given, the third is computed */
    void *x, *f, *y;
} leat_conv;

static inline int64_t leat_conv_group_channels(const leat_conv *c)
{
    return c->w.channels / c->groups;
}
static inline int64_t leat_conv_x_elements(const leat_conv *c)
{
    return c->w.batch * c->w.channels * leat_window_product(&c->w, c->w.in);
}
static inline int64_t leat_conv_y_elements(const leat_conv *c)
{
    return c->w.batch * c->filters * leat_window_product(&c->w, c->w.out);
}
static inline int64_t leat_conv_f_elements(const leat_conv *c)
{
    return leat_window_product(&c->w, c->w.size) * leat_conv_group_channels(c) * c->filters;
}

/* By matrix products over columns of windows; float, double, int32. */
leat_status leat_conv_columns(leat_kernel *k, const leat_conv *c) LEAT_MUST_CHECK;
/* By oneDNN; float. *done false: it has nothing for this case. */
leat_status leat_conv_onednn(leat_kernel *k, const leat_conv *c, bool *done) LEAT_MUST_CHECK;

#endif
