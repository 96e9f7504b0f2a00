/* graphs.h - GraphDefs for tests, written field by field. */
#ifndef LEAT_TESTS_GRAPHS_H
#define LEAT_TESTS_GRAPHS_H

#include "base/base-private.h"

/* Appends a node. `inputs` are separated by blanks ("x ^init y:1"). `shape` becomes _output_shapes: "3,4",
 * "" for a scalar, "?" for an unknown rank, "-1,2" with an unknown dimension; several outputs by '|';
 * NULL: none. */
void graph_node(leat_buf *g, const char *op, const char *name, const char *inputs, const char *shape);
void graph_node_on(leat_buf *g, const char *op, const char *name, const char *inputs, const char *device);
/* Appends a library of one function with two arguments, a body of two ops and one result. */
void graph_function(leat_buf *g, const char *name, const char *call);
/* RunMetadata: one op's microseconds and bytes on a device. */
void run_stats(leat_buf *r, const char *device, const char *node, int64_t micros, int64_t bytes);

/* A variable as TensorFlow makes it: initial value, Assign, read. */
void graph_variable(leat_buf *g, const char *name, const char *shape);
/* The course's graphs. */
void graph_first(leat_buf *g);
void graph_relus(leat_buf *g, int n);
void graph_training(leat_buf *g);

/* A small reproducible source of numbers. */
typedef struct dice {
    uint64_t state;
} dice;
uint32_t roll(dice *d, uint32_t sides);

/* A graph with nested scopes, cycles, control edges, names in several scripts and inputs that lead
 * nowhere. */
void graph_random(leat_buf *g, dice *d);

#endif
