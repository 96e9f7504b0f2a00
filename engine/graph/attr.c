/* attr.c - reading an op's attributes. The builder has checked kinds, so a missing one is a bug of the caller: these
 * return zero then, and never read another kind's member. */
#include <string.h>
#include "graph-private.h"

const leat_attr_value *leat_attr(const leat_op *op, const char *name)
{
    for (unsigned i = 0; i < op->n_attrs; i++)
        if (op->attrs[i].name == name || strcmp(op->attrs[i].name, name) == 0)
            return &op->attrs[i].value;
    return NULL;
}

static const leat_attr_value *of_kind(const leat_op *op, const char *name, unsigned kind)
{
    const leat_attr_value *v = leat_attr(op, name);
    return v != NULL && v->kind == kind ? v : NULL;
}

int64_t leat_attr_int(const leat_op *op, const char *name)
{
    const leat_attr_value *v = of_kind(op, name, LEAT_ATTR_INT);
    return v != NULL ? v->i : 0;
}

float leat_attr_float(const leat_op *op, const char *name)
{
    const leat_attr_value *v = of_kind(op, name, LEAT_ATTR_FLOAT);
    return v != NULL ? v->f : 0;
}

bool leat_attr_bool(const leat_op *op, const char *name)
{
    const leat_attr_value *v = of_kind(op, name, LEAT_ATTR_BOOL);
    return v != NULL && v->b;
}

leat_dtype leat_attr_type(const leat_op *op, const char *name)
{
    const leat_attr_value *v = of_kind(op, name, LEAT_ATTR_TYPE);
    return v != NULL ? v->type : LEAT_DTYPE_NONE;
}

const char *leat_attr_string(const leat_op *op, const char *name)
{
    const leat_attr_value *v = of_kind(op, name, LEAT_ATTR_STRING);
    return v != NULL ? v->s : "";
}

leat_shape leat_attr_shape(const leat_op *op, const char *name)
{
    const leat_attr_value *v = of_kind(op, name, LEAT_ATTR_SHAPE);
    return v != NULL ? *v->shape : leat_shape_nothing;
}

leat_tensor *leat_attr_tensor(const leat_op *op, const char *name)
{
    const leat_attr_value *v = of_kind(op, name, LEAT_ATTR_TENSOR);
    return v != NULL ? v->tensor : NULL;
}

size_t leat_attr_ints(const leat_op *op, const char *name, const int64_t **values)
{
    const leat_attr_value *v = of_kind(op, name, LEAT_ATTR_LIST + LEAT_ATTR_INT);
    *values = v != NULL ? v->list : NULL;
    return v != NULL ? v->n : 0;
}
