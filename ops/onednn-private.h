/* onednn-private.h - the one place that knows oneDNN's primitives, of versions 2 and 3.
 *
 * A primitive is made on one thread (omp_set_num_threads(1) is in force wherever kernels run), with scratch memory that
 * the caller gives, which is the only mode in which several threads may run one primitive. Making one takes up to
 * milliseconds; it is immutable then. */
#ifndef LEAT_ONEDNN_PRIVATE_H
#define LEAT_ONEDNN_PRIVATE_H

#include "ops/conv-private.h"

typedef struct leat_dnn leat_dnn;

/* The convolution `c` for `batch` of its images, float. NULL: oneDNN has nothing for it but its reference code, or memory is
 * out; then the caller does without. */
leat_dnn *leat_dnn_conv(const leat_conv *c, int64_t batch);
void leat_dnn_free(leat_dnn *p); /* NULL is fine */

size_t leat_dnn_scratch(const leat_dnn *p);
/* The filter in the primitive's own layout: its bytes, and the way there and back. Two primitives of one convolution that
 * differ in batch only have the same layout if leat_dnn_same_filter says so. */
size_t leat_dnn_filter_bytes(const leat_dnn *p);
bool leat_dnn_same_filter(const leat_dnn *a, const leat_dnn *b);
bool leat_dnn_filter_in(const leat_dnn *p, const void *plain, void *own);
bool leat_dnn_filter_out(const leat_dnn *p, const void *own, void *plain);

/* Runs it: images, the filter in its own layout, images; scratch: 64-byte aligned. false: it failed. */
bool leat_dnn_run(const leat_dnn *p, const void *x, const void *own_filter, const void *y, void *scratch);

#endif
