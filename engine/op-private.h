/* op-private.h - what ops and the scheduler know of the engine: op types, tensors, attributes, and the contexts in
 * which an op infers shapes, computes and builds its gradient.
 *
 * An op is one place: a const descriptor beside its kernel, shape function and gradient,
 *
 *     const leat_op_def leat_op_Square = LEAT_OP("Square(x: T) -> y: T; T: {bfloat16, half, float, double, int32, int64}",
 *         .doc = "Squares every element: y = x * x.",
 *         .shape = leat_shape_same, .kernels = {{square_kernel}}, .gradient = square_grad, .flags = LEAT_OP_INPLACE);
 *
 * build-aux/scan-ops.awk reads the literal of every LEAT_OP( in ops/ and writes the table of op types (ops/op-table.c),
 * the typed wrappers (include/leat/raw-ops.h, ops/raw-ops.c) and the op reference (doc/ops.md). The grammar of the
 * literal stands in that script. */
#ifndef LEAT_OP_PRIVATE_H
#define LEAT_OP_PRIVATE_H

#include <stdatomic.h>
#include "base/base-private.h"
#include "leat/graph.h"

/* ---- tensors ---- */

typedef struct leat_string {
    char *data; /* leat_alloc'ed, NUL-terminated; NULL is the empty string */
    size_t size;
} leat_string;

typedef struct leat_var leat_var;

/* Tensors on the heap are reference counted. The values of a run are leat_tensor headers inside the run's frame: their
 * `refs` is 0, their data lie in the frame's slots, or belong to `base`. */
struct leat_tensor {
    atomic_int refs;
    leat_dtype dtype;
    leat_shape shape; /* fully known */
    int64_t elements;
    void *data;
    leat_tensor
        *base; /* a heap tensor that owns `data` and of which this header holds a reference; or NULL */
    void (*free_data)(void *data, void *user);
    void *user;
    leat_var *var; /* values of ref and resource dtype: the variable they denote */
};

/* As leat_tensor_wrap, of memory that leat_alloc_aligned gave (span NULL) or leat_span_alloc: the tensor's from now on, but not
 * after a failure. */
leat_tensor *leat_tensor_adopt(leat_dtype dtype, leat_shape shape, void *data, leat_span *span);
/* Exchanges the memory of a tensor (of numbers, made by leat_tensor_new or _adopt) for other such memory of its size; false,
 * and nothing is done, where it is none of that kind. Who else holds the tensor must look at its data anew. */
bool leat_tensor_swap(leat_tensor *t, void **data, leat_span **span);

static inline size_t leat_dtype_bytes(leat_dtype dtype) /* as leat_dtype_size, inlined */
{
    static const uint8_t bytes[24] = {
#define LEAT_DTYPE_BYTES(enum_, number_, name_, bytes_) [number_] = bytes_,
        LEAT_DTYPE_LIST(LEAT_DTYPE_BYTES)
#undef LEAT_DTYPE_BYTES
    };
    return (unsigned)dtype < 24 ? bytes[dtype] : 0;
}
static inline int leat_shape_rank(const leat_shape *s)
{
    return s->rank_plus_1 - 1;
}
/* Elements and bytes of a shape, overflow checked: LEAT_ERR_INVALID_ARGUMENT for negative or too large ones. */
leat_status leat_shape_measure(const leat_shape *shape, leat_dtype dtype, int64_t *elements,
                               size_t *bytes) LEAT_MUST_CHECK;
bool leat_shape_known(const leat_shape *shape); /* rank and all dimensions */
/* Do the two agree wherever both are known? *merged (may be NULL) is what both together say. */
bool leat_shape_merge(const leat_shape *a, const leat_shape *b, leat_shape *merged);
/* Numpy broadcasting, unknown dimensions allowed. false: they do not broadcast. */
bool leat_shape_broadcast(const leat_shape *a, const leat_shape *b, leat_shape *out);
leat_dtype leat_dtype_from_name(const char *name,
                                size_t n);           /* "float", "float32", "int32"...; NONE if unknown */
