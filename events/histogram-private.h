/* histogram-private.h - counting values into the buckets of TensorFlow's histogram summary.
 *
 * The limits are 1e-12 * 1.1^k up to 1e20 on either side of 0, and +-DBL_MAX; bucket i holds the values v with
 * limits[i - 1] <= v < limits[i]. Source: tensorflow/core/lib/histogram/histogram.cc. */
#ifndef LEAT_EVENTS_HISTOGRAM_PRIVATE_H
#define LEAT_EVENTS_HISTOGRAM_PRIVATE_H

#include "event-private.h"

#define LEAT_HISTOGRAM_BUCKETS 1551

typedef struct leat_histogram_counter {
    leat_histogram_sums sums;
    uint64_t not_finite; /* values left out */
    uint16_t first[128]; /* how many of the positive limits lie below 2^(i - 41) */
    double limits[LEAT_HISTOGRAM_BUCKETS];
    double counts[LEAT_HISTOGRAM_BUCKETS];
} leat_histogram_counter;

void leat_histogram_init(leat_histogram_counter *h) LEAT_PRIV(histogram_init);
void leat_histogram_add_f32(leat_histogram_counter *h, const float *values, size_t n)
    LEAT_PRIV(histogram_add_f32);
void leat_histogram_add_f64(leat_histogram_counter *h, const double *values, size_t n)
    LEAT_PRIV(histogram_add_f64);
/* Appends it as field `number`, a run of empty buckets written as one. */
void leat_histogram_put(leat_buf *b, uint32_t number, const leat_histogram_counter *h)
    LEAT_PRIV(histogram_put);

#endif
