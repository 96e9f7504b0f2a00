/* leat/summary.h - summaries as nodes of a graph, and their way into an event file. */
#ifndef LEAT_SUMMARY_H
#define LEAT_SUMMARY_H

#include "leat/events.h"
#include "leat/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* tf.summary.scalar, .histogram: the tag is the name scope and the name; the node is added to the collection "summaries". Gives a
 * string scalar: a serialized Summary. */
LEAT_API leat_out leat_summary_scalar(const char *name, leat_out value);
LEAT_API leat_out leat_summary_histogram(const char *name, leat_out values);
/* tf.summary.image: uint8 or float [batch, height, width, 1, 3 or 4]. */
LEAT_API leat_out leat_summary_image(const char *name, leat_out images, int64_t max_outputs);
/* tf.summary.merge_all: all of the collection as one; LEAT_NO_OUT where there are none. */
LEAT_API leat_out leat_summary_merge_all(leat_graph *graph);

/* Adds what a summary node gave. */
LEAT_API leat_status leat_add_summary(leat_event_writer *writer, const leat_tensor *summary,
                                      int64_t step) LEAT_MUST_CHECK;
/* Writes a graph with its shapes, for TensorBoard's and Leat's drawings. */
LEAT_API leat_status leat_add_graph(leat_event_writer *writer, const leat_graph *graph) LEAT_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
