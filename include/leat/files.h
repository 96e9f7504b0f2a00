/* leat/files.h - graphs in TensorFlow's files: GraphDef, MetaGraphDef, SavedModel; binary or text.
 * Sources: tensorflow/core/framework/graph.proto, node_def.proto, attr_value.proto, tensor.proto; protobuf/meta_graph.proto. */
#ifndef LEAT_FILES_H
#define LEAT_FILES_H

#include "leat/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct leat_import_options {
    size_t size; /* sizeof(leat_import_options) */
    /* A name scope to be opened for the nodes, within the current one: "net" gives net/x, or net_1/x where net is taken; one that
     * ends in "/" is entered again as it is. NULL or "": none. A node whose name is in the graph already gets _1, _2, ... */
    const char *prefix;
    const char *origin; /* what errors call the bytes; NULL: "graph" */
    /* Inputs taken from the graph instead: "name" or "name:k" of the imported graph (or "^name", a control input) -> an output. A
     * name that is in the imported graph neither as an output nor as an input is LEAT_ERR_NOT_FOUND, which names all of them. */
    const char *const *map_names;
    const leat_out *map_outs;
    size_t n_map;
    /* Outputs to be returned: "name" or "name:k" of the imported graph; filled into return_outs. An op without outputs has index -1;
     * a "name:k" of the input map is what it was mapped to. */
    const char *const *return_names;
    leat_out *return_outs;
    size_t n_return;
} leat_import_options;

/* Adds the nodes of a serialized GraphDef. Unknown ops and attributes are kept; only a run that needs an unknown op fails.
 * Functions are merged into the graph's library: two of one name must be the same. LEAT_ERR_DATA_LOSS for malformed bytes, LEAT_ERR_INVALID_ARGUMENT for a graph that makes no sense; the detail names origin,
 * offset, node and reason. After a failure the graph keeps the error: import into a fresh one. options may be NULL. */
LEAT_API leat_status leat_import_graph_def(leat_graph *graph, const void *bytes, size_t size,
                                           const leat_import_options *options) LEAT_MUST_CHECK;
/* Writes the graph as a serialized GraphDef; *bytes is to be freed with leat_free_bytes. with_shapes: every node gets TensorFlow's
 * "_output_shapes", which graph drawings use. */
LEAT_API leat_status leat_export_graph_def(const leat_graph *graph, bool with_shapes, void **bytes,
                                           size_t *size) LEAT_MUST_CHECK;

/* A GraphDef, MetaGraphDef or SavedModel (its meta graph tagged "serve") in protobuf's text format; errors say
 * "ORIGIN:LINE:COLUMN: reason". size is that of the text without a NUL. */
LEAT_API leat_status leat_import_graph_text(leat_graph *graph, const char *text, size_t size,
                                            const leat_import_options *options) LEAT_MUST_CHECK;
/* The graph as TensorFlow writes a graph.pbtxt, NUL-terminated; *text is to be freed with leat_free_bytes. */
LEAT_API leat_status leat_export_graph_text(const leat_graph *graph, char **text,
                                            size_t *size) LEAT_MUST_CHECK;

/* A file of any of the kinds that `leat run` takes: a GraphDef, a MetaGraphDef (.meta), either of them in protobuf's text format
 * (the name ends in .pbtxt, .prototxt or .textproto), a SavedModel directory (its meta graph tagged "serve"). Errors in a text
 * say "FILE:LINE:COLUMN: reason". */
LEAT_API leat_status leat_import_graph_file(leat_graph *graph, const char *path,
                                            const leat_import_options *options) LEAT_MUST_CHECK;
/* Binary, or text where the file's name ends so; the file appears whole or not at all. LEAT_ERR_IO, LEAT_ERR_NO_MEMORY, or the
 * graph's own error. */
LEAT_API leat_status leat_export_graph_file(const leat_graph *graph, const char *path) LEAT_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