leat_tensor *leat_tensor_copy(const leat_tensor *t); /* a deep copy on the heap; NULL: out of memory */
static inline bool leat_dtype_is_integer(leat_dtype d)
{
    return d == LEAT_INT32 || d == LEAT_INT64 || d == LEAT_UINT8 || d == LEAT_INT8 || d == LEAT_INT16 ||
           d == LEAT_UINT16 || d == LEAT_UINT32 || d == LEAT_UINT64;
}
static inline bool leat_dtype_is_floating(leat_dtype d)
{
    return d == LEAT_FLOAT || d == LEAT_DOUBLE || d == LEAT_HALF || d == LEAT_BFLOAT16;
}
static inline bool leat_dtype_is_complex(leat_dtype d)
{
    return d == LEAT_COMPLEX64 || d == LEAT_COMPLEX128;
}

/* A dtype set is a bit mask by dtype number. */
#define LEAT_BIT(dtype_) (UINT32_C(1) << (dtype_))

/* ---- signatures: written by build-aux/scan-ops.awk from the literals ---- */

typedef enum leat_attr_kind {
    LEAT_ATTR_NONE,
    LEAT_ATTR_STRING,
    LEAT_ATTR_INT,
    LEAT_ATTR_FLOAT,
    LEAT_ATTR_BOOL,
    LEAT_ATTR_TYPE,
    LEAT_ATTR_SHAPE,
    LEAT_ATTR_TENSOR,
    LEAT_ATTR_FUNC,
    LEAT_ATTR_LIST = 16, /* added to one of the above */
} leat_attr_kind;

typedef struct leat_arg_sig {
    const char *name;
    leat_dtype type;     /* a fixed dtype, else NONE */
    int16_t type_attr;   /* index of the type (or list(type)) attribute, else -1 */
    int16_t number_attr; /* "N * T": index of N, else -1 */
    bool is_list;        /* type_attr is a list(type), or number_attr >= 0 */
    bool is_ref;
} leat_arg_sig;

/* An attribute's value. Kind LIST+k: `list` points to `n` items (int64_t, float, bool, leat_dtype, leat_shape, leat_bytes,
 * leat_tensor *). Memory belongs to the graph's arena (tensors: a reference). */
typedef struct leat_attr_value {
    uint8_t kind; /* leat_attr_kind */
    uint32_t n;   /* items of a list; bytes of a string or func name */
    union {
        int64_t i;
        float f;
        bool b;
        leat_dtype type;
        const leat_shape *shape;
        leat_tensor *tensor;
        const char *s; /* string, func name, or raw wire bytes of a func with attributes */
        const void *list;
    };
} leat_attr_value;

typedef struct leat_attr_sig {
    const char *name;
    leat_attr_kind kind;
    uint32_t dtypes;            /* allowed dtypes of a type attribute; 0: any */
    const char *const *strings; /* allowed strings, NULL-terminated, or NULL */
    int64_t minimum;            /* of an int, or of a list's length; INT64_MIN: none */
    bool has_default, inferred; /* inferred: given by the inputs */
    leat_attr_value value;      /* the default */
} leat_attr_sig;

typedef struct leat_op_def leat_op_def;

typedef struct leat_op_sig {
    const char *name;
    const leat_op_def *def; /* NULL only in the placeholder type of an op that Leat does not know */
    const leat_arg_sig *in, *out;
    const leat_attr_sig *attrs;
    uint8_t n_in, n_out, n_attrs;
} leat_op_sig;

extern const leat_op_sig leat_op_table[]; /* sorted by name */
extern const size_t leat_op_table_count;
const leat_op_sig *leat_op_sig_find(const char *name, size_t n); /* by older names, too; NULL if unknown */

/* ---- ops of a graph ---- */

