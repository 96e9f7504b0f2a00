#include "config.h"
#include "histogram-private.h"

#include <float.h>
#include <math.h>

/* limits: -DBL_MAX, -limit[773] ... -limit[0], 0, limit[0] ... limit[773], DBL_MAX */
#define POSITIVE 774
#define ZERO (POSITIVE + 1)
#define LEAST_EXPONENT (-41)

void leat_histogram_init(leat_histogram_counter *h)
{
    memset(h, 0, sizeof *h);
    h->sums.min = DBL_MAX;
    h->sums.max = -DBL_MAX;
    h->limits[0] = -DBL_MAX;
    h->limits[LEAT_HISTOGRAM_BUCKETS - 1] = DBL_MAX;
    /* The products one after the other, as TensorFlow computes them: the limits are equal to the last bit. */
    double v = 1.0e-12;
    for (size_t i = 0; i < POSITIVE; i++, v *= 1.1) {
        h->limits[ZERO + 1 + i] = v;
        h->limits[ZERO - 1 - i] = -v;
    }
    size_t below = 0;
    for (size_t i = 0; i < LEAT_LEN(h->first); i++) {
        double power = ldexp(1.0, (int)i + LEAST_EXPONENT);
        while (below < POSITIVE && h->limits[ZERO + 1 + below] < power)
            below++;
        h->first[i] = (uint16_t)below;
    }
}

/* How many positive limits are surely below `magnitude`; at most eight more may be. */
static inline size_t start(const leat_histogram_counter *h, double magnitude)
{
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff) - 1023 - LEAST_EXPONENT;
    return h->first[exponent < 0 ? 0 : LEAT_MIN((size_t)exponent, LEAT_LEN(h->first) - 1)];
}

static inline void add(leat_histogram_counter *h, double value)
{
    if (!isfinite(value)) {
        h->not_finite++;
        return;
    }
    const double *positive = h->limits + ZERO + 1;
    size_t n = start(h, fabs(value)), bucket;
    if (value >= 0) {
        while (n < POSITIVE && positive[n] <= value)
            n++;
        bucket = ZERO + 1 + n;
    } else {
        while (n < POSITIVE && positive[n] < -value)
            n++;
        bucket = ZERO - n;
    }
    h->counts[bucket] += 1;
    h->sums.min = fmin(h->sums.min, value);
    h->sums.max = fmax(h->sums.max, value);
    h->sums.num += 1;
    h->sums.sum += value;
    h->sums.sum_squares += value * value;
}

void leat_histogram_add_f32(leat_histogram_counter *h, const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(h, (double)values[i]);
}

void leat_histogram_add_f64(leat_histogram_counter *h, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(h, values[i]);
}

void leat_histogram_put(leat_buf *b, uint32_t number, const leat_histogram_counter *h)
{
    double limits[LEAT_HISTOGRAM_BUCKETS], counts[LEAT_HISTOGRAM_BUCKETS];
    size_t n = 0;
    for (size_t i = 0; i < LEAT_HISTOGRAM_BUCKETS; i++) {
        if (n > 0 && counts[n - 1] == 0 && h->counts[i] == 0)
            n--;
        limits[n] = h->limits[i];
        counts[n++] = h->counts[i];
    }
    leat_put_histogram(b, number, &h->sums, limits, counts, n);
}
