/* infer.c - static shapes, and the values that shape inference can know without running. */
#include <string.h>
#include "graph-private.h"
#include "engine/plan-private.h"

leat_status leat_infer_fail(const leat_infer *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    leat_fail_v(LEAT_ERR_INVALID_ARGUMENT, format, args);
    va_end(args);
    return leat_fail_context(LEAT_ERR_INVALID_ARGUMENT, "node '%s' (%s)", c->op->name, c->op->type_name);
}

leat_status leat_infer_want_rank(const leat_infer *c, int i, int rank)
{
    char text[160];
    if (c->in[i]->rank_plus_1 == 0 || c->in[i]->rank_plus_1 == rank + 1)
        return LEAT_OK;
    return leat_infer_fail(c, "input %d has shape %s, rank %d is needed", i,
                           leat_shape_print(*c->in[i], text, sizeof text), rank);
}

leat_status leat_infer_op(leat_op *op)
{
    enum { FEW = 16 };
    const leat_shape *few_in[FEW];
    leat_shape few_out[FEW];
    if (op->type->def == NULL || op->type->def->shape == NULL || op->n_outputs == 0)
        return LEAT_OK;
    const leat_shape **in = few_in;
    leat_shape *out = few_out;
    leat_status status = LEAT_OK;
    if (op->n_inputs > FEW)
        in = leat_alloc(op->n_inputs * sizeof *in);
    if (op->n_outputs > FEW)
        out = leat_alloc(op->n_outputs * sizeof *out);
    if (in == NULL || out == NULL) {
        status = leat_fail_memory(op->n_inputs * sizeof *in + op->n_outputs * sizeof *out);
    } else {
        for (uint32_t i = 0; i < op->n_inputs; i++)
            in[i] = op->inputs[i].op->outputs[op->inputs[i].index].shape;
        memset(out, 0, op->n_outputs * sizeof *out);
        status = op->type->def->shape(&(leat_infer){op, in, out});
        for (uint32_t i = 0; status == LEAT_OK && i < op->n_outputs; i++)
            op->outputs[i].shape = leat_graph_intern_shape(op->graph, &out[i]);
    }
    if (in != few_in)
        leat_free(in);
    if (out != few_out)
        leat_free(out);
    return status;
}

/* ---- values known without running ----
 * A small demand-driven evaluation with the ops' own kernels. The budget bounds the work of one question, so that a
 * graph of n nodes is built in O(n) whatever its shape; a value that needs more stays unknown, which is always right. */

#define VALUE_NODES 48
#define VALUE_DEPTH 16
#define VALUE_ELEMENTS 4096

static leat_tensor *value_of(leat_out out, int depth, int *budget);

static leat_tensor *shape_tensor(leat_dtype dtype, const leat_shape *shape)
{
    int rank = leat_shape_rank(shape);
    leat_tensor *t = leat_tensor_new(dtype, (leat_shape){2, {rank}});
    for (int i = 0; t != NULL && i < rank; i++) {
        if (dtype == LEAT_INT64)
            ((int64_t *)t->data)[i] = shape->dims[i];
        else
            ((int32_t *)t->data)[i] = (int32_t)shape->dims[i];
    }
    return t;
}

static leat_tensor *number_tensor(leat_dtype dtype, int64_t value)
{
    leat_tensor *t = leat_tensor_new(dtype, (leat_shape){.rank_plus_1 = 1});
    if (t != NULL && dtype == LEAT_INT64)
        *(int64_t *)t->data = value;
    else if (t != NULL)
        *(int32_t *)t->data = (int32_t)value;
    return t;
}

/* Shape, ShapeN, Size and Rank ask for a static shape, not for a value. */
static bool shape_query(leat_out out, leat_tensor **value)
{
    const leat_op *op = out.op;
    const char *type = op->type_name;
    bool is_shape = strcmp(type, "Shape") == 0 || strcmp(type, "ShapeN") == 0;
    bool is_size = strcmp(type, "Size") == 0, is_rank = strcmp(type, "Rank") == 0;
    if (!is_shape && !is_size && !is_rank)
        return false;
    leat_out in = op->inputs[is_shape ? out.index : 0];
    const leat_shape *shape = in.op->outputs[in.index].shape;
    *value = NULL;
    if (is_rank && shape->rank_plus_1 > 0)
        *value = number_tensor(LEAT_INT32, leat_shape_rank(shape));
    else if (is_shape && leat_shape_known(shape))
        *value = shape_tensor(op->outputs[out.index].dtype, shape);
    else if (is_size && leat_shape_known(shape))
        *value = number_tensor(op->outputs[0].dtype, leat_shape_elements(*shape));
    return true;
}