typedef struct leat_op_attr {
    const char *name; /* interned in the graph */
    leat_attr_value value;
} leat_op_attr;

typedef struct leat_op_out {
    const leat_shape *shape; /* interned in the graph; never NULL */
    leat_dtype dtype;        /* the base type */
    bool is_ref;
} leat_op_out;

struct leat_op {
    leat_graph *graph;
    const leat_op_sig *type;
    const char *name;
    const char *type_name; /* type->name, or the unknown op's own */
    const char *device;    /* interned; "" if none */
    leat_out *inputs;
    leat_op **controls;
    leat_op_attr
        *attrs; /* the type's attributes in its order (all present), then unknown ones as they came */
    leat_op_out *outputs;
    const leat_bytes *rest; /* fields of its NodeDef that nobody here reads; NULL: none */
    uint32_t id; /* index in the graph: inputs of an op have lower ids, but for loops' back edges */
    uint32_t n_inputs, n_controls, n_outputs;
    uint16_t n_attrs;
    bool pending;   /* leat_scalar: not yet a node */
    uint32_t place; /* imported: the offset in its file, of a text the line; 0: built here */
};

/* Attribute access by name; the kind is checked in debug builds only, since the builder validated it. */
const leat_attr_value *leat_attr(const leat_op *op, const char *name); /* NULL if absent */
int64_t leat_attr_int(const leat_op *op, const char *name);
float leat_attr_float(const leat_op *op, const char *name);
bool leat_attr_bool(const leat_op *op, const char *name);
leat_dtype leat_attr_type(const leat_op *op, const char *name);
const char *leat_attr_string(const leat_op *op, const char *name); /* NUL-terminated */
leat_shape leat_attr_shape(const leat_op *op, const char *name);
leat_tensor *leat_attr_tensor(const leat_op *op, const char *name);
/* Items of a list attribute: returns the count. */
size_t leat_attr_ints(const leat_op *op, const char *name, const int64_t **values);

/* "node 'N' (Op): reason": what every error about a node looks like. */
leat_status leat_op_fail(const leat_op *op, leat_status status, const char *format, ...) LEAT_PRINTF(3, 4);
/* "FILE:OFFSET: " before the message, where the op was imported. */
leat_status leat_op_fail_at_origin(const leat_op *op, leat_status status);

/* ---- shape inference ----
 * The same function serves graph building (unknown dimensions) and checks. It sets every output's shape; outputs that
 * it leaves alone are unknown. It reports impossible input shapes by leat_infer_fail. */
typedef struct leat_infer {
    const leat_op *op;
    const leat_shape *const *in; /* n_inputs; never NULL */
    leat_shape *out;             /* n_outputs; preset to unknown */
} leat_infer;

typedef leat_status leat_shape_fn(leat_infer *c);

/* The value of input i where it is known without running (constants, and shape arithmetic over known shapes): a new
 * reference, or NULL. */
leat_tensor *leat_infer_value(const leat_infer *c, int i);
/* Input i, a 1-D integer tensor, as a shape: -1 where an element is unknown; rank unknown if even its length is. */
leat_shape leat_infer_value_as_shape(const leat_infer *c, int i);
leat_status leat_infer_fail(const leat_infer *c, const char *format, ...) LEAT_PRINTF(2, 3);
/* Input i must have (or be able to have) this rank: else an error. */
leat_status leat_infer_want_rank(const leat_infer *c, int i, int rank);

/* Common shape functions. */
leat_status leat_shape_same(leat_infer *c); /* every output has the shape of input 0 */
leat_status leat_shape_same_merged(
    leat_infer *c); /* all inputs must agree; output 0 is what they say together */
leat_status leat_shape_broadcast2(leat_infer *c); /* inputs 0 and 1 broadcast */
leat_status leat_shape_scalar(leat_infer *c);     /* every output is a scalar */
leat_status leat_shape_none(leat_infer *c);       /* no outputs, or nothing known */
leat_status leat_shape_attr(leat_infer *c);       /* output 0 has the shape of attribute "shape" */

