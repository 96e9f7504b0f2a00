/* conv-columns.c - convolution by matrix products: the windows of some output positions are laid out as rows of a matrix
 * ("columns", as the literature has it), which is multiplied by the filter; the gradients go the other way.
 *
 * Images are taken with their channels last; others are turned first, image by image. */
#include "ops/conv-private.h"
#include "ops/gemm-private.h"

enum { COLUMN_ELEMENTS = 65536, MAX_PARTS = 8 };

typedef struct columns {
    leat_kernel *k;
    const leat_conv *c;
    size_t bytes;
    int64_t taps, group_channels, group_filters, depth; /* depth: elements of a window in one group */
    int64_t in_pixels, out_pixels, block;               /* block: output positions at once */
    int64_t parts;
    char *partial; /* of the filter's gradient: parts x filter */
    atomic_bool no_memory;
} columns;

/* ---- windows to rows and back ---- */

/* Calls for every tap of output position p: the pixel of the image (-1: outside). */
typedef struct walk {
    int64_t at[LEAT_SPATIAL], origin[LEAT_SPATIAL], first[LEAT_SPATIAL], end[LEAT_SPATIAL];
} walk;

static void walk_to(const leat_window *w, int64_t p, walk *k)
{
    for (int d = w->spatial - 1; d >= 0; d--) {
        k->at[d] = p % w->out[d];
        p /= w->out[d];
        leat_window_clip(w, d, k->at[d], &k->origin[d], &k->first[d], &k->end[d]);
    }
}

/* The pixel under tap t, or -1. */
static int64_t pixel_of(const leat_window *w, const walk *k, int64_t t)
{
    int64_t pixel = 0, stride = 1;
    for (int d = w->spatial - 1; d >= 0; d--) {
        int64_t tap = t % w->size[d];
        t /= w->size[d];
        if (tap < k->first[d] || tap >= k->end[d])
            return -1;
        pixel += (k->origin[d] + tap * w->dilation[d]) * stride;
        stride *= w->in[d];
    }
    return pixel;
}

/* The windows of positions p0..p1 in group g, a row each. */
static void fill(const columns *s, const char *image, int64_t g, int64_t p0, int64_t p1, char *rows)
{
    size_t run = (size_t)s->group_channels * s->bytes, pixel_bytes = (size_t)s->c->w.channels * s->bytes;
    for (int64_t p = p0; p < p1; p++) {
        walk k;
        walk_to(&s->c->w, p, &k);
        for (int64_t t = 0; t < s->taps; t++, rows += run) {
            int64_t pixel = pixel_of(&s->c->w, &k, t);
            if (pixel < 0)
                memset(rows, 0, run);
            else
                memcpy(rows, image + (size_t)pixel * pixel_bytes + (size_t)g * run, run);
        }
    }
}

static void add(leat_dtype dtype, void *to, const void *from, int64_t n)
{
    if (dtype == LEAT_FLOAT)
        for (int64_t i = 0; i < n; i++)
            ((float *)to)[i] += ((const float *)from)[i];
    else if (dtype == LEAT_DOUBLE)
        for (int64_t i = 0; i < n; i++)
            ((double *)to)[i] += ((const double *)from)[i];
    else
        for (int64_t i = 0; i < n; i++)
            ((uint32_t *)to)[i] += ((const uint32_t *)from)[i];
}

/* Adds the rows to the windows they came from. */
static void spill(const columns *s, char *image, int64_t g, int64_t p0, int64_t p1, const char *rows)
{
    size_t run = (size_t)s->group_channels * s->bytes, pixel_bytes = (size_t)s->c->w.channels * s->bytes;
    for (int64_t p = p0; p < p1; p++) {
        walk k;
        walk_to(&s->c->w, p, &k);
        for (int64_t t = 0; t < s->taps; t++, rows += run) {
            int64_t pixel = pixel_of(&s->c->w, &k, t);
            if (pixel >= 0)
                add(s->c->dtype, image + (size_t)pixel * pixel_bytes + (size_t)g * run, rows,
                    s->group_channels);
        }
    }
}

