/* fit.c - the training loop: one prepared call a step. */
#include "engine/op-private.h"
#include "leat/fit.h"

static double scalar_of(const leat_tensor *t)
{
    return t->dtype == LEAT_DOUBLE ? *(const double *)t->data : (double)*(const float *)t->data;
}

static leat_status steps(const leat_fit_args *a, leat_callable *call, leat_tensor **values)
{
    leat_tensor *loss = NULL;
    leat_status status = LEAT_OK;
    for (int64_t step = a->first_step; status == LEAT_OK && step < a->last_step; step++) {
        status = a->next(a->user, values);
        leat_run_options o = {.size = sizeof o,
                              .profile = a->profile != NULL ? a->profile(a->user, step + 1) : NULL};
        if (status == LEAT_OK)
            status = leat_call_with(call, o.profile != NULL ? &o : NULL, values, &loss);
        if (status == LEAT_OK && a->done != NULL)
            status = a->done(a->user, step + 1, scalar_of(loss));
    }
    leat_tensor_unref(loss);
    return status;
}

leat_status leat_fit(const leat_fit_args *a)
{
    leat_dtype dtype = leat_out_dtype(a->loss);
    if ((dtype != LEAT_FLOAT && dtype != LEAT_DOUBLE) || leat_rank(a->loss) > 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "leat_fit: the loss must be a scalar float32 or float64");
    leat_callable *call;
    LEAT_TRY(leat_prepare(&call, a->session, a->inputs, (leat_out_list){&a->loss, 1},
                          (leat_target_list){&a->train, 1}));
    leat_tensor **values = leat_alloc_zero(a->inputs.n + 1, sizeof *values);
    leat_status status =
        values != NULL ? steps(a, call, values) : leat_fail_memory(a->inputs.n * sizeof *values);
    leat_free(values);
    leat_callable_free(call);
    return status;
}

leat_status leat_predict(leat_session *s, leat_out input, leat_tensor *batch, leat_out output,
                         leat_tensor **value)
{
    leat_feed feed = {input, batch};
    leat_fetch fetch = {output, value};
    return leat_run(s, (leat_feed_list){&feed, 1}, (leat_fetch_list){&fetch, 1}, (leat_target_list){NULL, 0});
}
