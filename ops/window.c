/* window.c - the geometry of convolution and pooling, as TensorFlow computes it. */
#include "ops/window-private.h"

const char *leat_window_list(const leat_window *w, const int64_t *list, size_t n, const char *what,
                             int64_t *to)
{
    int axis = leat_window_channel_axis(w);
    (void)what;
    if (n != (size_t)w->spatial + 2)
        return "strides, dilations and window sizes need a number for every dimension";
    if (list[0] != 1 || list[axis] != 1)
        return "windows over the batch or the channels are not supported: their numbers must be 1";
    for (int i = 0; i < w->spatial; i++) {
        int64_t x = list[leat_window_spatial_axis(w) + i];
        if (x <= 0)
            return "strides, dilations and window sizes must be positive";
        if (x > INT32_MAX)
            return "strides, dilations and window sizes must be below 2^31";
        to[i] = x;
    }
    return NULL;
}

static const char *read_list(leat_window *w, const leat_op *op, const char *attr, int64_t *to)
{
    const int64_t *list;
    for (int i = 0; i < w->spatial; i++)
        to[i] = 1;
    if (leat_attr(op, attr) == NULL)
        return NULL;
    size_t n = leat_attr_ints(op, attr, &list);
    return leat_window_list(w, list, n, attr, to);
}

/* Explicit paddings: before and after of every dimension. */
static const char *read_paddings(leat_window *w, const leat_op *op)
{
    const int64_t *list;
    if (leat_attr(op, "explicit_paddings") == NULL)
        return "there are no explicit paddings";
    size_t n = leat_attr_ints(op, "explicit_paddings", &list);
    int axis = leat_window_channel_axis(w);
    if (n != 2 * ((size_t)w->spatial + 2))
        return "explicit_paddings needs two numbers for every dimension";
    if (list[0] != 0 || list[1] != 0 || list[2 * axis] != 0 || list[2 * axis + 1] != 0)
        return "explicit_paddings of the batch and of the channels must be 0";
    for (int i = 0; i < w->spatial; i++) {
        int d = leat_window_spatial_axis(w) + i;
        w->before[i] = list[2 * d];
        w->after[i] = list[2 * d + 1];
        if (w->before[i] < 0 || w->after[i] < 0 || w->before[i] > INT32_MAX || w->after[i] > INT32_MAX)
            return "explicit_paddings must not be negative, nor 2^31 or more";
    }
    return NULL;
}

const char *leat_window_attrs(leat_window *w, const leat_op *op)
{
    const leat_attr_value *format = leat_attr(op, "data_format");
    const char *padding = leat_attr_string(op, "padding"), *reason;
    memset(w, 0, sizeof *w); /* the padding too: windows are compared as bytes */
    const int64_t *strides;
    w->spatial = leat_attr_ints(op, "strides", &strides) == 5 ? 3 : 2;
    w->batch = w->channels = -1;
    if (format != NULL) {
        w->spatial = format->n == 5 ? 3 : 2;
        w->channels_first = strncmp(format->s, "NC", 2) == 0;
        if (strcmp(format->s, "NCHW_VECT_C") == 0)
            return "data format NCHW_VECT_C is not supported";
    }
    for (int i = 0; i < LEAT_SPATIAL; i++) {
        w->in[i] = w->out[i] = w->size[i] = -1;
        w->stride[i] = w->dilation[i] = 1;
    }
    if ((reason = read_list(w, op, "strides", w->stride)) != NULL ||
        (reason = read_list(w, op, "dilations", w->dilation)) != NULL)
        return reason;
    if (leat_attr(op, "ksize") != NULL && (reason = read_list(w, op, "ksize", w->size)) != NULL)
        return reason;
    w->same = strcmp(padding, "SAME") == 0;
    if (strcmp(padding, "EXPLICIT") == 0)
        return read_paddings(w, op);
    const int64_t *none;
    bool given =
        leat_attr(op, "explicit_paddings") != NULL && leat_attr_ints(op, "explicit_paddings", &none) > 0;
    return given ? "explicit_paddings must be empty where padding is not EXPLICIT" : NULL;
}

const char *leat_window_images(leat_window *w, const leat_shape *images)
{
    int rank = leat_shape_rank(images);
    if (rank < 0)
        return NULL;
    if (rank != w->spatial + 2)
        return w->spatial == 2 ? "images must have rank 4" : "images must have rank 5";
    w->batch = images->dims[0];
    w->channels = images->dims[leat_window_channel_axis(w)];
    for (int i = 0; i < w->spatial; i++)
        w->in[i] = images->dims[leat_window_spatial_axis(w) + i];
    return NULL;
}

const char *leat_window_fit(leat_window *w)
{
    for (int i = 0; i < w->spatial; i++) {
        if (w->size[i] == 0)
            return "the window is empty";
        if (w->in[i] < 0 || (w->size[i] < 0 && !w->same)) {
            w->out[i] = -1;
            continue;
        }
        if (w->same) {
            w->out[i] = (w->in[i] + w->stride[i] - 1) / w->stride[i];
            if (w->size[i] < 0)
                continue;
            int64_t reach = (w->out[i] - 1) * w->stride[i] + (w->size[i] - 1) * w->dilation[i] + 1;
            int64_t missing = LEAT_MAX(reach - w->in[i], 0);
            w->before[i] = missing / 2;
            w->after[i] = missing - w->before[i];
            continue;
        }
        int64_t free = w->in[i] + w->before[i] + w->after[i] - ((w->size[i] - 1) * w->dilation[i] + 1);
        if (free < 0)
            return "the window is larger than the padded image";
        w->out[i] = free / w->stride[i] + 1;
    }
    return NULL;
}

leat_shape leat_window_shape(const leat_window *w, int64_t batch, const int64_t *spatial, int64_t channels)
{
    leat_shape s = {.rank_plus_1 = w->spatial + 3};
    s.dims[0] = batch;
    s.dims[leat_window_channel_axis(w)] = channels;
    for (int i = 0; i < w->spatial; i++)
        s.dims[leat_window_spatial_axis(w) + i] = spatial[i];
    return s;
}