/* channels x pixels to pixels x channels. */
static void turn(char *to, const char *from, int64_t rows, int64_t columns_, size_t bytes)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns_; c++)
            memcpy(to + (size_t)(c * rows + r) * bytes, from + (size_t)(r * columns_ + c) * bytes, bytes);
}

/* ---- the products ---- */

/* y of positions p0..p1: windows times filter. */
static void forward(const columns *s, const char *image, char *y, int64_t p0, int64_t p1, char *rows)
{
    for (int64_t g = 0; g < s->c->groups; g++) {
        fill(s, image, g, p0, p1, rows);
        leat_gemm m = {.dtype = s->c->dtype,
                       .m = p1 - p0,
                       .n = s->group_filters,
                       .k = s->depth,
                       .a = rows,
                       .b = (const char *)s->c->f + (size_t)(g * s->group_filters) * s->bytes,
                       .c = y + (size_t)(p0 * s->c->filters + g * s->group_filters) * s->bytes,
                       .ldb = s->c->filters,
                       .ldc = s->c->filters};
        leat_gemm_serial(&m);
    }
}

/* dx of positions p0..p1: dy times the transposed filter, added to the windows. */
static void to_input(const columns *s, char *image, const char *dy, int64_t p0, int64_t p1, char *rows)
{
    for (int64_t g = 0; g < s->c->groups; g++) {
        leat_gemm m = {.dtype = s->c->dtype,
                       .transpose_b = true,
                       .m = p1 - p0,
                       .n = s->depth,
                       .k = s->group_filters,
                       .a = dy + (size_t)(p0 * s->c->filters + g * s->group_filters) * s->bytes,
                       .b = (const char *)s->c->f + (size_t)(g * s->group_filters) * s->bytes,
                       .c = rows,
                       .lda = s->c->filters,
                       .ldb = s->c->filters};
        leat_gemm_serial(&m);
        spill(s, image, g, p0, p1, rows);
    }
}

/* df += transposed windows times dy, of positions p0..p1. */
static void to_filter(const columns *s, const char *image, const char *dy, int64_t p0, int64_t p1, char *rows,
                      char *df)
{
    for (int64_t g = 0; g < s->c->groups; g++) {
        fill(s, image, g, p0, p1, rows);
        leat_gemm m = {.dtype = s->c->dtype,
                       .transpose_a = true,
                       .m = s->depth,
                       .n = s->group_filters,
                       .k = p1 - p0,
                       .a = rows,
                       .b = dy + (size_t)(p0 * s->c->filters + g * s->group_filters) * s->bytes,
                       .c = df + (size_t)(g * s->group_filters) * s->bytes,
                       .ldb = s->c->filters,
                       .ldc = s->c->filters,
                       .accumulate = true};
        leat_gemm_serial(&m);
    }
}

/* ---- one image ---- */

static size_t room_of(const columns *s)
{
    size_t rows = (size_t)(s->block * s->depth), turned = 0;
    if (s->c->w.channels_first)
        turned = (size_t)(s->in_pixels * s->c->w.channels + s->out_pixels * s->c->filters);
    return (rows + turned) * s->bytes;
}

