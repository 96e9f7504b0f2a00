/* scatter-ops.c - the descriptors of Scatter*, ScatterNd* and their resource twins. */
#include "ops/scatter-private.h"

const leat_op_def leat_op_ScatterUpdate =
    LEAT_OP("ScatterUpdate(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T); T: "
            "type; Tindices: {int32, int64}; use_locking: bool = true",
            .doc = "Sets the rows of the variable that indices name to the updates.",
            .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_update}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(ScatterUpdate,
         "(ref float[4] 1 2 3 4, int32[2] 1 3, float[2] 30 40) -> any, after 0: float[4] 1 30 3 40");
LEAT_ROW(ScatterUpdate, "(ref int32[4] 1 2 3 4, int32[1] 4, int32[1] 7) fails 'does not index'");
LEAT_ROW(ScatterUpdate, "(ref bool[2,3] true true true true true true, int32[1] 1, bool[] false) -> any, "
                        "after 0: bool[2,3] true true true false false false");
LEAT_ROW(ScatterUpdate, "(ref complex64[2,2] 1+2j 3+4j 5+6j 7+8j, int32[1] 1, complex64[] 9-1j) -> any, "
                        "after 0: complex64[2,2] 1+2j 3+4j 9-1j 9-1j");

const leat_op_def leat_op_ScatterAdd =
    LEAT_OP("ScatterAdd(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T); T: "
            "numeric; Tindices: {int32, int64}; use_locking: bool = false",
            .doc = "Adds the updates to the rows of the variable that indices name.",
            .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_add}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(ScatterAdd,
         "(ref float[4] 1 2 3 4, int32[2] 1 3, float[2] 30 40) -> any, after 0: float[4] 1 32 3 44");
LEAT_ROW(ScatterAdd, "(ref int32[4] 1 2 3 4, int32[1] 4, int32[1] 7) fails 'does not index'");

const leat_op_def leat_op_ScatterSub =
    LEAT_OP("ScatterSub(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T); T: "
            "numeric; Tindices: {int32, int64}; use_locking: bool = false",
            .doc = "Subtracts the updates from the rows of the variable that indices name.",
            .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_sub}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(ScatterSub,
         "(ref float[4] 1 2 3 4, int32[2] 1 3, float[2] 30 40) -> any, after 0: float[4] 1 -28 3 -36");

const leat_op_def leat_op_ScatterMul =
    LEAT_OP("ScatterMul(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T); T: "
            "numeric; Tindices: {int32, int64}; use_locking: bool = false",
            .doc = "Multiplies the rows of the variable that indices name by the updates.",
            .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_mul}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(ScatterMul, "(ref float[4] 1 2 3 4, int32[2] 1 3, float[2] 2 3) -> any, after 0: float[4] 1 4 3 12");

const leat_op_def leat_op_ScatterDiv =
    LEAT_OP("ScatterDiv(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T); T: "
            "numeric; Tindices: {int32, int64}; use_locking: bool = false",
            .doc = "Divides the rows of the variable that indices name by the updates.",
            .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_div}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(ScatterDiv, "(ref float[4] 1 2 3 4, int32[2] 1 3, float[2] 2 4) -> any, after 0: float[4] 1 1 3 1");
LEAT_ROW(ScatterDiv, "(ref int32[4] 1 2 3 4, int32[1] 1, int32[1] 0) fails 'division by zero'");
LEAT_ROW(ScatterDiv, "(ref uint8[2] 200 255, int32[2] 0 1, uint8[2] 255 255) -> any, after 0: uint8[2] 0 1");

const leat_op_def leat_op_ScatterMin =
    LEAT_OP("ScatterMin(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T); T: {half, "
            "bfloat16, float, double, int32, int64}; Tindices: {int32, int64}; use_locking: bool = "
            "false",
            .doc = "Lowers the rows of the variable that indices name to the updates, where those are less.",
            .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_min}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(ScatterMin, "(ref float[4] 1 2 3 4, int32[2] 1 3, float[2] 1 9) -> any, after 0: float[4] 1 1 3 4");

