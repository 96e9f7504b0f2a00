#include "viz/cairo-private.h"
#include <math.h>
#include <string.h>

typedef struct png_canvas {
    leat_cairo_canvas cairo;
    leat_image image; /* the page, premultiplied until it ends */
} png_canvas;

static void png_open(leat_canvas *c)
{
    if (c->options.metrics != LEAT_METRICS_PANGO)
        leat_canvas_set_error(c, leat_fail(LEAT_ERR_INVALID_ARGUMENT, "PNG needs real fonts"));
}

static void png_begin_page(leat_canvas *c, double width, double height, const char *title)
{
    png_canvas *p = (png_canvas *)c;
    double w = ceil(width * c->options.scale - 1e-6), h = ceil(height * c->options.scale - 1e-6);
    (void)title;
    if (w > LEAT_CANVAS_MAX_SIDE || h > LEAT_CANVAS_MAX_SIDE) {
        leat_canvas_set_error(c, leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                                           "a PNG of %.0fx%.0f pixels is larger than %d", w, h,
                                           LEAT_CANVAS_MAX_SIDE));
        return;
    }
    p->image.width = (uint32_t)w;
    p->image.height = (uint32_t)h;
    p->image.argb = leat_alloc_zero((size_t)w * (size_t)h, 4);
    if (p->image.argb == NULL) {
        leat_canvas_set_error(c, leat_fail_memory((size_t)w * (size_t)h * 4));
        return;
    }
    cairo_surface_t *surface = cairo_image_surface_create_for_data(
        (unsigned char *)p->image.argb, CAIRO_FORMAT_ARGB32, (int)w, (int)h, (int)w * 4);
    p->cairo.cr = cairo_create(surface);
    cairo_surface_destroy(surface); /* the context keeps it */
    p->cairo.raster = true;
    cairo_scale(p->cairo.cr, c->options.scale, c->options.scale);
    leat_cairo_check(c, cairo_status(p->cairo.cr));
}

static void png_end_page(leat_canvas *c)
{
    png_canvas *p = (png_canvas *)c;
    cairo_surface_flush(cairo_get_target(p->cairo.cr));
    leat_cairo_check(c, cairo_status(p->cairo.cr));
    leat_cairo_check(c, cairo_surface_status(cairo_get_target(p->cairo.cr)));
}

static void unpremultiply(leat_image *image)
{
    size_t n = (size_t)image->width * image->height;
    for (size_t i = 0; i < n; i++) {
        uint32_t argb = image->argb[i], a = argb >> 24, out = a << 24;
        if (a == 255 || a == 0)
            continue;
        for (int shift = 0; shift < 24; shift += 8)
            out |= LEAT_MIN(((argb >> shift & 0xff) * 255 + a / 2) / a, 255u) << shift;
        image->argb[i] = out;
    }
}

static void png_finish(leat_canvas *c, leat_buf *out)
{
    png_canvas *p = (png_canvas *)c;
    unpremultiply(&p->image);
    leat_canvas_set_error(c, leat_image_encode(out, &p->image, c->options.title, 96 * c->options.scale));
}

static void png_close(leat_canvas *c)
{
    png_canvas *p = (png_canvas *)c;
    if (p->cairo.cr)
        cairo_destroy(p->cairo.cr);
    leat_free(p->image.argb);
}

static void png_group(leat_canvas *c, const leat_group *g)
{
    (void)c, (void)g; /* pixels have no structure */
}

const leat_canvas_class leat_canvas_png = {
    .name = "png",
    .size = sizeof(png_canvas),
    .open = png_open,
    .begin_page = png_begin_page,
    .end_page = png_end_page,
    .shape = leat_cairo_shape,
    .text = leat_cairo_text,
    .image = leat_cairo_image,
    .push_clip = leat_cairo_push_clip,
    .pop_clip = leat_cairo_pop_clip,
    .push_group = png_group,
    .pop_group = png_group,
    .finish = png_finish,
    .close = png_close,
};
