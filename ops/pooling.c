/* pooling.c - what the ops of pooling share: checks, shapes, running over the images. */
#include "ops/pooling-private.h"

/* ---- description ---- */

/* Two spatial dimensions are preceded by a third of size 1. */
static void widen(leat_window *w)
{
    int64_t *const lists[] = {w->in, w->out, w->size, w->stride, w->dilation, w->before, w->after};
    static const int64_t fills[] = {1, 1, 1, 1, 1, 0, 0};
    if (w->spatial == 3)
        return;
    for (size_t i = 0; i < LEAT_LEN(lists); i++) {
        lists[i][2] = lists[i][1];
        lists[i][1] = lists[i][0];
        lists[i][0] = fills[i];
    }
    w->spatial = 3;
}

static const char *read_inputs(leat_pooling *p, const leat_tensor *ksize, const leat_tensor *strides)
{
    const leat_tensor *const lists[2] = {ksize, strides};
    for (int i = 0; i < 2; i++) {
        int64_t list[8];
        if (lists[i]->elements != p->w.spatial + 2)
            return "ksize and strides need a number for every dimension";
        for (int64_t j = 0; j < lists[i]->elements; j++)
            list[j] = leat_index_at(lists[i], j);
        const char *reason =
            leat_window_list(&p->w, list, (size_t)lists[i]->elements, "", i == 0 ? p->w.size : p->w.stride);
        if (reason != NULL)
            return reason;
    }
    return NULL;
}

leat_status leat_pooling_describe(leat_pooling *p, const leat_kernel *k, const leat_shape *images,
                                  int ksize_input)
{
    char text[128];
    const char *reason = leat_window_attrs(&p->w, k->op);
    if (reason == NULL && ksize_input >= 0)
        reason = read_inputs(p, k->in[ksize_input], k->in[ksize_input + 1]);
    if (reason == NULL)
        reason = leat_window_images(&p->w, images);
    for (int i = 0; reason == NULL && i < p->w.spatial; i++)
        if (p->w.before[i] >= p->w.size[i] || p->w.after[i] >= p->w.size[i])
            reason = "the padding must be smaller than the window";
    if (reason == NULL)
        reason = leat_window_fit(&p->w);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s: images %s", reason,
                                leat_shape_print(*images, text, sizeof text));
    p->images = *images;
    p->pooled = leat_window_shape(&p->w, p->w.batch, p->w.out, p->w.channels);
    p->outer = p->w.channels_first ? p->w.batch * p->w.channels : p->w.batch;
    p->inner = p->w.channels_first ? 1 : p->w.channels;
    p->in_pixels = leat_window_product(&p->w, p->w.in);
    p->out_pixels = leat_window_product(&p->w, p->w.out);
    if (p->in_pixels > INT32_MAX)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "images of more than 2^31 - 1 pixels");
    widen(&p->w);
    return LEAT_OK;
}

/* ---- running ---- */

static void images_range(int64_t begin, int64_t end, void *arg)
{
    leat_pooling_job *j = arg;
    int32_t *where = NULL;
    if (j->wants_arg) {
        where = leat_scratch(j->k, (size_t)(j->p->out_pixels * j->p->inner) * sizeof *where);
        if (where == NULL) {
            atomic_store_explicit(&j->no_memory, true, memory_order_relaxed);
            return;
        }
    }
    for (int64_t i = begin; i < end; i++)
        j->fn(j, i, where);
}