static void image(const columns *s, int64_t n, char *df, char *room)
{
    const leat_conv *c = s->c;
    size_t x_bytes = (size_t)(s->in_pixels * c->w.channels) * s->bytes,
           y_bytes = (size_t)(s->out_pixels * c->filters) * s->bytes;
    char *rows = room, *x = (char *)c->x + (size_t)n * x_bytes, *y = (char *)c->y + (size_t)n * y_bytes;
    char *own_x = x, *own_y = y;
    if (c->w.channels_first) {
        own_x = rows + (size_t)(s->block * s->depth) * s->bytes;
        own_y = own_x + x_bytes;
        if (c->kind != LEAT_CONV_INPUT)
            turn(own_x, x, c->w.channels, s->in_pixels, s->bytes);
        if (c->kind != LEAT_CONV_FORWARD)
            turn(own_y, y, c->filters, s->out_pixels, s->bytes);
    }
    if (c->kind == LEAT_CONV_INPUT)
        memset(own_x, 0, x_bytes);
    for (int64_t p = 0; p < s->out_pixels; p += s->block) {
        int64_t end = LEAT_MIN(p + s->block, s->out_pixels);
        if (c->kind == LEAT_CONV_FORWARD)
            forward(s, own_x, own_y, p, end, rows);
        else if (c->kind == LEAT_CONV_INPUT)
            to_input(s, own_x, own_y, p, end, rows);
        else
            to_filter(s, own_x, own_y, p, end, rows, df);
    }
    if (c->w.channels_first && c->kind == LEAT_CONV_FORWARD)
        turn(y, own_y, s->out_pixels, c->filters, s->bytes);
    if (c->w.channels_first && c->kind == LEAT_CONV_INPUT)
        turn(x, own_x, s->in_pixels, c->w.channels, s->bytes);
}

/* A range of the images; of the filter's gradient, its own partial sums. */
static void part(size_t tile, void *arg)
{
    columns *s = arg;
    int64_t begin = (int64_t)tile * s->c->w.batch / s->parts,
            end = ((int64_t)tile + 1) * s->c->w.batch / s->parts;
    char *room = leat_scratch(s->k, room_of(s)), *df = NULL;
    if (room == NULL) {
        atomic_store_explicit(&s->no_memory, true, memory_order_relaxed);
        return;
    }
    if (s->partial != NULL) {
        size_t bytes = (size_t)leat_conv_f_elements(s->c) * s->bytes;
        df = s->partial + tile * bytes;
        memset(df, 0, bytes);
    }
    for (int64_t n = begin; n < end; n++)
        image(s, n, df, room);
}

leat_status leat_conv_columns(leat_kernel *k, const leat_conv *c)
{
    columns s = {.k = k,
                 .c = c,
                 .bytes = leat_dtype_bytes(c->dtype),
                 .taps = leat_window_product(&c->w, c->w.size),
                 .group_channels = leat_conv_group_channels(c),
                 .group_filters = c->filters / c->groups,
                 .in_pixels = leat_window_product(&c->w, c->w.in),
                 .out_pixels = leat_window_product(&c->w, c->w.out)};
    s.depth = s.taps * s.group_channels;
    s.block = LEAT_MAX(1, LEAT_MIN(s.out_pixels, COLUMN_ELEMENTS / LEAT_MAX(1, s.depth)));
    s.parts =
        c->kind == LEAT_CONV_FILTER ? LEAT_MAX(1, LEAT_MIN(c->w.batch, MAX_PARTS)) : LEAT_MAX(1, c->w.batch);
    size_t filter_bytes = (size_t)leat_conv_f_elements(c) * s.bytes;
    if (c->kind == LEAT_CONV_FILTER) { /* not scratch memory: the parts use that */
        s.partial = leat_alloc_aligned((size_t)s.parts * filter_bytes);
        if (s.partial == NULL)
            return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld filters", (long long)s.parts);
    }
    leat_tiles(k, (size_t)s.parts, part, &s);
    if (c->kind == LEAT_CONV_FILTER) {
        memcpy(c->f, s.partial, filter_bytes);
        for (int64_t p = 1; p < s.parts; p++)
            add(c->dtype, c->f, s.partial + (size_t)p * filter_bytes, leat_conv_f_elements(c));
        leat_free_aligned(s.partial);
    }
    if (atomic_load_explicit(&s.no_memory, memory_order_relaxed))
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for columns of windows");
    return LEAT_OK;
}
