/* metadata-outputs.c - the values that a node made, in a RunMetadata: dtype, shape, bytes. Sources: TensorFlow's step_stats.proto
 * (NodeExecStats: output = 7; NodeOutput: slot = 1, tensor_description = 3), tensor_description.proto (dtype = 1, shape = 2,
 * allocation_description = 4), tensor_shape.proto (dim = 2; Dim: size = 1), allocation_description.proto (requested_bytes = 1,
 * allocator_name = 3). */
#include "config.h"
#include "profile/metadata-private.h"

#define MOST_SHAPES 400 /* bytes of a node's shapes as a text, about */

/* TensorBoard looks for the dimensions of every output: a scalar has an empty shape, not none. */
void leat_put_output(leat_buf *out, const leat_profile_output *o)
{
    size_t mark = leat_put_begin(out, 7);
    if (o->slot > 0)
        leat_put_uint(out, 1, o->slot);
    size_t tensor = leat_put_begin(out, 3);
    leat_put_uint(out, 1, (uint64_t)o->dtype);
    size_t shape = leat_put_begin(out, 2);
    for (int d = 0; d + 1 < o->shape.rank_plus_1; d++) {
        size_t dim = leat_put_begin(out, 2);
        leat_put_uint(out, 1, (uint64_t)o->shape.dims[d]);
        leat_put_end(out, dim);
    }
    leat_put_end(out, shape);
    size_t allocation = leat_put_begin(out, 4);
    leat_put_uint(out, 1, o->bytes);
    leat_put_string(out, 3, "cpu");
    leat_put_end(out, allocation);
    leat_put_end(out, tensor);
    leat_put_end(out, mark);
}

/* TensorShapeProto; of more dimensions than a leat_shape has, and where one is not known, the shape is unknown. */
static leat_status read_shape(const leat_wire *outer, const leat_field *field, leat_shape *shape)
{
    leat_field f;
    leat_wire w = leat_wire_sub(outer, field);
    int rank = 0;
    *shape = (leat_shape){0};
    while (leat_wire_next(&w, &f)) {
        if (f.number != 2 || f.type != LEAT_WIRE_BYTES)
            continue;
        int64_t size;
        LEAT_TRY(leat_wire_dim(&w, &f, &size));
        if (rank >= 0 && rank < LEAT_MAX_RANK && size >= 0)
            shape->dims[rank++] = size;
        else
            rank = -1;
    }
    shape->rank_plus_1 = rank + 1;
    return leat_wire_status(&w);
}

static leat_status read_tensor(const leat_wire *outer, const leat_field *field, leat_profile_output *o)
{
    leat_field f, a;
    leat_wire w = leat_wire_sub(outer, field);
    while (leat_wire_next(&w, &f)) {
        if (f.number == 1 && f.type == LEAT_WIRE_VARINT && f.varint <= INT32_MAX)
            o->dtype = (leat_dtype)f.varint;
        else if (f.number == 2 && f.type == LEAT_WIRE_BYTES)
            LEAT_TRY(read_shape(&w, &f, &o->shape));
        else if (f.number == 4 && f.type == LEAT_WIRE_BYTES) {
            leat_wire allocation = leat_wire_sub(&w, &f);
            while (leat_wire_next(&allocation, &a))
                if (a.number == 1 && a.type == LEAT_WIRE_VARINT)
                    o->bytes = a.varint;
            LEAT_TRY(leat_wire_status(&allocation));
        }
    }
    return leat_wire_status(&w);
}

static leat_status read_output(const leat_wire *outer, const leat_field *field, leat_profile_output *o)
{
    leat_field f;
    leat_wire w = leat_wire_sub(outer, field);
    *o = (leat_profile_output){0};
    while (leat_wire_next(&w, &f)) {
        if (f.number == 1 && f.type == LEAT_WIRE_VARINT)
            o->slot = (uint32_t)LEAT_MIN(f.varint, (uint64_t)UINT32_MAX);
        else if (f.number == 3 && f.type == LEAT_WIRE_BYTES)
            LEAT_TRY(read_tensor(&w, &f, o));
    }
    return leat_wire_status(&w);
}

static const char *dtype_name(leat_dtype dtype)
{
    switch (dtype) {
#define NAME_OF(enum_, number_, name_, bytes_)                                                               \
    case LEAT_##enum_: return name_;
        LEAT_DTYPE_LIST(NAME_OF)
#undef NAME_OF
    default: return "?";
    }
}

/* As the recorder writes them: "float32[32,10],int32[]". */
static void put_shapes(leat_buf *out, const leat_profile_node *n)
{
    for (uint32_t i = 0; i < n->n_outputs && out->size < MOST_SHAPES; i++) {
        const leat_profile_output *o = &n->outputs[i];
        leat_buf_printf(out, "%s%s[", i > 0 ? "," : "", dtype_name(o->dtype));
        for (int d = 0; d + 1 < o->shape.rank_plus_1; d++)
            leat_buf_printf(out, d > 0 ? ",%lld" : "%lld", (long long)o->shape.dims[d]);
        leat_buf_puts(out, o->shape.rank_plus_1 == 0 ? "?]" : "]");
    }
}

leat_status leat_read_outputs(leat_profile_node *node, leat_wire w, leat_arena *arena)
{
    leat_field f;
    leat_wire again = w;
    uint32_t n = 0;
    while (leat_wire_next(&w, &f))
        n += f.number == 7 && f.type == LEAT_WIRE_BYTES;
    if (n == 0)
        return LEAT_OK;
    leat_profile_output *outputs = leat_arena_alloc(arena, n * sizeof *outputs);
    if (outputs == NULL)
        return leat_fail_memory(n * sizeof *outputs);
    n = 0;
    while (leat_wire_next(&again, &f))
        if (f.number == 7 && f.type == LEAT_WIRE_BYTES)
            LEAT_TRY(read_output(&again, &f, &outputs[n++]));
    node->outputs = outputs;
    node->n_outputs = n;
    if (node->shapes[0] != '\0')
        return LEAT_OK;
    leat_buf text = {0};
    put_shapes(&text, node);
    leat_status status = leat_buf_status(&text);
    const char *kept = status == LEAT_OK ? leat_arena_strndup(arena, text.data, text.size) : NULL;
    if (kept != NULL)
        node->shapes = kept;
    else if (status == LEAT_OK)
        status = leat_fail_memory(text.size);
    leat_buf_free(&text);
    return status;
}
