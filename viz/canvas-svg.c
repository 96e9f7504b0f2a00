/* Written by hand rather than by cairo: small, with text that can be selected and found, titles on hover and
 * links. Every piece of text passes through leat_text_xml. */
#include "viz/canvas-private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct svg_canvas {
    leat_canvas base;
    leat_buf b;
    size_t clips;
} svg_canvas;

static leat_buf *buf_of(leat_canvas *c)
{
    return &((svg_canvas *)c)->b;
}

/* Hundredths are below what anybody sees, and keep the file small. */
static void put_hundredths(leat_buf *b, int64_t v)
{
    char text[32];
    if (v < 0)
        leat_buf_putc(b, '-');
    v = v < 0 ? -v : v;
    int n = snprintf(text, sizeof text, "%lld", (long long)(v / 100));
    leat_buf_append(b, text, (size_t)n);
    if (v % 100 != 0) {
        leat_buf_putc(b, '.');
        leat_buf_putc(b, (char)('0' + v % 100 / 10));
        if (v % 10 != 0)
            leat_buf_putc(b, (char)('0' + v % 10));
    }
}

static int64_t hundredths(double v)
{
    return !(fabs(v) < 1e7) ? (v > 0 ? 1000000000 : v < 0 ? -1000000000 : 0) : llround(v * 100);
}

static void put_number(leat_buf *b, double v)
{
    put_hundredths(b, hundredths(v));
}

static void put_attribute(leat_buf *b, const char *name, double v)
{
    leat_buf_putc(b, ' ');
    leat_buf_puts(b, name);
    leat_buf_puts(b, "=\"");
    put_number(b, v);
    leat_buf_putc(b, '"');
}

static void put_color(leat_buf *b, const char *name, leat_color color)
{
    if ((color & 0xff) == 0) {
        leat_buf_printf(b, " %s=\"none\"", name);
        return;
    }
    leat_buf_printf(b, " %s=\"#%06x\"", name, color >> 8);
    if ((color & 0xff) != 0xff)
        leat_buf_printf(b, " %s-opacity=\"%.3g\"", name, (color & 0xff) / 255.0);
}

static void svg_open(leat_canvas *c)
{
    (void)c;
}

