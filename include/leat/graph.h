/* leat/graph.h - building dataflow graphs.
 *
 * A graph is a GraphDef in memory: TensorFlow's op names, attributes, node names. Building never needs a check per
 * call: the graph keeps its first error, every later call on it does nothing and gives LEAT_NO_OUT, and
 * leat_graph_status() or the session reports the error with node and op. A graph is built by one thread at a time;
 * sessions of it may run meanwhile on what was there when a run was prepared. Ops live as long as their graph. */
#ifndef LEAT_GRAPH_H
#define LEAT_GRAPH_H

#include "leat/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct leat_graph leat_graph;
typedef struct leat_op leat_op;

/* One output of an op. By value. op is NULL for "none": what a failed building call gives. */
typedef struct leat_out {
    leat_op *op;
    int index;
} leat_out;

#ifdef __cplusplus
#define LEAT_NO_OUT (leat_out{nullptr, 0})
#else
#define LEAT_NO_OUT ((leat_out){NULL, 0})
#endif

/* "Not given" for integers whose zero is a value, such as seeds. */
#define LEAT_UNSET INT64_MIN

LEAT_API leat_graph *leat_graph_new(void); /* NULL: out of memory */
/* Sessions of the graph must have been freed before. */
LEAT_API void leat_graph_free(leat_graph *graph);
/* The first error of building, or LEAT_OK; sets leat_message() to its detail. */
LEAT_API leat_status leat_graph_status(const leat_graph *graph);
/* tf.set_random_seed: combined with op seeds exactly as TensorFlow does. */
LEAT_API void leat_graph_set_seed(leat_graph *graph, int64_t seed);

LEAT_API size_t leat_graph_op_count(const leat_graph *graph);
LEAT_API leat_op *leat_graph_op_at(const leat_graph *graph,
                                   size_t i); /* in order of creation; NULL beyond the last */
LEAT_API leat_op *leat_graph_find(const leat_graph *graph, const char *name); /* NULL if absent */
/* get_tensor_by_name: "theta:0", "theta" or "scope/theta:1". LEAT_NO_OUT if absent (no error is kept). */
LEAT_API leat_out leat_graph_get(const leat_graph *graph, const char *name);

/* What an op is made of. Strings live as long as the graph; an index that is none gives NULL or LEAT_NO_OUT. */
LEAT_API const char *leat_op_name(const leat_op *op);   /* with its scopes: "loss/mse" */
LEAT_API const char *leat_op_type(const leat_op *op);   /* "MatMul" */
LEAT_API const char *leat_op_device(const leat_op *op); /* "" if none */
LEAT_API leat_graph *leat_op_graph(const leat_op *op);
LEAT_API int leat_op_inputs(const leat_op *op);
LEAT_API leat_out leat_op_input(const leat_op *op, int i);
LEAT_API int leat_op_control_inputs(const leat_op *op);
LEAT_API leat_op *leat_op_control_input(const leat_op *op, int i);
LEAT_API int leat_op_outputs(const leat_op *op);
LEAT_API leat_out leat_op_output(leat_op *op, int i);

LEAT_API leat_dtype
leat_out_dtype(leat_out out); /* the base type of a ref; LEAT_DTYPE_NONE for LEAT_NO_OUT */
LEAT_API bool leat_out_is_ref(leat_out out);
LEAT_API leat_shape leat_out_shape(leat_out out);  /* what shape inference knows */
LEAT_API int leat_rank(leat_out out);              /* -1 if unknown */
LEAT_API int64_t leat_dim(leat_out out, int axis); /* -1 if unknown; a negative axis counts from the end */
/* As Python prints it, Tensor("add:0", shape=(2,), dtype=float32), in at most `size` bytes with the NUL; returns text. */
LEAT_API char *leat_out_print(leat_out out, char *text, size_t size);
/* Narrows the static shape, as Tensor.set_shape, for ops that are made after; a contradiction is the graph's error. */
LEAT_API void leat_out_set_shape(leat_out out, leat_shape shape);