/* half and bfloat16: all operands and the result as floats, in memory of our own. */
static leat_status to_floats(leat_kernel *k, leat_pooling_job *j, int n_in, const int *inputs, int out,
                             float **room)
{
    size_t n = (size_t)k->out[out].elements;
    for (int i = 0; i < n_in; i++)
        n += (size_t)k->in[inputs[i]]->elements;
    *room = leat_alloc_aligned(n * sizeof **room + 1);
    if (*room == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %zu floats", n);
    float *at = *room + k->out[out].elements;
    j->out = (char *)*room;
    for (int i = 0; i < n_in; i++) {
        const leat_tensor *t = k->in[inputs[i]];
        if (!leat_dtype_is_16bit_float(t->dtype))
            continue;
        leat_floats_from_16(t->dtype, at, t->data, (size_t)t->elements);
        j->in[i] = (const char *)at;
        at += t->elements;
    }
    j->dtype = LEAT_FLOAT;
    return LEAT_OK;
}

leat_status leat_pooling_run(leat_kernel *k, leat_pooling_job *j, int n_in, const int *inputs, int out)
{
    leat_tensor *result = &k->out[out];
    float *room = NULL;
    leat_status status = LEAT_OK;
    j->k = k;
    j->dtype = result->dtype;
    j->out = result->data;
    for (int i = 0; i < n_in; i++)
        j->in[i] = k->in[inputs[i]]->data;
    if (leat_dtype_is_16bit_float(result->dtype))
        status = to_floats(k, j, n_in, inputs, out, &room);
    if (status == LEAT_OK && result->elements > 0) {
        int64_t work = j->p->inner * (j->p->in_pixels + j->p->out_pixels * 4);
        leat_ranges(k, j->p->outer, LEAT_MAX(1, LEAT_GRAIN_CHEAP / LEAT_MAX(1, work)), images_range, j);
        if (atomic_load_explicit(&j->no_memory, memory_order_relaxed))
            status = leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for the places of the maxima");
        else if (room != NULL)
            leat_floats_to_16(result->dtype, result->data, room, (size_t)result->elements);
    }
    leat_free_aligned(room);
    return status;
}

/* ---- shape functions ---- */

static leat_status infer(leat_infer *c, const leat_tensor *ksize, const leat_tensor *strides)
{
    leat_pooling p;
    char text[128];
    const char *reason = leat_window_attrs(&p.w, c->op);
    if (reason == NULL && ksize != NULL && strides != NULL)
        reason = read_inputs(&p, ksize, strides);
    if (reason == NULL)
        reason = leat_window_images(&p.w, c->in[0]);
    if (reason == NULL)
        reason = leat_window_fit(&p.w);
    if (reason != NULL)
        return leat_infer_fail(c, "%s: images %s", reason, leat_shape_print(*c->in[0], text, sizeof text));
    for (uint32_t i = 0; i < c->op->n_outputs; i++)
        c->out[i] = leat_window_shape(&p.w, p.w.batch, p.w.out, p.w.channels);
    return LEAT_OK;
}

leat_status leat_pooling_shape(leat_infer *c)
{
    return infer(c, NULL, NULL);
}

leat_status leat_pooling_shape_v2(leat_infer *c)
{
    leat_tensor *ksize = leat_infer_value(c, 1), *strides = leat_infer_value(c, 2);
    leat_status status = LEAT_OK;
    if (ksize != NULL && strides != NULL)
        status = infer(c, ksize, strides);
    else
        c->out[0] = leat_shape_ranked(4);
    leat_tensor_unref(ksize);
    leat_tensor_unref(strides);
    return status;
}

leat_status leat_pooling_grad_shape(leat_infer *c)
{
    c->out[0] = *c->in[0];
    return LEAT_OK;
}

/* A comparison or an addition for each element of each window, of which there are as many as pooled values, the fewest of any image.
 * Where the window's size is an input: as if windows did not overlap. */
void leat_pooling_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                       leat_cost *cost)
{
    const int64_t *ksize;
    size_t n = leat_attr_ints(op, "ksize", &ksize);
    double most = (double)out[0].elements, windows = most, window = 1;
    for (uint32_t i = 0; i < op->n_inputs; i++)
        if (leat_shape_rank(&in[i]->shape) == leat_shape_rank(&out[0].shape)) {
            most = LEAT_MAX(most, (double)in[i]->elements);
            windows = LEAT_MIN(windows, (double)in[i]->elements);
        }
    for (size_t i = 0; i < n; i++)
        window *= (double)ksize[i];
    cost->flops = n > 0 ? windows * window : most;
}
