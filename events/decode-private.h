/* decode-private.h - what the points of a series are that are no numbers: histograms, images, audio, texts,
 * hyperparameters, PR curves; written by TensorFlow 1 (a field of its own) or 2 (a tensor).
 *
 * Each function takes the bytes of a Summary.Value, as leat_log_run_read gives them for a point's blob. A failure is
 * LEAT_ERR_DATA_LOSS, with the reason but without file and tag, which the caller knows. */
#ifndef LEAT_DECODE_PRIVATE_H
#define LEAT_DECODE_PRIVATE_H

#include "reader-private.h"
#include "tensor-private.h"

typedef struct leat_bucket {
    double left, right, count;
} leat_bucket;

typedef struct leat_histogram_value {
    leat_bucket *buckets; /* leat_free */
    size_t n;
    double min, max, num, sum, sum_squares; /* of a tensor: from the buckets */
} leat_histogram_value;

/* As TensorBoard shows it: without the empty buckets at either end, and the outermost limits, which may be
 * +-DBL_MAX, replaced by the smallest and the largest value. */
leat_status leat_decode_histogram(const void *bytes, size_t size, leat_histogram_value *h)
    LEAT_PRIV(decode_histogram) LEAT_MUST_CHECK;

/* Something encoded: an image (PNG in general) or a clip of audio. Points into the bytes that were decoded. */
typedef struct leat_media {
    const uint8_t *data;
    size_t size;
} leat_media;

typedef struct leat_media_list {
    leat_media *items; /* leat_free */
    size_t n;
    int64_t width, height; /* of images, as the writer says; 0 if it does not */
    double sample_rate;    /* of audio; 0 if unknown */
} leat_media_list;

leat_status leat_decode_images(const void *bytes, size_t size, leat_media_list *images)
    LEAT_PRIV(decode_images) LEAT_MUST_CHECK;
leat_status leat_decode_audio(const void *bytes, size_t size, leat_media_list *clips)
    LEAT_PRIV(decode_audio) LEAT_MUST_CHECK;
/* The strings of a text summary's tensor, row by row. */
leat_status leat_decode_texts(const void *bytes, size_t size, leat_media_list *texts, leat_tensor_head *head)
    LEAT_PRIV(decode_texts) LEAT_MUST_CHECK;
/* The numbers of any tensor summary: PR curves are [6, thresholds], with the rows true positives, false positives,
 * true negatives, false negatives, precision, recall. LEAT_ERR_NOT_FOUND where the value holds metadata alone. */
leat_status leat_decode_tensor(const void *bytes, size_t size, leat_tensor_head *head, double **values)
    LEAT_PRIV(decode_tensor) LEAT_MUST_CHECK;

typedef enum leat_hparam_kind { LEAT_HPARAM_NUMBER, LEAT_HPARAM_TEXT, LEAT_HPARAM_BOOL } leat_hparam_kind;

typedef struct leat_hparam {
    const char *name, *text; /* text: of LEAT_HPARAM_TEXT */
    double number;           /* of the others; a bool is 0 or 1 */
    leat_hparam_kind kind;
} leat_hparam;

typedef struct leat_hparams {
    leat_hparam *items; /* in the order of their names */
    size_t n;
    leat_arena text;
} leat_hparams;

/* The hyperparameters of a run (its _hparams_/session_start_info); none if it has no such summary. */
leat_status leat_log_run_hparams(const leat_log_run *run, leat_hparams *hparams)
    LEAT_PRIV(log_run_hparams) LEAT_MUST_CHECK;
void leat_hparams_free(leat_hparams *hparams) LEAT_PRIV(hparams_free);

#endif
