/* The drawing of a panel of scalars, when it is known what is seen of them. */
#include "viz/plot-scalars-private.h"
#include <math.h>

/* Far outside the plot a coordinate says nothing but overflows what formats hold. */
static double bounded(double v, double from, double size)
{
    return fmin(fmax(v, from - 4 * size - 50), from + 5 * size + 50);
}

static leat_point place(const leat_chart *k, leat_box b, leat_point v)
{
    return (leat_point){bounded(leat_chart_x(k, b, v.x), b.x, b.w),
                        bounded(leat_chart_y(k, b, v.y), b.y, b.h)};
}

/* An area at least as high as the line is wide, and never too narrow to be seen. */
static void draw_area(leat_canvas *c, leat_point *p, size_t n, double width, leat_color color)
{
    for (size_t i = 0; i < n; i++)
        p[i].y -= width / 2;
    for (size_t i = n; i < 2 * n; i++)
        p[i].y += width / 2;
    if (p[n - 1].x - p[0].x < width) {
        p[0].x -= width / 2;
        p[2 * n - 1].x -= width / 2;
        p[n - 1].x += width / 2;
        p[n].x += width / 2;
    }
    leat_draw_polygon(c, p, 2 * n, &(leat_style){.fill = color});
}

static void draw_lines(leat_canvas *c, const leat_chart *k, leat_box b, const leat_points *points,
                       const leat_points *low, const leat_style *style)
{
    leat_point *p = leat_alloc_zero(points->n + 1, 2 * sizeof *p);
    if (p == NULL) {
        leat_canvas_set_error(c, leat_fail_memory(points->n * 2 * sizeof *p));
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < points->n; i++) {
        if (!isnan(points->at[i].y)) {
            p[n++] = place(k, b, points->at[i]);
            continue;
        }
        for (size_t m = 0; low->n > 0 && m < n; m++)
            p[n + m] = place(k, b, low->at[i - 1 - m]);
        if (low->n > 0)
            draw_area(c, p, n, style->width, style->stroke);
        else
            leat_draw_polyline(c, p, n, style);
        n = 0;
    }
    leat_free(p);
}

static void draw_band(leat_canvas *c, const leat_chart *k, leat_box b, const leat_scalar_line *l)
{
    size_t n = 0;
    leat_point *p = leat_alloc_zero(l->lower.n + l->upper.n, sizeof *p);
    if (p == NULL) {
        leat_canvas_set_error(c, leat_fail_memory(2 * l->lower.n * sizeof *p));
        return;
    }
    for (size_t i = 0; i < l->upper.n; i++)
        if (!isnan(l->upper.at[i].y))
            p[n++] = place(k, b, l->upper.at[i]);
    for (size_t i = l->lower.n; i-- > 0;)
        if (!isnan(l->lower.at[i].y))
            p[n++] = place(k, b, l->lower.at[i]);
    leat_draw_polygon(c, p, n, &(leat_style){.fill = leat_color_alpha(l->look.color, 0.2)});
    leat_free(p);
}

static void draw_marks(leat_canvas *c, const leat_theme *theme, const leat_chart *k, leat_box b,
                       const leat_scalar_line *l)
{
    for (size_t i = 0; i < l->n_marks; i++) {
        const leat_scalar_mark *m = &l->marks[i];
        double x = leat_chart_x(k, b, m->x);
        double y = isnan(m->y) ? b.y + b.h / 2 : bounded(leat_chart_y(k, b, m->y), b.y, b.h);
        y = m->kind == LEAT_MARK_CLIP_ABOVE   ? b.y + 1.5
            : m->kind == LEAT_MARK_CLIP_BELOW ? b.y + b.h - 1.5
                                              : y;
        leat_draw_mark(c, m->kind, x, fmin(b.y + b.h, fmax(b.y, y)), l->look.color, theme);
    }
}

void leat_scalar_draw(leat_figure *f, leat_canvas *c, leat_panel *panel, leat_box box)
{
    const leat_scalar_panel *p = panel->prepared;
    leat_box b = leat_chart_frame(c, &f->theme, &p->chart, box, 8);
    if (b.w <= 0)
        return;
    double wider = leat_chart_line_scale(box);
    leat_push_clip(c, b);
    for (size_t i = 0; i < p->n_lines; i++) {
        const leat_scalar_line *l = &p->lines[i];
        draw_band(c, &p->chart, b, l);
        draw_lines(c, &p->chart, b, &l->raw, &l->raw_low,
                   &(leat_style){.stroke = leat_color_alpha(l->look.color, 0.25), .width = 1.5 * wider});
    }
    for (size_t i = 0; i < p->n_lines; i++) {
        const leat_scalar_line *l = &p->lines[i];
        leat_push_group(c, &(leat_group){.class = "run", .title = l->name});
        draw_lines(c, &p->chart, b, &l->main, &l->main_low,
                   &(leat_style){.stroke = l->look.color,
                                 .width = 2 * wider,
                                 .dash = {l->look.dash[0] * wider, l->look.dash[1] * wider}});
        leat_pop_group(c);
    }
    leat_pop_clip(c);
    for (size_t i = 0; i < p->n_lines; i++)
        draw_marks(c, &f->theme, &p->chart, b, &p->lines[i]);
}
