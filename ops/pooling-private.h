/* poolinging-private.h - what the ops of pooling share. */
#ifndef LEAT_POOLING_PRIVATE_H
#define LEAT_POOLING_PRIVATE_H

#include "ops/grad-private.h"
#include "ops/window-private.h"

/* Images as [outer][pixels][inner]: inner are the channels where they come last, and 1 where they come first. */
typedef struct leat_pooling {
    leat_window w; /* always three spatial dimensions: two are preceded by one of size 1 */
    leat_shape images, pooled;
    int64_t outer, inner, in_pixels, out_pixels;
} leat_pooling;

/* From the op's attributes (V2: from inputs `ksize_input` and the next) and the shape of the images. Reports what is wrong. */
leat_status leat_pooling_describe(leat_pooling *p, const leat_kernel *k, const leat_shape *images,
                                  int ksize_input) LEAT_MUST_CHECK;

/* One outer image: y = the greatest of each window; arg = the pixel where it stands first; the mean of each window (float,
 * double); dx += dy / count. */
void leat_pooling_max(const leat_pooling *p, leat_dtype dtype, const void *x, void *y);
void leat_pooling_argmax(const leat_pooling *p, leat_dtype dtype, const void *x, int32_t *arg);
/* dx += dy where x is the window's greatest, everywhere where there are several (float). */
void leat_pooling_to_greatest(const leat_pooling *p, const float *x, const float *y, const float *dy,
                              float *dx);
void leat_pooling_mean(const leat_pooling *p, leat_dtype dtype, const void *x, void *y);
void leat_pooling_spread(const leat_pooling *p, leat_dtype dtype, const void *dy, void *dx);

/* Runs fn for every outer image, in tiles. Operands of half or bfloat16 are floats by then. */
typedef struct leat_pooling_job leat_pooling_job;
typedef void leat_pooling_fn(const leat_pooling_job *j, int64_t image, int32_t *arg);
struct leat_pooling_job {
    const leat_pooling *p;
    leat_dtype dtype;
    const char *in[3]; /* operands */
    char *out;
    leat_pooling_fn *fn;
    /* the runner's: */
    leat_kernel *k;
    bool wants_arg;
    atomic_bool no_memory;
};
/* `elements` of operand i in all; out has out_elements of `dtype`. */
leat_status leat_pooling_run(leat_kernel *k, leat_pooling_job *j, int n_in, const int *inputs,
                             int out) LEAT_MUST_CHECK;

/* ---- shape functions ---- */
leat_status leat_pooling_shape(leat_infer *c);      /* output 0 (and 1) pooled from input 0, by attributes */
leat_status leat_pooling_shape_v2(leat_infer *c);   /* by inputs 1 and 2 */
leat_status leat_pooling_grad_shape(leat_infer *c); /* as input 0 */
void leat_pooling_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                       leat_cost *cost);

#endif