static bool may_evaluate(const leat_op *op)
{
    if (op->pending || op->type->def == NULL || op->n_outputs == 0 || op->n_outputs > 8 || op->n_inputs > 16)
        return false;
    if (op->type->def->flags &
        (LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR | LEAT_OP_WRITES_VARS | LEAT_OP_READS_VAR))
        return false;
    if (strcmp(op->type_name, "PlaceholderWithDefault") == 0) /* a run may feed it */
        return false;
    for (uint32_t i = 0; i < op->n_outputs; i++) {
        const leat_op_out *o = &op->outputs[i];
        if (o->is_ref ||
            !(leat_dtype_is_integer(o->dtype) || leat_dtype_is_floating(o->dtype) || o->dtype == LEAT_BOOL))
            return false;
        if (leat_shape_known(o->shape) && leat_shape_elements(*o->shape) > VALUE_ELEMENTS)
            return false;
    }
    return op->n_inputs > 0;
}

static leat_tensor *evaluate(leat_out out, int depth, int *budget)
{
    leat_tensor *in[16], *results[8] = {NULL}, *value = NULL;
    uint32_t n = 0;
    while (n < out.op->n_inputs) {
        in[n] = value_of(out.op->inputs[n], depth + 1, budget);
        if (in[n] == NULL)
            break;
        n++;
    }
    if (n == out.op->n_inputs && leat_eval_op(out.op, in, results) == LEAT_OK)
        value = leat_tensor_ref(results[out.index]);
    while (n > 0)
        leat_tensor_unref(in[--n]);
    for (unsigned i = 0; i < LEAT_LEN(results); i++)
        leat_tensor_unref(results[i]);
    return value;
}

static leat_tensor *value_of(leat_out out, int depth, int *budget)
{
    leat_tensor *value = NULL;
    const leat_op *op = out.op;
    if (op == NULL || op->pending || out.index >= (int)op->n_outputs || depth > VALUE_DEPTH || --*budget < 0)
        return NULL;
    if (strcmp(op->type_name, "Const") == 0) {
        value = leat_attr_tensor(op, "value");
        return value != NULL && value->elements <= VALUE_ELEMENTS ? leat_tensor_ref(value) : NULL;
    }
    if (shape_query(out, &value) || !may_evaluate(op))
        return value;
    return evaluate(out, depth, budget);
}

leat_tensor *leat_infer_value(const leat_infer *c, int i)
{
    int budget = VALUE_NODES;
    return value_of(c->op->inputs[i], 0, &budget);
}

leat_tensor *leat_out_value(leat_out out)
{
    int budget = VALUE_NODES;
    return value_of(out, 0, &budget);
}

/* ---- partly known shapes in 1-D integer tensors ---- */

static bool as_int(const leat_tensor *t, int64_t i, int64_t *value)
{
    if (t->dtype == LEAT_INT32)
        *value = ((const int32_t *)t->data)[i];
    else if (t->dtype == LEAT_INT64)
        *value = ((const int64_t *)t->data)[i];
    else if (t->dtype == LEAT_INT16)
        *value = ((const int16_t *)t->data)[i];
    else
        return false;
    return true;
}

static leat_shape tensor_as_shape(const leat_tensor *t)
{
    leat_shape s = {0};
    if (leat_shape_rank(&t->shape) != 1 || t->elements > LEAT_MAX_RANK)
        return s;
    s.rank_plus_1 = (int32_t)t->elements + 1;
    for (int64_t i = 0; i < t->elements; i++) {
        if (!as_int(t, i, &s.dims[i]))
            return (leat_shape){0};
        if (s.dims[i] < 0)
            s.dims[i] = -1;
    }
    return s;
}

static leat_shape shape_value(leat_out out, int depth, int *budget);

static int64_t dim_value(leat_out out, int depth, int *budget)
{
    int64_t n = -1;
    leat_tensor *t = value_of(out, depth, budget);
    if (t != NULL) {
        if (t->elements != 1 || !as_int(t, 0, &n) || n < 0)
            n = -1;
        leat_tensor_unref(t);
        return n;
    }
    /* shape[i] by StridedSlice with a shrunk axis: batch_size = tf.shape(x)[0] */
    const leat_op *op = out.op;
    if (op != NULL && !op->pending && strcmp(op->type_name, "StridedSlice") == 0 &&
        leat_attr_int(op, "shrink_axis_mask") == 1) {
        leat_shape s = shape_value(op->inputs[0], depth + 1, budget);
        leat_tensor *begin = value_of(op->inputs[1], depth + 1, budget);
        int64_t at;
        if (begin != NULL && begin->elements == 1 && s.rank_plus_1 > 0 && as_int(begin, 0, &at)) {
            if (at < 0)
                at += leat_shape_rank(&s);
            if (at >= 0 && at < leat_shape_rank(&s))
                n = s.dims[at];
        }
        leat_tensor_unref(begin);
    }
    return n;
}

