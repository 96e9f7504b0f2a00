/* event-private.h - field numbers of event.proto, summary.proto and tensor.proto, and their encoding.
 *
 * Encoders append to a leat_buf, whose failure is sticky. */
#ifndef LEAT_EVENT_PRIVATE_H
#define LEAT_EVENT_PRIVATE_H

#include "base/base-private.h"
#include "proto/wire-private.h"

enum leat_event_field {
    LEAT_EVENT_WALL_TIME = 1,
    LEAT_EVENT_STEP = 2,
    LEAT_EVENT_FILE_VERSION = 3,
    LEAT_EVENT_GRAPH_DEF = 4,
    LEAT_EVENT_SUMMARY = 5,
    LEAT_EVENT_LOG_MESSAGE = 6,
    LEAT_EVENT_SESSION_LOG = 7,
    LEAT_EVENT_TAGGED_RUN_METADATA = 8,
    LEAT_EVENT_META_GRAPH_DEF = 9,
    LEAT_EVENT_SOURCE_METADATA = 10
};

enum leat_value_field {
    LEAT_VALUE_TAG = 1,
    LEAT_VALUE_SIMPLE = 2,
    LEAT_VALUE_IMAGE = 4,
    LEAT_VALUE_HISTO = 5,
    LEAT_VALUE_AUDIO = 6,
    LEAT_VALUE_NODE_NAME = 7,
    LEAT_VALUE_TENSOR = 8,
    LEAT_VALUE_METADATA = 9
};

enum leat_session_status { LEAT_SESSION_START = 1, LEAT_SESSION_STOP = 2, LEAT_SESSION_CHECKPOINT = 3 };

/* types.proto */
enum leat_tensor_dtype {
    LEAT_DT_FLOAT = 1,
    LEAT_DT_DOUBLE = 2,
    LEAT_DT_INT32 = 3,
    LEAT_DT_UINT8 = 4,
    LEAT_DT_INT16 = 5,
    LEAT_DT_INT8 = 6,
    LEAT_DT_STRING = 7,
    LEAT_DT_INT64 = 9,
    LEAT_DT_BOOL = 10,
    LEAT_DT_BFLOAT16 = 14,
    LEAT_DT_UINT16 = 17,
    LEAT_DT_HALF = 19,
    LEAT_DT_UINT32 = 22,
    LEAT_DT_UINT64 = 23,
    LEAT_DT_FLOAT8_E5M2 = 24,
    LEAT_DT_FLOAT8_E4M3FN = 25,
    LEAT_DT_INT4 = 29,
    LEAT_DT_UINT4 = 30
};

/* What every event begins with. Step 0 is written like any other: readers take its absence as 0. */
void leat_put_event_head(leat_buf *b, double wall_time, int64_t step);

/* SummaryMetadata naming a plugin, as field 9 of a Summary.Value. */
void leat_put_plugin_metadata(leat_buf *b, const char *plugin);

/* A HistogramProto as field `number`: n buckets with their right-hand limits. */
typedef struct leat_histogram_sums {
    double min, max, num, sum, sum_squares;
} leat_histogram_sums;
void leat_put_histogram(leat_buf *b, uint32_t number, const leat_histogram_sums *sums, const double *limits,
                        const double *counts, size_t n) LEAT_PRIV(put_histogram);

#endif
