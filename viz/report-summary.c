#include "viz/report-private.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

/* What names of measures are made of. Where a tag has words of both kinds, "precision_loss", less is better. */
static const char *const more_words[] = {
    "acc",    "accuracy", "auc", "auroc",      "precision", "recall", "f1",     "score",
    "reward", "return",   "iou", "miou",       "dice",      "bleu",   "rouge",  "psnr",
    "ssim",   "r2",       "map", "ap",         "ndcg",      "mrr",    "kappa",  "mcc",
    "hit",    "success",  "win", "throughput", "speed",     "fps",    "correct"};
static const char *const less_words[] = {"loss", "error", "err",        "mse", "mae", "rmse", "cost",
                                         "wer",  "cer",   "perplexity", "ppl", "nll", "fid"};

static bool is_one_of(const char *const *words, size_t n_words, const char *at, size_t n)
{
    for (size_t i = 0; i < n_words; i++)
        if (n == strlen(words[i]) && strncasecmp(at, words[i], n) == 0)
            return true;
    return false;
}

/* Also without the number behind it: "acc1", but "f1" as it is. */
static bool is_word(const char *const *words, size_t n_words, const char *at, size_t n)
{
    size_t letters = n;
    while (letters > 0 && isdigit((unsigned char)at[letters - 1]))
        letters--;
    return is_one_of(words, n_words, at, n) || is_one_of(words, n_words, at, letters);
}

bool leat_more_is_better(const char *tag)
{
    bool more = false;
    for (const char *at = tag; *at;) {
        size_t n = 0, piece; /* "valAccuracy" is a word and two pieces */
        while (isalnum((unsigned char)at[n]))
            n++;
        for (size_t from = 0; from < n; from += piece) {
            for (piece = 1; from + piece < n && !(islower((unsigned char)at[from + piece - 1]) &&
                                                  isupper((unsigned char)at[from + piece]));)
                piece++;
            if (is_word(less_words, LEAT_LEN(less_words), at + from, piece))
                return false;
            more = more || is_word(more_words, LEAT_LEN(more_words), at + from, piece);
        }
        more = more || is_word(more_words, LEAT_LEN(more_words), at, n);
        at += n > 0 ? n : 1;
    }
    return more;
}

static void find_best(leat_summary_row *r)
{
    const leat_scalar_series *s = &r->series;
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
    const leat_scalar_series *s = &r->series;
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

static double nth_value(const leat_summary_row *rows, size_t i)
{
    const leat_summary_row *r = &rows[i / 3];
    return i % 3 == 0 ? r->last : i % 3 == 1 ? r->best : r->smoothed;
}

/* Does some value's last decimal tell something? */
static bool needs_decimals(const leat_summary_row *rows, size_t n, int decimals)
{
    char text[LEAT_NUMBER_SIZE];
    for (size_t i = 0; i < 3 * n; i++) {
        double v = nth_value(rows, i);
        if (isfinite(v) && text[strlen(leat_format_fixed(text, v, decimals)) - 1] != '0')
            return true;
    }
    return false;
}

/* Decimals for the values of the rows of one tag: five digits of the greatest, three of the least. */
static void align_values(leat_summary_row *rows, size_t n)
{
    double least = INFINITY, most = 0;
    int decimals = -1;
    for (size_t i = 0; i < 3 * n; i++) {
        double v = fabs(nth_value(rows, i));
        least = isfinite(v) && v > 0 ? fmin(least, v) : least;
        most = isfinite(v) ? fmax(most, v) : most;
    }
    if (most > 0 && most < 1e9 && least >= 1e-4 && least * 1000 > most) {
        decimals = LEAT_MAX(leat_digits_decimals(most, 5), leat_digits_decimals(least, 3));
        while (decimals > 0 && !needs_decimals(rows, n, decimals))
            decimals--;
    }
    for (size_t i = 0; i < n; i++)
        rows[i].decimals = decimals;
}

char *leat_summary_number(const leat_summary_row *r, char *buf, double v, int digits)
{
    bool fixed = r->decimals >= 0 && isfinite(v);
    return fixed ? leat_format_fixed(buf, v, r->decimals) : leat_format_number(buf, v, digits);
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
        j->rows[i].series = f->items[i].scalars;
        j->rows[i].run = f->items[i].run;
        LEAT_TRY(fill_row(&j->rows[i], j->options.smoothing));
        j->n_rows++;
    }
    for (size_t i = 0, same; i < n; i += same) {
        for (same = 1; i + same < n && strcmp(f->items[i + same].tag, f->items[i].tag) == 0;)
            same++;
        align_values(&j->rows[i], same);
    }
    return LEAT_OK;
}
