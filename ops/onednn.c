/* onednn.c - see onednn-private.h. Source: oneDNN's C API, dnnl.h of 2.6 and of 3.x. */
#include <oneapi/dnnl/dnnl.h>
#include "ops/onednn-private.h"
#include "ops/signals-private.h"

#if DNNL_VERSION_MAJOR >= 3
#define LAYOUT(md_) (md_)
typedef const_dnnl_memory_desc_t layout_view;
#else
#define LAYOUT(md_) (&(md_))
typedef const dnnl_memory_desc_t *layout_view;
#endif

struct leat_dnn {
    leat_conv_kind kind;
    dnnl_engine_t engine;
    dnnl_primitive_attr_t attr;
    dnnl_primitive_desc_t forward, desc; /* forward: the hint that backward ones need; else NULL */
    dnnl_primitive_t primitive;
    dnnl_memory_desc_t x, f, y; /* as the caller lays them out */
    bool made[3];               /* which of x, f, y exist */
};

/* ---- layouts ---- */

static bool make_layout(dnnl_memory_desc_t *md, int n, const int64_t *dims, dnnl_format_tag_t tag)
{
    dnnl_dims_t d;
    for (int i = 0; i < n; i++)
        d[i] = dims[i];
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_create_with_tag(md, n, d, dnnl_f32, tag) == dnnl_success;
#else
    return dnnl_memory_desc_init_by_tag(md, n, d, dnnl_f32, tag) == dnnl_success;
#endif
}

static void free_layout(dnnl_memory_desc_t md)
{
#if DNNL_VERSION_MAJOR >= 3
    dnnl_memory_desc_destroy(md);
#else
    (void)md;
#endif
}

static bool image_layout(dnnl_memory_desc_t *md, const leat_window *w, int64_t batch, int64_t channels,
                         const int64_t *spatial)
{
    int64_t dims[2 + LEAT_SPATIAL] = {batch, channels};
    memcpy(dims + 2, spatial, (size_t)w->spatial * sizeof *spatial);
    dnnl_format_tag_t tag = w->spatial == 2 ? (w->channels_first ? dnnl_nchw : dnnl_nhwc)
                                            : (w->channels_first ? dnnl_ncdhw : dnnl_ndhwc);
    return make_layout(md, w->spatial + 2, dims, tag);
}

/* tag: TensorFlow's own, or dnnl_format_tag_any for the primitive's choice. */
static bool filter_layout(dnnl_memory_desc_t *md, const leat_conv *c, bool any)
{
    int64_t dims[3 + LEAT_SPATIAL] = {c->groups, c->filters / c->groups, leat_conv_group_channels(c)};
    bool grouped = c->groups > 1, flat = c->w.spatial == 2;
    memcpy(dims + 3, c->w.size, (size_t)c->w.spatial * sizeof *dims);
    dnnl_format_tag_t tag = any       ? dnnl_format_tag_any
                            : grouped ? (flat ? dnnl_hwigo : dnnl_dhwigo)
                                      : (flat ? dnnl_hwio : dnnl_dhwio);
    return make_layout(md, c->w.spatial + 2 + grouped, dims + !grouped, tag);
}

/* ---- the primitive ---- */

