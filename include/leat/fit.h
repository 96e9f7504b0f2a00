/* leat/fit.h - the training loop that `leat train` uses: batches in, steps counted, the caller told. */
#ifndef LEAT_FIT_H
#define LEAT_FIT_H

#include "leat/session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills values[n_inputs] with the tensors of the next batch, borrowed until the next call. */
typedef leat_status leat_next_batch(void *user, leat_tensor **values);
/* Told after each step (1 is the first ever) with the loss of its batch, before the update. A status other than LEAT_OK ends the
 * loop with it; LEAT_ERR_CANCELLED is the way to stop early. */
typedef leat_status leat_step_done(void *user, int64_t step, double loss);

typedef struct leat_fit_args {
    size_t size; /* sizeof(leat_fit_args) */
    leat_session *session;
    leat_op *train;       /* runs every step */
    leat_out loss;        /* a scalar, fetched in the same run */
    leat_out_list inputs; /* fed by next, in this order */
    leat_next_batch *next;
    leat_step_done *done; /* may be NULL */
    void *user;
    int64_t first_step; /* steps done before: 0 in a new run */
    int64_t last_step;  /* the loop ends when so many are done */
    /* The profile in which this step is to be recorded, or NULL. The call-back may itself be NULL: no step is. */
    leat_profile *(*profile)(void *user, int64_t step);
} leat_fit_args;
/* Runs steps first_step + 1 to last_step on the calling thread, which also calls back. LEAT_ERR_INVALID_ARGUMENT where the loss is no
 * scalar of float32 or float64; else the first failure of a run or a call-back, which ends the loop: the steps before it count. */
LEAT_API leat_status leat_fit(const leat_fit_args *args) LEAT_MUST_CHECK;

/* Fetches one output for one batch: *value is overwritten by a reference. Without a training step's side effects. */
LEAT_API leat_status leat_predict(leat_session *session, leat_out input, leat_tensor *batch, leat_out output,
                                  leat_tensor **value) LEAT_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
