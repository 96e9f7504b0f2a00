/* Histograms over steps: as ridges behind one another, the oldest at the back, or as lines on one another. */
#include "viz/figure-private.h"
#include "viz/histogram-private.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_RIDGES 50u /* more cannot be told apart */

typedef struct ridge {
    double at; /* step or time */
    double counts[LEAT_BINS];
} ridge;

typedef struct prepared {
    leat_chart chart;
    leat_axis depth; /* from the oldest to the newest */
    ridge *ridges;
    size_t n;
    double lo, hi, most; /* of the bins; the highest count */
    char remark[120];
} prepared;

bool leat_histogram_series_at(const leat_plot_data *d, size_t i, leat_found *s)
{
    if (i >= d->n_histograms)
        return false;
    const leat_histogram_series *from = &d->histograms[i];
    *s = (leat_found){from->run, from->tag, from->n, 0, 0};
    if (from->n > 0) {
        s->first = from->at[0].wall;
        s->last = from->at[from->n - 1].wall;
    }
    return true;
}

/* One entry a run. */
leat_status leat_run_legend(leat_figure *f)
{
    bool *seen = leat_alloc_zero(f->n_runs, sizeof *seen);
    leat_status status = seen ? LEAT_OK : leat_fail_memory(f->n_runs);
    for (size_t i = 0; seen && i < f->n_items; i++)
        seen[f->items[i].run] = true;
    for (size_t i = 0; i < f->n_runs && status == LEAT_OK; i++)
        if (seen[i])
            status = leat_figure_add_key(f, leat_strdup(leat_run_name(f, i)), leat_theme_run(&f->theme, i),
                                         LEAT_LEGEND_FILL, i);
    leat_free(seen);
    return status;
}

double leat_histogram_when(const leat_figure *f, const leat_histogram_series *s, size_t i)
{
    return f->options.x_axis == LEAT_X_STEP
               ? (double)s->at[i].step
               : s->at[i].wall - (f->options.x_axis == LEAT_X_RELATIVE ? s->at[0].wall : 0);
}

size_t leat_most_buckets(const leat_histogram_series *s)
{
    size_t most = 1;
    for (size_t i = 0; i < s->n; i++)
        most = LEAT_MAX(most, s->at[i].n);
    return most;
}

static void fill_ridges(const leat_figure *f, prepared *p, const leat_histogram_series *s, double *scratch)
{
    leat_extent e = LEAT_EXTENT_EMPTY;
    for (size_t i = 0; i < s->n; i++)
        leat_histogram_extent(scratch, leat_histogram_clean(&s->at[i], scratch), &e);
    if (e.lo > e.hi)
        e = (leat_extent){0, 0};
    p->lo = fmax(e.lo, -DBL_MAX / 4);
    p->hi = fmin(e.hi, DBL_MAX / 4);
    for (size_t i = 0; i < p->n; i++) {
        size_t from = leat_sample(i, MOST_RIDGES, s->n), n = leat_histogram_clean(&s->at[from], scratch);
        p->ridges[i].at = leat_histogram_when(f, s, from);
        leat_histogram_bins(scratch, n, &p->lo, &p->hi, p->ridges[i].counts);
        for (int k = 0; k < LEAT_BINS; k++)
            p->most = fmax(p->most, p->ridges[i].counts[k]);
    }
}

/* Which histograms there are, and in the overlay, whose axes do not tell, which line is of which step. */
static void write_remark(const leat_figure *f, prepared *p, const leat_histogram_series *s)
{
    char first[LEAT_NUMBER_SIZE], last[LEAT_NUMBER_SIZE];
    leat_format_count(first, s->at[0].step);
    leat_format_count(last, s->at[s->n - 1].step);
    if (p->n == 1)
        snprintf(p->remark, sizeof p->remark, "step %s", first);
    else if (f->options.kind == LEAT_PLOT_OVERLAY)
        snprintf(p->remark, sizeof p->remark, "step %s (pale) to %s", first, last);
    size_t used = strlen(p->remark);
    if (s->n > p->n)
        snprintf(p->remark + used, sizeof p->remark - used, "%s%zu of %zu histograms", used ? ", " : "", p->n,
                 s->n);
    p->chart.remark = p->remark;
}

