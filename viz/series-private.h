/* series-private.h - from millions of points to what one line needs: extents, reduction, mean and band. */
#ifndef LEAT_SERIES_PRIVATE_H
#define LEAT_SERIES_PRIVATE_H

#include "viz/axis-private.h"
#include "viz/canvas-private.h"
#include "leat/viz.h"

/* Points of one or more lines; a point whose y is NaN ends a line. */
typedef struct leat_points {
    leat_point *at;
    size_t n, capacity;
} leat_points;

void leat_points_free(leat_points *p);

/* TensorBoard's rule for the y axis: of n finite values, sorted, those at ceil(0.05 (n-1)) and floor(0.95 (n-1)) if
 * there are more than two, else the least and the greatest. Changes the order of the values. */
leat_extent leat_outlier_extent(double *values, size_t n);

/* What is seen of the points when the x axis has `columns` pixel columns: the first, last, least and greatest of
 * each. Where y is not finite, or not positive on a log axis, a line ends (in a series with many more points than
 * columns: where a whole column has no other). Appends to *out.
 *
 * `low` not NULL: where points are so many that they fill the columns, and x never falls, *out gets the greatest
 * and *low the least of each column, point by point at the same x: the outline of an area. Else *low stays empty. */
leat_status leat_series_reduce(const double *x, const double *y, size_t n, const leat_axis *x_axis,
                               const leat_axis *y_axis, size_t columns, leat_points *out,
                               leat_points *low) LEAT_MUST_CHECK;

/* The x values of a series. */
void leat_series_x(const leat_scalar_series *s, leat_x_axis axis, double *out);

/* Mean and standard deviation over several curves, at every x that one of them has, of those that reach from
 * before to after it (linear in between; points that are not finite are left out). x of a curve must not fall. */
typedef struct leat_curve {
    const double *x, *y;
    size_t n;
} leat_curve;
typedef struct leat_band {
    double *x, *mean, *deviation;
    size_t n;
} leat_band;
leat_status leat_band_make(const leat_curve *curves, size_t n_curves, leat_band *out) LEAT_MUST_CHECK;
void leat_band_free(leat_band *b);

#endif