static bool conv_desc(leat_dnn *p, const leat_conv *c, dnnl_memory_desc_t f, leat_conv_kind kind,
                      dnnl_primitive_desc_t *out)
{
    dnnl_dims_t stride, dilation, before, after;
    for (int i = 0; i < c->w.spatial; i++) {
        stride[i] = c->w.stride[i];
        dilation[i] = c->w.dilation[i] - 1;
        before[i] = c->w.before[i];
        after[i] = c->w.after[i];
    }
#if DNNL_VERSION_MAJOR >= 3
    if (kind == LEAT_CONV_FORWARD)
        return dnnl_convolution_forward_primitive_desc_create(
                   out, p->engine, dnnl_forward_training, dnnl_convolution_direct, p->x, f, NULL, p->y,
                   stride, dilation, before, after, p->attr) == dnnl_success;
    if (kind == LEAT_CONV_INPUT)
        return dnnl_convolution_backward_data_primitive_desc_create(
                   out, p->engine, dnnl_convolution_direct, p->x, f, p->y, stride, dilation, before, after,
                   p->forward, p->attr) == dnnl_success;
    return dnnl_convolution_backward_weights_primitive_desc_create(
               out, p->engine, dnnl_convolution_direct, p->x, f, NULL, p->y, stride, dilation, before, after,
               p->forward, p->attr) == dnnl_success;
#else
    dnnl_convolution_desc_t d;
    dnnl_status_t status;
    if (kind == LEAT_CONV_FORWARD)
        status = dnnl_dilated_convolution_forward_desc_init(&d, dnnl_forward_training,
                                                            dnnl_convolution_direct, &p->x, &f, NULL, &p->y,
                                                            stride, dilation, before, after);
    else if (kind == LEAT_CONV_INPUT)
        status = dnnl_dilated_convolution_backward_data_desc_init(&d, dnnl_convolution_direct, &p->x, &f,
                                                                  &p->y, stride, dilation, before, after);
    else
        status = dnnl_dilated_convolution_backward_weights_desc_init(
            &d, dnnl_convolution_direct, &p->x, &f, NULL, &p->y, stride, dilation, before, after);
    return status == dnnl_success &&
           dnnl_primitive_desc_create(out, &d, p->attr, p->engine, p->forward) == dnnl_success;
#endif
}

static layout_view layout_of(const leat_dnn *p, dnnl_query_t what)
{
    return dnnl_primitive_desc_query_md(p->desc, what, 0);
}

static layout_view own_filter(const leat_dnn *p)
{
    return layout_of(p, p->kind == LEAT_CONV_FILTER ? dnnl_query_diff_weights_md : dnnl_query_weights_md);
}

/* Is it more than the slow reference code? */
static bool is_optimized(dnnl_primitive_desc_t desc)
{
    const char *name = NULL;
    if (dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, (void *)&name) != dnnl_success ||
        name == NULL)
        return true;
    return strncmp(name, "ref", 3) != 0;
}

static bool build(leat_dnn *p, const leat_conv *c, int64_t batch)
{
    dnnl_memory_desc_t any;
    p->kind = c->kind;
    if (dnnl_engine_create(&p->engine, dnnl_cpu, 0) != dnnl_success ||
        dnnl_primitive_attr_create(&p->attr) != dnnl_success ||
        dnnl_primitive_attr_set_scratchpad_mode(p->attr, dnnl_scratchpad_mode_user) != dnnl_success)
        return false;
    p->made[0] = image_layout(&p->x, &c->w, batch, c->w.channels, c->w.in);
    p->made[1] = filter_layout(&p->f, c, false);
    p->made[2] = image_layout(&p->y, &c->w, batch, c->filters, c->w.out);
    if (!p->made[0] || !p->made[1] || !p->made[2] || !filter_layout(&any, c, true))
        return false;
    bool ok = c->kind == LEAT_CONV_FORWARD || conv_desc(p, c, any, LEAT_CONV_FORWARD, &p->forward);
    ok = ok && conv_desc(p, c, any, c->kind, &p->desc);
    free_layout(any);
    return ok && is_optimized(p->desc) && dnnl_primitive_create(&p->primitive, p->desc) == dnnl_success;
}

leat_dnn *leat_dnn_conv(const leat_conv *c, int64_t batch)
{
    leat_dnn *p = leat_alloc_zero(1, sizeof *p);
    if (p == NULL || build(p, c, batch))
        return p;
    leat_dnn_free(p);
    return NULL;
}

void leat_dnn_free(leat_dnn *p)
{
    if (p == NULL)
        return;
    if (p->primitive != NULL)
        dnnl_primitive_destroy(p->primitive);
    if (p->desc != NULL)
        dnnl_primitive_desc_destroy(p->desc);
    if (p->forward != NULL)
        dnnl_primitive_desc_destroy(p->forward);
    if (p->made[0])
        free_layout(p->x);
    if (p->made[1])
        free_layout(p->f);
    if (p->made[2])
        free_layout(p->y);
    if (p->attr != NULL)
        dnnl_primitive_attr_destroy(p->attr);
    if (p->engine != NULL)
        dnnl_engine_destroy(p->engine);
    leat_free(p);
}

