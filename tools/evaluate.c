/* evaluate.c - the loss and the metric of a part of the data, summed in double in the order of the rows. */
#include <math.h>
#include "tools/train-private.h"

const char *leat_metric_name(const leat_schema *schema)
{
    return schema->classes ? "accuracy" : "rmse";
}

typedef struct sums {
    double loss;
    uint64_t right, rows;
} sums;

static void add_regression(sums *s, const leat_rows *r, const float *out)
{
    for (size_t i = 0; i < r->n; i++) {
        if (isnan(r->y[i])) /* no target: predict's rows may lack it */
            continue;
        double d = (double)out[i] - (double)r->y[i];
        s->loss += d * d;
        s->rows++;
    }
}

static void add_classes(sums *s, const leat_rows *r, const float *logits, size_t classes)
{
    for (size_t i = 0; i < r->n; i++) {
        const float *row = logits + i * classes;
        if (r->label[i] < 0)
            continue;
        size_t best = 0;
        double sum = 0;
        for (size_t c = 1; c < classes; c++)
            if (row[c] > row[best])
                best = c;
        for (size_t c = 0; c < classes; c++)
            sum += exp((double)row[c] - (double)row[best]);
        s->loss += log(sum) - ((double)row[r->label[i]] - (double)row[best]);
        s->right += best == (size_t)r->label[i];
        s->rows++;
    }
}

/* A signal leaves 10 seconds for what is to be saved: an evaluation that would take longer ends. One that is done soon is worth
 * having, since its run then logs what an uninterrupted one does. */
enum { PATIENCE = 4 };

static leat_status may_go_on(double *noticed)
{
    if (!leat_signals_caught())
        return LEAT_OK;
    if (*noticed == 0)
        *noticed = leat_now();
    return leat_now() - *noticed < PATIENCE
               ? LEAT_OK
               : leat_fail(LEAT_ERR_CANCELLED, "stopped by a signal while evaluating");
}

static leat_status one_piece(leat_callable *call, leat_rows *rows, leat_tensor **outputs, sums *s,
                             size_t classes, leat_use_outputs *use, void *user)
{
    leat_tensor *x = leat_tensor_wrap(LEAT_FLOAT, LEAT_SHAPE((int64_t)rows->n, (int64_t)rows->n_features),
                                      rows->x, NULL, NULL);
    if (x == NULL)
        return LEAT_ERR_NO_MEMORY;
    leat_status status = leat_call(call, &x, outputs);
    leat_tensor_unref(x);
    if (status != LEAT_OK)
        return status;
    if (classes > 0)
        add_classes(s, rows, leat_tensor_data(*outputs), classes);
    else
        add_regression(s, rows, leat_tensor_data(*outputs));
    return use != NULL ? use(user, rows, *outputs) : LEAT_OK;
}

leat_status leat_evaluate(leat_session *session, leat_out x, leat_out output, leat_data *d, leat_part part,
                          leat_evaluation *e, leat_use_outputs *use, void *user)
{
    const leat_schema *schema = leat_data_schema(d);
    size_t classes = schema->classes ? schema->class_names.n : 0;
    leat_callable *call = NULL;
    leat_tensor *outputs = NULL;
    leat_rows rows = {0};
    sums s = {0};
    double noticed = 0;
    leat_status status = leat_rows_alloc(&rows, schema, LEAT_EVALUATION_ROWS);
    if (status == LEAT_OK)
        status = leat_prepare(&call, session, LEAT_OUTS(x), LEAT_OUTS(output), LEAT_NO_TARGETS);
    for (uint64_t at = 0, n = leat_data_count(d, part); status == LEAT_OK && at < n; at += rows.n) {
        status = may_go_on(&noticed);
        if (status == LEAT_OK)
            status = leat_data_read(d, part, at, &rows);
        if (status == LEAT_OK && rows.n == 0)
            break;
        if (status == LEAT_OK)
            status = one_piece(call, &rows, &outputs, &s, classes, use, user);
    }
    leat_tensor_unref(outputs);
    leat_callable_free(call);
    leat_rows_free(&rows);
    double n = (double)s.rows;
    *e = (leat_evaluation){
        .loss = s.loss / n, .metric = classes > 0 ? (double)s.right / n : sqrt(s.loss / n), .rows = s.rows};
    return status;
}
