#include "viz/series-private.h"
#include "events/export-private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void leat_points_free(leat_points *p)
{
    leat_free(p->at);
    *p = (leat_points){0};
}

static leat_status append_point(leat_points *p, double x, double y)
{
    if (p->n == p->capacity)
        LEAT_TRY(leat_grow(&p->at, &p->capacity, p->n + 1, sizeof *p->at));
    p->at[p->n++] = (leat_point){x, y};
    return LEAT_OK;
}

void leat_series_x(const leat_scalar_series *s, leat_x_axis axis, double *out)
{
    double first = axis == LEAT_X_RELATIVE && s->n > 0 ? s->wall[0] : 0;
    for (size_t i = 0; i < s->n; i++)
        out[i] = axis == LEAT_X_STEP ? (double)s->step[i] : s->wall[i] - first;
}

/* ---- smoothing ---- */

void leat_smooth(const double *values, size_t n, double weight, double *out)
{
    leat_smooth_values(values, n, weight, out);
}

/* ---- extents ---- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Hoare's FIND: afterwards v[k] is what sorting would put there, nothing greater stands before it and nothing
 * less after it. Data on which it is slow are sorted instead. */
static void select_kth(double *v, size_t n, size_t k)
{
    ptrdiff_t lo = 0, hi = (ptrdiff_t)n - 1, at = (ptrdiff_t)k;
    size_t work = 0;
    while (lo < hi) {
        double pivot = v[at];
        ptrdiff_t i = lo, j = hi;
        work += (size_t)(hi - lo);
        if (work > 16 * n + 1000) {
            qsort(v, n, sizeof *v, ascending);
            return;
        }
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i <= j) {
                double t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        if (j < at)
            lo = i;
        if (at < i)
            hi = j;
    }
}

leat_extent leat_outlier_extent(double *v, size_t n)
{
    leat_extent e = LEAT_EXTENT_EMPTY;
    if (n <= 2) {
        for (size_t i = 0; i < n; i++)
            leat_extent_add(&e, v[i]);
        return e;
    }
    size_t low = (size_t)ceil((double)(n - 1) * 0.05), high = (size_t)floor((double)(n - 1) * 0.95);
    select_kth(v, n, low);
    e.lo = v[low];
    select_kth(v, n, high);
    e.hi = v[high];
    if (e.lo > e.hi) { /* n = 3: both rules meet in the middle */
        double t = e.lo;
        e.lo = e.hi;
        e.hi = t;
    }
    return e;
}

/* ---- reduction ---- */

/* One pixel column, by indices into the series, and where columns go. */
typedef struct reducer {
    const double *x, *y;
    leat_points *out, *low; /* low NULL: lines */
    bool open;              /* a column has begun */
    int64_t number;
    size_t first, last, least, greatest;
} reducer;

static leat_status flush_column(reducer *r)
{
    if (!r->open)
        return LEAT_OK;
    if (r->low) {
        LEAT_TRY(append_point(r->out, r->x[r->first], r->y[r->greatest]));
        return append_point(r->low, r->x[r->first], r->y[r->least]);
    }
    size_t order[4] = {r->first, LEAT_MIN(r->least, r->greatest), LEAT_MAX(r->least, r->greatest), r->last};
    for (int i = 0; i < 4; i++)
        if (i == 0 || order[i] != order[i - 1])
            LEAT_TRY(append_point(r->out, r->x[order[i]], r->y[order[i]]));
    return LEAT_OK;
}

static leat_status end_line(reducer *r)
{
    LEAT_TRY(flush_column(r));
    if (r->open && r->low) { /* an area reaches to its last point */
        LEAT_TRY(append_point(r->out, r->x[r->last], r->y[r->greatest]));
        LEAT_TRY(append_point(r->low, r->x[r->last], r->y[r->least]));
    }
    if (r->open)
        LEAT_TRY(append_point(r->out, 0, NAN));
    if (r->open && r->low)
        LEAT_TRY(append_point(r->low, 0, NAN));
    r->open = false;
    return LEAT_OK;
}

static bool drawable(double v, const leat_axis *a)
{
    return isfinite(v) && (!a->log || v > 0);
}

static bool rising(const double *x, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (!(x[i] >= x[i - 1]))
            return false;
    return true;
}

