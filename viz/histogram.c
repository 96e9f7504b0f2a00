#include "viz/histogram-private.h"
#include "viz/theme-private.h"
#include <float.h>
#include <math.h>

const double leat_basis_points[LEAT_BASIS_POINTS] = {0, 668, 1587, 3085, 5000, 6915, 8413, 9332, 10000};

static bool unbounded(double v)
{
    return !(fabs(v) < DBL_MAX);
}

size_t leat_histogram_clean(const leat_histogram *h, double *out)
{
    size_t n = 0;
    for (size_t i = 0; i < h->n; i++) {
        double left = h->buckets[3 * i], right = h->buckets[3 * i + 1], count = h->buckets[3 * i + 2];
        if (isnan(left) || isnan(right) || !(count >= 0) || isinf(count))
            continue;
        if (unbounded(left))
            left = right;
        if (unbounded(right))
            right = left;
        if (unbounded(left) || right < left)
            continue;
        out[3 * n] = left;
        out[3 * n + 1] = right;
        out[3 * n++ + 2] = count;
    }
    return n;
}

void leat_histogram_extent(const double *b, size_t n, leat_extent *e)
{
    for (size_t i = 0; i < n; i++) {
        leat_extent_add(e, b[3 * i]);
        leat_extent_add(e, b[3 * i + 1]);
    }
}

/* As intermediateToD3 of TensorBoard's histogram dashboard. */
void leat_histogram_bins(const double *b, size_t n, double *lo, double *hi, double counts[LEAT_BINS])
{
    if (*lo == *hi) {
        *hi = *lo * 1.1 + 1;
        *lo = *lo / 1.1 - 1;
    }
    double width = (*hi - *lo) / LEAT_BINS;
    size_t k = 0;
    for (int i = 0; i < LEAT_BINS; i++) {
        bool last = i + 1 == LEAT_BINS;
        double bin_left = *lo + i * width, bin_right = last ? *hi : bin_left + width;
        counts[i] = 0;
        for (; k < n; k++) {
            double right = fmin(*hi, b[3 * k + 1]), left = fmax(*lo, b[3 * k]), count = b[3 * k + 2];
            if (right - left > 0) {
                double overlap = fmin(right, bin_right) - fmax(left, bin_left);
                counts[i] += overlap > 0 ? overlap / (right - left) * count : 0;
            } else if (last || right < bin_right) {
                counts[i] +=
                    count; /* one value; on an edge, where TensorBoard loses it, it is the next bin's */
            } else {
                break;
            }
            if (right > bin_right)
                break;
        }
    }
}

/* As compress_histogram of TensorBoard's distributions plugin. */
void leat_histogram_percentiles(const double *b, size_t n, double out[LEAT_BASIS_POINTS])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += b[3 * i + 2];
    for (int i = 0; i < LEAT_BASIS_POINTS; i++)
        out[i] = n > 0 ? b[3 * n - 2] : 0;
    if (n == 0 || !(total > 0))
        return;
    double least = b[0], greatest = b[3 * n - 2], before = 0, sum = 0;
    size_t k = 0;
    for (int i = 0; i < LEAT_BASIS_POINTS; i++) {
        double point = leat_basis_points[i];
        /* The first bucket whose cumulative weight is above the point. */
        for (;; k++) {
            if (k == n)
                return;
            sum = before + b[3 * k + 2] * 10000 / total;
            if (sum > point && sum != before)
                break;
            before = sum;
        }
        double left = k == 0 || before == 0 ? least : fmax(b[3 * k - 2], least);
        double right = fmin(b[3 * k + 1], greatest);
        out[i] = left + (point - before) * (right - left) / (sum - before);
    }
}

size_t leat_sample(size_t i, size_t most, size_t n)
{
    return n <= most || most < 2 ? LEAT_MIN(i, n - 1)
                                 : (size_t)((double)i * (double)(n - 1) / (double)(most - 1) + 0.5);
}

leat_color leat_age_color(const leat_theme *theme, leat_color run, double t)
{
    leat_color pale = leat_color_mix(run, theme->panel, theme->dark ? 0.65 : 0.62);
    leat_color strong = leat_color_mix(run, theme->dark ? LEAT_RGB(0xffffff) : LEAT_RGB(0x000000), 0.12);
    return leat_color_mix(pale, strong, t);
}