static void set_up(const leat_figure *f, const leat_panel *panel, prepared *p)
{
    static const double none[2] = {NAN, NAN};
    leat_extent depth = LEAT_EXTENT_EMPTY;
    leat_chart *k = &p->chart;
    k->title = leat_panel_title(f, panel);
    k->subtitle = leat_panel_subtitle(f, panel);
    k->xlabel = f->options.xlabel ? f->options.xlabel : "value";
    k->ylabel = f->options.ylabel;
    if (f->options.kind == LEAT_PLOT_OVERLAY) {
        k->y = (leat_axis){.lo = 0, .hi = p->most > 0 ? fmin(1.05 * p->most, DBL_MAX) : 1};
        k->ylabel = f->options.ylabel ? f->options.ylabel : "count";
    } else {
        k->no_y = true;
    }
    for (size_t i = 0; i < p->n; i++)
        leat_extent_add(&depth, p->ridges[i].at);
    leat_figure_x_axis(f, &p->depth);
    p->depth.log = false;
    leat_axis_fit(&p->depth, depth, none, false);
    if (depth.lo < depth.hi) { /* no padding: the oldest stands at the back edge, the newest in front */
        p->depth.lo = depth.lo;
        p->depth.hi = depth.hi;
    }
    k->x.lo = isnan(f->options.xlim[0]) ? p->lo : f->options.xlim[0];
    k->x.hi = isnan(f->options.xlim[1]) ? p->hi : f->options.xlim[1];
    if (!(k->x.lo < k->x.hi))
        k->x = (leat_axis){.lo = p->lo, .hi = p->hi};
}

static leat_status histogram_prepare(leat_figure *f, leat_panel *panel, double width)
{
    const leat_histogram_series *s = &f->data->histograms[f->items[panel->first].series];
    prepared *p = leat_alloc_zero(1, sizeof *p);
    double *scratch = leat_alloc_zero(leat_most_buckets(s), 3 * sizeof *scratch);
    (void)width;
    panel->prepared = p;
    if (p)
        p->ridges = leat_alloc_zero(LEAT_MIN(s->n, MOST_RIDGES), sizeof *p->ridges);
    if (p == NULL || scratch == NULL || p->ridges == NULL) {
        leat_free(scratch);
        if (p)
            leat_figure_release(f, (size_t)(panel - f->panels));
        return leat_fail_memory(sizeof *p);
    }
    p->n = LEAT_MIN(s->n, MOST_RIDGES);
    fill_ridges(f, p, s, scratch);
    set_up(f, panel, p);
    write_remark(f, p, s);
    leat_free(scratch);
    return LEAT_OK;
}

static void histogram_release(leat_panel *panel)
{
    prepared *p = panel->prepared;
    leat_free(p->ridges);
    leat_free(p);
}

/* ---- drawing ---- */

/* The outline of one ridge, through the middles of its bins, `height` a count; `points` holds LEAT_BINS + 2. */
static void outline(const prepared *p, const ridge *r, leat_box b, double base, double height,
                    leat_point *points)
{
    double width = (p->hi - p->lo) / LEAT_BINS;
    for (int i = 0; i < LEAT_BINS; i++) {
        double x = leat_chart_x(&p->chart, b, p->lo + (i + 0.5) * width);
        points[i + 1] = (leat_point){fmin(b.x + 2 * b.w, fmax(b.x - b.w, x)), base - height * r->counts[i]};
    }
    points[0] = (leat_point){points[1].x, base};
    points[LEAT_BINS + 1] = (leat_point){points[LEAT_BINS].x, base};
}

/* Numbers at the right of the ridges: when they were. */
typedef struct depth_labels {
    leat_ticks ticks;
    leat_font font;
    double width;
    const char *name; /* of what they count */
} depth_labels;

static void choose_depth_labels(const leat_figure *f, leat_canvas *c, const prepared *p, leat_box box,
                                depth_labels *d)
{
    d->name = leat_figure_xlabel(f);
    d->font = leat_chart_number_font(box);
    double line = leat_line_height(&d->font);
    size_t want = (size_t)fmin(7, fmax(2, 0.45 * box.h / (1.6 * line)));
    leat_axis_ticks(&p->depth, want, &d->ticks);
    d->width = leat_text_width(c, d->name, &d->font);
    for (size_t i = 0; i < d->ticks.n; i++)
        d->width = fmax(d->width, leat_text_width(c, d->ticks.at[i].label, &d->font));
    if (d->width > 0.3 * box.w || box.h < 100 || p->n == 1) /* the remark says when one alone was */
        d->width = 0;
}