const leat_op_def leat_op_ScatterMax = LEAT_OP(
    "ScatterMax(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T); T: {half, "
    "bfloat16, float, double, int32, int64}; Tindices: {int32, int64}; use_locking: bool = "
    "false",
    .doc = "Raises the rows of the variable that indices name to the updates, where those are greater.",
    .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_max}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(ScatterMax, "(ref float[4] 1 2 3 4, int32[2] 1 3, float[2] 1 9) -> any, after 0: float[4] 1 2 3 9");

const leat_op_def leat_op_ResourceScatterUpdate =
    LEAT_OP("ResourceScatterUpdate(resource: resource, indices: Tindices, updates: dtype); dtype: "
            "type; Tindices: {int32, int64}",
            .doc = "Sets the rows of the variable that indices name to the updates.",
            .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_update}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(ResourceScatterUpdate,
         "(var float[4] 1 2 3 4, int32[2] 1 3, float[2] 30 40) -> after 0: float[4] 1 30 3 40");
LEAT_ROW(ResourceScatterUpdate, "(var int32[4] 1 2 3 4, int32[1] 4, int32[1] 7) fails 'does not index'");

const leat_op_def leat_op_ResourceScatterAdd =
    LEAT_OP("ResourceScatterAdd(resource: resource, indices: Tindices, updates: dtype); dtype: "
            "numeric; Tindices: {int32, int64}",
            .doc = "Adds the updates to the rows of the variable that indices name.",
            .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_add}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(ResourceScatterAdd,
         "(var float[4] 1 2 3 4, int32[2] 1 3, float[2] 30 40) -> after 0: float[4] 1 32 3 44");
LEAT_ROW(ResourceScatterAdd, "(var int32[4] 1 2 3 4, int32[1] 4, int32[1] 7) fails 'does not index'");

const leat_op_def leat_op_ResourceScatterSub =
    LEAT_OP("ResourceScatterSub(resource: resource, indices: Tindices, updates: dtype); dtype: "
            "numeric; Tindices: {int32, int64}",
            .doc = "Subtracts the updates from the rows of the variable that indices name.",
            .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_sub}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(ResourceScatterSub,
         "(var float[4] 1 2 3 4, int32[2] 1 3, float[2] 30 40) -> after 0: float[4] 1 -28 3 -36");

const leat_op_def leat_op_ResourceScatterMul =
    LEAT_OP("ResourceScatterMul(resource: resource, indices: Tindices, updates: dtype); dtype: "
            "numeric; Tindices: {int32, int64}",
            .doc = "Multiplies the rows of the variable that indices name by the updates.",
            .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_mul}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(ResourceScatterMul,
         "(var float[4] 1 2 3 4, int32[2] 1 3, float[2] 2 3) -> after 0: float[4] 1 4 3 12");

const leat_op_def leat_op_ResourceScatterDiv =
    LEAT_OP("ResourceScatterDiv(resource: resource, indices: Tindices, updates: dtype); dtype: "
            "numeric; Tindices: {int32, int64}",
            .doc = "Divides the rows of the variable that indices name by the updates.",
            .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_div}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(ResourceScatterDiv,
         "(var float[4] 1 2 3 4, int32[2] 1 3, float[2] 2 4) -> after 0: float[4] 1 1 3 1");
LEAT_ROW(ResourceScatterDiv, "(var int32[4] 1 2 3 4, int32[1] 1, int32[1] 0) fails 'division by zero'");

const leat_op_def leat_op_ResourceScatterMin =
    LEAT_OP("ResourceScatterMin(resource: resource, indices: Tindices, updates: dtype); dtype: "
            "numeric; Tindices: {int32, int64}",
            .doc = "Lowers the rows of the variable that indices name to the updates, where those are less.",
            .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_min}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(ResourceScatterMin,
         "(var float[4] 1 2 3 4, int32[2] 1 3, float[2] 1 9) -> after 0: float[4] 1 1 3 4");

