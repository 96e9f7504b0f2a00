/* graphdef-write.c - a graph as a serialized GraphDef. */
#include <string.h>
#include "graphdef-private.h"

static void put_attr(leat_buf *b, const char *name, const leat_attr_value *v)
{
    size_t mark = leat_put_begin(b, 5);
    leat_put_string(b, 1, name);
    leat_put_attr_value(b, 2, v);
    leat_put_end(b, mark);
}

static void put_output_shapes(leat_buf *b, const leat_op *op)
{
    size_t mark = leat_put_begin(b, 5);
    leat_put_string(b, 1, "_output_shapes");
    size_t value = leat_put_begin(b, 2), list = leat_put_begin(b, 1);
    for (uint32_t i = 0; i < op->n_outputs; i++)
        leat_put_shape_proto(b, 7, op->outputs[i].shape);
    leat_put_end(b, list);
    leat_put_end(b, value);
    leat_put_end(b, mark);
}

static void put_node(leat_buf *b, const leat_op *op, bool with_shapes)
{
    size_t mark = leat_put_begin(b, 1);
    leat_put_string(b, 1, op->name);
    leat_put_string(b, 2, op->type_name);
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        leat_out in = op->inputs[i];
        size_t text = leat_put_begin(b, 3);
        leat_buf_puts(b, in.op->name);
        if (in.index > 0)
            leat_buf_printf(b, ":%d", in.index);
        leat_put_end(b, text);
    }
    for (uint32_t i = 0; i < op->n_controls; i++) {
        size_t text = leat_put_begin(b, 3);
        leat_buf_putc(b, '^');
        leat_buf_puts(b, op->controls[i]->name);
        leat_put_end(b, text);
    }
    if (*op->device != '\0')
        leat_put_string(b, 4, op->device);
    bool had_shapes = false;
    for (unsigned i = 0; i < op->n_attrs; i++) {
        had_shapes |= strcmp(op->attrs[i].name, "_output_shapes") == 0;
        if (op->attrs[i].value.kind != LEAT_ATTR_TENSOR ||
            op->attrs[i].value.tensor != NULL) /* NULL: the default */
            put_attr(b, op->attrs[i].name, &op->attrs[i].value);
    }
    if (with_shapes && !had_shapes && op->n_outputs > 0)
        put_output_shapes(b, op);
    if (op->rest != NULL)
        leat_buf_append(b, op->rest->data, op->rest->size);
    leat_put_end(b, mark);
}

leat_status leat_put_graph_def(leat_buf *b, const leat_graph *g, bool with_shapes)
{
    for (size_t i = 0; i < g->n_ops && !b->failed; i++)
        put_node(b, g->ops[i], with_shapes);
    if (g->library_size > 0)
        leat_put_bytes(b, 2, g->library, g->library_size);
    size_t versions = leat_put_begin(b, 4);
    if (g->producer > 0)
        leat_put_uint(b, 1, (uint64_t)g->producer);
    if (g->min_consumer > 0)
        leat_put_uint(b, 2, (uint64_t)g->min_consumer);
    for (size_t i = 0; i < g->n_bad_consumers; i++)
        leat_put_uint(b, 3, (uint64_t)(int64_t)g->bad_consumers[i]);
    leat_put_end(b, versions);
    return leat_buf_status(b);
}

leat_status leat_export_graph_def(const leat_graph *g, bool with_shapes, void **bytes, size_t *size)
{
    leat_buf b = {0};
    *bytes = NULL;
    LEAT_TRY(leat_graph_status(g));
    leat_status status = leat_put_graph_def(&b, g, with_shapes);
    if (status != LEAT_OK) {
        leat_buf_free(&b);
        return status;
    }
    *bytes = b.data;
    *size = b.size;
    return LEAT_OK;
}