size_t leat_dnn_scratch(const leat_dnn *p)
{
    return dnnl_memory_desc_get_size(layout_of(p, dnnl_query_scratchpad_md));
}

size_t leat_dnn_filter_bytes(const leat_dnn *p)
{
    return dnnl_memory_desc_get_size(own_filter(p));
}

bool leat_dnn_same_filter(const leat_dnn *a, const leat_dnn *b)
{
    return dnnl_memory_desc_equal(own_filter(a), own_filter(b)) != 0;
}

/* ---- running ---- */

static bool execute(const leat_dnn *p, dnnl_primitive_t primitive, int n, const int *names,
                    const layout_view *layouts, void *const *data)
{
    dnnl_exec_arg_t args[4];
    dnnl_stream_t stream = NULL;
    bool ok = dnnl_stream_create(&stream, p->engine, dnnl_stream_default_flags) == dnnl_success;
    int made = 0;
    for (; ok && made < n; made++) {
        args[made].arg = names[made];
        ok = dnnl_memory_create(&args[made].memory, layouts[made], p->engine, data[made]) == dnnl_success;
        if (!ok)
            break;
    }
    sigset_t signals = leat_signals_hold();
    ok = ok && dnnl_primitive_execute(primitive, stream, n, args) == dnnl_success &&
         dnnl_stream_wait(stream) == dnnl_success;
    leat_signals_release(signals);
    for (int i = 0; i < made; i++)
        dnnl_memory_destroy(args[i].memory);
    if (stream != NULL)
        dnnl_stream_destroy(stream);
    return ok;
}

static bool reorder(const leat_dnn *p, layout_view from, const void *source, layout_view to, void *target)
{
    dnnl_primitive_desc_t desc = NULL;
    dnnl_primitive_t primitive = NULL;
    void *scratch = NULL;
    bool ok =
        dnnl_reorder_primitive_desc_create(&desc, from, p->engine, to, p->engine, p->attr) == dnnl_success &&
        dnnl_primitive_create(&primitive, desc) == dnnl_success;
    if (ok) {
        layout_view room = dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
        size_t bytes = dnnl_memory_desc_get_size(room);
        scratch = leat_alloc_aligned(bytes > 0 ? bytes : 1);
        ok = scratch != NULL &&
             execute(p, primitive, 3, (const int[]){DNNL_ARG_FROM, DNNL_ARG_TO, DNNL_ARG_SCRATCHPAD},
                     (const layout_view[]){from, to, room},
                     (void *const[]){(void *)(uintptr_t)source, target, scratch});
    }
    leat_free_aligned(scratch);
    if (primitive != NULL)
        dnnl_primitive_destroy(primitive);
    if (desc != NULL)
        dnnl_primitive_desc_destroy(desc);
    return ok;
}

bool leat_dnn_filter_in(const leat_dnn *p, const void *plain, void *own)
{
    return reorder(p, LAYOUT(p->f), plain, own_filter(p), own);
}

bool leat_dnn_filter_out(const leat_dnn *p, const void *own, void *plain)
{
    return reorder(p, own_filter(p), own, LAYOUT(p->f), plain);
}

bool leat_dnn_run(const leat_dnn *p, const void *x, const void *filter, const void *y, void *scratch)
{
    static const int names[3][3] = {{DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
                                    {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST},
                                    {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST}};
    const int *n = names[p->kind];
    return execute(
        p, p->primitive, 4, (const int[]){n[0], n[1], n[2], DNNL_ARG_SCRATCHPAD},
        (const layout_view[]){LAYOUT(p->x), own_filter(p), LAYOUT(p->y),
                              layout_of(p, dnnl_query_scratchpad_md)},
        (void *const[]){(void *)(uintptr_t)x, (void *)(uintptr_t)filter, (void *)(uintptr_t)y, scratch});
}
