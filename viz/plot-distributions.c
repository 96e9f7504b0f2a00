/* Distributions: percentiles over steps as bands in one another, with the median. */
#include "viz/figure-private.h"
#include "viz/histogram-private.h"
#include "viz/series-private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct prepared {
    leat_chart chart;
    leat_points lines[LEAT_BASIS_POINTS];
} prepared;

static void distribution_release(leat_panel *panel)
{
    prepared *p = panel->prepared;
    for (int i = 0; i < LEAT_BASIS_POINTS; i++)
        leat_points_free(&p->lines[i]);
    leat_free(p);
}

/* x, then nine arrays of y, each of s->n. */
static void compress(const leat_figure *f, const leat_histogram_series *s, double *x, double *y,
                     double *scratch)
{
    for (size_t i = 0; i < s->n; i++) {
        double values[LEAT_BASIS_POINTS];
        leat_histogram_percentiles(scratch, leat_histogram_clean(&s->at[i], scratch), values);
        x[i] = leat_histogram_when(f, s, i);
        for (size_t k = 0; k < LEAT_BASIS_POINTS; k++)
            y[k * s->n + i] = values[k];
    }
}

static leat_status make_lines(const leat_figure *f, prepared *p, const leat_histogram_series *s,
                              const double *x, const double *y, double width)
{
    leat_extent ex = LEAT_EXTENT_EMPTY, ey = LEAT_EXTENT_EMPTY;
    for (size_t i = 0; i < s->n; i++)
        if (isfinite(x[i]) && (!p->chart.x.log || x[i] > 0))
            leat_extent_add(&ex, x[i]);
    for (size_t i = 0; i < LEAT_BASIS_POINTS * s->n; i++)
        if (!p->chart.y.log || y[i] > 0)
            leat_extent_add(&ey, y[i]);
    leat_axis_fit(&p->chart.x, ex, f->options.xlim, true);
    leat_axis_fit(&p->chart.y, ey, f->options.ylim, false);
    for (size_t k = 0; k < LEAT_BASIS_POINTS; k++)
        LEAT_TRY(leat_series_reduce(x, y + k * s->n, s->n, &p->chart.x, &p->chart.y, (size_t)fmax(width, 50),
                                    &p->lines[k], NULL));
    return LEAT_OK;
}

static leat_status distribution_prepare(leat_figure *f, leat_panel *panel, double width)
{
    const leat_histogram_series *s = &f->data->histograms[f->items[panel->first].series];
    prepared *p = leat_alloc_zero(1, sizeof *p);
    double *scratch = leat_alloc_zero(leat_most_buckets(s), 3 * sizeof *scratch);
    double *x = leat_alloc_zero(s->n, (1 + LEAT_BASIS_POINTS) * sizeof *x);
    leat_status status = p && scratch && x ? LEAT_OK : leat_fail_memory(s->n * sizeof *x);
    panel->prepared = p;
    if (status == LEAT_OK) {
        leat_chart *k = &p->chart;
        k->title = leat_panel_title(f, panel);
        k->subtitle = leat_panel_subtitle(f, panel);
        k->xlabel = leat_figure_xlabel(f);
        k->ylabel = f->options.ylabel ? f->options.ylabel : k->title == NULL ? panel->tag : NULL;
        k->remark = "median; bands hold 38, 68, 87 and 100 %";
        leat_figure_x_axis(f, &k->x);
        k->y.log = f->options.log_y;
        compress(f, s, x, x + s->n, scratch);
        status = make_lines(f, p, s, x, x + s->n, width);
    }
    leat_free(scratch);
    leat_free(x);
    if (status != LEAT_OK && p)
        leat_figure_release(f, (size_t)(panel - f->panels));
    return status;
}

/* Places the points that are not breaks; returns how many. */
static size_t place(const leat_chart *k, leat_box b, const leat_points *from, leat_point *to)
{
    size_t n = 0;
    for (size_t i = 0; i < from->n; i++)
        if (!isnan(from->at[i].y)) {
            double x = leat_chart_x(k, b, from->at[i].x), y = leat_chart_y(k, b, from->at[i].y);
            to[n++] = (leat_point){fmin(b.x + 3 * b.w, fmax(b.x - 2 * b.w, x)),
                                   fmin(b.y + 3 * b.h, fmax(b.y - 2 * b.h, y))};
        }
    return n;
}

static void reverse(leat_point *p, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        leat_point t = p[i];
        p[i] = p[n - 1 - i];
        p[n - 1 - i] = t;
    }
}

static void distribution_draw(leat_figure *f, leat_canvas *c, leat_panel *panel, leat_box box)
{
    const prepared *p = panel->prepared;
    const leat_chart *k = &p->chart;
    leat_box b = leat_chart_frame(c, &f->theme, k, box, 8);
    size_t most = 0;
    for (int i = 0; i < LEAT_BASIS_POINTS; i++)
        most = LEAT_MAX(most, p->lines[i].n);
    leat_point *points = b.w > 0 ? leat_alloc_zero(2 * most, sizeof *points) : NULL;
    if (points == NULL) {
        if (b.w > 0)
            leat_canvas_set_error(c, leat_fail_memory(2 * most * sizeof *points));
        return;
    }
    leat_color color = leat_theme_run(&f->theme, panel->run).color;
    leat_push_clip(c, b);
    for (int i = 0; i < LEAT_BASIS_POINTS / 2; i++) {
        size_t upper = place(k, b, &p->lines[LEAT_BASIS_POINTS - 1 - i], points);
        size_t lower = place(k, b, &p->lines[i], points + upper);
        reverse(points + upper, lower);
        leat_draw_polygon(c, points, upper + lower, &(leat_style){.fill = leat_color_alpha(color, 0.18)});
    }
    size_t n = place(k, b, &p->lines[LEAT_BASIS_POINTS / 2], points);
    leat_draw_polyline(c, points, n,
                       &(leat_style){.stroke = leat_color_readable(color, f->theme.panel, 2.5), .width = 2});
    if (n == 1) /* one step only: its percentiles as points */
        for (int i = 0; i < LEAT_BASIS_POINTS; i++)
            if (place(k, b, &p->lines[i], points) == 1)
                leat_draw_ellipse(c, points[0].x, points[0].y, i == 4 ? 4 : 2.5, i == 4 ? 4 : 2.5,
                                  &(leat_style){.fill = leat_color_alpha(color, i == 4 ? 1 : 0.6)});
    leat_pop_clip(c);
    leat_free(points);
}

static leat_chart *distribution_chart(leat_panel *panel)
{
    return &((prepared *)panel->prepared)->chart;
}

const leat_plot_class leat_plot_distributions = {
    .by_run = true,
    .width = 340,
    .panel_height = 230,
    .series = leat_histogram_series_at,
    .legend = leat_run_legend,
    .prepare = distribution_prepare,
    .draw = distribution_draw,
    .chart = distribution_chart,
    .release = distribution_release,
};
