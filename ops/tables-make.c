/* tables-make.c - the ops that make tables. The V2 ones hand on a resource, the older ones a ref, which newer TensorFlow no longer
 * writes. Only the kinds' types and shapes differ. */
#include "ops/tables-private.h"

static leat_status make(leat_kernel *k, leat_lookup like)
{
    leat_lookup *t;
    size_t bytes;
    like.key_dtype = leat_attr_type(k->op, "key_dtype");
    like.value_dtype = leat_attr_type(k->op, "value_dtype");
    if (like.value_dtype == LEAT_RESOURCE || leat_dtype_bytes(like.value_dtype) == 0 ||
        like.key_dtype == LEAT_RESOURCE || leat_dtype_bytes(like.key_dtype) == 0)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no table from %s to %s",
                                leat_dtype_name(like.key_dtype), leat_dtype_name(like.value_dtype));
    LEAT_TRY(leat_shape_measure(&like.key_shape, like.key_dtype, &like.key_elements, &bytes));
    LEAT_TRY(leat_shape_measure(&like.value_shape, like.value_dtype, &like.value_elements, &bytes));
    return leat_lookup_of_op(k, &like, &t);
}

static leat_status hash_table_kernel(leat_kernel *k)
{
    return make(
        k, (leat_lookup){.kind = LEAT_LOOKUP_FIXED, .key_shape = LEAT_SCALAR, .value_shape = LEAT_SCALAR});
}

static leat_status mutable_kernel(leat_kernel *k)
{
    return make(
        k, (leat_lookup){.kind = LEAT_LOOKUP_MUTABLE, .key_shape = LEAT_SCALAR, .value_shape = LEAT_SCALAR});
}

static leat_status want_known_value_shape(const leat_kernel *k, leat_shape *shape)
{
    char text[128];
    *shape = leat_attr_shape(k->op, "value_shape");
    if (leat_shape_known(shape))
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "value_shape %s is not fully known",
                            leat_shape_print(*shape, text, sizeof text));
}

static leat_status of_tensors_kernel(leat_kernel *k)
{
    leat_lookup like = {.kind = LEAT_LOOKUP_MUTABLE, .key_shape = LEAT_SCALAR};
    LEAT_TRY(want_known_value_shape(k, &like.value_shape));
    return make(k, like);
}

/* The keys of one table have the shape of empty_key. It has no buckets to be marked empty or deleted, which TensorFlow exports, too;
 * but nobody may use those keys. */
static leat_status dense_kernel(leat_kernel *k)
{
    leat_lookup like = {.kind = LEAT_LOOKUP_MUTABLE, .key_shape = k->in[0]->shape};
    LEAT_TRY(want_known_value_shape(k, &like.value_shape));
    like.key_dtype = k->in[0]->dtype;
    like.key_elements = k->in[0]->elements;
    if (like.key_dtype == LEAT_STRING && leat_shape_rank(&like.key_shape) != 0)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no table with vectors of strings as keys");
    for (uint32_t i = 0; i < k->n_in; i++) {
        if (!leat_shape_equal(k->in[i]->shape, like.key_shape))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "Empty and deleted keys must have same shape");
        like.reserved[i] = leat_lookup_key(&like, k->in[i], 0);
    }
    return make(k, like);
}

#define TABLE(kernel_)                                                                                       \
    .shape = leat_shape_scalar, .kernels = {{.fn = kernel_}}, .gradient = leat_grad_none,                    \
    .flags = LEAT_OP_STATEFUL | LEAT_OP_DENOTES

const leat_op_def leat_op_HashTableV2 =
    LEAT_OP("HashTableV2() -> table_handle: resource; container: string = ''; shared_name: string = ''; "
            "use_node_name_sharing: bool = false; key_dtype: type; value_dtype: type",
            .doc = "A table that is filled once, empty as yet.", TABLE(hash_table_kernel));

