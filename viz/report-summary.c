#include "viz/report-private.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

bool leat_more_is_better(const char *tag)
{
    static const char *const words[] = {"acc",     "accuracy", "auc",       "precision", "recall", "f1",
                                        "score",   "reward",   "return",    "iou",       "bleu",   "rouge",
                                        "psnr",    "ssim",     "r2",        "map",       "hit",    "success",
                                        "correct", "speed",    "throughput"};
    for (const char *at = tag; *at;) {
        size_t n = 0;
        while (isalnum((unsigned char)at[n]))
            n++;
        for (size_t i = 0; i < LEAT_LEN(words); i++)
            if (n == strlen(words[i]) && strncasecmp(at, words[i], n) == 0)
                return true;
        at += n > 0 ? n : 1;
    }
    return false;
}

static void find_best(leat_summary_row *r)
{
    const leat_scalar_series *s = r->series;
    r->best = NAN;
    for (size_t i = 0; i < s->n; i++) {
        double v = s->value[i];
        if (!isfinite(v))
            continue;
        r->finite++;
        if (isnan(r->best) || (r->best_is_greatest ? v > r->best : v < r->best)) {
            r->best = v;
            r->best_step = s->step[i];
        }
    }
}

static leat_status fill_row(leat_summary_row *r, double smoothing)
{
    const leat_scalar_series *s = r->series;
    double *smooth = leat_alloc_zero(s->n, sizeof *smooth);
    if (smooth == NULL)
        return leat_fail_memory(s->n * sizeof *smooth);
    leat_smooth(s->value, s->n, smoothing, smooth);
    r->last = s->value[s->n - 1];
    r->last_step = s->step[s->n - 1];
    r->smoothed = smooth[s->n - 1];
    r->best_is_greatest = leat_more_is_better(s->tag);
    find_best(r);
    leat_free(smooth);
    return LEAT_OK;
}

leat_status leat_report_summary(leat_report_job *j)
{
    const leat_figure *f = j->figures[0]; /* the scalars */
    if (f == NULL)
        return LEAT_OK;
    size_t n = LEAT_MIN(f->n_items, (size_t)LEAT_SUMMARY_ROWS);
    j->rows = leat_alloc_zero(n, sizeof *j->rows);
    if (j->rows == NULL)
        return leat_fail_memory(n * sizeof *j->rows);
    j->n_points = f->n_points;
    for (size_t i = 0; i < n; i++) {
        j->rows[i].series = f->items[i].series;
        j->rows[i].run = f->items[i].run;
        LEAT_TRY(fill_row(&j->rows[i], j->options.smoothing));
        j->n_rows++;
    }
    return LEAT_OK;
}
