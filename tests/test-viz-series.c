/* The numbers behind a plot: smoothing, outliers, reduction, mean and band, bins, percentiles, names. */
#include "check.h"
#include "tests/viz/sample.h"
#include "viz/figure-private.h"
#include "viz/histogram-private.h"
#include "viz/series-private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Expected values are of TensorBoard's formula, computed in Python. */
LEAT_TEST(smoothing_is_tensorboards_to_the_bit)
{
    static const double values[] = {1, 2, NAN, 0.5, -3.25, 1e-3, INFINITY, 7};
    static const double want[] = {0x1p+0,
                                  0x1.ap+0,
                                  NAN,
                                  0x1.0d0fac687d634p+0,
                                  -0x1.d9e1e1e1e1e1ep-1,
                                  -0x1.0c1ffa50a7b4ap-1,
                                  INFINITY,
                                  0x1.5108862fd8678p+1};
    double got[8], slow[3] = {0.1, 0.2, 0.3};
    leat_smooth(values, 8, 0.6, got);
    for (int i = 0; i < 8; i++)
        CHECK(got[i] == want[i] || (isnan(got[i]) && isnan(want[i])));
    leat_smooth(slow, 3, 0.999, slow);
    CHECK(slow[0] == 0x1.999999999999ap-4 && slow[1] == 0x1.334050525ef0bp-3 &&
          slow[2] == 0x1.99bc91ec87eafp-3);
    double constant[3] = {0.1, 0.1, 0.1};
    leat_smooth(constant, 3, 0.9, constant);
    CHECK(constant[1] == 0.1 && constant[2] == 0.1);
    leat_smooth(values, 8, 0, got);
    CHECK(got[1] == 2 && got[7] == 7);
    leat_smooth(values, 0, 0.5, got);
}

LEAT_TEST(long_series_are_smoothed_as_the_formula_says)
{
    uint64_t seed = 3;
    size_t n = 20000;
    double *v = malloc(n * sizeof *v), *got = malloc(n * sizeof *got), last = 0, w = 0.99;
    for (size_t i = 0; i < n; i++)
        v[i] = sample_random(&seed);
    leat_smooth(v, n, w, got);
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        last = last * w + (1 - w) * v[i];
        wrong += got[i] != last / (1 - pow(w, (double)(i + 1)));
    }
    CHECK(wrong == 0);
    free(v);
    free(got);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

LEAT_TEST(outliers_are_cut_at_the_percentiles)
{
    uint64_t seed = 5;
    double v[400], sorted[400];
    for (int round = 0; round < 500; round++) {
        size_t n = 1 + (size_t)(sample_random(&seed) * 399);
        int kind = round % 4; /* random, few different values, rising, an organ pipe */
        for (size_t i = 0; i < n; i++)
            v[i] = kind == 0   ? sample_random(&seed)
                   : kind == 1 ? floor(3 * sample_random(&seed))
                   : kind == 2 ? (double)i
                               : fabs((double)i - (double)n / 2);
        memcpy(sorted, v, n * sizeof *v);
        qsort(sorted, n, sizeof *sorted, ascending);
        leat_extent e = leat_outlier_extent(v, n);
        double lo = sorted[n > 2 ? (size_t)ceil((double)(n - 1) * 0.05) : 0];
        double hi = sorted[n > 2 ? (size_t)floor((double)(n - 1) * 0.95) : n - 1];
        CHECK(e.lo == fmin(lo, hi) && e.hi == fmax(lo, hi));
    }
}

