/* graph-shapes.c - the symbols of a diagram, at places of the page; the legend uses them too. */
#include "config.h"
#include "viz/graph-draw-private.h"

#include <math.h>

#define STROKE 0.6 /* of outlines, in the scene's units */

static leat_style outlined(const leat_gpaint *p, leat_color fill)
{
    return (leat_style){.fill = fill, .stroke = leat_gpaint_stroke(p, fill), .width = STROKE * p->scale};
}

void leat_gpaint_op(const leat_gpaint *p, double x, double y, double w, double h, leat_color fill)
{
    leat_style style = outlined(p, fill);
    leat_draw_ellipse(p->canvas, x + w / 2, y + h / 2, w / 2, h / 2, &style);
}

void leat_gpaint_scope(const leat_gpaint *p, double x, double y, double w, double h, leat_color fill)
{
    leat_style style = outlined(p, fill);
    leat_draw_rect(p->canvas, x, y, w, h, 5 * p->scale, &style);
}

/* Diagonal lines that stay within a box with round corners. */
void leat_gpaint_hatch(const leat_gpaint *p, leat_box box)
{
    double step = 4 * p->scale, inset = 1.5 * p->scale;
    leat_style style = {.stroke = leat_gpaint_unused(p), .width = 1.4 * p->scale};
    double x0 = box.x + inset, x1 = box.x + box.w - inset, y0 = box.y + inset, y1 = box.y + box.h - inset;
    for (double at = x0 + step / 2; at < x1 + (y1 - y0); at += step) {
        double ax = LEAT_MIN(at, x1), ay = y0 + (at - ax), bx = LEAT_MAX(at - (y1 - y0), x0),
               by = y0 + (at - bx);
        if (ax > bx)
            leat_draw_line(p->canvas, ax, ay, bx, by, &style);
    }
}

/* Up to three ellipses: one above the other where data flows between them, else one behind the other. */
void leat_gpaint_series(const leat_gpaint *p, leat_box box, bool tower, leat_color fill)
{
    enum { STACK = 3 };
    double w = tower ? box.w : box.w * 15 / 24, h = tower ? box.h * 6 / 13 : box.h * 6 / 8;
    for (int i = 0; i < STACK; i++) {
        double part = (double)(STACK - 1 - i) / (STACK - 1);
        leat_gpaint_op(p, tower ? box.x : box.x + (box.w - w) * part,
                       tower ? box.y + (box.h - h) * part : box.y + (box.h - h) / 2, w, h, fill);
    }
}

/* A triangle with its tip at `tip`, coming from the direction of `from`, for a line of that width. */
void leat_gpaint_arrow(const leat_gpaint *p, leat_point tip, leat_point from, double size, leat_color color)
{
    double dx = tip.x - from.x, dy = tip.y - from.y, length = hypot(dx, dy);
    double half = 0.5 * size;
    if (length < 1e-9)
        return;
    dx /= length;
    dy /= length;
    leat_point at[3] = {tip,
                        {tip.x - dx * size - dy * half, tip.y - dy * size + dx * half},
                        {tip.x - dx * size + dy * half, tip.y - dy * size - dx * half}};
    leat_draw_polygon(p->canvas, at, 3, &(leat_style){.fill = color});
}

void leat_gpaint_constant(const leat_gpaint *p, double cx, double cy)
{
    leat_color color = p->theme.dark ? LEAT_RGB(0xa0a0a0) : LEAT_RGB(0x848484);
    leat_draw_ellipse(p->canvas, cx, cy, 2 * p->scale, 2 * p->scale, &(leat_style){.fill = color});
}

/* A small bar chart. */
void leat_gpaint_summary(const leat_gpaint *p, double cx, double cy)
{
    static const double heights[3] = {2.2, 4, 3};
    leat_style style = {.fill = LEAT_RGB(0xdb4437)};
    double u = p->scale;
    for (int i = 0; i < 3; i++)
        leat_draw_rect(p->canvas, cx + (i * 1.6 - 2.2) * u, cy + (2 - heights[i]) * u, 1.2 * u,
                       heights[i] * u, 0, &style);
}

void leat_gpaint_text(const leat_gpaint *p, double x, double y, const char *text, double size, leat_halign h,
                      leat_color color)
{
    leat_text_style style = {.font = {.size = size * p->scale}, .color = color, .h = h, .v = LEAT_CENTER};
    leat_draw_text(p->canvas, x, y, text, &style);
}
