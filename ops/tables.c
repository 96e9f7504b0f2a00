/* tables.c - filling lookup tables and looking into them. What TensorFlow 1 wrote with a ref of the table does the same as the V2 op
 * with a resource. */
#include "ops/tables-private.h"

/* The shape of the values of these keys: what the keys' shape has before that of one key, then that of one value. */
static leat_status values_shape(const leat_kernel *k, const leat_lookup *t, const leat_tensor *keys,
                                leat_shape *shape)
{
    int rank = leat_shape_rank(&keys->shape), of_key = leat_shape_rank(&t->key_shape), n = rank - of_key;
    int of_value = leat_shape_rank(&t->value_shape);
    char a[128], b[128];
    bool good = n >= 0 && n + of_value <= LEAT_MAX_RANK;
    for (int i = 0; good && i < of_key; i++)
        good = keys->shape.dims[n + i] == t->key_shape.dims[i];
    if (!good)
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT, "Input key shape must end with the table's, %s, got %s",
            leat_shape_print(t->key_shape, a, sizeof a), leat_shape_print(keys->shape, b, sizeof b));
    *shape = (leat_shape){.rank_plus_1 = (uint8_t)(n + of_value + 1)};
    for (int i = 0; i < n; i++)
        shape->dims[i] = keys->shape.dims[i];
    for (int i = 0; i < of_value; i++)
        shape->dims[n + i] = t->value_shape.dims[i];
    return LEAT_OK;
}

static leat_status want_dtypes(const leat_kernel *k, const leat_lookup *t, leat_dtype key, leat_dtype value)
{
    if (t->key_dtype == key && t->value_dtype == value)
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Conflicting key/value dtypes %s->%s with %s->%s",
                            leat_dtype_name(t->key_dtype), leat_dtype_name(t->value_dtype),
                            leat_dtype_name(key), leat_dtype_name(value));
}

static int64_t count_keys(const leat_lookup *t, const leat_tensor *keys)
{
    return t->key_elements > 0 ? keys->elements / t->key_elements : 0;
}

static const char *value_at(const leat_lookup *t, const leat_tensor *values, int64_t i)
{
    return (const char *)values->data + (size_t)(i * t->value_elements) * leat_dtype_bytes(t->value_dtype);
}

/* ---- looking ---- */

static leat_status find_kernel(leat_kernel *k)
{
    leat_lookup *t;
    leat_shape shape;
    const leat_tensor *keys = k->in[1], *other = k->in[2];
    char a[128], b[128];
    LEAT_TRY(leat_lookup_in(k, &t));
    LEAT_TRY(want_dtypes(k, t, keys->dtype, other->dtype));
    if (t->kind == LEAT_LOOKUP_FIXED && !t->filled)
        return leat_kernel_fail(k, LEAT_ERR_FAILED_PRECONDITION, "Table not initialized.");
    LEAT_TRY(values_shape(k, t, keys, &shape));
    bool each = t->kind == LEAT_LOOKUP_MUTABLE && leat_shape_equal(other->shape, shape);
    if (!each && !leat_shape_equal(other->shape, t->value_shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Expected shape %s for default value, got %s",
                                leat_shape_print(t->value_shape, a, sizeof a),
                                leat_shape_print(other->shape, b, sizeof b));
    LEAT_TRY(leat_out_new(k, 0, &shape));
    for (int64_t i = 0, n = count_keys(t, keys); i < n; i++) {
        const leat_lookup_entry *e = leat_lookup_find(t, leat_lookup_key(t, keys, i));
        const void *value = e != NULL ? (const void *)e->data : value_at(t, other, each ? i : 0);
        LEAT_TRY(
            leat_copy_elements(t->value_dtype, (char *)value_at(t, &k->out[0], i), value, t->value_elements));
    }
    return LEAT_OK;
}

static leat_status size_kernel(leat_kernel *k)
{
    leat_lookup *t;
    LEAT_TRY(leat_lookup_in(k, &t));
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SCALAR));
    *(int64_t *)k->out[0].data = (int64_t)t->index.count;
    return LEAT_OK;
}