LEAT_TEST(reduction_keeps_what_can_be_seen)
{
    uint64_t seed = 9;
    size_t n = 100000;
    double *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    leat_axis ax = {.lo = 0, .hi = (double)n}, ay = {.lo = 0, .hi = 1};
    leat_points p = {0};
    double least[100], greatest[100];
    for (int k = 0; k < 100; k++)
        least[k] = INFINITY, greatest[k] = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)i;
        y[i] = sample_random(&seed);
        least[i / 1000] = fmin(least[i / 1000], y[i]);
        greatest[i / 1000] = fmax(greatest[i / 1000], y[i]);
    }
    REQUIRE_OK(leat_series_reduce(x, y, n, &ax, &ay, 100, &p, NULL));
    CHECK(p.n <= 401 && p.n > 300 && isnan(p.at[p.n - 1].y));
    for (size_t i = 0; i + 1 < p.n; i++) {
        int k = (int)(p.at[i].x / 1000);
        CHECK(i == 0 || p.at[i].x > p.at[i - 1].x);
        if (p.at[i].y == least[k])
            least[k] = NAN;
        if (p.at[i].y == greatest[k])
            greatest[k] = NAN;
    }
    for (int k = 0; k < 100; k++)
        CHECK(isnan(least[k]) && isnan(greatest[k]));
    leat_points_free(&p);
    /* The same as an area: its two sides hold every point. */
    leat_points low = {0};
    y[5] = NAN; /* one of many in its column: nothing is missing there */
    REQUIRE_OK(leat_series_reduce(x, y, n, &ax, &ay, 100, &p, &low));
    REQUIRE(p.n == 102 && low.n == 102 && isnan(p.at[101].y) && isnan(low.at[101].y));
    for (size_t i = 0; i < n; i++)
        if (i != 5)
            CHECK(y[i] <= p.at[i / 1000].y && y[i] >= low.at[i / 1000].y);
    leat_points_free(&p);
    leat_points_free(&low);
    for (size_t i = 20000; i < 50000; i++)
        y[i] = NAN; /* whole columns without a point end the area */
    REQUIRE_OK(leat_series_reduce(x, y, n, &ax, &ay, 100, &p, &low));
    CHECK(p.n == 70 + 4 && isnan(p.at[21].y) && p.at[20].x == 19999 && p.at[22].x == 50000);
    leat_points_free(&p);
    leat_points_free(&low);
    double few_x[] = {0, 1, 2, 3, 4, 5}, few_y[] = {1, NAN, 2, 3, -INFINITY, 4};
    ax.hi = 5;
    REQUIRE_OK(leat_series_reduce(few_x, few_y, 6, &ax, &ay, 100, &p, NULL));
    CHECK(p.n == 7 && p.at[0].y == 1 && isnan(p.at[1].y) && p.at[3].y == 3 && isnan(p.at[4].y) &&
          p.at[5].y == 4);
    leat_points_free(&p);
    leat_points_free(&low);
    free(x);
    free(y);
}

LEAT_TEST(band_is_mean_and_deviation)
{
    static const double ax[] = {0, 10, 20}, ay[] = {1, 2, 3}, bx[] = {0, 20, 30}, by[] = {3, 5, 9};
    leat_curve curves[2] = {{ax, ay, 3}, {bx, by, 3}};
    leat_band b;
    REQUIRE_OK(leat_band_make(curves, 2, &b));
    REQUIRE(b.n == 4);
    static const double x[] = {0, 10, 20, 30}, mean[] = {2, 3, 4, 9},
                        deviation[] = {M_SQRT2, M_SQRT2, M_SQRT2, 0};
    for (int i = 0; i < 4; i++)
        CHECK(b.x[i] == x[i] && b.mean[i] == mean[i] && fabs(b.deviation[i] - deviation[i]) < 1e-15);
    leat_band_free(&b);
    static const double nan_y[] = {1, NAN, 3};
    curves[0].y = curves[1].y = nan_y;
    REQUIRE_OK(leat_band_make(curves, 2, &b));
    CHECK(b.n == 3);
    leat_band_free(&b);
    REQUIRE_OK(leat_band_make(curves, 0, &b));
    CHECK(b.n == 0);
}

/* Of TensorBoard 2.21's compressor. */
LEAT_TEST(percentiles_are_tensorboards)
{
    static const double buckets[] = {-2, -1, 3, -1, 0, 0, 0, 0.5, 10, 0.5, 0.5, 4, 0.5, 4, 2};
    static const double want[] = {-2.0,
                                  -1.5769333333333333,
                                  0.000764999999999992,
                                  0.14307499999999998,
                                  0.325,
                                  0.5,
                                  0.5,
                                  1.7788999999999997,
                                  4.0};
    double got[LEAT_BASIS_POINTS];
    leat_histogram_percentiles(buckets, 5, got);
    for (int i = 0; i < LEAT_BASIS_POINTS; i++)
        CHECK(fabs(got[i] - want[i]) < 1e-14);
    leat_histogram_percentiles(buckets, 0, got);
    CHECK(got[4] == 0);
}

LEAT_TEST(bins_share_out_every_count)
{
    uint64_t seed = 11;
    for (int round = 0; round < 200; round++) {
        double b[3 * 40], at = -5 + 10 * sample_random(&seed), total = 0, sum = 0, counts[LEAT_BINS];
        size_t n = 1 + (size_t)(39 * sample_random(&seed));
        for (size_t i = 0; i < n; i++) {
            b[3 * i] = at;
            at += sample_random(&seed) < 0.2 ? 0 : sample_random(&seed); /* some hold one value only */
            b[3 * i + 1] = at;
            b[3 * i + 2] = floor(100 * sample_random(&seed));
            total += b[3 * i + 2];
        }
        leat_extent e = LEAT_EXTENT_EMPTY;
        leat_histogram_extent(b, n, &e);
        double lo = e.lo, hi = e.hi;
        leat_histogram_bins(b, n, &lo, &hi, counts);
        for (int i = 0; i < LEAT_BINS; i++)
            sum += counts[i];
        CHECK(fabs(sum - total) <= 1e-9 * total);
    }
}

LEAT_TEST(histograms_are_cleaned)
{
    static const double raw[] = {
        -1.7976931348623157e308, -1, 5, -1, 1, 3, NAN, 2, 1, 1, 2, -4, 1, INFINITY, 2};
    double out[15];
    leat_histogram h = {0, 0, 5, raw};
    REQUIRE(leat_histogram_clean(&h, out) == 3);
    CHECK(out[0] == -1 && out[1] == -1 && out[2] == 5);
    CHECK(out[6] == 1 && out[7] == 1 && out[8] == 2);
}

