/* conv-onednn.c - convolution by oneDNN: tiles of the batch, whose number follows from the shapes; the filter's gradient as at
 * most 8 partial ones, added in order. Primitives are kept in the frame, by shape. */
#include "ops/onednn-private.h"

enum { MAX_TILES = 8 };
#define TILE_FLOPS 4e6

/* What a node keeps between its runs, in one frame. */
typedef struct conv_cache {
    leat_conv shape; /* what the rest was made for; pointers unused */
    bool made, none; /* none: oneDNN has nothing for this shape */
    int64_t tiles, step;
    leat_dnn *tile, *last; /* of `step` images, and of fewer; last may be NULL */
    char *filter;          /* in its own layout; of a gradient: one for each tile */
    size_t filter_bytes;   /* of one */
} conv_cache;

static void forget(conv_cache *c)
{
    leat_dnn_free(c->tile);
    leat_dnn_free(c->last);
    leat_free_aligned(c->filter);
    *c = (conv_cache){.made = false};
}

static void free_cache(void *pointer)
{
    if (pointer != NULL)
        forget(pointer);
    leat_free(pointer);
}

static bool same_shape(const leat_conv *a, const leat_conv *b)
{
    const leat_window *x = &a->w, *y = &b->w;
    return a->kind == b->kind && a->filters == b->filters && a->groups == b->groups &&
           x->spatial == y->spatial && x->channels_first == y->channels_first && x->same == y->same &&
           memcmp(&x->batch, &y->batch, sizeof *x - offsetof(leat_window, batch)) ==
               0; /* all numbers from there on */
}

/* Fills the cache for the shape. false: out of memory, or nothing there (cache->none). */
static bool prepare(conv_cache *cache, const leat_conv *c)
{
    double flops =
        2.0 * (double)leat_conv_y_elements(c) * (double)leat_conv_f_elements(c) / (double)c->filters;
    forget(cache);
    cache->shape = *c;
    cache->made = cache->none = true; /* until all is there */
    cache->tiles =
        LEAT_MAX(1, (int64_t)LEAT_MIN(LEAT_MIN(flops / TILE_FLOPS, (double)c->w.batch), MAX_TILES));
    cache->step = (c->w.batch + cache->tiles - 1) / cache->tiles;
    cache->tiles = (c->w.batch + cache->step - 1) / cache->step;
    int64_t rest = c->w.batch - (cache->tiles - 1) * cache->step;
    cache->tile = leat_dnn_conv(c, cache->step);
    if (cache->tile != NULL && rest != cache->step) {
        cache->last = leat_dnn_conv(c, rest);
        if (cache->last == NULL || !leat_dnn_same_filter(cache->tile, cache->last))
            return false;
    }
    if (cache->tile == NULL)
        return false;
    cache->filter_bytes =
        (leat_dnn_filter_bytes(cache->tile) + LEAT_ALIGNMENT - 1) / LEAT_ALIGNMENT * LEAT_ALIGNMENT;
    cache->filter =
        leat_alloc_aligned(cache->filter_bytes * (size_t)(c->kind == LEAT_CONV_FILTER ? cache->tiles : 1));
    cache->none = cache->filter == NULL;
    return !cache->none;
}

typedef struct job {
    leat_kernel *k;
    const leat_conv *c;
    const conv_cache *cache;
    atomic_bool failed;
} job;

static void conv_tile(size_t tile, void *arg)
{
    job *j = arg;
    const leat_conv *c = j->c;
    const conv_cache *cache = j->cache;
    const leat_dnn *p = (int64_t)tile == cache->tiles - 1 && cache->last != NULL ? cache->last : cache->tile;
    int64_t first = (int64_t)tile * cache->step;
    int64_t x = first * c->w.channels * leat_window_product(&c->w, c->w.in);
    int64_t y = first * c->filters * leat_window_product(&c->w, c->w.out);
    size_t room = leat_dnn_scratch(p);
    void *scratch = leat_scratch(j->k, room > 0 ? room : 1);
    const char *filter = cache->filter + (c->kind == LEAT_CONV_FILTER ? tile * cache->filter_bytes : 0);
    if (scratch == NULL ||
        !leat_dnn_run(p, (const float *)c->x + x, filter, (const float *)c->y + y, scratch))
        atomic_store_explicit(&j->failed, true, memory_order_relaxed);
}

/* The tiles' gradients of the filter, added in order; all in the primitive's own layout. */
static void add_filters(const conv_cache *cache)
{
    float *sum = (float *)(void *)cache->filter;
    size_t n = cache->filter_bytes / sizeof *sum, used = leat_dnn_filter_bytes(cache->tile) / sizeof *sum;
    for (int64_t t = 1; t < cache->tiles; t++)
        for (size_t i = 0; i < used; i++)
            sum[i] += sum[(size_t)t * n + i];
}

leat_status leat_conv_onednn(leat_kernel *k, const leat_conv *c, bool *done)
{
    void **slot = leat_node_cache(k, free_cache);
    *done = false;
    if (slot == NULL)
        return LEAT_OK;
    if (*slot == NULL && (*slot = leat_alloc_zero(1, sizeof(conv_cache))) == NULL)
        return LEAT_OK;
    conv_cache *cache = *slot;
    if (!cache->made || !same_shape(&cache->shape, c))
        (void)prepare(cache, c);
    if (cache->none)
        return LEAT_OK;
    job j = {.k = k, .c = c, .cache = cache};
    if (c->kind != LEAT_CONV_FILTER && !leat_dnn_filter_in(cache->tile, c->f, cache->filter))
        return LEAT_OK;
    leat_tiles(k, (size_t)cache->tiles, conv_tile, &j);
    if (atomic_load_explicit(&j.failed, memory_order_relaxed))
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "oneDNN could not run the convolution");
    if (c->kind == LEAT_CONV_FILTER) {
        add_filters(cache);
        if (!leat_dnn_filter_out(cache->tile, cache->filter, c->f))
            return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "oneDNN could not turn the filter");
    }
    *done = true;
    return LEAT_OK;
}
