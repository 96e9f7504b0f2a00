/* tables-store.c - the entries of lookup tables. */
#include "ops/tables-private.h"

static void free_entry(leat_lookup *t, leat_lookup_entry *e)
{
    leat_string *strings = (leat_string *)e->data;
    for (int64_t i = 0; t->value_dtype == LEAT_STRING && i < t->value_elements; i++)
        leat_free(strings[i].data);
    leat_free(e);
}

void leat_lookup_clear(leat_lookup *t)
{
    for (leat_lookup_entry *e = t->first, *next; e != NULL; e = next) {
        next = e->next;
        free_entry(t, e);
    }
    leat_map_free(&t->index);
    memset(&t->index, 0, sizeof t->index);
    t->first = t->last = NULL;
    t->filled = false;
}

static void free_table(void *object)
{
    leat_lookup *t = object;
    leat_lookup_clear(t);
    for (int i = 0; i < 2; i++)
        leat_free((char *)t->reserved[i].data);
    leat_free(t);
}

static bool same_reserved(const leat_lookup *t, const leat_lookup *like)
{
    for (int i = 0; i < 2; i++)
        if (t->reserved[i].size != like->reserved[i].size ||
            (t->reserved[i].size > 0 &&
             memcmp(t->reserved[i].data, like->reserved[i].data, t->reserved[i].size) != 0))
            return false;
    return true;
}

static void *new_table(const void *of)
{
    const leat_lookup *like = of;
    leat_lookup *t = leat_alloc_zero(1, sizeof *t);
    if (t == NULL)
        return NULL;
    *t = *like;
    t->reserved[0] = t->reserved[1] = (leat_bytes){NULL, 0};
    for (int i = 0; i < 2; i++) {
        if (like->reserved[i].data == NULL)
            continue;
        char *copy = leat_strndup(like->reserved[i].data, like->reserved[i].size);
        if (copy == NULL) {
            free_table(t);
            return NULL;
        }
        t->reserved[i] = (leat_bytes){copy, like->reserved[i].size};
    }
    return t;
}

leat_status leat_lookup_of_op(leat_kernel *k, const leat_lookup *like, leat_lookup **table)
{
    leat_var *var = leat_session_var(k);
    leat_lookup *t = *table = var != NULL ? leat_session_object(k, var, new_table, like, free_table) : NULL;
    if (t == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for the table");
    if (t->kind != like->kind || t->key_dtype != like->key_dtype || t->value_dtype != like->value_dtype ||
        !leat_shape_equal(t->key_shape, like->key_shape) ||
        !leat_shape_equal(t->value_shape, like->value_shape) || !same_reserved(t, like))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "table '%s' exists and is of another kind",
                                var->name);
    leat_out_var(k, 0, var);
    return LEAT_OK;
}

leat_status leat_lookup_in(const leat_kernel *k, leat_lookup **table)
{
    leat_var *var = leat_in_var(k, 0);
    *table = var->object;
    if (*table == NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "'%s' is no table", var->name);
    return LEAT_OK;
}

leat_bytes leat_lookup_key(const leat_lookup *t, const leat_tensor *keys, int64_t i)
{
    if (t->key_dtype == LEAT_STRING)
        return leat_string_at(keys, i);
    size_t bytes = (size_t)t->key_elements * leat_dtype_bytes(t->key_dtype);
    return (leat_bytes){(const char *)keys->data + (size_t)i * bytes, bytes};
}

static leat_status add_entry(leat_lookup *t, leat_bytes key, leat_lookup_entry **entry)
{
    size_t value = (size_t)t->value_elements * leat_dtype_bytes(t->value_dtype);
    leat_lookup_entry *e = leat_alloc_zero(1, sizeof *e + value + key.size);
    if (e == NULL)
        return leat_fail_memory(sizeof *e + value + key.size);
    e->key = (leat_bytes){(char *)e->data + value, key.size};
    memcpy((char *)e->data + value, key.data, key.size);
    if (leat_map_put(&t->index, e->key.data, key.size, e) != LEAT_OK) {
        leat_free(e);
        return LEAT_ERR_NO_MEMORY;
    }
    e->previous = t->last;
    *(t->last != NULL ? &t->last->next : &t->first) = e;
    t->last = *entry = e;
    return LEAT_OK;
}

leat_status leat_lookup_set(leat_lookup *t, leat_bytes key, const void *value)
{
    leat_lookup_entry *e = leat_lookup_find(t, key);
    if (e == NULL)
        LEAT_TRY(add_entry(t, key, &e));
    return leat_copy_elements(t->value_dtype, e->data, value, t->value_elements);
}

void leat_lookup_remove(leat_lookup *t, leat_bytes key)
{
    leat_lookup_entry *e = leat_map_remove(&t->index, key.data, key.size);
    if (e == NULL)
        return;
    *(e->previous != NULL ? &e->previous->next : &t->first) = e->next;
    *(e->next != NULL ? &e->next->previous : &t->last) = e->previous;
    free_entry(t, e);
}
