/* leat/build.h - what TensorFlow's Python makes of several nodes: constants, variables, random tensors, reductions.
 * Node names are TensorFlow's; name NULL gives the default that stands at the member. Errors go to the graph (leat_graph_status); a call
 * with LEAT_NO_OUT gives LEAT_NO_OUT. Arguments are copied. A graph is built by one thread at a time. Sources: TensorFlow 1.15's
 * python/ops/{variables,variable_scope,init_ops,random_ops,math_ops}.py. */
#ifndef LEAT_BUILD_H
#define LEAT_BUILD_H

#include "leat/raw-ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Axes by value; all zero is "not given". */
typedef struct leat_axes {
    int32_t count_plus_1;
    int64_t items[LEAT_MAX_RANK];
} leat_axes;
#ifndef __cplusplus
#define LEAT_AXES(...)                                                                                       \
    ((leat_axes){.count_plus_1 = 1 + (int32_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),          \
                 .items = {__VA_ARGS__}})
#endif

/* Keyword calls: the function takes one struct; the macro fills it. first_ are the positional members, last_ the one that
 * __VA_ARGS__ begins with, defaults_ come before what the caller gives. */
#define LEAT_KW_(fname_, defaults_, ...)                                                                     \
    __extension__({                                                                                          \
        LEAT_KW_ON fname_((fname_##_args){.size = sizeof(fname_##_args) defaults_, __VA_ARGS__});            \
        LEAT_KW_OFF                                                                                          \
    })
#define LEAT_KW_NONE_
#define LEAT_KW_SEED_ , .seed = LEAT_UNSET
#define LEAT_KW_UNIFORM_ , .maxval = 1, .seed = LEAT_UNSET
#define LEAT_KW_NORMAL_ , .stddev = 1, .seed = LEAT_UNSET
#define LEAT_KW_TRAINABLE_ , .trainable = true

/* ---- constants ---- */
typedef struct leat_constant_args {
    size_t size;
    leat_graph *graph LEAT_CXX_DEFAULT();
    leat_tensor *value LEAT_CXX_DEFAULT();
    const char *name LEAT_CXX_DEFAULT(); /* "Const" */
} leat_constant_args;
/* tf.constant of a tensor; takes a reference of its own. */
LEAT_API leat_out leat_constant(leat_constant_args args);
/* The same from C values: as many float32 or int32 as the shape has elements, in C order. */
LEAT_API leat_out leat_constant_f32(leat_graph *graph, leat_shape shape, const float *values,
                                    const char *name);
LEAT_API leat_out leat_constant_i32(leat_graph *graph, leat_shape shape, const int32_t *values,
                                    const char *name);

typedef struct leat_filled_args {
    size_t size;
    leat_graph *graph LEAT_CXX_DEFAULT();
    leat_shape shape LEAT_CXX_DEFAULT();
    leat_dtype dtype LEAT_CXX_DEFAULT(); /* float32 */
    const char *name LEAT_CXX_DEFAULT();
} leat_filled_args;
LEAT_API leat_out leat_zeros(leat_filled_args args); /* tf.zeros, "zeros" */
LEAT_API leat_out leat_ones(leat_filled_args args);  /* tf.ones, "ones" */

/* ---- random tensors: a new value each run, TensorFlow's stream for the graph's and the op's seed ---- */
typedef struct leat_random_uniform_args {
    size_t size;
    leat_graph *graph LEAT_CXX_DEFAULT();
    leat_shape shape LEAT_CXX_DEFAULT();
    double minval LEAT_CXX_DEFAULT();
    double maxval LEAT_CXX_DEFAULT(1);   /* [0, 1) */
    leat_dtype dtype LEAT_CXX_DEFAULT(); /* float32; integers draw from [minval, maxval) */
    int64_t seed LEAT_CXX_DEFAULT(LEAT_UNSET);
    const char *name LEAT_CXX_DEFAULT(); /* "random_uniform" */
} leat_random_uniform_args;
LEAT_API leat_out leat_random_uniform(leat_random_uniform_args args);

typedef struct leat_random_normal_args {
    size_t size;
    leat_graph *graph LEAT_CXX_DEFAULT();
    leat_shape shape LEAT_CXX_DEFAULT();
    double mean LEAT_CXX_DEFAULT();
    double stddev LEAT_CXX_DEFAULT(1); /* 0, 1 */
    leat_dtype dtype LEAT_CXX_DEFAULT();
    int64_t seed LEAT_CXX_DEFAULT(LEAT_UNSET);
    const char *name LEAT_CXX_DEFAULT(); /* "random_normal", "truncated_normal" */
} leat_random_normal_args;
LEAT_API leat_out leat_random_normal(leat_random_normal_args args);
LEAT_API leat_out leat_truncated_normal(leat_random_normal_args args);

/* The two seed attributes that TensorFlow gives an op: from the graph's seed and this one (LEAT_UNSET: none). */
LEAT_API void leat_graph_seeds(const leat_graph *graph, int64_t op_seed, int64_t *seed, int64_t *seed2);

/* ---- initializers: how get_variable fills a variable ---- */
typedef enum leat_init_kind {
    LEAT_INIT_DEFAULT, /* glorot_uniform for floating point, zeros for the rest */
    LEAT_INIT_ZEROS,
    LEAT_INIT_ONES,
    LEAT_INIT_CONSTANT,
    LEAT_INIT_UNIFORM,
    LEAT_INIT_NORMAL,
    LEAT_INIT_TRUNCATED_NORMAL,
    LEAT_INIT_VARIANCE_SCALING
} leat_init_kind;
typedef enum leat_fan { LEAT_FAN_IN, LEAT_FAN_OUT, LEAT_FAN_AVG } leat_fan;
typedef struct leat_init {
    leat_init_kind kind;
    double a, b; /* constant; minval, maxval; mean, stddev; scale */
    int64_t seed;
    leat_fan fan;
    leat_init_kind distribution; /* of variance scaling: UNIFORM, NORMAL or TRUNCATED_NORMAL */
} leat_init;
/* `seed` is the op seed, LEAT_UNSET: none. The two glorots are variance scaling of 1 by the mean of fan in and fan out (Glorot and
 * Bengio 2010), he is that of 2 by fan in (He et al. 2015). The fans are the last two dimensions of the shape, times the product of
 * those before. */
LEAT_API leat_init leat_init_zeros(void);
LEAT_API leat_init leat_init_ones(void);
LEAT_API leat_init leat_init_constant(double value);
LEAT_API leat_init leat_init_uniform(double minval, double maxval, int64_t seed); /* [minval, maxval) */
LEAT_API leat_init leat_init_normal(double mean, double stddev, int64_t seed);
LEAT_API leat_init leat_init_truncated_normal(double mean, double stddev, int64_t seed);
LEAT_API leat_init leat_init_glorot_uniform(int64_t seed);
LEAT_API leat_init leat_init_glorot_normal(int64_t seed);
LEAT_API leat_init leat_init_he(int64_t seed); /* variance scaling 2, fan in, truncated normal */
LEAT_API leat_init leat_init_variance_scaling(double scale, leat_fan fan, leat_init_kind distribution,
                                              int64_t seed);
/* The initial value's node in the current scope. */
LEAT_API leat_out leat_init_value(leat_graph *graph, leat_init init, leat_shape shape, leat_dtype dtype);

/* ---- variables ---- */
typedef struct leat_variable_args {
    size_t size;
    leat_out initial_value
    LEAT_CXX_DEFAULT();                    /* leat_scalar and leat_value serve too: "<name>/initial_value" */
    bool trainable LEAT_CXX_DEFAULT(true); /* true */
    bool use_resource LEAT_CXX_DEFAULT();  /* VarHandleOp instead of VariableV2 */
    const char *name LEAT_CXX_DEFAULT();   /* "Variable" */
} leat_variable_args;
/* tf.Variable. Gives the ref (or handle): ops that want its value take <name>/read. In the collections "variables" and, if
 * trainable, "trainable_variables". */
LEAT_API leat_out leat_variable(leat_variable_args args);

typedef struct leat_get_variable_args {
    size_t size;
    leat_graph *graph LEAT_CXX_DEFAULT();
    const char *name LEAT_CXX_DEFAULT();
    leat_shape shape LEAT_CXX_DEFAULT(); /* needed unless reused */
    leat_dtype dtype LEAT_CXX_DEFAULT(); /* float32 */
    leat_init initializer LEAT_CXX_DEFAULT();
    bool trainable LEAT_CXX_DEFAULT(true); /* true */
    bool use_resource LEAT_CXX_DEFAULT();
} leat_get_variable_args;
/* tf.get_variable: the variable of this name in the current variable scope: made, or found where the scope reuses. */
LEAT_API leat_out leat_get_variable(leat_get_variable_args args);

LEAT_API leat_op *leat_initializer(
    leat_out variable); /* its Assign; NULL if it is no variable made here or in a meta graph */
/* The node of its value, such as <name>/read; LEAT_NO_OUT as above. */
LEAT_API leat_out leat_variable_read(leat_out variable);
/* tf.global_variables_initializer: one NoOp ("init") after all initializers of the collection "variables". */
LEAT_API leat_op *leat_global_variables_initializer(leat_graph *graph, const char *name);
/* tf.group: a NoOp, "group_deps", after all ops. */
LEAT_API leat_op *leat_group(leat_graph *graph, leat_op *const *ops, size_t n, const char *name);
/* tf.assign; gives the ref. A resource variable's new value is read by leat_variable_read. */
LEAT_API leat_out leat_assign(leat_out variable, leat_out value, const char *name);

/* ---- reductions over axes (all where not given; a negative one counts from the end) ----
 * The result has the input's dtype (all, any: bool) and its shape without the axes, or with 1 there (keep_dims). Names are TensorFlow's:
 * "Mean", "Sum", ..., and the axes a Const beside. */
typedef struct leat_reduce_args {
    size_t size;
    leat_out input LEAT_CXX_DEFAULT();
    leat_axes axes LEAT_CXX_DEFAULT();
    bool keep_dims LEAT_CXX_DEFAULT();
    const char *name LEAT_CXX_DEFAULT();
} leat_reduce_args;
LEAT_API leat_out leat_reduce_mean(leat_reduce_args args);
LEAT_API leat_out leat_reduce_sum(leat_reduce_args args);
LEAT_API leat_out leat_reduce_max(leat_reduce_args args);
LEAT_API leat_out leat_reduce_min(leat_reduce_args args);
LEAT_API leat_out leat_reduce_prod(leat_reduce_args args);
LEAT_API leat_out leat_reduce_all(leat_reduce_args args);
LEAT_API leat_out leat_reduce_any(leat_reduce_args args);

typedef struct leat_transpose_args {
    size_t size;
    leat_out x LEAT_CXX_DEFAULT();
    leat_axes perm LEAT_CXX_DEFAULT();   /* the axes reversed */
    const char *name LEAT_CXX_DEFAULT(); /* "transpose" */
} leat_transpose_args;
/* tf.transpose: dimension i of the result is dimension perm[i] of x. */
LEAT_API leat_out leat_transpose(leat_transpose_args args);

#ifndef __cplusplus
#define leat_constant(graph_, ...)                                                                           \
    LEAT_KW_(leat_constant, LEAT_KW_NONE_, .graph = (graph_), .value = __VA_ARGS__)
#define LEAT_KW_FILLED_(fname_, ...)                                                                         \
    __extension__({                                                                                          \
        LEAT_KW_ON fname_((leat_filled_args){.size = sizeof(leat_filled_args), __VA_ARGS__});                \
        LEAT_KW_OFF                                                                                          \
    })
#define leat_zeros(graph_, ...) LEAT_KW_FILLED_(leat_zeros, .graph = (graph_), .shape = __VA_ARGS__)
#define leat_ones(graph_, ...) LEAT_KW_FILLED_(leat_ones, .graph = (graph_), .shape = __VA_ARGS__)
#define leat_random_uniform(graph_, shape_, minval_, ...)                                                    \
    LEAT_KW_(leat_random_uniform, LEAT_KW_UNIFORM_, .graph = (graph_), .shape = (shape_),                    \
             .minval = (minval_), .maxval = __VA_ARGS__)
#define LEAT_KW_NORMAL_CALL_(fname_, ...)                                                                    \
    __extension__({                                                                                          \
        LEAT_KW_ON fname_((leat_random_normal_args){.size = sizeof(leat_random_normal_args) LEAT_KW_NORMAL_, \
                                                    __VA_ARGS__});                                           \
        LEAT_KW_OFF                                                                                          \
    })
#define leat_random_normal(graph_, ...)                                                                      \
    LEAT_KW_NORMAL_CALL_(leat_random_normal, .graph = (graph_), .shape = __VA_ARGS__)
#define leat_truncated_normal(graph_, ...)                                                                   \
    LEAT_KW_NORMAL_CALL_(leat_truncated_normal, .graph = (graph_), .shape = __VA_ARGS__)
#define leat_variable(...) LEAT_KW_(leat_variable, LEAT_KW_TRAINABLE_, .initial_value = __VA_ARGS__)
#define leat_get_variable(graph_, ...)                                                                       \
    LEAT_KW_(leat_get_variable, LEAT_KW_TRAINABLE_, .graph = (graph_), .name = __VA_ARGS__)
#define LEAT_KW_REDUCE_(fname_, ...)                                                                         \
    __extension__({                                                                                          \
        LEAT_KW_ON fname_((leat_reduce_args){.size = sizeof(leat_reduce_args), .input = __VA_ARGS__});       \
        LEAT_KW_OFF                                                                                          \
    })
#define leat_reduce_mean(...) LEAT_KW_REDUCE_(leat_reduce_mean, __VA_ARGS__)
#define leat_reduce_sum(...) LEAT_KW_REDUCE_(leat_reduce_sum, __VA_ARGS__)
#define leat_reduce_max(...) LEAT_KW_REDUCE_(leat_reduce_max, __VA_ARGS__)
#define leat_reduce_min(...) LEAT_KW_REDUCE_(leat_reduce_min, __VA_ARGS__)
#define leat_reduce_prod(...) LEAT_KW_REDUCE_(leat_reduce_prod, __VA_ARGS__)
#define leat_reduce_all(...) LEAT_KW_REDUCE_(leat_reduce_all, __VA_ARGS__)
#define leat_reduce_any(...) LEAT_KW_REDUCE_(leat_reduce_any, __VA_ARGS__)
#define leat_transpose(...) LEAT_KW_(leat_transpose, LEAT_KW_NONE_, .x = __VA_ARGS__)
#endif

#ifdef __cplusplus
}
#endif
#endif