static leat_status export_kernel(leat_kernel *k)
{
    leat_lookup *t;
    leat_tensor count = {.shape = LEAT_SCALAR};
    leat_shape values, keys;
    LEAT_TRY(leat_lookup_in(k, &t));
    LEAT_TRY(want_dtypes(k, t, leat_attr_type(k->op, "Tkeys"), leat_attr_type(k->op, "Tvalues")));
    if (leat_shape_rank(&t->key_shape) == LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "the keys have too many dimensions");
    keys = LEAT_SHAPE((int64_t)t->index.count);
    for (int i = 0; i < leat_shape_rank(&t->key_shape); i++)
        keys.dims[keys.rank_plus_1++ - 1] = t->key_shape.dims[i];
    count.shape = keys;
    LEAT_TRY(values_shape(k, t, &count, &values));
    LEAT_TRY(leat_out_new(k, 0, &keys));
    LEAT_TRY(leat_out_new(k, 1, &values));
    int64_t i = 0;
    for (const leat_lookup_entry *e = t->first; e != NULL; e = e->next, i++) {
        if (t->key_dtype == LEAT_STRING)
            LEAT_TRY(leat_string_set((leat_string *)k->out[0].data + i, e->key.data, e->key.size));
        else
            memcpy((char *)k->out[0].data + (size_t)i * e->key.size, e->key.data, e->key.size);
        LEAT_TRY(leat_copy_elements(t->value_dtype, (char *)value_at(t, &k->out[1], i), e->data,
                                    t->value_elements));
    }
    return LEAT_OK;
}

/* ---- changing ---- */

static leat_status check_entries(const leat_kernel *k, const leat_lookup *t)
{
    leat_shape want;
    char a[128], b[128];
    const leat_tensor *keys = k->in[1], *values = k->in[2];
    LEAT_TRY(want_dtypes(k, t, keys->dtype, values->dtype));
    LEAT_TRY(values_shape(k, t, keys, &want));
    if (!leat_shape_equal(want, values->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Expected shape %s for value, got %s",
                                leat_shape_print(want, a, sizeof a),
                                leat_shape_print(values->shape, b, sizeof b));
    return LEAT_OK;
}

static leat_status check_keys(const leat_kernel *k, const leat_lookup *t)
{
    for (int64_t i = 0, n = count_keys(t, k->in[1]); i < n; i++) {
        leat_bytes key = leat_lookup_key(t, k->in[1], i);
        for (int r = 0; r < 2; r++)
            if (t->reserved[r].data != NULL && key.size == t->reserved[r].size &&
                memcmp(key.data, t->reserved[r].data, key.size) == 0)
                return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                        "Using the %s_key as a table key is not allowed",
                                        r == 0 ? "empty" : "deleted");
    }
    return LEAT_OK;
}

static bool same_value(const leat_lookup *t, const void *a, const void *b)
{
    if (t->value_dtype != LEAT_STRING)
        return memcmp(a, b, leat_dtype_bytes(t->value_dtype)) == 0;
    const leat_string *s = a, *r = b;
    return s->size == r->size && (s->size == 0 || memcmp(s->data, r->data, s->size) == 0);
}

/* A fixed table takes its entries once; the same ones again change nothing, as in TensorFlow. */
static leat_status fill(leat_kernel *k, leat_lookup *t, const leat_tensor *keys, const leat_tensor *values)
{
    int64_t n = count_keys(t, keys);
    bool was_filled = t->filled;
    if (was_filled && (int64_t)t->index.count > n)
        return leat_kernel_fail(k, LEAT_ERR_FAILED_PRECONDITION, "Table already initialized.");
    for (int64_t i = 0; i < n; i++) {
        leat_bytes key = leat_lookup_key(t, keys, i);
        const leat_lookup_entry *e = leat_lookup_find(t, key);
        if (was_filled && (e == NULL || !same_value(t, e->data, value_at(t, values, i))))
            return leat_kernel_fail(k, LEAT_ERR_FAILED_PRECONDITION, "Table already initialized.");
        if (e != NULL && !same_value(t, e->data, value_at(t, values, i))) {
            leat_lookup_clear(t);
            return leat_kernel_fail(k, LEAT_ERR_FAILED_PRECONDITION,
                                    "HashTable has different values for the same key, number %lld",
                                    (long long)i);
        }
        if (e == NULL)
            LEAT_TRY(leat_lookup_set(t, key, value_at(t, values, i)));
    }
    t->filled = true;
    return LEAT_OK;
}

