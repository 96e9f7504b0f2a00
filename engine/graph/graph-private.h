/* graph-private.h - the graph's insides, for engine/ only. */
#ifndef LEAT_GRAPH_PRIVATE_H
#define LEAT_GRAPH_PRIVATE_H

#include "engine/op-private.h"

#define LEAT_MAX_ATTRS 48

typedef struct leat_collection {
    const char *name;
    leat_out *items;
    size_t n, capacity;
} leat_collection;

/* A field of an imported MetaGraphDef, as it came: export writes it again. */
typedef struct leat_kept_part {
    uint32_t number;
    const char *bytes;
    size_t size;
    const char *collection; /* of a collection that the graph has: its name, and its items then; else NULL */
    size_t n_items;
} leat_kept_part;

/* What leat_variable made, or a meta graph's VariableDef says. */
typedef struct leat_variable_info {
    leat_op *op, *initializer;
    leat_out read; /* what ops that want the value take */
    leat_shape shape;
    leat_dtype dtype;
    bool trainable;
} leat_variable_info;

/* One frame of the scope stack: what is in force within it. Strings live in the graph's arena. */
typedef struct leat_scope_frame {
    const char *name_scope; /* without the trailing '/', "" at the root */
    const char *var_scope;
    const char *device;
    leat_op **controls;
    size_t n_controls;
    bool reuse;
    bool
        is_var_scope; /* this frame opened a variable scope: closing it forgets the counts of scopes inside */
} leat_scope_frame;

/* An operand that is not yet a node: leat_scalar, leat_value. The op has no outputs; a consumer makes it a Const. */
typedef struct leat_pending {
    leat_op op;
    leat_tensor *tensor; /* NULL: a number */
    bool is_int;
    int64_t i;
    double f;
} leat_pending;

struct leat_op_builder {
    leat_graph *graph;
    const leat_op_sig *type; /* NULL: unknown op */
    const char *type_name, *name, *device;
    leat_out *inputs;
    size_t n_inputs, inputs_capacity;
    /* Where list arguments begin and how long they are, as the caller gave them. */
    struct leat_segment {
        uint32_t start, count;
        bool is_list;
    } * segments;
    size_t n_segments, segments_capacity;
    leat_op **controls;
    size_t n_controls, controls_capacity;
    leat_op_attr attrs[LEAT_MAX_ATTRS];
    size_t n_attrs;
    leat_buf rest;            /* fields of a NodeDef that are of no use here, kept as they came */
    uint32_t place;           /* of leat_op */
    uint32_t unknown_outputs; /* of an unknown op: how many its consumers name */
    bool open, literal; /* literal: from an importer: names as they are, no reads of variables, no scopes */
};

/* The version of graphs that TensorFlow 2.21 writes and reads: its spelling of ops is ours. */
#define LEAT_GRAPH_VERSION 2474

struct leat_graph {
    leat_arena arena;
    leat_op **ops;
    size_t n_ops, ops_capacity;
    leat_map names;       /* node name -> leat_op */
    leat_map name_counts; /* lower-cased name -> uint32_t, how often asked for: TensorFlow's _names_in_use */
    size_t n_counted;     /* of the first so many ops the names are in name_counts */
    leat_map strings;     /* interned strings -> themselves */
    leat_map shapes;      /* interned shapes -> themselves */
    leat_map variables_by_op; /* a variable's op (the bytes of leat_variable_info.op) -> leat_variable_info */
    leat_map variables;       /* name -> leat_variable_info, of get_variable */
    leat_map scope_counts;    /* variable scope name -> how often opened */
    leat_collection *collections;
    size_t n_collections, collections_capacity;
    leat_scope_frame *scopes; /* scopes[0] is the root */
    size_t n_scopes, scopes_capacity;
    leat_op_builder builder;
    leat_tensor **values; /* of leat_value: references to drop with the graph */
    size_t n_values, values_capacity;
    leat_status status;
    char *message;
    int64_t seed; /* LEAT_UNSET */
    /* What imported graphs said about themselves; producer is LEAT_GRAPH_VERSION where none was. */
    int32_t producer, min_consumer;
    struct leat_origin {
        size_t first; /* op that was imported */
        const char *name;
    } * origins;
    size_t n_origins, origins_capacity;
    int32_t *bad_consumers; /* ascending */
    size_t n_bad_consumers, bad_consumers_capacity;
    const char *library; /* serialized FunctionDefLibrary */
    size_t library_size;
    leat_kept_part *parts;
    size_t n_parts, parts_capacity;
};

/* Keeps the first error; returns its status. The thread's detail is `format`'s. */
leat_status leat_graph_fail(leat_graph *g, leat_status status, const char *format, ...) LEAT_PRINTF(3, 4);
/* Keeps the thread's current detail as the graph's error. */
leat_status leat_graph_keep(leat_graph *g, leat_status status);

const char *leat_graph_intern(leat_graph *g, const char *text, size_t n); /* NULL: the graph failed */
const leat_shape *leat_graph_intern_shape(leat_graph *g, const leat_shape *shape);
extern const leat_shape leat_shape_nothing; /* the unknown shape */

/* A name as unique_name gives it: the current scope, '/', and name, with _1, _2, ... where it is taken. */
const char *leat_graph_unique_name(leat_graph *g, const char *scope, const char *name);
bool leat_name_valid(const char *name, size_t n);  /* TensorFlow's [A-Za-z0-9.][A-Za-z0-9_.\\/>-]* */
leat_scope_frame *leat_graph_scope(leat_graph *g); /* the innermost */

/* The generic builder for importers: the literal name, no scopes. type_size bytes of type. */
leat_op_builder *leat_op_begin_literal(leat_graph *g, const char *type, size_t type_size, const char *name,
                                       size_t name_size);
void leat_op_add_attr(leat_op_builder *b, const char *name, leat_attr_value value);
void leat_attr_free(const leat_attr_value *v); /* drops the references of tensors */

/* The node behind an operand: itself, or a new Const with the unique name "<scope>/<name>" (in the current scope where scope is
 * NULL) of this dtype (NONE: int32, float32 or the tensor's own). */
leat_out leat_pending_resolve(leat_graph *g, leat_out out, const char *scope, const char *name,
                              leat_dtype dtype);

/* Fills every element with a number; the dtype must be one that can hold it. */
void leat_number_store(leat_tensor *t, double value);

leat_status leat_infer_op(leat_op *op); /* fills op->outputs' shapes */

leat_variable_info *leat_graph_variable(const leat_graph *g,
                                        const leat_op *op); /* NULL if it is none known */
/* Remembers a variable; info is copied. */
leat_variable_info *leat_graph_add_variable(leat_graph *g, const leat_variable_info *info);

void leat_collections_free(leat_graph *g);

/* leat_gradients of one y, as optimizers want them: every op's gradients wait for one another (gate_gradients=GATE_OP). */
void leat_gated_gradients(leat_out y, const leat_out *xs, size_t n_xs, leat_out *grads);

#endif
