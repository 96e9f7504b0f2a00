/* histogram-private.h - what TensorBoard makes of a histogram: bins of one width, and percentiles. */
#ifndef LEAT_HISTOGRAM_PRIVATE_H
#define LEAT_HISTOGRAM_PRIVATE_H

#include "viz/axis-private.h"
#include "viz/theme-private.h"
#include "leat/viz.h"

#define LEAT_BINS 30
#define LEAT_BASIS_POINTS 9
extern const double leat_basis_points[LEAT_BASIS_POINTS]; /* of 10,000; [4] is the median */

/* A copy without what cannot be drawn: buckets that are not numbers, negative counts; an infinite (or +-DBL_MAX)
 * edge becomes the bucket's other one. out holds 3 n doubles; returns the number of buckets kept. */
size_t leat_histogram_clean(const leat_histogram *h, double *out);

/* The least left and the greatest right edge. */
void leat_histogram_extent(const double *buckets, size_t n, leat_extent *e);

/* Counts in 30 bins over [lo, hi], buckets shared out by overlap. *lo == *hi is widened, as TensorBoard does. */
void leat_histogram_bins(const double *buckets, size_t n, double *lo, double *hi, double counts[LEAT_BINS]);

/* The values below which those parts of the counts are, linear within a bucket. */
void leat_histogram_percentiles(const double *buckets, size_t n, double out[LEAT_BASIS_POINTS]);

/* At most `most` of n, evenly, with the first and the last: the ith of them. */
size_t leat_sample(size_t i, size_t most, size_t n);

/* The run's colour, paler for older and stronger for newer steps; t from 0 to 1. */
leat_color leat_age_color(const leat_theme *theme, leat_color run, double t);

#endif
