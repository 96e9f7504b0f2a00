/* pending.c - operands that become Const nodes when an op consumes them, as Python's numbers do in TensorFlow. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "graph-private.h"

static leat_out new_pending(leat_graph *g, leat_pending value)
{
    if (g == NULL || g->status != LEAT_OK)
        return LEAT_NO_OUT;
    leat_pending *p = leat_arena_alloc(&g->arena, sizeof *p);
    if (p == NULL) {
        leat_graph_keep(g, leat_fail_memory(sizeof *p));
        return LEAT_NO_OUT;
    }
    *p = value;
    p->op = (leat_op){.graph = g,
                      .name = "a number",
                      .type_name = "Const",
                      .device = "",
                      .id = UINT32_MAX,
                      .pending = true};
    return (leat_out){&p->op, 0};
}

leat_out leat_scalar_int(leat_graph *g, int64_t value)
{
    return new_pending(g, (leat_pending){.is_int = true, .i = value, .f = (double)value});
}

leat_out leat_scalar_float(leat_graph *g, double value)
{
    return new_pending(g, (leat_pending){.f = value});
}

leat_out leat_value(leat_graph *g, leat_tensor *value)
{
    if (g == NULL || g->status != LEAT_OK)
        return LEAT_NO_OUT;
    leat_status status = value == NULL
                             ? leat_fail(LEAT_ERR_INVALID_ARGUMENT, "leat_value: %s", leat_message())
                             : leat_grow(&g->values, &g->values_capacity, g->n_values + 1, sizeof value);
    if (status != LEAT_OK) {
        leat_graph_keep(g, status);
        return LEAT_NO_OUT;
    }
    g->values[g->n_values++] = leat_tensor_ref(value);
    return new_pending(g, (leat_pending){.tensor = value});
}

/* Stores the number in the one element of t; false where the dtype can't hold it. */
static bool store_number(leat_tensor *t, const leat_pending *p)
{
    static const struct {
        leat_dtype dtype;
        int64_t low, high;
    } ranges[] = {{LEAT_INT8, INT8_MIN, INT8_MAX},    {LEAT_UINT8, 0, UINT8_MAX},
                  {LEAT_INT16, INT16_MIN, INT16_MAX}, {LEAT_UINT16, 0, UINT16_MAX},
                  {LEAT_INT32, INT32_MIN, INT32_MAX}, {LEAT_UINT32, 0, UINT32_MAX},
                  {LEAT_INT64, INT64_MIN, INT64_MAX}, {LEAT_UINT64, 0, INT64_MAX}};
    if (t->dtype == LEAT_FLOAT) {
        *(float *)t->data = p->is_int ? (float)p->i : (float)p->f;
        return true;
    }
    if (t->dtype == LEAT_DOUBLE) {
        *(double *)t->data = p->is_int ? (double)p->i : p->f;
        return true;
    }
    if (t->dtype == LEAT_COMPLEX64 || t->dtype == LEAT_COMPLEX128) {
        memset(t->data, 0, leat_dtype_bytes(t->dtype));
        if (t->dtype == LEAT_COMPLEX64)
            *(float *)t->data = (float)p->f;
        else
            *(double *)t->data = p->f;
        return true;
    }
    if (t->dtype == LEAT_BOOL && p->is_int && (p->i == 0 || p->i == 1)) {
        *(uint8_t *)t->data = (uint8_t)p->i;
        return true;
    }
    for (size_t i = 0; i < LEAT_LEN(ranges); i++)
        if (t->dtype == ranges[i].dtype && p->is_int && p->i >= ranges[i].low && p->i <= ranges[i].high) {
            memcpy(t->data, &p->i, leat_dtype_bytes(t->dtype)); /* little-endian: the low bytes */
            return true;
        }
    return false;
}