static void draw_depth_labels(leat_figure *f, leat_canvas *c, const prepared *p, leat_box b, double back,
                              const depth_labels *d)
{
    leat_text_style text = {.font = d->font, .color = f->theme.muted, .v = LEAT_CENTER};
    double line = leat_line_height(&d->font), last = back - 1.3 * line;
    if (d->width > 0 && last - line / 2 > b.y)
        leat_draw_text(c, b.x + b.w + 7, last, d->name, &text);
    for (size_t i = 0; i < d->ticks.n && d->width > 0; i++) {
        double y = back + (b.y + b.h - back) * leat_axis_at(&p->depth, d->ticks.at[i].value);
        double text_y = fmin(y, b.y + b.h - 0.3 * line); /* above the numbers of the x axis */
        if (text_y < last + line)
            continue;
        last = text_y;
        leat_draw_line(c, b.x, y, b.x + b.w + 4, y, &(leat_style){.stroke = f->theme.grid});
        leat_draw_text(c, b.x + b.w + 7, text_y, d->ticks.at[i].label, &text);
    }
}

/* 0: the oldest, 1: the newest, or one alone. */
static double age(const prepared *p, size_t i)
{
    return p->n == 1 ? 1 : (double)i / (double)(p->n - 1);
}

static void ridges_draw(leat_figure *f, leat_canvas *c, leat_panel *panel, leat_box box)
{
    prepared *p = panel->prepared;
    depth_labels labels;
    choose_depth_labels(f, c, p, box, &labels);
    leat_box b = leat_chart_frame(c, &f->theme, &p->chart, box, labels.width + 10);
    if (b.w <= 0)
        return;
    double height = p->n == 1 ? b.h : 0.42 * b.h, back = b.y + height;
    draw_depth_labels(f, c, p, b, back, &labels);
    leat_color color = leat_theme_run(&f->theme, panel->run).color;
    leat_push_clip(c, b);
    for (size_t i = 0; i < p->n; i++) {
        leat_point points[LEAT_BINS + 2];
        double t = p->n == 1 ? 1 : fmin(1, fmax(0, leat_axis_at(&p->depth, p->ridges[i].at)));
        outline(p, &p->ridges[i], b, back + (b.y + b.h - back) * t, p->most > 0 ? 0.97 * height / p->most : 0,
                points);
        leat_color fill = leat_age_color(&f->theme, color, age(p, i));
        leat_draw_polygon(c, points, LEAT_LEN(points), &(leat_style){.fill = fill});
        leat_draw_polyline(c, points, LEAT_LEN(points),
                           &(leat_style){.stroke = leat_color_alpha(f->theme.panel, 0.7), .width = 0.6});
    }
    leat_pop_clip(c);
}

static void overlay_draw(leat_figure *f, leat_canvas *c, leat_panel *panel, leat_box box)
{
    prepared *p = panel->prepared;
    leat_box b = leat_chart_frame(c, &f->theme, &p->chart, box, 8);
    if (b.w <= 0)
        return;
    leat_color color = leat_theme_run(&f->theme, panel->run).color;
    leat_push_clip(c, b);
    for (size_t i = 0; i < p->n; i++) {
        leat_point points[LEAT_BINS + 2];
        outline(p, &p->ridges[i], b, b.y + b.h, p->most > 0 ? b.h / 1.05 / p->most : 0, points);
        leat_draw_polyline(
            c, points, LEAT_LEN(points),
            &(leat_style){.stroke = leat_age_color(&f->theme, color, age(p, i)), .width = 1.25});
    }
    leat_pop_clip(c);
}

static leat_chart *histogram_chart(leat_panel *panel)
{
    return &((prepared *)panel->prepared)->chart;
}

const leat_plot_class leat_plot_ridges = {
    .by_run = true,
    .width = 320,
    .panel_height = 260,
    .series = leat_histogram_series_at,
    .legend = leat_run_legend,
    .prepare = histogram_prepare,
    .draw = ridges_draw,
    .chart = histogram_chart,
    .release = histogram_release,
};

const leat_plot_class leat_plot_overlay = {
    .by_run = true,
    .width = 320,
    .panel_height = 240,
    .series = leat_histogram_series_at,
    .legend = leat_run_legend,
    .prepare = histogram_prepare,
    .draw = overlay_draw,
    .chart = histogram_chart,
    .release = histogram_release,
};