static leat_shape pack_value(const leat_op *op, int depth, int *budget)
{
    leat_shape s = {0};
    if (op->n_inputs > LEAT_MAX_RANK ||
        leat_shape_rank(op->inputs[0].op->outputs[op->inputs[0].index].shape) != 0)
        return s;
    s.rank_plus_1 = (int32_t)op->n_inputs + 1;
    for (uint32_t i = 0; i < op->n_inputs; i++)
        s.dims[i] = dim_value(op->inputs[i], depth + 1, budget);
    return s;
}

static leat_shape concat_value(const leat_op *op, int depth, int *budget)
{
    leat_shape s = {.rank_plus_1 = 1};
    for (uint32_t i = 0; i + 1 < op->n_inputs; i++) {
        leat_shape part = shape_value(op->inputs[i], depth + 1, budget);
        if (part.rank_plus_1 == 0 || leat_shape_rank(&s) + leat_shape_rank(&part) > LEAT_MAX_RANK)
            return (leat_shape){0};
        for (int k = 0; k < leat_shape_rank(&part); k++)
            s.dims[leat_shape_rank(&s) + k] = part.dims[k];
        s.rank_plus_1 += leat_shape_rank(&part);
    }
    return s;
}

static leat_shape shape_value(leat_out out, int depth, int *budget)
{
    leat_shape s = {0};
    const leat_op *op = out.op;
    if (op == NULL || op->pending || depth > VALUE_DEPTH || --*budget < 0)
        return s;
    leat_tensor *t = value_of(out, depth, budget);
    if (t != NULL) {
        s = tensor_as_shape(t);
        leat_tensor_unref(t);
        return s;
    }
    if (strcmp(op->type_name, "Shape") == 0 || strcmp(op->type_name, "ShapeN") == 0) {
        leat_out in = op->inputs[out.index];
        return *in.op->outputs[in.index].shape;
    }
    if (strcmp(op->type_name, "Pack") == 0)
        return pack_value(op, depth, budget);
    if (strcmp(op->type_name, "ConcatV2") == 0)
        return concat_value(op, depth, budget);
    if (strcmp(op->type_name, "Cast") == 0 || strcmp(op->type_name, "Identity") == 0)
        return shape_value(op->inputs[0], depth + 1, budget);
    /* Only the length is known. */
    const leat_shape *own = op->outputs[out.index].shape;
    if (leat_shape_rank(own) == 1 && own->dims[0] >= 0 && own->dims[0] <= LEAT_MAX_RANK) {
        s.rank_plus_1 = (int32_t)own->dims[0] + 1;
        for (int i = 0; i < LEAT_MAX_RANK; i++)
            s.dims[i] = -1;
    }
    return s;
}

leat_shape leat_infer_value_as_shape(const leat_infer *c, int i)
{
    int budget = VALUE_NODES;
    return shape_value(c->op->inputs[i], 0, &budget);
}

/* ---- shape functions that many ops share ---- */

leat_status leat_shape_same(leat_infer *c)
{
    for (uint32_t i = 0; i < c->op->n_outputs; i++)
        c->out[i] = *c->in[0];
    return LEAT_OK;
}

leat_status leat_shape_same_merged(leat_infer *c)
{
    char a[160], b[160];
    c->out[0] = *c->in[0];
    for (uint32_t i = 1; i < c->op->n_inputs; i++) {
        leat_shape before = c->out[0];
        if (!leat_shape_merge(&before, c->in[i], &c->out[0]))
            return leat_infer_fail(c, "input %u has shape %s, not %s as the others", i,
                                   leat_shape_print(*c->in[i], a, sizeof a),
                                   leat_shape_print(before, b, sizeof b));
    }
    return LEAT_OK;
}

leat_status leat_shape_broadcast2(leat_infer *c)
{
    char a[160], b[160];
    if (leat_shape_broadcast(c->in[0], c->in[1], &c->out[0]))
        return LEAT_OK;
    return leat_infer_fail(c, "shapes %s and %s do not broadcast", leat_shape_print(*c->in[0], a, sizeof a),
                           leat_shape_print(*c->in[1], b, sizeof b));
}

leat_status leat_shape_scalar(leat_infer *c)
{
    for (uint32_t i = 0; i < c->op->n_outputs; i++)
        c->out[i] = (leat_shape){.rank_plus_1 = 1};
    return LEAT_OK;
}

leat_status leat_shape_none(leat_infer *c)
{
    (void)c;
    return LEAT_OK;
}

leat_status leat_shape_attr(leat_infer *c)
{
    c->out[0] = leat_attr_shape(c->op, "shape");
    return LEAT_OK;
}