static leat_status put_all(leat_kernel *k, leat_lookup *t)
{
    LEAT_TRY(check_keys(k, t));
    for (int64_t i = 0, n = count_keys(t, k->in[1]); i < n; i++)
        LEAT_TRY(leat_lookup_set(t, leat_lookup_key(t, k->in[1], i), value_at(t, k->in[2], i)));
    return LEAT_OK;
}

static leat_status insert_kernel(leat_kernel *k)
{
    leat_lookup *t;
    LEAT_TRY(leat_lookup_in(k, &t));
    LEAT_TRY(check_entries(k, t));
    if (t->kind == LEAT_LOOKUP_FIXED)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED,
                                "Insert not supported by HashTable implementations");
    return put_all(k, t);
}

/* Import and InitializeTable. */
static leat_status import_kernel(leat_kernel *k)
{
    leat_lookup *t;
    LEAT_TRY(leat_lookup_in(k, &t));
    LEAT_TRY(check_entries(k, t));
    if (t->kind == LEAT_LOOKUP_FIXED)
        return fill(k, t, k->in[1], k->in[2]);
    LEAT_TRY(check_keys(k, t));
    leat_lookup_clear(t);
    return put_all(k, t);
}

static leat_status remove_kernel(leat_kernel *k)
{
    leat_lookup *t;
    leat_shape shape;
    LEAT_TRY(leat_lookup_in(k, &t));
    LEAT_TRY(want_dtypes(k, t, k->in[1]->dtype, t->value_dtype));
    LEAT_TRY(values_shape(k, t, k->in[1], &shape));
    if (t->kind == LEAT_LOOKUP_FIXED)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED,
                                "Remove not supported by HashTable implementations");
    for (int64_t i = 0, n = count_keys(t, k->in[1]); i < n; i++)
        leat_lookup_remove(t, leat_lookup_key(t, k->in[1], i));
    return LEAT_OK;
}

/* ---- the ops ---- */

#define READS(kernel_)                                                                                       \
    .shape = leat_shape_none, .kernels = {{.fn = kernel_}}, .gradient = leat_grad_none,                      \
    .flags = LEAT_OP_READS_VAR | LEAT_OP_REF_RAW
#define WRITES(kernel_)                                                                                      \
    .shape = leat_shape_none, .kernels = {{.fn = kernel_}}, .gradient = leat_grad_none,                      \
    .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR | LEAT_OP_REF_RAW

const leat_op_def leat_op_LookupTableFindV2 = LEAT_OP(
    "LookupTableFindV2(table_handle: resource, keys: Tin, default_value: Tout) -> values: Tout; Tin: type; Tout: type",
    .doc = "The value of every key, or default_value where the table has none.", READS(find_kernel));
LEAT_ROW(LookupTableFindV2, "(var float[1] 1, int64[1] 1, float[] 2) fails 'is no table'");

const leat_op_def leat_op_LookupTableFind = LEAT_OP(
    "LookupTableFind(table_handle: Ref(string), keys: Tin, default_value: Tout) -> values: Tout; Tin: type; Tout: type",
    .doc = "LookupTableFindV2 as the first versions of TensorFlow spelt it.", READS(find_kernel));
LEAT_ROW(LookupTableFind, "(ref string[1] 'a', int64[1] 1, float[] 2) fails 'is no table'");

const leat_op_def leat_op_LookupTableSizeV2 =
    LEAT_OP("LookupTableSizeV2(table_handle: resource) -> size: int64",
            .doc = "How many entries the table has.", READS(size_kernel));
LEAT_ROW(LookupTableSizeV2, "(var float[1] 1) fails 'is no table'");

