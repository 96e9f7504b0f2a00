/* leat/viz-graph.h - diagrams of dataflow graphs, as TensorBoard's graph tab shows them.
 *
 * A GraphDef is drawn as nested boxes: name scopes open or closed, ops as ellipses, constants and
 * summaries beside the ops they belong to, numbered ops of one kind as stacks, edges as wide as their
 * tensors are large, and beside the main graph what would only tangle it (the auxiliary area). Sources
 * stand at the bottom.
 *
 * Source of the rules: TensorBoard's graph plugin; where Leat differs, the sources say why. */
#ifndef LEAT_VIZ_GRAPH_H
#define LEAT_VIZ_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include "leat/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the colour of a box says. */
typedef enum leat_plot_graph_color {
    LEAT_GRAPH_BY_STRUCTURE, /* scopes of one colour have the same structure; grey ones are unique */
    LEAT_GRAPH_BY_DEVICE,    /* one colour a device */
    LEAT_GRAPH_BY_TIME,      /* computing time; needs run_metadata */
    LEAT_GRAPH_BY_MEMORY     /* bytes allocated; needs run_metadata */
} leat_plot_graph_color;

/* Scope and node names are full names ("loss/mse"); where an op has the name of a scope, "A/(A)" is the
 * op. A name that the graph does not hold is an error. Arrays and strings are borrowed for the call. */
typedef struct leat_plot_graph_options {
    size_t size; /* sizeof(leat_plot_graph_options) */
    /* Levels of scopes drawn open: 1 shows the outermost closed, as TensorBoard does at first. 0, the
     * default, opens as much as still reads on one A4 page: outermost scopes, one of each structure, but
     * no gradients, no optimizer, no variable and no saver. */
    int depth;
    const char *const *expand; /* scopes and series to open, with those around them */
    size_t n_expand;
    const char *const *collapse; /* scopes to close */
    size_t n_collapse;
    const char *const *main_nodes; /* nodes and scopes to keep in the main graph */
    size_t n_main_nodes;
    const char *const *aux_nodes; /* nodes and scopes to put in the auxiliary area */
    size_t n_aux_nodes;
    leat_plot_graph_color color;
    bool dark;                /* light on dark */
    const char *title;        /* above the drawing; NULL: none */
    const void *run_metadata; /* a serialized RunMetadata, or NULL */
    size_t run_metadata_size;
    const char *source; /* what messages call the graph: its file; NULL: nothing */
} leat_plot_graph_options;

/* Draws a serialized GraphDef (`graph_def`, `graph_def_size` bytes, borrowed) into a file whose suffix
 * says the format: .svg, .png or .pdf. `options` may be NULL. The file appears whole or not at all.
 *
 * Any bytes are safe. Errors: LEAT_ERR_DATA_LOSS (no GraphDef, with the offset),
 * LEAT_ERR_INVALID_ARGUMENT (no nodes, unknown suffix, times wanted without run_metadata),
 * LEAT_ERR_NOT_FOUND (a name in the options), LEAT_ERR_IO, LEAT_ERR_NO_MEMORY. Any thread; calls that lay
 * out at the same time wait for each other. Costs time linear in the graph, and about a millisecond for
 * each box drawn. */
LEAT_API leat_status leat_plot_graph(const char *path, const void *graph_def, size_t graph_def_size,
                                     const leat_plot_graph_options *options) LEAT_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
