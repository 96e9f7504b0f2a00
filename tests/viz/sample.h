/* sample.h - data for the tests of plots: the same on every run and machine. */
#ifndef LEAT_TESTS_VIZ_SAMPLE_H
#define LEAT_TESTS_VIZ_SAMPLE_H

#include "leat/viz.h"
#include "viz/canvas-private.h"

typedef struct sample sample;

/* A linear congruential generator: integers, so that no machine's libm matters. */
double sample_random(uint64_t *seed); /* in [0, 1) */

sample *sample_new(void);
void sample_free(sample *s);
/* Copies the names; `values` of n elements (steps 0, stride, ...). */
void sample_add_scalars(sample *s, const char *run, const char *tag, const double *values, size_t n,
                        int64_t stride);
/* `n` histograms of a triangle that moves to the right. */
void sample_add_histograms(sample *s, const char *run, const char *tag, size_t n);
/* `n` images of width x height, the `broken`th cut short (n: none). */
void sample_add_images(sample *s, const char *run, const char *tag, size_t n, uint32_t width, uint32_t height,
                       size_t broken);
void sample_add_text(sample *s, const char *run, const char *tag, const char *text);
const leat_plot_data *sample_data(sample *s);

/* The trace of a figure; a buffer to be freed. */
leat_status sample_trace(const leat_plot_data *data, const leat_plot_options *options, leat_metrics metrics,
                         leat_buf *out);

#endif