/* ---- the generic builder: what importers, bindings and the typed wrappers stand on ----
 * leat_op_begin ... leat_op_end must not be nested on one graph. An input may be pending (leat_scalar): it becomes a
 * Const named "<op>/<argument>". Attributes not set take their defaults; type attributes are taken from the inputs. What is
 * given is copied. A wrong input or attribute is the graph's error, with node and op, at leat_op_end at the latest. */
typedef struct leat_op_builder leat_op_builder;
/* name NULL: the op's type; made unique within the current name scope unless it ends in "/" (then taken literally). */
LEAT_API leat_op_builder *leat_op_begin(leat_graph *graph, const char *type, const char *name);
LEAT_API void leat_op_add_input(leat_op_builder *b, leat_out input);
LEAT_API void leat_op_add_input_list(leat_op_builder *b, const leat_out *inputs, size_t n);
LEAT_API void leat_op_add_control(leat_op_builder *b, leat_op *op);
LEAT_API void leat_op_set_device(leat_op_builder *b, const char *device);
LEAT_API void leat_op_set_type(leat_op_builder *b, const char *attr, leat_dtype value);
LEAT_API void leat_op_set_int(leat_op_builder *b, const char *attr, int64_t value);
LEAT_API void leat_op_set_float(leat_op_builder *b, const char *attr, float value);
LEAT_API void leat_op_set_bool(leat_op_builder *b, const char *attr, bool value);
LEAT_API void leat_op_set_string(leat_op_builder *b, const char *attr, const void *bytes, size_t size);
LEAT_API void leat_op_set_shape(leat_op_builder *b, const char *attr, leat_shape value);
LEAT_API void leat_op_set_tensor(leat_op_builder *b, const char *attr,
                                 leat_tensor *value); /* takes its own reference */
LEAT_API void leat_op_set_func(leat_op_builder *b, const char *attr, const char *function_name);
LEAT_API void leat_op_set_int_list(leat_op_builder *b, const char *attr, const int64_t *values, size_t n);
LEAT_API void leat_op_set_float_list(leat_op_builder *b, const char *attr, const float *values, size_t n);
LEAT_API void leat_op_set_type_list(leat_op_builder *b, const char *attr, const leat_dtype *values, size_t n);
LEAT_API void leat_op_set_string_list(leat_op_builder *b, const char *attr, const char *const *values,
                                      size_t n);
LEAT_API void leat_op_set_shape_list(leat_op_builder *b, const char *attr, const leat_shape *values,
                                     size_t n);
/* NULL: the graph's error is set. */
LEAT_API leat_op *leat_op_end(leat_op_builder *b);

/* A Python-like scalar operand: becomes a Const named "<consumer>/<argument>" of the other operand's dtype (int32 or
 * float32 where there is none) when an op consumes it. Owned by the graph. */
LEAT_API leat_out leat_scalar_int(leat_graph *graph, int64_t value);
LEAT_API leat_out leat_scalar_float(leat_graph *graph, double value);
/* The same with a whole tensor (a new reference is taken); its dtype stands. */
LEAT_API leat_out leat_value(leat_graph *graph, leat_tensor *value);
#ifndef __cplusplus
#define leat_scalar(graph_, value_)                                                                          \
    _Generic((value_), float                                                                                 \
             : leat_scalar_float, double                                                                     \
             : leat_scalar_float, default                                                                    \
             : leat_scalar_int)((graph_), (value_))
#endif

/* ---- scopes: each open must be closed; the macros close by themselves, also on break, return and goto ---- */
typedef struct leat_scope {
    leat_graph *graph;
    int depth;
    bool open;
} leat_scope;
/* tf.name_scope: "loss" gives loss, loss_1, ...; a name ending in "/" reenters that scope literally; NULL or "" is the root. */
LEAT_API leat_scope leat_name_scope_open(leat_graph *graph, const char *name);
/* tf.variable_scope: reuse makes get_variable return what is there; opens a name scope too. A name that ends in "/"
 * reenters a variable scope with a fresh name scope, as TensorFlow does with a scope object. */