/* ---- kernels ---- */

typedef struct leat_kernel leat_kernel;

/* fn(tile, arg) computes one tile; tiles write disjoint memory; their number depends on shapes only. */
typedef void leat_tile_fn(size_t tile, void *arg);

struct leat_kernel {
    const leat_op *op;
    const leat_tensor *const *in; /* n_inputs headers; a ref input shows the variable's current value */
    leat_tensor *out;             /* n_outputs headers, to be filled by leat_out_* */
    uint32_t node;                /* in the plan */
    uint32_t n_in, n_out;
    void *worker; /* the executor's; NULL: serial */
    struct leat_frame *frame;
};

typedef leat_status leat_kernel_fn(leat_kernel *k);

/* Allocates output i: the header is filled in and data point to uninitialised memory (strings: empty strings). */
leat_status leat_out_new(leat_kernel *k, int i, const leat_shape *shape) LEAT_MUST_CHECK;
/* For a kernel that makes many megabytes at once: leat_out_new, whose memory, where new memory is needed, is of the span while that
 * has some; and how much of it output i would take for so many bytes. */
leat_status leat_out_new_in(leat_kernel *k, int i, const leat_shape *shape, leat_span *span) LEAT_MUST_CHECK;
size_t leat_out_growth(const leat_kernel *k, int i, size_t bytes);
/* As leat_out_new, but takes over the buffer of input j where nobody else needs it and the bytes agree: elementwise
 * kernels then work in place. Needs the flag LEAT_OP_INPLACE. */
leat_status leat_out_reuse(leat_kernel *k, int i, int j, const leat_shape *shape) LEAT_MUST_CHECK;
/* Output i shows input j's buffer under another shape (equal number of elements). Needs LEAT_OP_ALIAS; output 0 of
 * input 0 only. */
leat_status leat_out_alias(leat_kernel *k, const leat_shape *shape) LEAT_MUST_CHECK;
/* A copy of input j. */
leat_status leat_out_copy(leat_kernel *k, int i, int j) LEAT_MUST_CHECK;
/* Output i shows input 0, buffer or variable; all other outputs are dead. Needs LEAT_OP_SWITCHES. */
leat_status leat_out_switch(leat_kernel *k, int i) LEAT_MUST_CHECK;
/* Is the value dead: made in a branch that was not taken? Only ops with LEAT_OP_MERGES ever see one. */
bool leat_in_dead(const leat_kernel *k, int i);
/* Output i shows this tensor, which is a variable's value, for as long as the plan says; or is a copy of it. */
leat_status leat_out_show(leat_kernel *k, int i, const leat_tensor *value) LEAT_MUST_CHECK;
/* Output i shows this heap tensor (the reference is handed over, on failure too). */
leat_status leat_out_set(leat_kernel *k, int i, leat_tensor *tensor) LEAT_MUST_CHECK;
/* Temporary memory of this worker, 64-byte aligned, until the kernel (or the tile that asked) returns. NULL: out of
 * memory, and nothing else: no bytes are a place, too. */
void *leat_scratch(leat_kernel *k, size_t bytes);
/* Runs tiles 0..n-1, shared with idle workers; returns when all are done. The same tiles, serial or parallel. */
void leat_tiles(leat_kernel *k, size_t n, leat_tile_fn *fn, void *arg);
/* Error of this node, with shapes or values in the reason. */
leat_status leat_kernel_fail(const leat_kernel *k, leat_status status, const char *format, ...)
    LEAT_PRINTF(3, 4);
/* Zeroed memory of this node that lives as long as the session and is shared by all its runs (random streams): lock
 * nothing, the plan orders stateful nodes. NULL: out of memory. */
void *leat_node_state(leat_kernel *k, size_t bytes);
/* A pointer of this node in this frame: one run at a time uses it, so caches (primitives by shape) need no lock. Freed by
 * free_cache at the end. *slot is NULL at first. */
