/* tensor.c - tensors on the heap: buffers, references, strings. */
#include <string.h>
#include "engine/op-private.h"

const char *leat_dtype_name(leat_dtype dtype)
{
    switch (dtype) {
#define DTYPE_CASE(enum_, number_, name_, bytes_)                                                            \
    case LEAT_##enum_: return name_;
        LEAT_DTYPE_LIST(DTYPE_CASE)
#undef DTYPE_CASE
    case LEAT_DTYPE_NONE: break;
    }
    return "invalid";
}

size_t leat_dtype_size(leat_dtype dtype)
{
    return leat_dtype_bytes(dtype);
}

leat_dtype leat_dtype_from_name(const char *name, size_t n)
{
    static const struct {
        const char *name;
        leat_dtype dtype;
    } names[] = {
#define DTYPE_ROW(enum_, number_, name_, bytes_) {name_, LEAT_##enum_},
        LEAT_DTYPE_LIST(DTYPE_ROW)
#undef DTYPE_ROW
        /* the spellings of op definitions */
        {"float", LEAT_FLOAT},
        {"double", LEAT_DOUBLE},
        {"half", LEAT_HALF},
    };
    for (size_t i = 0; i < LEAT_LEN(names); i++)
        if (strlen(names[i].name) == n && memcmp(names[i].name, name, n) == 0)
            return names[i].dtype;
    return LEAT_DTYPE_NONE;
}

/* `user` is the span that the data lie in, or NULL. */
static void free_buffer(void *data, void *user)
{
    if (user != NULL)
        leat_span_drop(user);
    else
        leat_free_aligned(data);
}

static void free_strings(void *data, void *user)
{
    leat_string *strings = data;
    size_t n = (size_t)(uintptr_t)user;
    for (size_t i = 0; i < n; i++)
        leat_free(strings[i].data);
    leat_free_aligned(data);
}

static leat_tensor *new_header(leat_dtype dtype, const leat_shape *shape, size_t *bytes)
{
    int64_t elements;
    if (leat_shape_measure(shape, dtype, &elements, bytes) != LEAT_OK)
        return NULL;
    leat_tensor *t = leat_alloc_zero(1, sizeof *t);
    if (t == NULL) {
        leat_fail_memory(sizeof *t);
        return NULL;
    }
    atomic_init(&t->refs, 1);
    t->dtype = dtype;
    t->shape = *shape;
    t->elements = elements;
    return t;
}

leat_tensor *leat_tensor_new(leat_dtype dtype, leat_shape shape)
{
    size_t bytes;
    leat_tensor *t = new_header(dtype, &shape, &bytes);
    if (t == NULL)
        return NULL;
    t->data = leat_alloc_aligned(bytes);
    if (t->data == NULL) {
        leat_fail_memory(bytes);
        leat_free(t);
        return NULL;
    }
    if (dtype == LEAT_STRING) {
        memset(t->data, 0, bytes);
        t->free_data = free_strings;
        t->user = (void *)(uintptr_t)t->elements;
    } else {
        t->free_data = free_buffer;
    }
    return t;
}

leat_tensor *leat_tensor_from(leat_dtype dtype, leat_shape shape, const void *data)
{
    leat_tensor *t = leat_tensor_new(dtype, shape);
    if (t == NULL)
        return NULL;
    if (dtype != LEAT_STRING) {
        if (t->elements > 0)
            memcpy(t->data, data, leat_tensor_bytes(t));
        return t;
    }
    const char *const *texts = data;
    for (int64_t i = 0; i < t->elements; i++)
        if (leat_tensor_set_string(t, i, texts[i], strlen(texts[i])) != LEAT_OK) {
            leat_tensor_unref(t);
            return NULL;
        }
    return t;
}

