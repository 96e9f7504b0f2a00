/* state.c - variables: the ref ones of TensorFlow 1 (VariableV2, Assign) and the resource ones (VarHandleOp,
 * AssignVariableOp, ReadVariableOp).
 *
 * The plan orders readers and writers of a variable by the flags; so nothing here locks. Every kernel checks all that
 * it is given before the first byte of the variable changes. */
#include "ops/state-private.h"

/* ---- what both kinds share ---- */

/* The variable's declared shape, as far as the graph tells: a handle is followed to the VarHandleOp that made it. */
leat_shape leat_handle_shape(const leat_op *op, int input)
{
    leat_out in = op->inputs[input];
    for (int hops = 0; hops < 16 && in.op != NULL; hops++) {
        if (strcmp(in.op->type_name, "VarHandleOp") == 0)
            return leat_attr_shape(in.op, "shape");
        if (strcmp(in.op->type_name, "Identity") != 0 && strcmp(in.op->type_name, "Enter") != 0)
            break;
        in = in.op->inputs[0];
    }
    return LEAT_UNKNOWN_SHAPE;
}

leat_status leat_want_same_shape(const leat_kernel *k, const leat_tensor *var, const leat_tensor *value)
{
    char a[128], b[128];
    if (leat_shape_equal(var->shape, value->shape))
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the variable has shape %s, the value %s",
                            leat_shape_print(var->shape, a, sizeof a),
                            leat_shape_print(value->shape, b, sizeof b));
}

static leat_status want_dtype(const leat_kernel *k, const leat_var *var, leat_dtype dtype)
{
    if (var->dtype == dtype)
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "variable '%s' has dtype %s, not %s", var->name,
                            leat_dtype_name(var->dtype), leat_dtype_name(dtype));
}

/* May the variable take a value of this shape? `fixed`: an initialised variable keeps the shape it has. */
static leat_status want_assignable(const leat_kernel *k, const leat_var *var, const leat_tensor *value,
                                   bool fixed)
{
    const leat_shape *shape = &var->shape;
    char a[128], b[128];
    if (fixed && var->value != NULL)
        shape = &var->value->shape;
    if (leat_shape_merge(shape, &value->shape, NULL))
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                            "variable '%s' has shape %s; a value of shape %s cannot be "
                            "assigned",
                            var->name, leat_shape_print(*shape, a, sizeof a),
                            leat_shape_print(value->shape, b, sizeof b));
}

typedef struct accumulate {
    leat_dtype dtype;
    bool subtract;
    void *to;
    const void *from;
} accumulate;

#define ACCUMULATE(type_)                                                                                    \
    do {                                                                                                     \
        type_ *restrict to = (type_ *)a->to + begin;                                                         \
        const type_ *restrict from = (const type_ *)a->from + begin;                                         \
        if (a->subtract)                                                                                     \
            for (int64_t i = 0; i < n; i++)                                                                  \
                to[i] = (type_)(to[i] - from[i]);                                                            \
        else                                                                                                 \
            for (int64_t i = 0; i < n; i++)                                                                  \
                to[i] = (type_)(to[i] + from[i]);                                                            \
    } while (0)

#define ACCUMULATE_SMALL(load_, store_)                                                                      \
    do {                                                                                                     \
        uint16_t *to = (uint16_t *)a->to + begin;                                                            \
        const uint16_t *from = (const uint16_t *)a->from + begin;                                            \
        for (int64_t i = 0; i < n; i++)                                                                      \
            to[i] = store_(a->subtract ? load_(to[i]) - load_(from[i]) : load_(to[i]) + load_(from[i]));     \
    } while (0)

