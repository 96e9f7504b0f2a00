#include "viz/cairo-private.h"
#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

static cairo_t *cr_of(leat_canvas *c)
{
    return ((leat_cairo_canvas *)c)->cr;
}

void leat_cairo_check(leat_canvas *c, cairo_status_t status)
{
    if (status == CAIRO_STATUS_SUCCESS)
        return;
    leat_status code = status == CAIRO_STATUS_NO_MEMORY ? LEAT_ERR_NO_MEMORY : LEAT_ERR_IO;
    leat_canvas_set_error(c,
                          leat_fail(code, "drawing %s: %s", c->class->name, cairo_status_to_string(status)));
}

static void set_color(cairo_t *cr, leat_color color)
{
    cairo_set_source_rgba(cr, (color >> 24) / 255.0, (color >> 16 & 0xff) / 255.0,
                          (color >> 8 & 0xff) / 255.0, (color & 0xff) / 255.0);
}

static void add_points(cairo_t *cr, const leat_outline *s)
{
    for (size_t i = 0; i < s->n_points; i++)
        cairo_line_to(cr, s->points[i].x, s->points[i].y);
    if (s->kind == LEAT_OUTLINE_POLYGON)
        cairo_close_path(cr);
}

static void add_path(cairo_t *cr, const leat_outline *s)
{
    const leat_point *p = s->points;
    for (size_t i = 0; i < s->n_verbs; i++) {
        switch (s->verbs[i]) {
        case 'M': cairo_move_to(cr, p->x, p->y), p++; break;
        case 'L': cairo_line_to(cr, p->x, p->y), p++; break;
        case 'C': cairo_curve_to(cr, p[0].x, p[0].y, p[1].x, p[1].y, p[2].x, p[2].y), p += 3; break;
        default: cairo_close_path(cr);
        }
    }
}

static void add_rect(cairo_t *cr, leat_box b, double r)
{
    if (r <= 0) {
        cairo_rectangle(cr, b.x, b.y, b.w, b.h);
        return;
    }
    cairo_new_sub_path(cr);
    cairo_arc(cr, b.x + b.w - r, b.y + r, r, -M_PI / 2, 0);
    cairo_arc(cr, b.x + b.w - r, b.y + b.h - r, r, 0, M_PI / 2);
    cairo_arc(cr, b.x + r, b.y + b.h - r, r, M_PI / 2, M_PI);
    cairo_arc(cr, b.x + r, b.y + r, r, M_PI, 3 * M_PI / 2);
    cairo_close_path(cr);
}

static void add_ellipse(cairo_t *cr, leat_box b)
{
    if (b.w <= 0 || b.h <= 0)
        return; /* a matrix of rank 0 would be cairo's error for good */
    cairo_save(cr);
    cairo_translate(cr, b.x + b.w / 2, b.y + b.h / 2);
    cairo_scale(cr, b.w / 2, b.h / 2);
    cairo_arc(cr, 0, 0, 1, 0, 2 * M_PI);
    cairo_close_path(cr);
    cairo_restore(cr);
}

#define PIECE 64u

/* cairo's time for one stroke grows faster than its length where the line crosses itself, as noise does. Pieces
 * are drawn opaque into a mask, so that no pixel is covered twice. */
static void stroke_in_pieces(cairo_t *cr, const leat_outline *s, const leat_style *style)
{
    cairo_push_group_with_content(cr, CAIRO_CONTENT_ALPHA);
    cairo_set_source_rgba(cr, 0, 0, 0, 1);
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_FAST);
    cairo_set_line_width(cr, style->width);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = 0; i + 1 < s->n_points; i += PIECE) {
        size_t end = LEAT_MIN(i + PIECE, s->n_points - 1);
        bool inner = i > 0 || end + 1 < s->n_points;
        cairo_set_line_cap(cr, inner || style->round_cap ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT);
        for (size_t k = i; k <= end; k++)
            cairo_line_to(cr, s->points[k].x, s->points[k].y);
        cairo_stroke(cr);
    }
    cairo_pattern_t *mask = cairo_pop_group(cr);
    set_color(cr, style->stroke);
    cairo_mask(cr, mask);
    cairo_pattern_destroy(mask);
}