const leat_op_def leat_op_HashTable =
    LEAT_OP("HashTable() -> table_handle: Ref(string); container: string = ''; shared_name: string = ''; "
            "use_node_name_sharing: bool = false; key_dtype: type; value_dtype: type",
            .doc = "HashTableV2 as the first versions of TensorFlow spelt it.", TABLE(hash_table_kernel));

const leat_op_def leat_op_MutableHashTableV2 = LEAT_OP(
    "MutableHashTableV2() -> table_handle: resource; container: string = ''; shared_name: string = ''; "
    "use_node_name_sharing: bool = false; key_dtype: type; value_dtype: type",
    .doc = "A table whose entries come and go.", TABLE(mutable_kernel));

const leat_op_def leat_op_MutableHashTable = LEAT_OP(
    "MutableHashTable() -> table_handle: Ref(string); container: string = ''; shared_name: string = ''; "
    "use_node_name_sharing: bool = false; key_dtype: type; value_dtype: type",
    .doc = "MutableHashTableV2 as the first versions of TensorFlow spelt it.", TABLE(mutable_kernel));

const leat_op_def leat_op_MutableHashTableOfTensorsV2 =
    LEAT_OP("MutableHashTableOfTensorsV2() -> table_handle: resource; container: string = ''; "
            "shared_name: string = ''; use_node_name_sharing: bool = false; key_dtype: type; "
            "value_dtype: type; value_shape: shape = []",
            .doc = "A table from keys to tensors of one shape.", TABLE(of_tensors_kernel));

const leat_op_def leat_op_MutableHashTableOfTensors =
    LEAT_OP("MutableHashTableOfTensors() -> table_handle: Ref(string); container: string = ''; "
            "shared_name: string = ''; use_node_name_sharing: bool = false; key_dtype: type; "
            "value_dtype: type; value_shape: shape = []",
            .doc = "MutableHashTableOfTensorsV2 as the first versions of TensorFlow spelt it.",
            TABLE(of_tensors_kernel));

const leat_op_def leat_op_MutableDenseHashTableV2 = LEAT_OP(
    "MutableDenseHashTableV2(empty_key: key_dtype, deleted_key: key_dtype) -> table_handle: resource; "
    "container: string = ''; shared_name: string = ''; use_node_name_sharing: bool = false; "
    "key_dtype: type; value_dtype: type; value_shape: shape = []; "
    "initial_num_buckets: int = 131072; max_load_factor: float = 0.8",
    .doc = "A table whose keys are tensors of one shape, two of which nobody may use.", TABLE(dense_kernel));

const leat_op_def leat_op_MutableDenseHashTable = LEAT_OP(
    "MutableDenseHashTable(empty_key: key_dtype) -> table_handle: Ref(string); container: string = ''; "
    "shared_name: string = ''; use_node_name_sharing: bool = false; key_dtype: type; value_dtype: type; "
    "value_shape: shape = []; initial_num_buckets: int = 131072; max_load_factor: float = 0.8",
    .doc = "MutableDenseHashTableV2 as the first versions of TensorFlow spelt it.", TABLE(dense_kernel));

LEAT_ROW(HashTableV2, "() {key_dtype: int64; value_dtype: resource} fails 'no table'");
LEAT_ROW(HashTable, "() {key_dtype: int64; value_dtype: resource} fails 'no table'");
LEAT_ROW(MutableHashTableV2, "() {key_dtype: resource; value_dtype: int64} fails 'no table'");
LEAT_ROW(MutableHashTable, "() {key_dtype: resource; value_dtype: int64} fails 'no table'");
LEAT_ROW(MutableHashTableOfTensorsV2,
         "() {key_dtype: int64; value_dtype: float; value_shape: shape[?]} fails 'not fully known'");
LEAT_ROW(MutableHashTableOfTensors,
         "() {key_dtype: int64; value_dtype: float; value_shape: shape?} fails 'not fully known'");
LEAT_ROW(MutableDenseHashTableV2, "(int64[2] 1 2, int64[] 3) {value_dtype: float} fails 'same shape'");
LEAT_ROW(MutableDenseHashTable, "(string[2] 'a' 'b') {value_dtype: float} fails 'vectors of strings'");