LEAT_API leat_scope leat_variable_scope_open(leat_graph *graph, const char *name, bool reuse);
/* tf.control_dependencies: ops made inside run after these, and after those of the scopes around; n 0 forgets them all. */
LEAT_API leat_scope leat_control_dependencies_open(leat_graph *graph, leat_op *const *ops, size_t n);
/* tf.device: written into the nodes made inside, as it stands; Leat runs everything on this machine's CPUs. NULL or "": none. */
LEAT_API leat_scope leat_device_open(leat_graph *graph, const char *device);
LEAT_API void leat_scope_close(leat_scope *scope); /* a second time does nothing */
/* The current name scope with a trailing "/", or "". Lives as long as the graph, as the next one's. */
LEAT_API const char *leat_current_name_scope(const leat_graph *graph);
/* tf.get_variable_scope().name without a trailing "/". */
LEAT_API const char *leat_current_variable_scope(const leat_graph *graph);

#define LEAT_SCOPE_FOR_(id_, open_)                                                                          \
    for (leat_scope id_ __attribute__((cleanup(leat_scope_close))) = open_; id_.open; leat_scope_close(&id_))
#define LEAT_SCOPE_PASTE_(a_, b_) a_##b_
#define LEAT_SCOPE_ID_(n_) LEAT_SCOPE_PASTE_(leat_scope_, n_)
#define LEAT_NAME_SCOPE(graph_, name_)                                                                       \
    LEAT_SCOPE_FOR_(LEAT_SCOPE_ID_(__LINE__), leat_name_scope_open((graph_), (name_)))
#define LEAT_VARIABLE_SCOPE(graph_, name_, reuse_)                                                           \
    LEAT_SCOPE_FOR_(LEAT_SCOPE_ID_(__LINE__), leat_variable_scope_open((graph_), (name_), (reuse_)))
#define LEAT_CONTROL_DEPENDENCIES(graph_, ops_, n_)                                                          \
    LEAT_SCOPE_FOR_(LEAT_SCOPE_ID_(__LINE__), leat_control_dependencies_open((graph_), (ops_), (n_)))
#define LEAT_DEVICE(graph_, device_)                                                                         \
    LEAT_SCOPE_FOR_(LEAT_SCOPE_ID_(__LINE__), leat_device_open((graph_), (device_)))

/* ---- collections, with tf.GraphKeys' names ---- */
#define LEAT_GLOBAL_VARIABLES "variables"
#define LEAT_TRAINABLE_VARIABLES "trainable_variables"
#define LEAT_SUMMARIES "summaries"
#define LEAT_LOSSES "losses"
#define LEAT_UPDATE_OPS "update_ops"
#define LEAT_REGULARIZATION_LOSSES "regularization_losses"
#define LEAT_TRAIN_OPS "train_op"
/* An item is an output; an op without outputs has index -1. A collection that nothing was added to has no items; one that is asked
 * for beyond its count is LEAT_NO_OUT. */
LEAT_API void leat_collection_add(leat_graph *graph, const char *collection, leat_out item);
LEAT_API size_t leat_collection_count(const leat_graph *graph, const char *collection);
LEAT_API leat_out leat_collection_get(const leat_graph *graph, const char *collection, size_t i);

/* ---- gradients ---- */
/* tf.gradients(ys, xs, grad_ys, stop_gradients): adds nodes under "gradients/" and fills grads[n_xs]; LEAT_NO_OUT where
 * no y depends on the x. grad_ys has one for each y, or is NULL: ones; stop may be NULL where n_stop is 0. A gradient has the shape and
 * dtype of its x; rows of a sparse gradient are made dense. An op on the way that has no gradient is the graph's error
 * (LEAT_ERR_UNIMPLEMENTED). Time and nodes are linear in the ops between. */
LEAT_API void leat_gradients(const leat_out *ys, size_t n_ys, const leat_out *xs, size_t n_xs,
                             leat_out *grads, const leat_out *grad_ys, const leat_out *stop, size_t n_stop);

#ifdef __cplusplus
}
#endif
#endif