void leat_cairo_shape(leat_canvas *c, const leat_outline *s, const leat_style *style)
{
    cairo_t *cr = cr_of(c);
    bool raster = ((leat_cairo_canvas *)c)->raster;
    cairo_new_path(cr);
    if (raster && s->kind == LEAT_OUTLINE_POLYLINE && s->n_points > PIECE && style->dash[0] <= 0 &&
        (style->fill & 0xff) == 0) {
        stroke_in_pieces(cr, s, style);
        leat_cairo_check(c, cairo_status(cr));
        return;
    }
    switch (s->kind) {
    case LEAT_OUTLINE_RECT: add_rect(cr, s->box, s->radius); break;
    case LEAT_OUTLINE_ELLIPSE: add_ellipse(cr, s->box); break;
    case LEAT_OUTLINE_POLYLINE:
    case LEAT_OUTLINE_POLYGON: add_points(cr, s); break;
    case LEAT_OUTLINE_PATH: add_path(cr, s); break;
    }
    if (style->fill & 0xff) {
        bool large =
            raster && s->n_points > PIECE; /* the finest edges of large areas cost most and show least */
        set_color(cr, style->fill);
        cairo_set_antialias(cr, large ? CAIRO_ANTIALIAS_FAST : CAIRO_ANTIALIAS_DEFAULT);
        cairo_fill_preserve(cr);
        cairo_set_antialias(cr, CAIRO_ANTIALIAS_DEFAULT);
    }
    if (style->stroke & 0xff) {
        set_color(cr, style->stroke);
        cairo_set_line_width(cr, style->width);
        cairo_set_dash(cr, style->dash, style->dash[0] > 0 ? 2 : 0, 0);
        cairo_set_line_cap(cr, style->round_cap ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT);
        cairo_set_line_join(cr, s->kind == LEAT_OUTLINE_RECT ? CAIRO_LINE_JOIN_MITER : CAIRO_LINE_JOIN_ROUND);
        cairo_stroke(cr);
    }
    cairo_new_path(cr);
    leat_cairo_check(c, cairo_status(cr));
}

void leat_cairo_text(leat_canvas *c, const leat_text_run *t)
{
    cairo_t *cr = cr_of(c);
    PangoLayout *layout = t->layout;
    cairo_save(cr);
    cairo_translate(cr, t->at.x, t->at.y);
    cairo_rotate(cr, t->angle * M_PI / 180);
    cairo_move_to(cr, 0, -(double)pango_layout_get_baseline(layout) / PANGO_SCALE);
    set_color(cr, t->color);
    pango_cairo_show_layout(cr, layout);
    cairo_restore(cr);
    leat_cairo_check(c, cairo_status(cr));
}

static uint32_t premultiplied(uint32_t argb)
{
    uint32_t a = argb >> 24, out = a << 24;
    for (int shift = 0; shift < 24; shift += 8)
        out |= ((argb >> shift & 0xff) * a + 127) / 255 << shift;
    return out;
}

void leat_cairo_image(leat_canvas *c, const leat_image *image, leat_box at)
{
    cairo_t *cr = cr_of(c);
    if (image->width > 32767 || image->height > 32767) {
        leat_canvas_set_error(c, leat_fail(LEAT_ERR_OUT_OF_RANGE,
                                           "an image of %ux%u pixels is too large to draw", image->width,
                                           image->height));
        return;
    }
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)image->width, (int)image->height);
    leat_cairo_check(c, cairo_surface_status(surface));
    if (c->status == LEAT_OK) {
        unsigned char *rows = cairo_image_surface_get_data(surface);
        size_t stride = (size_t)cairo_image_surface_get_stride(surface);
        for (size_t y = 0; y < image->height; y++) {
            uint32_t *row = (uint32_t *)(void *)(rows + y * stride);
            for (size_t x = 0; x < image->width; x++)
                row[x] = premultiplied(image->argb[y * image->width + x]);
        }
        cairo_surface_mark_dirty(surface);
        cairo_save(cr);
        cairo_rectangle(cr, at.x, at.y, at.w, at.h);
        cairo_clip(cr);
        cairo_translate(cr, at.x, at.y);
        cairo_scale(cr, at.w / image->width, at.h / image->height);
        cairo_set_source_surface(cr, surface, 0, 0);
        bool magnified = at.w * c->options.scale >= image->width;
        cairo_pattern_set_filter(cairo_get_source(cr), magnified ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD);
        cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD);
        cairo_paint(cr);
        cairo_restore(cr);
        leat_cairo_check(c, cairo_status(cr));
    }
    cairo_surface_destroy(surface);
}

void leat_cairo_push_clip(leat_canvas *c, leat_box box)
{
    cairo_t *cr = cr_of(c);
    cairo_save(cr);
    cairo_new_path(cr);
    cairo_rectangle(cr, box.x, box.y, box.w, box.h);
    cairo_clip(cr);
}

void leat_cairo_pop_clip(leat_canvas *c)
{
    cairo_restore(cr_of(c));
}
