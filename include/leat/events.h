/* leat/events.h - writing TensorBoard event files.
 *
 *     leat_event_writer *w;
 *     leat_must(leat_event_writer_open(&w, "runs/a", NULL));
 *     for (int64_t step = 0; step < 1000; step++)
 *         leat_must(leat_add_scalar(w, "loss", loss, step));
 *     leat_must(leat_event_writer_close(w));
 *
 * A call encodes its event and puts it into a queue in memory (8 MiB); a thread of the writer's own writes the
 * queue to the file. A call costs well under a microsecond and does not wait for the disk, unless the queue is
 * full: then it waits for room, which leat_event_writer_stats counts. Events reach the operating system after
 * flush_secs at the latest, when 256 KiB are queued, at leat_event_writer_flush and at close.
 *
 * Threads: any number of threads may use one writer at the same time, but none during or after its close. In a
 * child made by fork() the writer's thread is missing: all calls return LEAT_ERR_FORKED there, and nothing is written
 * (close still frees the memory).
 *
 * Errors: a call fails on bad arguments (LEAT_ERR_INVALID_ARGUMENT) and for lack of memory, and nothing is
 * written then. A failing disk does not fail the calls, for training must go on: the file is cut back to its last
 * whole event, what did not fit is dropped and counted, the log call-back is told once, and flush and close
 * return the error.
 *
 * Tags are UTF-8 and not empty. Arguments are copied; the caller keeps what it owns.
 *
 * Source of the format: TensorFlow's event.proto and summary.proto; the framing of TFRecord files. */
#ifndef LEAT_EVENTS_H
#define LEAT_EVENTS_H

#include <stddef.h>
#include <stdint.h>
#include "leat/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct leat_event_writer leat_event_writer;

/* Zero means the default in every field; `size` must be sizeof(leat_event_writer_options). */
typedef struct leat_event_writer_options {
    size_t size;
    const void *graph_def; /* a serialized GraphDef to write first, or NULL */
    size_t graph_def_size; /* in bytes */
    const char *filename_suffix;
    double flush_secs;  /* 120 */
    size_t queue_bytes; /* 8 MiB */
    /* Non-zero: the run goes on from session_step, or may be resumed later. Writes a SessionLog START, at
     * which readers drop what an interrupted session had recorded with that step or a later one. Must be set in
     * the first session of a run too, since readers take the first START as the beginning. */
    int session_start;
    int64_t session_step;
    int durable; /* non-zero: flush and close also wait for the disk (fsync) */
} leat_event_writer_options;

/* Creates the directory `logdir` with its parents where missing and in it a new file
 * events.out.tfevents.<seconds since 1970>.<host>.<process id>.<n><suffix>, which sorts behind the event files
 * already there. `options` may be NULL. On failure *writer is NULL. */
LEAT_API LEAT_MUST_CHECK leat_status leat_event_writer_open(leat_event_writer **writer, const char *logdir,
                                                            const leat_event_writer_options *options);

/* Path of the file that is being written; lives as long as the writer. */
LEAT_API const char *leat_event_writer_path(const leat_event_writer *writer);

/* A scalar, as TensorFlow 1's scalar summary: stored as float32. */
LEAT_API LEAT_MUST_CHECK leat_status leat_add_scalar(leat_event_writer *writer, const char *tag, double value,
                                                     int64_t step);

/* A scalar kept as float64, in TensorFlow 2's form (a DT_DOUBLE tensor of the scalars plugin). Do not mix the two
 * functions under one tag. TensorBoard's page shows such scalars only with --load_fast=false: its fast loader knows
 * float32 alone. */
LEAT_API LEAT_MUST_CHECK leat_status leat_add_scalar_f64(leat_event_writer *writer, const char *tag,
                                                         double value, int64_t step);

/* A histogram of n values, in the buckets of TensorFlow's histogram summary (limits grow by 10 % from 1e-12 to
 * 1e20 on either side of zero). NaN and infinite values belong into no bucket: they are left out, and the log
 * call-back is told how many. O(n). */
LEAT_API LEAT_MUST_CHECK leat_status leat_add_histogram(leat_event_writer *writer, const char *tag,
                                                        const double *values, size_t n, int64_t step);
