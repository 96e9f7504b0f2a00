/* What is seen of a panel's scalars: the ranges of its axes, marks, points reduced to columns of pixels. */
#include "viz/plot-scalars-private.h"
#include <math.h>

/* ---- ranges of the axes ---- */

static bool shown(double v, const leat_axis *a)
{
    return isfinite(v) && (!a->log || v > 0);
}

static bool within(double v, const double limits[2])
{
    return !(v < limits[0]) && !(v > limits[1]); /* true where a limit is NaN */
}

/* How much more the ends of n points span than the inner ones do that the outlier rule keeps, were they evenly
 * spaced: little where there are many, but of five points three are kept, which span half. */
static double even_share(size_t n)
{
    double kept = floor((double)(n - 1) * 0.95) - ceil((double)(n - 1) * 0.05);
    return kept > 0 ? fmax(1, 0.9 * (double)(n - 1) / kept) : INFINITY;
}

/* Outliers are left out for the sake of the rest: where the rest would hardly gain, a curve that falls smoothly
 * would lose its beginning for nothing. */
static bool worth_hiding(leat_extent inner, leat_extent all, const leat_axis *a, double share)
{
    double (*at)(double) = a->log ? log10 : NULL;
    double part = at ? at(inner.hi) - at(inner.lo) : inner.hi / 2 - inner.lo / 2,
           whole = at ? at(all.hi) - at(all.lo) : all.hi / 2 - all.lo / 2;
    return whole > 1.5 * share * part;
}

/* TensorBoard fits the axis to the smoothed lines, and so do we; but where little more shows the pale unsmoothed
 * ones too, it is given to them. */
static void add_pale_extent(const leat_figure *f, const leat_scalar_panel *p, const leat_full_series *s,
                            leat_extent *e)
{
    leat_extent pale = *e;
    for (size_t i = 0; s->raw && i < s->n; i++)
        if (shown(s->raw[i], &p->chart.y) && shown(s->x[i], &p->chart.x) && within(s->x[i], f->options.xlim))
            leat_extent_add(&pale, s->raw[i]);
    if (!worth_hiding(*e, pale, &p->chart.y, 1))
        *e = pale;
}

/* Adds one line's range of y: TensorBoard's percentiles, of this line by itself. */
static leat_status add_y_extent(const leat_figure *f, const leat_scalar_panel *p, const leat_full_series *s,
                                leat_extent *out)
{
    double *values = leat_alloc_zero(s->n, sizeof *values);
    size_t n = 0;
    leat_extent e = LEAT_EXTENT_EMPTY;
    if (values == NULL)
        return leat_fail_memory(s->n * sizeof *values);
    for (size_t i = 0; i < s->n; i++) {
        if (!shown(s->y[i], &p->chart.y) || !shown(s->x[i], &p->chart.x) || !within(s->x[i], f->options.xlim))
            continue;
        values[n++] = s->y[i];
        leat_extent_add(&e, s->y[i]);
        if (s->deviation && s->deviation[i] > 0 && shown(s->y[i] - s->deviation[i], &p->chart.y))
            leat_extent_add(&e, s->y[i] - s->deviation[i]);
        if (s->deviation)
            leat_extent_add(&e, s->y[i] + s->deviation[i]);
    }
    if (!f->options.keep_outliers && !s->deviation && n > 0) {
        leat_extent inner = leat_outlier_extent(values, n);
        if (worth_hiding(inner, e, &p->chart.y, even_share(n)))
            e = inner;
    }
    leat_free(values);
    if (n > 0) {
        add_pale_extent(f, p, s, &e);
        leat_extent_add(out, e.lo);
        leat_extent_add(out, e.hi);
    }
    return LEAT_OK;
}

leat_status leat_scalar_fit(const leat_figure *f, leat_scalar_panel *p, const leat_full_series *s, size_t n)
{
    leat_extent x = LEAT_EXTENT_EMPTY, y = LEAT_EXTENT_EMPTY;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < s[i].n; k++)
            if (shown(s[i].x[k], &p->chart.x))
                leat_extent_add(&x, s[i].x[k]);
        LEAT_TRY(add_y_extent(f, p, &s[i], &y));
    }
    leat_axis_fit(&p->chart.x, x, f->options.xlim, true);
    leat_axis_fit(&p->chart.y, y, f->options.ylim, false);
    return LEAT_OK;
}

/* ---- marks ---- */

