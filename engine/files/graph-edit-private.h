/* graph-edit-private.h - GraphDefs changed as bytes: what is not touched stays as it was, unknown fields and all. */
#ifndef LEAT_GRAPH_EDIT_PRIVATE_H
#define LEAT_GRAPH_EDIT_PRIVATE_H

#include "graphdef-private.h"

typedef struct leat_edit_node {
    leat_wire span; /* the NodeDef */
    leat_bytes name, op;
    bool dropped;
    const char *new_op;       /* NULL: as it was */
    const leat_tensor *value; /* the node becomes a Const; borrowed */
    leat_dtype dtype;         /* new_op: the dtype that its type attribute gets */
} leat_edit_node;

typedef struct leat_graph_edit {
    leat_wire graph;
    leat_edit_node *nodes;
    size_t n, capacity;
    leat_map index; /* name -> node + 1 */
} leat_graph_edit;

/* `offset` is that of the bytes in their file. The bytes are borrowed. Free also after a failure. */
leat_status leat_graph_edit_open(leat_graph_edit *e, const void *bytes, size_t size,
                                 uint64_t offset) LEAT_MUST_CHECK;
void leat_graph_edit_free(leat_graph_edit *e);
leat_edit_node *leat_graph_edit_find(const leat_graph_edit *e, leat_bytes name); /* NULL if absent */

/* An input's text, "name", "name:1" or "^name": the node's name. */
leat_bytes leat_input_node(leat_bytes input, bool *control);
/* The next input of a node; *at starts as node->span. */
bool leat_edit_next_input(leat_wire *at, leat_bytes *input);

/* Drops all nodes but the ancestors of these outputs (nodes' names, with or without ":k"). */
leat_status leat_graph_edit_strip(leat_graph_edit *e, const leat_bytes *outputs, size_t n) LEAT_MUST_CHECK;

/* The variables' values of a session of the same graph become constants, and what reads variables passes them on, as TensorFlow's
 * convert_variables_to_constants does. A node that needs a variable itself (an Assign, an optimizer's op) is an error; `drop_users`: it
 * goes, with all that depends on it, and so do the savers. values[i] belongs to variables[i] and must outlive the edit. */
leat_status leat_graph_edit_freeze(leat_graph_edit *e, const char *const *variables,
                                   leat_tensor *const *values, size_t n, bool drop_users) LEAT_MUST_CHECK;

leat_status leat_graph_edit_write(const leat_graph_edit *e, leat_buf *out) LEAT_MUST_CHECK;

#endif