leat_tensor *leat_tensor_wrap(leat_dtype dtype, leat_shape shape, void *data,
                              void (*free_data)(void *data, void *user), void *user)
{
    size_t bytes;
    if (dtype == LEAT_STRING) {
        leat_fail(LEAT_ERR_INVALID_ARGUMENT, "leat_tensor_wrap: strings can't be wrapped");
        return NULL;
    }
    leat_tensor *t = new_header(dtype, &shape, &bytes);
    if (t == NULL)
        return NULL;
    t->data = data;
    t->free_data = free_data;
    t->user = user;
    return t;
}

leat_tensor *leat_tensor_adopt(leat_dtype dtype, leat_shape shape, void *data, leat_span *span)
{
    return leat_tensor_wrap(dtype, shape, data, free_buffer, span);
}

bool leat_tensor_swap(leat_tensor *t, void **data, leat_span **span)
{
    if (t->free_data != free_buffer)
        return false;
    void *old = t->data, *old_span = t->user;
    t->data = *data;
    t->user = *span;
    *data = old;
    *span = old_span;
    return true;
}

leat_tensor *leat_tensor_ref(leat_tensor *t)
{
    /* Relaxed: whoever adds a reference already holds one, so the object can't go away meanwhile. */
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void leat_tensor_unref(leat_tensor *t)
{
    /* Release: what this thread did with the content happens before the free. Acquire in the last one: the free sees
     * what all others did. */
    if (t == NULL || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (t->base != NULL)
        leat_tensor_unref(t->base);
    if (t->free_data != NULL)
        t->free_data(t->data, t->user);
    leat_free(t);
}

leat_tensor *leat_tensor_copy(const leat_tensor *t)
{
    leat_tensor *copy = leat_tensor_new(t->dtype, t->shape);
    if (copy == NULL)
        return NULL;
    if (t->dtype != LEAT_STRING) {
        if (t->elements > 0)
            memcpy(copy->data, t->data, leat_tensor_bytes(t));
        return copy;
    }
    const leat_string *from = t->data;
    for (int64_t i = 0; i < t->elements; i++)
        if (leat_tensor_set_string(copy, i, from[i].data, from[i].size) != LEAT_OK) {
            leat_tensor_unref(copy);
            return NULL;
        }
    return copy;
}

leat_dtype leat_tensor_dtype(const leat_tensor *t)
{
    return t->dtype;
}

leat_shape leat_tensor_shape(const leat_tensor *t)
{
    return t->shape;
}

int leat_tensor_rank(const leat_tensor *t)
{
    return leat_shape_rank(&t->shape);
}

int64_t leat_tensor_dim(const leat_tensor *t, int axis)
{
    int rank = leat_shape_rank(&t->shape);
    if (axis < 0)
        axis += rank;
    return axis >= 0 && axis < rank ? t->shape.dims[axis] : -1;
}

int64_t leat_tensor_elements(const leat_tensor *t)
{
    return t->elements;
}

size_t leat_tensor_bytes(const leat_tensor *t)
{
    return (size_t)t->elements * leat_dtype_bytes(t->dtype);
}

void *leat_tensor_data(const leat_tensor *t)
{
    return t->data;
}

const char *leat_tensor_string(const leat_tensor *t, int64_t i, size_t *size)
{
    if (size != NULL)
        *size = 0;
    if (t->dtype != LEAT_STRING || i < 0 || i >= t->elements)
        return "";
    const leat_string *s = (const leat_string *)t->data + i;
    if (size != NULL)
        *size = s->size;
    return s->data != NULL ? s->data : "";
}

leat_status leat_tensor_set_string(leat_tensor *t, int64_t i, const char *bytes, size_t size)
{
    if (t->dtype != LEAT_STRING || i < 0 || i >= t->elements)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "element %lld of a %s tensor of %lld elements is no string", (long long)i,
                         leat_dtype_name(t->dtype), (long long)t->elements);
    char *copy = NULL;
    if (size > 0) {
        copy = leat_alloc(size + 1);
        if (copy == NULL)
            return leat_fail_memory(size);
        memcpy(copy, bytes, size);
        copy[size] = '\0';
    }
    leat_string *s = (leat_string *)t->data + i;
    leat_free(s->data);
    *s = (leat_string){copy, size};
    return LEAT_OK;
}