void **leat_node_cache(leat_kernel *k, void (*free_cache)(void *));

typedef void *leat_make_object(const void *like); /* NULL: out of memory */
typedef void leat_free_object(void *object);

/* Variables. A variable belongs to a session; `value` is NULL until it is initialised. The plan orders readers and
 * writers; a run that writes excludes other runs of the session. */
struct leat_var {
    leat_tensor
        *value; /* owns one reference; others are a run's own, of who follows a ref variable (plan-state.c) */
    const char *name;
    leat_dtype dtype;
    leat_shape shape; /* as declared; unknown dimensions allowed */
    void *object;     /* what is no tensor: a table (tables-private.h). The variable then never has a value */
    leat_free_object *free_object;
};
leat_var *leat_in_var(const leat_kernel *k,
                      int i); /* of a ref or resource input; never NULL in a checked graph */
/* The variable's buffer, for writing in place; LEAT_ERR_FAILED_PRECONDITION naming it if uninitialised. */
leat_status leat_var_value(const leat_kernel *k, int i, leat_tensor **value) LEAT_MUST_CHECK;
/* Gives the variable a copy of `value`, in its own tensor where the number of elements is the same. */
leat_status leat_var_assign(leat_kernel *k, leat_var *var, const leat_tensor *value) LEAT_MUST_CHECK;
/* As leat_var_assign of input i; where nobody else uses that value, its memory becomes the variable's and nothing is copied
 * (needs LEAT_OP_TAKES). */
leat_status leat_var_take(leat_kernel *k, leat_var *var, int i) LEAT_MUST_CHECK;
/* Output i is a ref to the variable of input j, as Assign returns. */
void leat_out_ref(leat_kernel *k, int i, int j);
/* The session's variable of an op with LEAT_OP_DENOTES: made at the first call. NULL: out of memory. */
leat_var *leat_session_var(leat_kernel *k);
/* The object of that variable: made by the first op that asks, after `like`. NULL: out of memory. */
void *leat_session_object(leat_kernel *k, leat_var *var, leat_make_object *make, const void *like,
                          leat_free_object *free_object);
void leat_out_var(leat_kernel *k, int i, leat_var *var);

/* For profiles: which of the ways to compute it a kernel takes, where it chooses by shapes; a literal. */
void leat_kernel_ran(leat_kernel *k, const char *label);

typedef struct leat_kernel_def {
    leat_kernel_fn *fn;
    bool (*can)(const leat_op *op); /* by static dtypes, attributes, shapes; NULL: always */
    const char *label; /* "onednn", "blas", "vector", "reference" for profiles, unless it says itself by
                          leat_kernel_ran; NULL: reference */
} leat_kernel_def;
#define LEAT_MAX_KERNELS 4

/* ---- gradients ---- */

typedef struct leat_grad {
    leat_graph *graph;
    leat_op *op;        /* the forward op */
    const leat_out *dy; /* n_outputs: gradient of each output; LEAT_NO_OUT where nothing flows */
    leat_out *dx;       /* n_inputs: to be filled; left LEAT_NO_OUT means no gradient */
    leat_op *broadcast; /* leat_grad_unbroadcast's own: made for the first input, used again for the second */
    leat_out broadcast_shapes[2];
    const uint8_t *marks; /* the walk's own, by op id */
} leat_grad;

/* Builds nodes of the gradient in the name scope gradients/<op>_grad/. Errors go to the graph. */
typedef void leat_grad_fn(leat_grad *g);

static inline leat_out leat_grad_in(const leat_grad *g, int i)
{
    return g->op->inputs[i];
}
static inline leat_out leat_grad_out(const leat_grad *g, int i)
{
    return (leat_out){g->op, i};
}
/* dy[i], or zeros like output i where nothing flows into it. */
leat_out leat_grad_dy(leat_grad *g, int i);
/* Does anybody ask for the gradient by input i? What is built for one that nobody asks for is pruned, yet takes memory. */
bool leat_grad_wanted(const leat_grad *g, int i);
/* For broadcasting binary ops: sums `dx` down to the shape of input i (nothing where the static shapes say so), as
 * TensorFlow's BroadcastGradientArgs, Sum, Reshape. `other` is the other input's index. */