const leat_op_def leat_op_ResourceScatterMax = LEAT_OP(
    "ResourceScatterMax(resource: resource, indices: Tindices, updates: dtype); dtype: "
    "numeric; Tindices: {int32, int64}",
    .doc = "Raises the rows of the variable that indices name to the updates, where those are greater.",
    .shape = leat_scatter_shape, .kernels = {{.fn = leat_scatter_max}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(ResourceScatterMax,
         "(var float[4] 1 2 3 4, int32[2] 1 3, float[2] 1 9) -> after 0: float[4] 1 2 3 9");

const leat_op_def leat_op_ScatterNdUpdate = LEAT_OP(
    "ScatterNdUpdate(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T); T: "
    "type; Tindices: {int32, int64}; use_locking: bool = true; bad_indices_policy: string = "
    "''",
    .doc =
        "Sets the slices of the variable at the coordinates in the last dimension of indices to the updates.",
    .shape = leat_scatter_nd_shape, .kernels = {{.fn = leat_scatter_nd_update}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(ScatterNdUpdate,
         "(ref float[4] 1 2 3 4, int32[2,1] 1 3, float[2] 30 40) -> any, after 0: float[4] 1 30 3 40");
LEAT_ROW(ScatterNdUpdate, "(ref int32[4] 1 2 3 4, int32[1,1] 4, int32[1] 7) fails 'does not index'");

const leat_op_def leat_op_ScatterNdAdd = LEAT_OP(
    "ScatterNdAdd(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T); T: "
    "numeric; Tindices: {int32, int64}; use_locking: bool = false; bad_indices_policy: "
    "string = ''",
    .doc =
        "Adds the updates to the slices of the variable at the coordinates in the last dimension of indices.",
    .shape = leat_scatter_nd_shape, .kernels = {{.fn = leat_scatter_nd_add}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(ScatterNdAdd,
         "(ref float[4] 1 2 3 4, int32[2,1] 1 3, float[2] 30 40) -> any, after 0: float[4] 1 32 3 44");
LEAT_ROW(ScatterNdAdd, "(ref int32[4] 1 2 3 4, int32[1,1] 4, int32[1] 7) fails 'does not index'");
LEAT_ROW(ScatterNdAdd,
         "(ref float[3] 1 2 3, int32[1] 1, float[] 1) fails 'updates must be at least a vector'");

const leat_op_def leat_op_ScatterNdSub = LEAT_OP(
    "ScatterNdSub(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T); T: "
    "numeric; Tindices: {int32, int64}; use_locking: bool = false; bad_indices_policy: "
    "string = ''",
    .doc =
        "Subtracts the updates from the slices of the variable at the coordinates in the last dimension of indices.",
    .shape = leat_scatter_nd_shape, .kernels = {{.fn = leat_scatter_nd_sub}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(ScatterNdSub,
         "(ref float[4] 1 2 3 4, int32[2,1] 1 3, float[2] 30 40) -> any, after 0: float[4] 1 -28 3 -36");

const leat_op_def leat_op_ScatterNdMin = LEAT_OP(
    "ScatterNdMin(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T); T: "
    "numeric; Tindices: {int32, int64}; use_locking: bool = false; bad_indices_policy: "
    "string = ''",
    .doc =
        "Lowers the slices of the variable at the coordinates in the last dimension of indices to the updates, where those are less.",
    .shape = leat_scatter_nd_shape, .kernels = {{.fn = leat_scatter_nd_min}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(ScatterNdMin,
         "(ref float[4] 1 2 3 4, int32[2,1] 1 3, float[2] 1 9) -> any, after 0: float[4] 1 1 3 4");

const leat_op_def leat_op_ScatterNdMax = LEAT_OP(
    "ScatterNdMax(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T); T: "
    "numeric; Tindices: {int32, int64}; use_locking: bool = false; bad_indices_policy: "
    "string = ''",
    .doc =
        "Raises the slices of the variable at the coordinates in the last dimension of indices to the updates, where those are greater.",
    .shape = leat_scatter_nd_shape, .kernels = {{.fn = leat_scatter_nd_max}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(ScatterNdMax,
         "(ref float[4] 1 2 3 4, int32[2,1] 1 3, float[2] 1 9) -> any, after 0: float[4] 1 2 3 9");

const leat_op_def leat_op_ResourceScatterNdUpdate = LEAT_OP(
    "ResourceScatterNdUpdate(ref: resource, indices: Tindices, updates: T); T: type; "
    "Tindices: {int32, int64}; use_locking: bool = true; bad_indices_policy: string = ''",
    .doc =
        "Sets the slices of the variable at the coordinates in the last dimension of indices to the updates.",
    .shape = leat_scatter_nd_shape, .kernels = {{.fn = leat_scatter_nd_update}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(ResourceScatterNdUpdate,
         "(var float[4] 1 2 3 4, int32[2,1] 1 3, float[2] 30 40) -> after 0: float[4] 1 30 3 40");
LEAT_ROW(ResourceScatterNdUpdate, "(var int32[4] 1 2 3 4, int32[1,1] 4, int32[1] 7) fails 'does not index'");

const leat_op_def leat_op_ResourceScatterNdAdd = LEAT_OP(
    "ResourceScatterNdAdd(ref: resource, indices: Tindices, updates: T); T: type; Tindices: "
    "{int32, int64}; use_locking: bool = true; bad_indices_policy: string = ''",
    .doc =
        "Adds the updates to the slices of the variable at the coordinates in the last dimension of indices.",
    .shape = leat_scatter_nd_shape, .kernels = {{.fn = leat_scatter_nd_add}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(ResourceScatterNdAdd,
         "(var float[4] 1 2 3 4, int32[2,1] 1 3, float[2] 30 40) -> after 0: float[4] 1 32 3 44");
LEAT_ROW(ResourceScatterNdAdd, "(var int32[4] 1 2 3 4, int32[1,1] 4, int32[1] 7) fails 'does not index'");

const leat_op_def leat_op_ResourceScatterNdSub = LEAT_OP(
    "ResourceScatterNdSub(ref: resource, indices: Tindices, updates: T); T: type; Tindices: "
    "{int32, int64}; use_locking: bool = true; bad_indices_policy: string = ''",
    .doc =
        "Subtracts the updates from the slices of the variable at the coordinates in the last dimension of indices.",
    .shape = leat_scatter_nd_shape, .kernels = {{.fn = leat_scatter_nd_sub}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(ResourceScatterNdSub,
         "(var float[4] 1 2 3 4, int32[2,1] 1 3, float[2] 30 40) -> after 0: float[4] 1 -28 3 -36");

const leat_op_def leat_op_ResourceScatterNdMin = LEAT_OP(
    "ResourceScatterNdMin(ref: resource, indices: Tindices, updates: T); T: type; Tindices: "
    "{int32, int64}; use_locking: bool = true; bad_indices_policy: string = ''",
    .doc =
        "Lowers the slices of the variable at the coordinates in the last dimension of indices to the updates, where those are less.",
    .shape = leat_scatter_nd_shape, .kernels = {{.fn = leat_scatter_nd_min}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(ResourceScatterNdMin,
         "(var float[4] 1 2 3 4, int32[2,1] 1 3, float[2] 1 9) -> after 0: float[4] 1 1 3 4");

const leat_op_def leat_op_ResourceScatterNdMax = LEAT_OP(
    "ResourceScatterNdMax(ref: resource, indices: Tindices, updates: T); T: type; Tindices: "
    "{int32, int64}; use_locking: bool = true; bad_indices_policy: string = ''",
    .doc =
        "Raises the slices of the variable at the coordinates in the last dimension of indices to the updates, where those are greater.",
    .shape = leat_scatter_nd_shape, .kernels = {{.fn = leat_scatter_nd_max}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(ResourceScatterNdMax,
         "(var float[4] 1 2 3 4, int32[2,1] 1 3, float[2] 1 9) -> after 0: float[4] 1 2 3 9");