const leat_op_def leat_op_LookupTableSize =
    LEAT_OP("LookupTableSize(table_handle: Ref(string)) -> size: int64",
            .doc = "LookupTableSizeV2 as the first versions of TensorFlow spelt it.", READS(size_kernel));
LEAT_ROW(LookupTableSize, "(ref string[1] 'a') fails 'is no table'");

const leat_op_def leat_op_LookupTableExportV2 = LEAT_OP(
    "LookupTableExportV2(table_handle: resource) -> keys: Tkeys, values: Tvalues; Tkeys: type; Tvalues: type",
    .doc = "All keys and values, in the order in which they came.", READS(export_kernel));
LEAT_ROW(LookupTableExportV2, "(var float[1] 1) {Tkeys: int64; Tvalues: float} fails 'is no table'");

const leat_op_def leat_op_LookupTableExport = LEAT_OP(
    "LookupTableExport(table_handle: Ref(string)) -> keys: Tkeys, values: Tvalues; Tkeys: type; Tvalues: type",
    .doc = "LookupTableExportV2 as the first versions of TensorFlow spelt it.", READS(export_kernel));
LEAT_ROW(LookupTableExport, "(ref string[1] 'a') {Tkeys: int64; Tvalues: float} fails 'is no table'");

const leat_op_def leat_op_LookupTableInsertV2 =
    LEAT_OP("LookupTableInsertV2(table_handle: resource, keys: Tin, values: Tout); Tin: type; Tout: type",
            .doc = "Gives keys of a mutable table values, new or over the old ones.", WRITES(insert_kernel));
LEAT_ROW(LookupTableInsertV2, "(var float[1] 1, int64[1] 1, float[1] 2) fails 'is no table'");

const leat_op_def leat_op_LookupTableInsert = LEAT_OP(
    "LookupTableInsert(table_handle: Ref(string), keys: Tin, values: Tout); Tin: type; Tout: type",
    .doc = "LookupTableInsertV2 as the first versions of TensorFlow spelt it.", WRITES(insert_kernel));
LEAT_ROW(LookupTableInsert, "(ref string[1] 'a', int64[1] 1, float[1] 2) fails 'is no table'");

const leat_op_def leat_op_LookupTableImportV2 =
    LEAT_OP("LookupTableImportV2(table_handle: resource, keys: Tin, values: Tout); Tin: type; Tout: type",
            .doc = "These entries become all that the table has.", WRITES(import_kernel));
LEAT_ROW(LookupTableImportV2, "(var float[1] 1, int64[1] 1, float[1] 2) fails 'is no table'");

const leat_op_def leat_op_LookupTableImport = LEAT_OP(
    "LookupTableImport(table_handle: Ref(string), keys: Tin, values: Tout); Tin: type; Tout: type",
    .doc = "LookupTableImportV2 as the first versions of TensorFlow spelt it.", WRITES(import_kernel));
LEAT_ROW(LookupTableImport, "(ref string[1] 'a', int64[1] 1, float[1] 2) fails 'is no table'");

const leat_op_def leat_op_LookupTableRemoveV2 =
    LEAT_OP("LookupTableRemoveV2(table_handle: resource, keys: Tin); Tin: type",
            .doc = "Takes keys out of a mutable table.", WRITES(remove_kernel));
LEAT_ROW(LookupTableRemoveV2, "(var float[1] 1, int64[1] 1) fails 'is no table'");

const leat_op_def leat_op_InitializeTableV2 =
    LEAT_OP("InitializeTableV2(table_handle: resource, keys: Tkey, values: Tval); Tkey: type; Tval: type",
            .doc = "Fills a HashTable, once.", WRITES(import_kernel));
LEAT_ROW(InitializeTableV2, "(var float[1] 1, int64[1] 1, float[1] 2) fails 'is no table'");

const leat_op_def leat_op_InitializeTable =
    LEAT_OP("InitializeTable(table_handle: Ref(string), keys: Tkey, values: Tval); Tkey: type; Tval: type",
            .doc = "InitializeTableV2 as the first versions of TensorFlow spelt it.", WRITES(import_kernel));
LEAT_ROW(InitializeTable, "(ref string[1] 'a', int64[1] 1, float[1] 2) fails 'is no table'");