LEAT_API LEAT_MUST_CHECK leat_status leat_add_histogram_f32(leat_event_writer *writer, const char *tag,
                                                            const float *values, size_t n, int64_t step);

/* A histogram that is counted already: bucket i holds counts[i] values up to limits[i] and above limits[i - 1].
 * Limits must not decrease, counts must be finite and not negative; min and max are those of the values. The sums
 * of values and of their squares are taken from the buckets' middles. */
LEAT_API LEAT_MUST_CHECK leat_status leat_add_histogram_buckets(leat_event_writer *writer, const char *tag,
                                                                const double *limits, const double *counts,
                                                                size_t buckets, double min, double max,
                                                                int64_t step);

/* An image: height x width x channels bytes, row by row, channels 1 (grey), 2 (grey and alpha), 3 (RGB) or
 * 4 (RGBA); at most 2^28 bytes. Stored as PNG. */
LEAT_API LEAT_MUST_CHECK leat_status leat_add_image(leat_event_writer *writer, const char *tag,
                                                    const uint8_t *pixels, size_t height, size_t width,
                                                    size_t channels, int64_t step);

/* An image that is a PNG file already; its signature and header are checked. */
LEAT_API LEAT_MUST_CHECK leat_status leat_add_image_png(leat_event_writer *writer, const char *tag,
                                                        const void *png, size_t size, int64_t step);

/* A text, of UTF-8; TensorBoard shows it as Markdown. */
LEAT_API LEAT_MUST_CHECK leat_status leat_add_text(leat_event_writer *writer, const char *tag,
                                                   const char *text, int64_t step);

/* A serialized Summary, such as a merged summary's tensor holds. LEAT_ERR_INVALID_ARGUMENT where it is none. */
LEAT_API LEAT_MUST_CHECK leat_status leat_event_writer_add_summary_bytes(leat_event_writer *writer,
                                                                         const void *summary, size_t size,
                                                                         int64_t step);

/* A serialized GraphDef, MetaGraphDef. */
LEAT_API LEAT_MUST_CHECK leat_status leat_event_writer_add_graph_bytes(leat_event_writer *writer,
                                                                       const void *graph_def, size_t size);
LEAT_API LEAT_MUST_CHECK leat_status leat_event_writer_add_meta_graph_bytes(leat_event_writer *writer,
                                                                            const void *meta_graph_def,
                                                                            size_t size);

/* A serialized RunMetadata: what a profiled run has recorded, under a tag of its own such as "step 1000". */
LEAT_API LEAT_MUST_CHECK leat_status leat_event_writer_add_run_metadata_bytes(leat_event_writer *writer,
                                                                              const char *tag,
                                                                              const void *run_metadata,
                                                                              size_t size, int64_t step);

/* A SessionLog START: see session_start above. */
LEAT_API LEAT_MUST_CHECK leat_status leat_event_writer_add_session_start(leat_event_writer *writer,
                                                                         int64_t step);

/* A whole serialized Event with its own wall time, for converters. */
LEAT_API LEAT_MUST_CHECK leat_status leat_event_writer_add_event_bytes(leat_event_writer *writer,
                                                                       const void *event, size_t size);

/* Waits until all that was added before is written. Returns the first error of writing since the last flush. */
LEAT_API LEAT_MUST_CHECK leat_status leat_event_writer_flush(leat_event_writer *writer);

/* Flushes, closes and frees the writer (NULL is fine). Returns the first error of writing since the writer was
 * opened; its detail says how many events were dropped. */
LEAT_API LEAT_MUST_CHECK leat_status leat_event_writer_close(leat_event_writer *writer);

typedef struct leat_event_writer_statistics {
    uint64_t events;      /* added, the dropped ones included */
    uint64_t bytes;       /* written to the file */
    uint64_t dropped;     /* events lost to errors of writing */
    uint64_t stalls;      /* calls that had to wait because the queue was full */
    double stall_seconds; /* the time they waited, in all */
    double longest_stall; /* seconds */
    size_t queued_bytes;  /* now */
} leat_event_writer_statistics;

LEAT_API void leat_event_writer_stats(leat_event_writer *writer, leat_event_writer_statistics *statistics);

#ifdef __cplusplus
}
#endif
#endif
