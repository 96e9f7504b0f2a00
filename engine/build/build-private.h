/* build-private.h - shared by the composites. */
#ifndef LEAT_ENGINE_BUILD_PRIVATE_H
#define LEAT_ENGINE_BUILD_PRIVATE_H

#include "engine/graph/graph-private.h"
#include "leat/build.h"

/* The composites' own functions are called by name: the keyword macros are for users. */
#undef leat_constant
#undef leat_zeros
#undef leat_ones
#undef leat_random_uniform
#undef leat_random_normal
#undef leat_truncated_normal
#undef leat_variable
#undef leat_get_variable
#undef leat_reduce_mean
#undef leat_reduce_sum
#undef leat_reduce_max
#undef leat_reduce_min
#undef leat_reduce_prod
#undef leat_reduce_all
#undef leat_reduce_any
#undef leat_transpose

/* The variable of the open name scope: its nodes are <scope>, <scope>/Assign, <scope>/read. */
leat_out leat_variable_in_scope(leat_graph *g, leat_out initial, bool trainable, bool resource);

/* A Const of int32 numbers: a vector, or a scalar where n < 0. */
leat_out leat_const_ints(leat_graph *g, const int64_t *values, int n, const char *name);
/* A scalar Const of a floating or integer dtype. */
leat_out leat_const_number(leat_graph *g, double value, leat_dtype dtype, const char *name);
/* A generic op of one output with two inputs: what composites are mostly made of. NULL name: the type. */
leat_out leat_op_of_2(leat_graph *g, const char *type, const char *name, leat_out a, leat_out b);
/* The current name scope as a literal node name: the composite's last node takes the scope's own name. */
const char *leat_scope_as_name(leat_graph *g);

#endif