leat_out leat_grad_unbroadcast(leat_grad *g, leat_out dx, int i, int other);
/* No gradient in this case: the graph's error, naming the op. */
void leat_grad_fail(leat_grad *g, const char *format, ...) LEAT_PRINTF(2, 3);
/* The marker of ops through which nothing flows back, as TensorFlow says of them: comparisons, shapes, Floor. The gradient
 * by their inputs is none; asking for it is no error. */
void leat_grad_none(leat_grad *g);
/* The marker of ops that have outputs to differentiate and no gradient: asking for it is the graph's error. */
void leat_grad_missing(leat_grad *g);

/* ---- descriptors ---- */

typedef enum leat_op_flags {
    LEAT_OP_STATEFUL =
        1, /* has state or effects: never folded, never shared; a run with one excludes other runs */
    LEAT_OP_INPLACE = 2,    /* output 0 may take over an input's buffer (leat_out_reuse) */
    LEAT_OP_ALIAS = 4,      /* output 0 may show input 0's buffer (leat_out_alias) */
    LEAT_OP_WRITES_VAR = 8, /* writes the variable of input 0 (Assign, Apply*) */
    LEAT_OP_READS_VAR =
        16, /* reads the variable of a resource input (ReadVariableOp); ref inputs are readers anyhow */
    LEAT_OP_BLOCKING = 32,     /* may wait for another run (queues) */
    LEAT_OP_REF_RAW = 64,      /* does not need the value of its ref input (Assign, IsVariableInitialized) */
    LEAT_OP_WRITES_VARS = 128, /* writes every variable among its inputs (ApplyAdam's var, m, v) */
    LEAT_OP_SWITCHES = 256,    /* one output shows input 0, the others are dead; goes with ALIAS */
    LEAT_OP_MERGES = 512,      /* runs as soon as one data input is not dead */
    LEAT_OP_NEVER_DEAD = 1024, /* runs even if what it waits for is dead */
    LEAT_OP_TAKES = 2048,      /* may keep input 1's memory as its variable's (leat_var_take) */
    LEAT_OP_DENOTES = 4096, /* output 0 denotes what the session keeps under its name: a variable, a table */
} leat_op_flags;

typedef struct leat_cost {
    double flops, bytes;
} leat_cost;

/* What one execution computes, in floating point operations, and moves, in bytes. An addition, a comparison, a root or another
 * elementary function is one operation. `cost` comes with what holds for elementwise ops: an operation (or flops_each) for each element
 * of the largest input or of all outputs, whichever is more, and all their bytes. */
typedef void leat_cost_fn(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                          leat_cost *cost);

/* The marker of ops that compute nothing in floating point: they move, draw, compare, or write text. */
leat_cost_fn leat_cost_moves;
leat_cost_fn leat_cost_gather; /* moves what it gathers, not all of input 0 */
leat_cost_fn
    leat_cost_of_rows; /* reads and writes as much of each variable as there are updates in its other inputs */

struct leat_op_def {
    const char *notation;
    const char *doc;
    leat_shape_fn *shape;
    leat_kernel_def
        kernels[LEAT_MAX_KERNELS]; /* in order of preference; none: the op is run by the plan itself */
    leat_grad_fn *gradient;        /* or leat_grad_none, leat_grad_missing */
    leat_cost_fn *cost;            /* NULL: elements */
    unsigned flops_each;           /* operations an element; 0: one */
    unsigned flags;
};

#define LEAT_OP(notation_, ...)                                                                              \
    {                                                                                                        \
        .notation = (notation_), __VA_ARGS__                                                                 \
    }

#endif
