/* tensors.c - tensors of the command line. */
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include "engine/files/npy-private.h"
#include "engine/op-private.h"
#include "tools/tensors-private.h"

static leat_status read_strings(leat_npy *n, leat_tensor *t)
{
    leat_arena arena = {0};
    leat_bytes *items = leat_alloc_zero((size_t)n->elements + 1, sizeof *items);
    leat_status status =
        items != NULL ? leat_npy_read_strings(n, items, &arena) : leat_fail_memory((size_t)n->elements);
    for (int64_t i = 0; status == LEAT_OK && i < n->elements; i++)
        status = leat_tensor_set_string(t, i, items[i].data, items[i].size);
    leat_free(items);
    leat_arena_free(&arena);
    return status;
}

leat_status leat_tensor_read_npy(const char *path, leat_tensor **out)
{
    leat_npy n;
    *out = NULL;
    leat_status status = leat_npy_open(&n, path);
    if (status == LEAT_OK && n.rank > LEAT_MAX_RANK)
        status = leat_fail(LEAT_ERR_UNIMPLEMENTED, "%s: %d dimensions; Leat has at most %d", path, n.rank,
                           LEAT_MAX_RANK);
    if (status == LEAT_OK) {
        leat_tensor *t = leat_tensor_new((leat_dtype)n.dtype, leat_shape_of(n.rank, n.dims));
        status = t == NULL                ? LEAT_ERR_NO_MEMORY
                 : n.dtype == LEAT_STRING ? read_strings(&n, t)
                                          : leat_npy_read(&n, leat_tensor_data(t));
        if (status == LEAT_OK)
            *out = t;
        else
            leat_tensor_unref(t);
    }
    leat_npy_close(&n);
    return status;
}

leat_status leat_tensor_write_npy(const char *path, const leat_tensor *t)
{
    leat_shape shape = leat_tensor_shape(t);
    int64_t n = leat_tensor_elements(t);
    if (leat_tensor_dtype(t) != LEAT_STRING)
        return leat_npy_write(path, (int)leat_tensor_dtype(t), leat_tensor_rank(t), shape.dims,
                              leat_tensor_data(t));
    leat_bytes *items = leat_alloc(((size_t)n + 1) * sizeof *items);
    if (items == NULL)
        return leat_fail_memory((size_t)n * sizeof *items);
    for (int64_t i = 0; i < n; i++)
        items[i].data = leat_tensor_string(t, i, &items[i].size);
    leat_status status = leat_npy_write_strings(path, leat_tensor_rank(t), shape.dims, items);
    leat_free(items);
    return status;
}

/* ---- values ---- */

/* Walks down the first elements for the shape; every level is checked when it is stored. */
static leat_status json_shape(const json_t *j, leat_shape *shape)
{
    *shape = (leat_shape){.rank_plus_1 = 1};
    for (; json_is_array(j); j = json_array_get(j, 0)) {
        if (shape->rank_plus_1 == LEAT_MAX_RANK + 1)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "more than %d levels of brackets", LEAT_MAX_RANK);
        shape->dims[shape->rank_plus_1++ - 1] = (int64_t)json_array_size(j);
        if (json_array_size(j) == 0)
            break;
    }
    return LEAT_OK;
}

static bool store_integer(leat_tensor *t, int64_t i, int64_t v)
{
    void *d = leat_tensor_data(t);
    switch (leat_tensor_dtype(t)) {
    case LEAT_INT8: ((int8_t *)d)[i] = (int8_t)v; return v == (int8_t)v;
    case LEAT_UINT8: ((uint8_t *)d)[i] = (uint8_t)v; return v == (uint8_t)v;
    case LEAT_INT16: ((int16_t *)d)[i] = (int16_t)v; return v == (int16_t)v;
    case LEAT_UINT16: ((uint16_t *)d)[i] = (uint16_t)v; return v == (uint16_t)v;
    case LEAT_INT32: ((int32_t *)d)[i] = (int32_t)v; return v == (int32_t)v;
    case LEAT_UINT32: ((uint32_t *)d)[i] = (uint32_t)v; return v == (int64_t)(uint32_t)v;
    case LEAT_INT64: ((int64_t *)d)[i] = v; return true;
    case LEAT_UINT64: ((uint64_t *)d)[i] = (uint64_t)v; return v >= 0;
    default: return false;
    }
}

/* JSON has no words for what is not finite: quote_words() made strings of them. */
static bool take_real(const json_t *j, double *real)
{
    if (json_is_string(j))
        return leat_parse_f64(json_string_value(j), real) && !isfinite(*real);
    *real = json_number_value(j);
    return json_is_number(j);
}

static leat_status store_json(const json_t *j, leat_tensor *t, int64_t i)
{
    void *d = leat_tensor_data(t);
    leat_dtype dtype = leat_tensor_dtype(t);
    double real;
    if ((dtype == LEAT_FLOAT || dtype == LEAT_DOUBLE) && take_real(j, &real)) {
        if (dtype == LEAT_DOUBLE)
            ((double *)d)[i] = real;
        else if (fabs(real) <= FLT_MAX || !isfinite(real))
            ((float *)d)[i] = (float)real;
        else
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "element %lld, %g, is beyond the range of float32",
                             (long long)i, real);
    } else if (dtype == LEAT_BOOL && json_is_boolean(j)) {
        ((uint8_t *)d)[i] = json_is_true(j);
    } else if (dtype == LEAT_STRING && json_is_string(j)) {
        return leat_tensor_set_string(t, i, json_string_value(j), json_string_length(j));
    } else if (!json_is_integer(j) || !store_integer(t, i, json_integer_value(j))) {
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "element %lld is no %s", (long long)i,
                         leat_dtype_name(dtype));
    }
    return LEAT_OK;
}