/* Signed integers wrap, as TensorFlow's do: the sums are computed unsigned. Complex numbers are pairs of floats. */
static void accumulate_range(int64_t begin, int64_t end, void *arg)
{
    const accumulate *a = arg;
    int64_t n = end - begin;
    switch (a->dtype) {
    case LEAT_FLOAT: ACCUMULATE(float); break;
    case LEAT_DOUBLE: ACCUMULATE(double); break;
    case LEAT_INT8:
    case LEAT_UINT8: ACCUMULATE(uint8_t); break;
    case LEAT_INT16:
    case LEAT_UINT16: ACCUMULATE(uint16_t); break;
    case LEAT_INT32:
    case LEAT_UINT32: ACCUMULATE(uint32_t); break;
    case LEAT_INT64:
    case LEAT_UINT64: ACCUMULATE(uint64_t); break;
    case LEAT_HALF: ACCUMULATE_SMALL(leat_half_to_float, leat_float_to_half); break;
    case LEAT_BFLOAT16: ACCUMULATE_SMALL(leat_bfloat16_to_float, leat_float_to_bfloat16); break;
    default: break;
    }
}

static leat_status accumulate_into(leat_kernel *k, leat_tensor *to, const leat_tensor *value, bool subtract)
{
    accumulate a = {to->dtype, subtract, to->data, value->data};
    int64_t n = to->elements;
    if (to->dtype == LEAT_COMPLEX64 || to->dtype == LEAT_COMPLEX128) {
        a.dtype = to->dtype == LEAT_COMPLEX64 ? LEAT_FLOAT : LEAT_DOUBLE;
        n *= 2;
    } else if (!leat_dtype_is_integer(to->dtype) && !leat_dtype_is_floating(to->dtype)) {
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "%s has no sums", leat_dtype_name(to->dtype));
    }
    leat_ranges(k, n, LEAT_GRAIN_CHEAP, accumulate_range, &a);
    return LEAT_OK;
}

/* ---- ref variables ---- */