static leat_status add_mark(leat_scalar_line *l, leat_mark kind, double x, double y)
{
    LEAT_TRY(leat_grow(&l->marks, &l->marks_capacity, l->n_marks + 1, sizeof *l->marks));
    l->marks[l->n_marks++] = (leat_scalar_mark){kind, x, y};
    return LEAT_OK;
}

/* Marks closer than this to the last of their kind would only hide it. */
#define MARK_SPACING 12.0

static leat_status find_marks(leat_scalar_panel *p, leat_scalar_line *l, const leat_full_series *s,
                              double width)
{
    double last_at[LEAT_MARKS];
    double last_y = NAN;
    for (int i = 0; i < LEAT_MARKS; i++)
        last_at[i] = -INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        double x = s->x[i], y = s->y[i];
        if (!shown(x, &p->chart.x) || (isfinite(y) && !shown(y, &p->chart.y))) {
            p->chart.not_positive++;
            continue;
        }
        double at = leat_axis_at(&p->chart.x, x);
        if (at < 0 || at > 1)
            continue;
        leat_mark kind = isnan(y)            ? LEAT_MARK_NAN
                         : isinf(y)          ? (y > 0 ? LEAT_MARK_INF : LEAT_MARK_MINUS_INF)
                         : y > p->chart.y.hi ? LEAT_MARK_CLIP_ABOVE
                         : y < p->chart.y.lo ? LEAT_MARK_CLIP_BELOW
                                             : LEAT_MARK_POINT;
        if (isfinite(y))
            last_y = y;
        if (kind == LEAT_MARK_POINT) {
            p->chart.pale_outside += s->raw && (s->raw[i] > p->chart.y.hi || s->raw[i] < p->chart.y.lo);
            continue;
        }
        p->chart.notes[kind]++;
        if (fabs(at - last_at[kind]) * width < MARK_SPACING)
            continue;
        last_at[kind] = at;
        LEAT_TRY(add_mark(l, kind, x, last_y));
    }
    return LEAT_OK;
}

/* Points with no neighbour to draw a line to. */
static leat_status find_points(leat_scalar_panel *p, leat_scalar_line *l)
{
    const leat_points *m = &l->main;
    if (l->main_low.n > 0)
        return LEAT_OK;
    for (size_t i = 0; i < m->n; i++) {
        bool alone = !isnan(m->at[i].y) && (i == 0 || isnan(m->at[i - 1].y)) &&
                     (i + 1 == m->n || isnan(m->at[i + 1].y));
        if (alone && m->at[i].y >= p->chart.y.lo && m->at[i].y <= p->chart.y.hi)
            LEAT_TRY(add_mark(l, LEAT_MARK_POINT, m->at[i].x, m->at[i].y));
    }
    return LEAT_OK;
}

/* ---- reduction to what is drawn ---- */

static leat_status reduce_band(leat_scalar_panel *p, leat_scalar_line *l, const leat_full_series *s,
                               size_t columns)
{
    double *edge = leat_alloc_zero(s->n, sizeof *edge);
    if (edge == NULL)
        return leat_fail_memory(s->n * sizeof *edge);
    leat_status status = LEAT_OK;
    for (int side = 0; side < 2 && status == LEAT_OK; side++) {
        for (size_t i = 0; i < s->n; i++) {
            edge[i] = s->y[i] + (side ? 1 : -1) * s->deviation[i];
            if (p->chart.y.log && edge[i] < p->chart.y.lo / 2)
                edge[i] = p->chart.y.lo / 2; /* below the plot, where the clip hides it */
        }
        status = leat_series_reduce(s->x, edge, s->n, &p->chart.x, &p->chart.y, columns,
                                    side ? &l->upper : &l->lower, NULL);
    }
    leat_free(edge);
    return status;
}

leat_status leat_scalar_reduce(const leat_figure *f, leat_scalar_panel *p, leat_scalar_line *l,
                               const leat_full_series *s, size_t columns)
{
    bool dashed = l->look.dash[0] > 0; /* an area has no dashes */
    LEAT_TRY(leat_series_reduce(s->x, s->y, s->n, &p->chart.x, &p->chart.y, columns, &l->main,
                                dashed ? NULL : &l->main_low));
    if (s->deviation)
        LEAT_TRY(reduce_band(p, l, s, columns));
    else if (f->options.smoothing > 0 && s->n > 1)
        LEAT_TRY(
            leat_series_reduce(s->x, s->raw, s->n, &p->chart.x, &p->chart.y, columns, &l->raw, &l->raw_low));
    LEAT_TRY(find_marks(p, l, s, (double)columns));
    return find_points(p, l);
}