/* half and bfloat16 have no C type here: through Cast's rules would be a node more; their bits are made directly. */
static bool store_small_float(leat_tensor *t, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t out;
    if (t->dtype == LEAT_BFLOAT16) {
        out = isnan(value) ? 0x7fc0 : (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    } else if (t->dtype == LEAT_HALF) {
        float magnitude = fabsf(value);
        uint16_t sign = (uint16_t)((bits >> 16) & 0x8000);
        if (isnan(value))
            out = 0x7e00;
        else if (magnitude >= 65520.0f)
            out = sign | 0x7c00;
        else if (magnitude < 0x1p-14f)
            out = sign | (uint16_t)nearbyintf(magnitude * 0x1p24f);
        else {
            uint32_t m;
            memcpy(&m, &magnitude, sizeof m);
            m += 0xfff + ((m >> 13) & 1);
            out = sign | (uint16_t)((m >> 13) - (112u << 10));
        }
    } else {
        return false;
    }
    *(uint16_t *)t->data = out;
    return true;
}

void leat_number_store(leat_tensor *t, double value)
{
    leat_pending p = {.is_int = value == (double)(int64_t)value, .i = (int64_t)value, .f = value};
    leat_tensor one = *t; /* its first element */
    size_t size = leat_dtype_bytes(t->dtype);
    if (t->elements == 0 || !(store_number(&one, &p) || store_small_float(&one, (float)value)))
        return;
    for (int64_t i = 1; i < t->elements; i++)
        memcpy((char *)t->data + (size_t)i * size, t->data, size);
}

static leat_tensor *number_tensor(leat_graph *g, const leat_pending *p, leat_dtype dtype, const char *name)
{
    leat_tensor *t = leat_tensor_new(dtype, (leat_shape){.rank_plus_1 = 1});
    if (t == NULL) {
        leat_graph_keep(g, LEAT_ERR_NO_MEMORY);
        return NULL;
    }
    if (store_number(t, p) || store_small_float(t, (float)p->f))
        return t;
    if (p->is_int)
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT, "node '%s': the number %lld is no %s", name,
                        (long long)p->i, leat_dtype_name(dtype));
    else
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT, "node '%s': the number %g is no %s", name, p->f,
                        leat_dtype_name(dtype));
    leat_tensor_unref(t);
    return NULL;
}

leat_out leat_pending_resolve(leat_graph *g, leat_out out, const char *scope, const char *name,
                              leat_dtype dtype)
{
    if (out.op == NULL || !out.op->pending || g->status != LEAT_OK)
        return out;
    const leat_pending *p = (const leat_pending *)out.op;
    if (!leat_name_valid(name, strlen(name))) {
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT, "'%s' is not a valid node name (op Const)", name);
        return LEAT_NO_OUT;
    }
    const char *full =
        leat_graph_unique_name(g, scope != NULL ? scope : leat_graph_scope(g)->name_scope, name);
    if (full == NULL)
        return LEAT_NO_OUT;
    if (dtype == LEAT_DTYPE_NONE)
        dtype = p->is_int ? LEAT_INT32 : LEAT_FLOAT;
    leat_tensor *t = p->tensor != NULL ? leat_tensor_ref(p->tensor) : number_tensor(g, p, dtype, full);
    if (t == NULL)
        return LEAT_NO_OUT;
    leat_op_builder saved =
        g->builder; /* the consumer may be open: a Const has no inputs, so its arrays stay */
    g->builder.open = false;
    leat_op_builder *b = leat_op_begin_literal(g, "Const", 5, full, strlen(full));
    leat_op *op = NULL;
    if (b != NULL) {
        b->device = leat_graph_scope(g)->device;
        b->inputs = NULL;
        b->segments = NULL;
        b->controls = NULL;
        b->inputs_capacity = b->segments_capacity = b->controls_capacity = 0;
        for (size_t i = 0; i < leat_graph_scope(g)->n_controls; i++)
            leat_op_add_control(b, leat_graph_scope(g)->controls[i]);
        leat_op_set_type(b, "dtype", t->dtype);
        leat_op_set_tensor(b, "value", t);
        op = leat_op_end(b);
        leat_free(b->controls);
    }
    g->builder = saved;
    leat_tensor_unref(t);
    return (leat_out){op, 0};
}