static leat_status variable_kernel(leat_kernel *k)
{
    leat_var *var = leat_session_var(k);
    if (var == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for the variable");
    leat_out_var(k, 0, var);
    return LEAT_OK;
}

/* In the first versions of TensorFlow the shape [] of a Variable meant "unknown". */
static leat_status variable_v1_shape(leat_infer *c)
{
    leat_shape shape = leat_attr_shape(c->op, "shape");
    c->out[0] = leat_shape_rank(&shape) > 0 ? shape : LEAT_UNKNOWN_SHAPE;
    return LEAT_OK;
}

const leat_op_def leat_op_VariableV2 = LEAT_OP(
    "VariableV2() -> ref: Ref(dtype); shape: shape; dtype: type; container: string = ''; shared_name: string = ''",
    .doc = "A variable of the session, handed on as a ref. It has no value until one is assigned.",
    .shape = leat_shape_attr, .kernels = {{.fn = variable_kernel}}, .gradient = leat_grad_none,
    .flags = LEAT_OP_STATEFUL | LEAT_OP_DENOTES);

LEAT_ROW(VariableV2, "() {dtype: float; shape: shape[2]} fails 'uninitialized'");

const leat_op_def leat_op_Variable = LEAT_OP(
    "Variable() -> ref: Ref(dtype); shape: shape; dtype: type; container: string = ''; shared_name: string = ''",
    .doc = "VariableV2 as the first versions of TensorFlow spelt it: the shape [] means unknown.",
    .shape = variable_v1_shape, .kernels = {{.fn = variable_kernel}}, .gradient = leat_grad_none,
    .flags = LEAT_OP_STATEFUL | LEAT_OP_DENOTES);

LEAT_ROW(Variable, "() {dtype: float; shape: shape[2]} fails 'uninitialized'");

static leat_status assign_shape(leat_infer *c)
{
    char a[128], b[128];
    if (!leat_attr_bool(c->op, "validate_shape")) {
        c->out[0] = *c->in[1];
        return LEAT_OK;
    }
    if (leat_shape_merge(c->in[0], c->in[1], &c->out[0]))
        return LEAT_OK;
    return leat_infer_fail(c, "the variable has shape %s, the value %s",
                           leat_shape_print(*c->in[0], a, sizeof a),
                           leat_shape_print(*c->in[1], b, sizeof b));
}

static leat_status assign_kernel(leat_kernel *k)
{
    leat_var *var = leat_in_var(k, 0);
    LEAT_TRY(want_dtype(k, var, k->in[1]->dtype));
    if (leat_attr_bool(k->op, "validate_shape"))
        LEAT_TRY(want_assignable(k, var, k->in[1], true));
    LEAT_TRY(leat_var_take(k, var, 1));
    leat_out_ref(k, 0, 0);
    return LEAT_OK;
}

const leat_op_def leat_op_Assign = LEAT_OP(
    "Assign(ref: Ref(T), value: T) -> output_ref: Ref(T); T: type; validate_shape: bool = true; "
    "use_locking: bool = true",
    .doc =
        "Gives the variable a copy of value and hands on its ref. With validate_shape the shape must be the "
        "variable's.",
    .shape = assign_shape, .kernels = {{.fn = assign_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves, .flags = LEAT_OP_WRITES_VAR | LEAT_OP_REF_RAW | LEAT_OP_TAKES);

LEAT_ROW(Assign, "(ref float[2] 1 2, float[2] 3 4) -> float[2] 3 4");
LEAT_ROW(Assign, "(ref float[2] 1 2, float[3] 3 4 5) fails ''");
LEAT_ROW(Assign, "(ref string[1] 'a', string[1] 'bc') -> string[1] 'bc'");

static leat_status assign_sum(leat_kernel *k, bool subtract)
{
    leat_tensor *to;
    LEAT_TRY(leat_var_value(k, 0, &to));
    LEAT_TRY(leat_want_same_shape(k, to, k->in[1]));
    LEAT_TRY(accumulate_into(k, to, k->in[1], subtract));
    leat_out_ref(k, 0, 0);
    return LEAT_OK;
}

static leat_status assign_add_kernel(leat_kernel *k)
{
    return assign_sum(k, false);
}

static leat_status assign_sub_kernel(leat_kernel *k)
{
    return assign_sum(k, true);
}

const leat_op_def leat_op_AssignAdd =
    LEAT_OP("AssignAdd(ref: Ref(T), value: T) -> output_ref: Ref(T); T: numeric; use_locking: bool = false",
            .doc = "Adds value to the variable and hands on its ref.", .shape = leat_shape_same_merged,
            .kernels = {{.fn = assign_add_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_of_rows,
            .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(AssignAdd, "(ref float[2] 1 2, float[2] 3 4) -> float[2] 4 6");
LEAT_ROW(AssignAdd, "(ref int64[2] 1 2, int64[2] 3 4) -> int64[2] 4 6");
LEAT_ROW(AssignAdd, "(ref float[2] 1 2, float[3] 3 4 5) fails ''");

const leat_op_def leat_op_AssignSub =
    LEAT_OP("AssignSub(ref: Ref(T), value: T) -> output_ref: Ref(T); T: numeric; use_locking: bool = false",
            .doc = "Subtracts value from the variable and hands on its ref.", .shape = leat_shape_same_merged,
            .kernels = {{.fn = assign_sub_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_of_rows,
            .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(AssignSub, "(ref double[2] 1 2, double[2] 3 5) -> double[2] -2 -3");

/* ---- resource variables ---- */

static leat_status is_initialized_kernel(leat_kernel *k)
{
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SCALAR));
    *(bool *)k->out[0].data = leat_in_var(k, 0)->value != NULL;
    return LEAT_OK;
}

const leat_op_def leat_op_IsVariableInitialized =
    LEAT_OP("IsVariableInitialized(ref: Ref(dtype)) -> is_initialized: bool; dtype: type",
            .doc = "Whether the variable has a value.", .shape = leat_shape_scalar,
            .kernels = {{.fn = is_initialized_kernel}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_READS_VAR | LEAT_OP_REF_RAW);

LEAT_ROW(IsVariableInitialized, "(ref float[2] 1 2) -> bool[] true");

const leat_op_def leat_op_VarIsInitializedOp = LEAT_OP(
    "VarIsInitializedOp(resource: resource) -> is_initialized: bool",
    .doc = "Whether the variable of the handle has a value.", .shape = leat_shape_scalar,
    .kernels = {{.fn = is_initialized_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_READS_VAR);

LEAT_ROW(VarIsInitializedOp, "(var float[2] 1 2) -> bool[] true");

const leat_op_def leat_op_VarHandleOp =
    LEAT_OP("VarHandleOp() -> resource: resource; container: string = ''; shared_name: string = ''; "
            "debug_name: string = ''; dtype: type; shape: shape; allowed_devices: list(string) = []",
            .doc = "A handle of a variable of the session. It has no value until one is assigned.",
            .shape = leat_shape_scalar, .kernels = {{.fn = variable_kernel}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_DENOTES);

LEAT_ROW(VarHandleOp, "() {dtype: float; shape: shape[2]} fails ''");

static leat_status read_variable_shape(leat_infer *c)
{
    c->out[0] = leat_handle_shape(c->op, 0);
    return LEAT_OK;
}

static leat_status read_variable_kernel(leat_kernel *k)
{
    leat_tensor *value;
    LEAT_TRY(leat_var_value(k, 0, &value));
    LEAT_TRY(want_dtype(k, leat_in_var(k, 0), leat_attr_type(k->op, "dtype")));
    return leat_out_show(k, 0, value);
}

static void read_variable_grad(leat_grad *g)
{
    g->dx[0] = leat_grad_dy(g, 0);
}

const leat_op_def leat_op_ReadVariableOp = LEAT_OP(
    "ReadVariableOp(resource: resource) -> value: dtype; dtype: type", .doc = "The value of the variable.",
    .shape = read_variable_shape, .kernels = {{.fn = read_variable_kernel}}, .gradient = read_variable_grad,
    .cost = leat_cost_moves, .flags = LEAT_OP_READS_VAR | LEAT_OP_ALIAS);

LEAT_ROW(ReadVariableOp, "(var float[2] 1 2) {dtype: float} -> float[2] 1 2");

static leat_status assign_variable_shape(leat_infer *c)
{
    leat_shape declared = leat_handle_shape(c->op, 0);
    char a[128], b[128];
    if (leat_shape_merge(&declared, c->in[1], NULL))
        return LEAT_OK;
    return leat_infer_fail(c, "the variable has shape %s, the value %s",
                           leat_shape_print(declared, a, sizeof a), leat_shape_print(*c->in[1], b, sizeof b));
}

static leat_status assign_variable_kernel(leat_kernel *k)
{
    leat_var *var = leat_in_var(k, 0);
    LEAT_TRY(want_dtype(k, var, k->in[1]->dtype));
    LEAT_TRY(want_assignable(k, var, k->in[1], leat_attr_bool(k->op, "validate_shape")));
    return leat_var_take(k, var, 1);
}

const leat_op_def leat_op_AssignVariableOp =
    LEAT_OP("AssignVariableOp(resource: resource, value: dtype); dtype: type; validate_shape: bool = false",
            .doc = "Gives the variable a copy of value.", .shape = assign_variable_shape,
            .kernels = {{.fn = assign_variable_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR | LEAT_OP_REF_RAW | LEAT_OP_TAKES);

LEAT_ROW(AssignVariableOp, "(var float[2] 1 2, float[2] 3 4) -> after 0: float[2] 3 4");

static leat_status assign_variable_sum(leat_kernel *k, bool subtract)
{
    leat_tensor *to;
    LEAT_TRY(leat_var_value(k, 0, &to));
    LEAT_TRY(want_dtype(k, leat_in_var(k, 0), k->in[1]->dtype));
    LEAT_TRY(leat_want_same_shape(k, to, k->in[1]));
    return accumulate_into(k, to, k->in[1], subtract);
}

static leat_status assign_add_variable_kernel(leat_kernel *k)
{
    return assign_variable_sum(k, false);
}

static leat_status assign_sub_variable_kernel(leat_kernel *k)
{
    return assign_variable_sum(k, true);
}

const leat_op_def leat_op_AssignAddVariableOp =
    LEAT_OP("AssignAddVariableOp(resource: resource, value: dtype); dtype: type",
            .doc = "Adds value to the variable.", .shape = assign_variable_shape,
            .kernels = {{.fn = assign_add_variable_kernel}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(AssignAddVariableOp, "(var float[2] 1 2, float[2] 3 4) -> after 0: float[2] 4 6");

const leat_op_def leat_op_AssignSubVariableOp =
    LEAT_OP("AssignSubVariableOp(resource: resource, value: dtype); dtype: type",
            .doc = "Subtracts value from the variable.", .shape = assign_variable_shape,
            .kernels = {{.fn = assign_sub_variable_kernel}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(AssignSubVariableOp, "(var int32[2] 1 2, int32[2] 3 5) -> after 0: int32[2] -2 -3");

static leat_status destroy_kernel(leat_kernel *k)
{
    leat_var *var = leat_in_var(k, 0);
    if (var->value == NULL && !leat_attr_bool(k->op, "ignore_lookup_error"))
        return leat_kernel_fail(k, LEAT_ERR_NOT_FOUND, "variable '%s' has no value to destroy", var->name);
    leat_tensor_unref(var->value);
    var->value = NULL;
    return LEAT_OK;
}

const leat_op_def leat_op_DestroyResourceOp = LEAT_OP(
    "DestroyResourceOp(resource: resource); ignore_lookup_error: bool = true",
    .doc = "Takes the variable's value away.", .shape = leat_shape_none, .kernels = {{.fn = destroy_kernel}},
    .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR | LEAT_OP_REF_RAW);

LEAT_ROW(DestroyResourceOp, "(var float[2] 1 2) ->");

static leat_status nothing_kernel(leat_kernel *k)
{
    (void)k;
    return LEAT_OK;
}

const leat_op_def leat_op_DisableCopyOnRead =
    LEAT_OP("DisableCopyOnRead(resource: resource)",
            .doc = "Does nothing: what is read of a variable here stays as it was without being copied.",
            .shape = leat_shape_none, .kernels = {{.fn = nothing_kernel}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_REF_RAW);

LEAT_ROW(DisableCopyOnRead, "(var float[2] 1 2) ->");

static leat_status variable_shape_shape(leat_infer *c)
{
    leat_shape shape = leat_handle_shape(c->op, 0);
    c->out[0] = LEAT_SHAPE(leat_shape_rank(&shape));
    return LEAT_OK;
}

static leat_status variable_shape_kernel(leat_kernel *k)
{
    leat_tensor *value;
    LEAT_TRY(leat_var_value(k, 0, &value));
    int rank = leat_shape_rank(&value->shape);
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(rank)));
    for (int i = 0; i < rank; i++) {
        if (k->out[0].dtype == LEAT_INT64)
            ((int64_t *)k->out[0].data)[i] = value->shape.dims[i];
        else if (value->shape.dims[i] <= INT32_MAX)
            ((int32_t *)k->out[0].data)[i] = (int32_t)value->shape.dims[i];
        else
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "dimension %d of variable '%s' does not fit int32", i,
                                    leat_in_var(k, 0)->name);
    }
    return LEAT_OK;
}

const leat_op_def leat_op_VariableShape = LEAT_OP(
    "VariableShape(input: resource) -> output: out_type; out_type: {int32, int64} = int32",
    .doc = "The shape of the variable, as a vector.", .shape = variable_shape_shape,
    .kernels = {{.fn = variable_shape_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_READS_VAR);

LEAT_ROW(VariableShape, "(var float[2,3] 0..1) -> int32[2] 2 3");