LEAT_TEST(names_sort_as_people_count)
{
    static const char *const sorted[] = {"",
                                         "a",
                                         "a/b",
                                         "a b",
                                         "a1",
                                         "a01",
                                         "a2",
                                         "a10",
                                         "a10b",
                                         "b",
                                         "lr=0.01,seed=1",
                                         "lr=0.01,seed=2",
                                         "lr=0.01,seed=10",
                                         "lr=0.1,seed=1",
                                         "损失"};
    for (size_t i = 0; i < LEAT_LEN(sorted); i++)
        for (size_t k = 0; k < LEAT_LEN(sorted); k++) {
            int got = leat_natural_compare(sorted[i], sorted[k]);
            if (i == k)
                CHECK(got == 0);
            else if ((i == 4 && k == 5) || (i == 5 && k == 4))
                CHECK(got != 0); /* a1 and a01: either order, but different */
            else
                CHECK(i < k ? got < 0 : got > 0);
        }
}

LEAT_TEST(axes_span_the_data)
{
    static const double none[2] = {NAN, NAN}, right[2] = {NAN, 5}, both[2] = {20, 30};
    static const struct {
        double lo, hi;
        bool log, from_zero;
        const double *limits;
        double want_lo, want_hi;
        leat_axis_kind kind;
    } rows[] = {
        {0, 10, false, false, none, -0.5, 10.5, LEAT_AXIS_NUMBER},
        {0, 10, false, true, none, 0, 10.5, LEAT_AXIS_NUMBER},
        {3, 3, false, false, none, 0, 6, LEAT_AXIS_NUMBER},
        {-3, -3, false, false, none, -6, 0, LEAT_AXIS_NUMBER},
        {0, 0, false, false, none, -1, 1, LEAT_AXIS_NUMBER},
        {1, 100, true, false, none, 0.5, 200, LEAT_AXIS_NUMBER},
        {0, 10, false, false, right, -0.5, 5, LEAT_AXIS_NUMBER},
        {0, 10, false, false, both, 20, 30, LEAT_AXIS_NUMBER},
        {20, 30, false, false, right, -6, 5, LEAT_AXIS_NUMBER},
        {-1e308, 1e308, false, false, none, -1.1e308, 1.1e308, LEAT_AXIS_NUMBER},
        /* Whole steps differ however many they are, clocks by milliseconds; other values are the same by then. */
        {1e15, 1e15 + 200, false, true, none, 1e15 - 10, 1e15 + 210, LEAT_AXIS_INTEGER},
        {1e15, 1e15 + 200, false, false, none, 0, 2e15, LEAT_AXIS_NUMBER},
        {1.7e9, 1.7e9 + 0.02, false, false, none, 1.7e9 - 0.001, 1.7e9 + 0.021, LEAT_AXIS_WALL},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_axis a = {.log = rows[i].log, .kind = rows[i].kind};
        double want = rows[i].want_hi - rows[i].want_lo;
        leat_axis_fit(&a, (leat_extent){rows[i].lo, rows[i].hi}, rows[i].limits, rows[i].from_zero);
        CHECK(fabs(a.lo - rows[i].want_lo) <= 1e-4 * want || fabs(a.lo - rows[i].want_lo) <= 1e-300);
        CHECK(fabs(a.hi - rows[i].want_hi) <= 1e-4 * want);
        CHECK(fabs(leat_axis_at(&a, a.lo)) < 1e-12 && fabs(leat_axis_at(&a, a.hi) - 1) < 1e-12);
    }
    leat_axis a = {0};
    leat_axis_fit(&a, (leat_extent){-1.7e308, 1.7e308}, none, false);
    CHECK(isfinite(a.lo) && isfinite(a.hi) && fabs(leat_axis_at(&a, 0) - 0.5) < 1e-9);
    leat_axis_fit(&a, LEAT_EXTENT_EMPTY, none, false);
    CHECK(a.lo == -1 && a.hi == 1);
}

LEAT_TEST(patterns_know_digits)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } rows[] = {{"run_\\d+$", "run_17", true}, {"run_\\d+$", "run_x", false}, {"^[]\\d]+$", "]\\d", true},
                {"a|b", "xbx", true},          {NULL, "anything", true},      {"", "anything", true}};
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_pattern p;
        REQUIRE_OK(leat_pattern_init(&p, rows[i].pattern, "tag"));
        CHECK(leat_pattern_matches(&p, rows[i].text) == rows[i].matches);
        leat_pattern_free(&p);
    }
    leat_pattern p;
    CHECK_FAILS(leat_pattern_init(&p, "a(", "run"), LEAT_ERR_INVALID_ARGUMENT,
                "run: 'a(' is no regular expression");
}