leat_status leat_series_reduce(const double *x, const double *y, size_t n, const leat_axis *x_axis,
                               const leat_axis *y_axis, size_t columns, leat_points *out, leat_points *low)
{
    bool all = n <= 4 * columns, gap = false;
    reducer r = {.x = x, .y = y, .out = out, .low = all || !rising(x, n) ? NULL : low};
    double lo = x_axis->log ? log10(x_axis->lo) : x_axis->lo / 2;
    double span = x_axis->log ? log10(x_axis->hi) - lo : x_axis->hi / 2 - lo,
           per_span = (double)columns / span;
    for (size_t i = 0; i < n; i++) {
        if (!drawable(y[i], y_axis) || !drawable(x[i], x_axis)) {
            if (all)
                LEAT_TRY(end_line(&r));
            gap = true;
            continue;
        }
        double at = ((x_axis->log ? log10(x[i]) : x[i] / 2) - lo) * per_span;
        int64_t number = at < 0 ? -1 : at > (double)columns ? (int64_t)columns : (int64_t)at;
        bool same = r.open && !all && number == r.number;
        if (same) {
            r.last = i;
            r.least = y[i] < y[r.least] ? i : r.least;
            r.greatest = y[i] > y[r.greatest] ? i : r.greatest;
        } else {
            LEAT_TRY(gap && (number > r.number + 1 || number < r.number) ? end_line(&r) : flush_column(&r));
            r.number = number;
            r.first = r.last = r.least = r.greatest = i;
            r.open = true;
        }
        gap = false;
    }
    return end_line(&r);
}

/* ---- mean and band ---- */

/* A walk along one curve's finite points: the two between which x lies. */
typedef struct walker {
    const leat_curve *curve;
    size_t next;         /* first point not yet passed */
    leat_point from, to; /* from.x <= x <= to.x once both are there */
    bool has_from, has_to;
} walker;

static void fetch(walker *w)
{
    const leat_curve *c = w->curve;
    w->has_to = false;
    for (; w->next < c->n && !w->has_to; w->next++)
        if (isfinite(c->x[w->next]) && isfinite(c->y[w->next])) {
            w->to = (leat_point){c->x[w->next], c->y[w->next]};
            w->has_to = true;
        }
}

/* The curve's value at x, going only forward; false where the curve does not reach. Of several points at one x
 * the last counts. */
static bool walk(walker *w, double x, double *y)
{
    while (w->has_to && w->to.x <= x) {
        w->from = w->to;
        w->has_from = true;
        fetch(w);
    }
    if (!w->has_from)
        return false;
    if (w->from.x == x) {
        *y = w->from.y;
        return true;
    }
    if (!w->has_to)
        return false;
    double t = (x - w->from.x) / (w->to.x - w->from.x);
    *y = w->from.y * (1 - t) + w->to.y * t;
    return true;
}

static leat_status add_point(leat_band *b, size_t capacity[3], double x, double sum, double squares,
                             size_t count, double origin)
{
    LEAT_TRY(leat_grow(&b->x, &capacity[0], b->n + 1, sizeof *b->x));
    LEAT_TRY(leat_grow(&b->mean, &capacity[1], b->n + 1, sizeof *b->mean));
    LEAT_TRY(leat_grow(&b->deviation, &capacity[2], b->n + 1, sizeof *b->deviation));
    double k = (double)count, mean = sum / k;
    b->x[b->n] = x;
    b->mean[b->n] = origin + mean;
    b->deviation[b->n++] = count > 1 ? sqrt(fmax(0, (squares - k * mean * mean) / (k - 1))) : 0;
    return LEAT_OK;
}

static leat_status merge(walker *w, size_t n, leat_band *out)
{
    size_t capacity[3] = {0};
    for (;;) {
        double x = INFINITY;
        for (size_t i = 0; i < n; i++)
            if (w[i].has_to && w[i].to.x < x)
                x = w[i].to.x;
        if (x == INFINITY)
            return LEAT_OK;
        /* Sums are of differences from the first curve, so that no digits are lost when all are alike. */
        double sum = 0, squares = 0, origin = 0, y;
        size_t count = 0;
        for (size_t i = 0; i < n; i++)
            if (walk(&w[i], x, &y)) {
                if (count++ == 0)
                    origin = y;
                sum += y - origin;
                squares += (y - origin) * (y - origin);
            }
        if (count > 0)
            LEAT_TRY(add_point(out, capacity, x, sum, squares, count, origin));
    }
}

leat_status leat_band_make(const leat_curve *curves, size_t n_curves, leat_band *out)
{
    *out = (leat_band){0};
    walker *w = leat_alloc_zero(n_curves, sizeof *w);
    if (w == NULL)
        return leat_fail_memory(n_curves * sizeof *w);
    for (size_t i = 0; i < n_curves; i++) {
        w[i].curve = &curves[i];
        fetch(&w[i]);
    }
    leat_status status = merge(w, n_curves, out);
    leat_free(w);
    if (status != LEAT_OK)
        leat_band_free(out);
    return status;
}

void leat_band_free(leat_band *b)
{
    leat_free(b->x);
    leat_free(b->mean);
    leat_free(b->deviation);
    *b = (leat_band){0};
}
