/* export-private.h - a log directory as text: what `leat inspect` and `leat export` print. */
#ifndef LEAT_EXPORT_PRIVATE_H
#define LEAT_EXPORT_PRIVATE_H

#include "reader-private.h"

/* Receives the text in pieces of about LEAT_EXPORT_PIECE bytes: a log may have a million tags. What it returns but
 * LEAT_OK ends the text. */
typedef leat_status leat_export_sink(void *user, const void *bytes, size_t n);
#define LEAT_EXPORT_PIECE ((size_t)256 << 10)

/* {"runs": {RUN: {"scalars": {TAG: {"n": N, "first": [step, value], "last": [step, value]}},
 *                 "histograms": {TAG: {"n": N}}, "images": {...}, "text": {...},
 *                 "graph_nodes": N or null, "dropped": N,
 *                 "damage": [{"file": NAME, "offset": N, "reason": TEXT}]}}}
 *
 * and, where a run has any: "audio" as images, "tensors": {TAG: {"n": N, "plugin": NAME}} for the series of all other
 * plugins, "run_metadata": {TAG: {"n": N}}, "restarts": [{"step": N, "wall_time": T, "dropped": N}], and
 * "damage_found": N where it is more than are listed. NaN and infinities are the strings "NaN", "Infinity",
 * "-Infinity". A last record that is not whole is listed as damage. */
leat_status leat_logdir_list_json(const leat_logdir *log, leat_export_sink *sink, void *user)
    LEAT_PRIV(logdir_list_json) LEAT_MUST_CHECK;

/* The same for reading: a paragraph a run, a line a series. */
leat_status leat_logdir_list_text(const leat_logdir *log, leat_export_sink *sink, void *user)
    LEAT_PRIV(logdir_list_text) LEAT_MUST_CHECK;

typedef struct leat_export_options {
    const char *runs, *tags; /* extended regular expressions that must match somewhere; NULL: all */
    bool smoothed;           /* adds a smoothed value to each scalar */
    double smoothing;        /* its weight, 0 to 0.999 */
} leat_export_options;

/* TensorBoard's smoothing, to the bit: what leat_smooth of viz is. `out` may be `values`. */
void leat_smooth_values(const double *values, size_t n, double weight, double *out) LEAT_PRIV(smooth_values);

/* Every point of every scalar series:
 *
 *     run,tag,step,wall_time,value
 *
 * and `smoothed` where wanted. Numbers read back as the same doubles; NaN, Infinity, -Infinity. A run or tag that a
 * spreadsheet would take for a formula gets an apostrophe before it. */
leat_status leat_logdir_export_csv(const leat_logdir *log, const leat_export_options *options,
                                   leat_export_sink *sink, void *user)
    LEAT_PRIV(logdir_export_csv) LEAT_MUST_CHECK;

/* {"runs": {RUN: {"scalars": {TAG: {"steps": [...], "wall_times": [...], "values": [...], "smoothed": [...]}},
 *                 "histograms": {TAG: [{"step": N, "wall_time": T, "buckets": [[left, right, count], ...]}]},
 *                 "images": {TAG: [{"step": N, "wall_time": T, "width": W, "height": H, "images": [BASE64, ...]}]},
 *                 "audio": {TAG: [{"step": N, "wall_time": T, "sample_rate": R, "clips": [BASE64, ...]}]},
 *                 "text": {TAG: [{"step": N, "wall_time": T, "text": [...]}]},
 *                 "tensors": {TAG: [{"step": N, "wall_time": T, "shape": [...], "values": [...]}]},
 *                 "hparams": {NAME: value}}}}
 *
 * The values of a tensor are numbers or strings, row by row; where it is one number, its shape is left out. Images
 * and clips are the bytes of their files. What can no longer be read has an "error" instead of its content. */
leat_status leat_logdir_export_json(const leat_logdir *log, const leat_export_options *options,
                                    leat_export_sink *sink, void *user)
    LEAT_PRIV(logdir_export_json) LEAT_MUST_CHECK;

#endif
