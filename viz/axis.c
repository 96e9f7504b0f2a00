#include "viz/axis-private.h"
#include <float.h>

double leat_axis_at(const leat_axis *a, double v)
{
    if (a->log)
        return (log10(v) - log10(a->lo)) / (log10(a->hi) - log10(a->lo));
    /* Halves, because hi - lo may overflow. */
    return (v / 2 - a->lo / 2) / (a->hi / 2 - a->lo / 2);
}

static double clamp(double v)
{
    return fmin(DBL_MAX, fmax(-DBL_MAX, v));
}

/* The least half of a span that the axis can show: steps are whole, clocks are read to a millisecond, and other values
 * that differ less are the same but for rounding. */
static double least_span(const leat_axis *a, double most)
{
    return a->kind == LEAT_AXIS_INTEGER ? 0.25 : a->kind == LEAT_AXIS_WALL ? 5e-4 : 1e-11 * most;
}

static void fit_linear(leat_axis *a, leat_extent e, bool from_zero)
{
    double most = fmax(fabs(e.lo), fabs(e.hi)), span = e.hi / 2 - e.lo / 2; /* half the span */
    if (span > least_span(a, most)) {
        a->lo = clamp(e.lo - 0.1 * span);
        a->hi = clamp(e.hi + 0.1 * span);
        if (from_zero && e.lo >= 0)
            a->lo = fmax(a->lo, 0);
    } else if (a->kind == LEAT_AXIS_WALL) {
        a->lo = e.lo - 0.5; /* a moment: years around it would say nothing */
        a->hi = e.lo + 0.5;
    } else if (most < 1e-300) {
        a->lo = -1;
        a->hi = 1;
    } else {
        a->lo = e.lo < 0 ? clamp(2 * e.lo) : 0;
        a->hi = e.lo < 0 ? 0 : clamp(2 * e.lo);
    }
}

static void fit_log(leat_axis *a, leat_extent e, bool narrow)
{
    double lo = fmax(e.lo, DBL_MIN), hi = fmax(e.hi, DBL_MIN);
    /* Steps over several decades need no more room beside them than on a linear axis. */
    double pad = narrow && lo < hi ? fmin(2, pow(10, 0.04 * (log10(hi) - log10(lo)))) : 2;
    a->lo = lo / pad;
    a->hi = clamp(pad * hi);
    a->lo = fmax(a->lo, DBL_MIN);
    if (!(a->hi > a->lo * 1.001))
        a->hi = a->lo * 4;
}

void leat_axis_fit(leat_axis *a, leat_extent e, const double limits[2], bool from_zero)
{
    if (e.lo > e.hi)
        e = a->log ? (leat_extent){0.5, 0.5} : (leat_extent){0, 0};
    /* A limit that the data do not reach leaves a range of the data's own size beside it. */
    bool has_lo = !isnan(limits[0]), has_hi = !isnan(limits[1]);
    if (a->log)
        fit_log(a, e, from_zero);
    else
        fit_linear(a, e, from_zero);
    double size = a->log ? a->hi / a->lo : a->hi - a->lo;
    if (has_lo)
        a->lo = limits[0];
    if (has_hi)
        a->hi = limits[1];
    if (a->lo >= a->hi && has_lo)
        a->hi = a->log ? a->lo * size : a->lo + size;
    else if (a->lo >= a->hi)
        a->lo = a->log ? a->hi / size : a->hi - size;
}

void leat_axis_ticks(const leat_axis *a, size_t want, leat_ticks *t)
{
    if (a->log)
        leat_ticks_log(t, a->lo, a->hi, want);
    else if (a->kind == LEAT_AXIS_INTEGER)
        leat_ticks_integer(t, a->lo, a->hi, want);
    else if (a->kind == LEAT_AXIS_DURATION)
        leat_ticks_duration(t, a->lo, a->hi, want);
    else if (a->kind == LEAT_AXIS_WALL)
        leat_ticks_wall(t, a->lo, a->hi, want);
    else
        leat_ticks_linear(t, a->lo, a->hi, want);
}