static void svg_begin_page(leat_canvas *c, double width, double height, const char *title)
{
    leat_buf *b = buf_of(c);
    if (!c->options.fragment)
        leat_buf_puts(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    leat_buf_puts(b, "<svg xmlns=\"http://www.w3.org/2000/svg\"");
    put_attribute(b, "width", width);
    put_attribute(b, "height", height);
    leat_buf_puts(b, " viewBox=\"0 0 ");
    put_number(b, width);
    leat_buf_putc(b, ' ');
    put_number(b, height);
    leat_buf_puts(b, "\" role=\"img\" font-family=\"" LEAT_FONT_SANS "\">\n");
    if (c->options.title || title) {
        leat_buf_puts(b, "<title>");
        leat_text_xml(b, c->options.title ? c->options.title : title);
        leat_buf_puts(b, "</title>\n");
    }
}

static void svg_end_page(leat_canvas *c)
{
    leat_buf_puts(buf_of(c), "</svg>\n");
}

static void put_point(leat_buf *b, leat_point p)
{
    put_number(b, p.x);
    leat_buf_putc(b, ',');
    put_number(b, p.y);
}

/* Relative to the rounded point before, so that rounding never adds up. */
static void put_lines(leat_buf *b, const leat_point *points, size_t n)
{
    int64_t x = hundredths(points[0].x), y = hundredths(points[0].y);
    leat_buf_putc(b, 'M');
    put_point(b, points[0]);
    for (size_t i = 1; i < n; i++) {
        int64_t nx = hundredths(points[i].x), ny = hundredths(points[i].y);
        leat_buf_putc(b, i == 1 ? 'l' : ' ');
        put_hundredths(b, nx - x);
        if (ny - y >= 0)
            leat_buf_putc(b, ',');
        put_hundredths(b, ny - y);
        x = nx, y = ny;
    }
}

static void put_path(leat_buf *b, const leat_outline *s)
{
    const leat_point *p = s->points;
    for (size_t i = 0; i < s->n_verbs; i++) {
        int n = s->verbs[i] == 'Z' ? 0 : s->verbs[i] == 'C' ? 3 : 1;
        leat_buf_putc(b, s->verbs[i]);
        for (int k = 0; k < n; k++) {
            if (k > 0)
                leat_buf_putc(b, ' ');
            put_point(b, *p++);
        }
    }
}

static void put_shape(leat_buf *b, const leat_outline *s)
{
    switch (s->kind) {
    case LEAT_OUTLINE_RECT:
        leat_buf_puts(b, "<rect");
        put_attribute(b, "x", s->box.x);
        put_attribute(b, "y", s->box.y);
        put_attribute(b, "width", s->box.w);
        put_attribute(b, "height", s->box.h);
        if (s->radius > 0)
            put_attribute(b, "rx", s->radius);
        return;
    case LEAT_OUTLINE_ELLIPSE:
        leat_buf_puts(b, "<ellipse");
        put_attribute(b, "cx", s->box.x + s->box.w / 2);
        put_attribute(b, "cy", s->box.y + s->box.h / 2);
        put_attribute(b, "rx", s->box.w / 2);
        put_attribute(b, "ry", s->box.h / 2);
        return;
    case LEAT_OUTLINE_POLYLINE:
    case LEAT_OUTLINE_POLYGON:
        leat_buf_puts(b, "<path d=\"");
        put_lines(b, s->points, s->n_points);
        leat_buf_puts(b, s->kind == LEAT_OUTLINE_POLYGON ? "Z\"" : "\"");
        return;
    case LEAT_OUTLINE_PATH:
        leat_buf_puts(b, "<path d=\"");
        put_path(b, s);
        leat_buf_putc(b, '"');
        return;
    }
}

static void svg_shape(leat_canvas *c, const leat_outline *s, const leat_style *style)
{
    leat_buf *b = buf_of(c);
    put_shape(b, s);
    put_color(b, "fill", style->fill);
    if (style->stroke & 0xff) {
        put_color(b, "stroke", style->stroke);
        if (style->width != 1)
            put_attribute(b, "stroke-width", style->width);
        if (style->dash[0] > 0)
            leat_buf_printf(b, " stroke-dasharray=\"%.4g %.4g\"", style->dash[0], style->dash[1]);
        if (style->round_cap)
            leat_buf_puts(b, " stroke-linecap=\"round\"");
        if (s->kind != LEAT_OUTLINE_RECT && (s->kind == LEAT_OUTLINE_PATH || s->n_points > 2))
            leat_buf_puts(b, " stroke-linejoin=\"round\"");
    }
    leat_buf_puts(b, "/>\n");
}

/* Readers of SVG take spaces at a text's ends away, and of several together leave one. */
static bool spaces_matter(const char *text)
{
    size_t n = strlen(text);
    return n > 0 && (text[0] == ' ' || text[n - 1] == ' ' || strstr(text, "  ") != NULL);
}

/* textLength holds a viewer with other fonts to the width that layout reserved. */
static void svg_text(leat_canvas *c, const leat_text_run *t)
{
    leat_buf *b = buf_of(c);
    leat_buf_puts(b, "<text");
    put_attribute(b, "x", t->at.x);
    put_attribute(b, "y", t->at.y);
    put_attribute(b, "font-size", t->font.size);
    if (t->font.bold)
        leat_buf_puts(b, " font-weight=\"bold\"");
    if (t->font.italic)
        leat_buf_puts(b, " font-style=\"italic\"");
    if (t->font.mono)
        leat_buf_puts(b, " font-family=\"" LEAT_FONT_MONO "\"");
    put_color(b, "fill", t->color);
    if (spaces_matter(t->text))
        leat_buf_puts(b, " xml:space=\"preserve\"");
    if (t->extents.logical.w > 0) {
        put_attribute(b, "textLength", t->extents.logical.w);
        leat_buf_puts(b, " lengthAdjust=\"spacingAndGlyphs\"");
    }
    if (t->angle != 0) {
        leat_buf_puts(b, " transform=\"rotate(");
        put_number(b, t->angle);
        leat_buf_putc(b, ' ');
        put_number(b, t->at.x);
        leat_buf_putc(b, ' ');
        put_number(b, t->at.y);
        leat_buf_puts(b, ")\"");
    }
    leat_buf_putc(b, '>');
    leat_text_xml(b, t->text);
    leat_buf_puts(b, "</text>\n");
}

static void put_image(leat_canvas *c, const char *mime, const void *data, size_t n, leat_box at,
                      bool pixelated)
{
    leat_buf *b = buf_of(c);
    leat_buf_puts(b, "<image");
    put_attribute(b, "x", at.x);
    put_attribute(b, "y", at.y);
    put_attribute(b, "width", at.w);
    put_attribute(b, "height", at.h);
    leat_buf_puts(b, " preserveAspectRatio=\"none\"");
    if (pixelated)
        leat_buf_puts(b, " image-rendering=\"pixelated\"");
    leat_buf_printf(b, " href=\"data:%s;base64,", mime);
    leat_buf_put_base64(b, data, n);
    leat_buf_puts(b, "\"/>\n");
}

static void svg_image(leat_canvas *c, const leat_image *image, leat_box at)
{
    leat_buf png = {0};
    leat_status status = leat_image_encode(&png, image, NULL, 0);
    if (status == LEAT_OK)
        put_image(c, "image/png", png.data, png.size, at, at.w >= image->width);
    leat_canvas_set_error(c, status);
    leat_buf_free(&png);
}

static void svg_encoded(leat_canvas *c, const char *mime, const void *data, size_t n, leat_box at)
{
    put_image(c, mime, data, n, at, false);
}

static void put_id(leat_canvas *c, const char *before, const char *id)
{
    leat_buf *b = buf_of(c);
    leat_buf_puts(b, before);
    if (c->options.prefix)
        leat_text_xml(b, c->options.prefix);
    leat_text_xml(b, id);
}

static void svg_push_clip(leat_canvas *c, leat_box box)
{
    leat_buf *b = buf_of(c);
    char id[32];
    snprintf(id, sizeof id, "clip%zu", ++((svg_canvas *)c)->clips);
    put_id(c, "<clipPath id=\"", id);
    leat_buf_puts(b, "\"><rect");
    put_attribute(b, "x", box.x);
    put_attribute(b, "y", box.y);
    put_attribute(b, "width", box.w);
    put_attribute(b, "height", box.h);
    put_id(c, "/></clipPath><g clip-path=\"url(#", id);
    leat_buf_puts(b, ")\">\n");
}

static void svg_pop_clip(leat_canvas *c)
{
    leat_buf_puts(buf_of(c), "</g>\n");
}

static void svg_push_group(leat_canvas *c, const leat_group *g)
{
    leat_buf *b = buf_of(c);
    if (g->link) {
        put_id(c, "<a href=\"#", g->link);
        leat_buf_puts(b, "\">");
    }
    leat_buf_puts(b, "<g");
    if (g->id) {
        put_id(c, " id=\"", g->id);
        leat_buf_putc(b, '"');
    }
    if (g->class) {
        leat_buf_puts(b, " class=\"");
        leat_text_xml(b, g->class);
        leat_buf_putc(b, '"');
    }
    leat_buf_putc(b, '>');
    if (g->title) {
        leat_buf_puts(b, "<title>");
        leat_text_xml(b, g->title);
        leat_buf_puts(b, "</title>");
    }
    leat_buf_putc(b, '\n');
}

static void svg_pop_group(leat_canvas *c, const leat_group *g)
{
    leat_buf_puts(buf_of(c), g->link ? "</g></a>\n" : "</g>\n");
}

static void svg_finish(leat_canvas *c, leat_buf *out)
{
    leat_canvas_set_error(c, leat_buf_status(buf_of(c)));
    if (c->status == LEAT_OK)
        leat_buf_append(out, buf_of(c)->data, buf_of(c)->size);
}

static void svg_close(leat_canvas *c)
{
    leat_buf_free(buf_of(c));
}

const leat_canvas_class leat_canvas_svg = {
    .name = "svg",
    .size = sizeof(svg_canvas),
    .open = svg_open,
    .begin_page = svg_begin_page,
    .end_page = svg_end_page,
    .shape = svg_shape,
    .text = svg_text,
    .image = svg_image,
    .encoded = svg_encoded,
    .push_clip = svg_push_clip,
    .pop_clip = svg_pop_clip,
    .push_group = svg_push_group,
    .pop_group = svg_pop_group,
    .finish = svg_finish,
    .close = svg_close,
};