/* Recursion is bounded by the rank. */
static leat_status store_level(const json_t *j, leat_tensor *t, int axis, int64_t *at)
{
    if (axis == leat_tensor_rank(t))
        return json_is_array(j) ? leat_fail(LEAT_ERR_INVALID_ARGUMENT, "brackets of uneven depth")
                                : store_json(j, t, (*at)++);
    if (!json_is_array(j) || (int64_t)json_array_size(j) != leat_tensor_dim(t, axis))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "rows of uneven length");
    for (size_t i = 0; i < json_array_size(j); i++)
        LEAT_TRY(store_level(json_array_get(j, i), t, axis + 1, at));
    return LEAT_OK;
}

/* Puts quotes around words such as nan and -inf, which no number begins like. */
static void quote_words(leat_buf *b, const char *text)
{
    while (*text != '\0') {
        size_t gap = strspn(text, "[], \t"), word = strcspn(text + gap, "[], \t");
        const char *s = text + gap;
        s += *s == '-' || *s == '+';
        bool quote = word > 0 && strchr("nNiI", *s) != NULL;
        leat_buf_append(b, text, gap);
        leat_buf_printf(b, "%s%.*s%s", quote ? "\"" : "", (int)word, text + gap, quote ? "\"" : "");
        text += gap + word;
    }
}

leat_status leat_tensor_parse(const char *text, leat_dtype dtype, leat_tensor **out)
{
    json_error_t error;
    leat_shape shape;
    int64_t at = 0;
    *out = NULL;
    bool is_real = dtype == LEAT_FLOAT || dtype == LEAT_DOUBLE;
    leat_buf quoted = {0};
    if (is_real)
        quote_words(&quoted, text);
    if (leat_buf_status(&quoted) != LEAT_OK)
        return leat_fail_memory(strlen(text));
    json_t *j = json_loads(is_real && quoted.data != NULL ? quoted.data : text,
                           JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL * is_real, &error);
    leat_buf_free(&quoted);
    if (j == NULL && dtype == LEAT_STRING) /* a bare word is a string */
        j = json_string(text);
    if (j == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "'%s' is neither a .npy file, nor a number, nor a list of numbers in brackets",
                         text);
    leat_status status = json_shape(j, &shape);
    leat_tensor *t = status == LEAT_OK ? leat_tensor_new(dtype, shape) : NULL;
    if (status == LEAT_OK)
        status = t != NULL ? store_level(j, t, 0, &at) : LEAT_ERR_NO_MEMORY;
    json_decref(j);
    if (status == LEAT_OK)
        *out = t;
    else
        leat_tensor_unref(t);
    return status;
}

/* ---- names ---- */

leat_status leat_split_name(const char *text, char **name, const char **rest)
{
    const char *equals = strchr(text, '=');
    *name = leat_strndup(text, equals != NULL ? (size_t)(equals - text) : strlen(text));
    *rest = equals != NULL ? equals + 1 : NULL;
    return *name != NULL ? LEAT_OK : leat_fail_memory(strlen(text));
}

static leat_status not_found(const leat_graph *g, const char *name, const char *what)
{
    leat_nearest near = {.word = name};
    for (size_t i = 0; i < leat_graph_op_count(g); i++)
        leat_nearest_offer(&near, leat_op_name(leat_graph_op_at(g, i)));
    return leat_fail(LEAT_ERR_NOT_FOUND, "%s '%s' is not in the graph%s%s%s", what, name,
                     near.best ? "; did you mean '" : "", near.best ? near.best : "", near.best ? "'?" : "");
}

leat_status leat_find_out(const leat_graph *g, const char *name, const char *what, leat_out *out)
{
    *out = leat_graph_get(g, name);
    if (out->op != NULL)
        return LEAT_OK;
    const char *colon = strrchr(name, ':');
    char *node = leat_strndup(name, colon != NULL ? (size_t)(colon - name) : strlen(name));
    leat_op *op = node != NULL ? leat_graph_find(g, node) : NULL;
    leat_status status = LEAT_ERR_NOT_FOUND;
    if (op != NULL && op->type->def == NULL)
        leat_fail(status, "%s '%s': node '%s' (%s): the op is not known", what, name, node, leat_op_type(op));
    else if (op != NULL && op->n_outputs == 0)
        status = leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s '%s': node '%s' (%s) has no outputs", what, name,
                           node, leat_op_type(op));
    else if (op != NULL)
        status = leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s '%s': the last output of node '%s' (%s) is %u",
                           what, name, node, leat_op_type(op), op->n_outputs - 1);
    else
        status = not_found(g, name, what);
    leat_free(node);
    return status;
}

leat_status leat_find_op(const leat_graph *g, const char *name, const char *what, leat_op **op)
{
    *op = leat_graph_find(g, name);
    if (*op != NULL)
        return LEAT_OK;
    leat_out out = leat_graph_get(g, name);
    *op = out.op;
    return out.op != NULL ? LEAT_OK : not_found(g, name, what);
}
