/* attr-value.c - AttrValue, both ways (tensorflow/core/framework/attr_value.proto). Values nest no deeper than a list of
 * tensors; a func's own attributes stay bytes. */
#include <string.h>
#include "graphdef-private.h"

static void *keep_bytes(leat_op_builder *b, const void *from, size_t size)
{
    char *copy = leat_arena_alloc(&b->graph->arena, size + 1);
    if (copy == NULL)
        return NULL;
    if (size > 0)
        memcpy(copy, from, size);
    copy[size] = '\0';
    return copy;
}

static leat_dtype dtype_of(uint64_t number)
{
    return number < 200 ? (leat_dtype)number : LEAT_DTYPE_NONE;
}

/* ---- lists ---- */

typedef struct items {
    leat_buf bytes; /* of the kind's element type */
    size_t n;
    unsigned kind;
} items;

static size_t element_size(unsigned kind)
{
    switch (kind) {
    case LEAT_ATTR_INT: return sizeof(int64_t);
    case LEAT_ATTR_FLOAT: return sizeof(float);
    case LEAT_ATTR_BOOL: return sizeof(bool);
    case LEAT_ATTR_TYPE: return sizeof(leat_dtype);
    case LEAT_ATTR_SHAPE: return sizeof(leat_shape);
    case LEAT_ATTR_TENSOR: return sizeof(leat_tensor *);
    default: return sizeof(leat_bytes);
    }
}

static unsigned list_kind(uint32_t field)
{
    static const uint8_t kinds[] = {0,
                                    0,
                                    LEAT_ATTR_STRING,
                                    LEAT_ATTR_INT,
                                    LEAT_ATTR_FLOAT,
                                    LEAT_ATTR_BOOL,
                                    LEAT_ATTR_TYPE,
                                    LEAT_ATTR_SHAPE,
                                    LEAT_ATTR_TENSOR,
                                    LEAT_ATTR_FUNC};
    return field < LEAT_LEN(kinds) ? kinds[field] : 0;
}

static void add_number(items *list, uint64_t bits)
{
    float f;
    bool b = bits != 0;
    leat_dtype d = dtype_of(bits);
    uint32_t low = (uint32_t)bits;
    memcpy(&f, &low, sizeof f);
    const void *item = list->kind == LEAT_ATTR_FLOAT  ? (const void *)&f
                       : list->kind == LEAT_ATTR_BOOL ? (const void *)&b
                       : list->kind == LEAT_ATTR_TYPE ? (const void *)&d
                                                      : (const void *)&bits;
    leat_buf_append(&list->bytes, item, element_size(list->kind));
    list->n++;
}

static leat_status add_numbers(items *list, const leat_wire *outer, const leat_field *f)
{
    if (f->type != LEAT_WIRE_BYTES) {
        add_number(list, f->varint);
        return LEAT_OK;
    }
    if (list->kind == LEAT_ATTR_FLOAT) {
        if (f->size % 4 != 0)
            return leat_fail(LEAT_ERR_DATA_LOSS, "packed floats of %zu bytes are not whole", f->size);
        for (size_t at = 0; at < f->size; at += 4) {
            uint32_t bits;
            memcpy(&bits, f->bytes + at, 4);
            add_number(list, bits);
        }
        return LEAT_OK;
    }
    leat_wire w = leat_wire_sub(outer, f);
    uint64_t value;
    while (leat_wire_varint(&w, &value))
        add_number(list, value);
    return leat_wire_status(&w);
}

static leat_status add_item(items *list, leat_wire *outer, const leat_field *f, uint64_t file_size,
                            leat_op_builder *b)
{
    if (list->kind == LEAT_ATTR_INT || list->kind == LEAT_ATTR_FLOAT || list->kind == LEAT_ATTR_BOOL ||
        list->kind == LEAT_ATTR_TYPE)
        return add_numbers(list, outer, f);
    if (f->type != LEAT_WIRE_BYTES)
        return leat_fail(LEAT_ERR_DATA_LOSS, "offset %llu: a list item of the wrong wire type",
                         (unsigned long long)f->offset);
    leat_wire w = leat_wire_sub(outer, f);
    if (list->kind == LEAT_ATTR_SHAPE) {
        leat_shape shape;
        LEAT_TRY(leat_read_shape_proto(&w, &shape));
        leat_buf_append(&list->bytes, &shape, sizeof shape);
    } else if (list->kind == LEAT_ATTR_TENSOR) {
        leat_tensor *t;
        LEAT_TRY(leat_tensor_from_proto(&w, file_size, &t));
        leat_buf_append(&list->bytes, &t, sizeof t);
        if (list->bytes.failed)
            leat_tensor_unref(t);
    } else {
        leat_bytes item = {keep_bytes(b, f->bytes, f->size), f->size};
        if (item.data == NULL)
            return leat_fail_memory(f->size);
        leat_buf_append(&list->bytes, &item, sizeof item);
    }
    list->n++;
    return LEAT_OK;
}

static void free_items(items *list)
{
    for (size_t i = 0; list->kind == LEAT_ATTR_TENSOR && i < list->bytes.size / sizeof(leat_tensor *); i++)
        leat_tensor_unref(((leat_tensor **)(void *)list->bytes.data)[i]);
    leat_buf_free(&list->bytes);
}

static leat_status read_list(leat_wire *w, uint64_t file_size, leat_op_builder *b, leat_attr_value *out)
{
    items list = {{0}, 0, 0};
    leat_field f;
    leat_status status = LEAT_OK;
    while (status == LEAT_OK && leat_wire_next(w, &f)) {
        unsigned kind = list_kind(f.number);
        if (kind == 0)
            continue;
        if (list.kind != 0 && list.kind != kind)
            status = leat_fail(LEAT_ERR_DATA_LOSS, "offset %llu: a list of more than one kind",
                               (unsigned long long)f.offset);
        else
            list.kind = kind; /* what its items are, also when they are freed */
        if (status == LEAT_OK)
            status = add_item(&list, w, &f, file_size, b);
    }
    if (status == LEAT_OK)
        status = leat_wire_status(w);
    if (status == LEAT_OK)
        status = leat_buf_status(&list.bytes);
    if (status == LEAT_OK) {
        *out = (leat_attr_value){.kind = (uint8_t)(LEAT_ATTR_LIST + list.kind),
                                 .n = (uint32_t)list.n,
                                 .list = keep_bytes(b, list.bytes.data, list.bytes.size)};
        if (out->list == NULL)
            status = leat_fail_memory(list.bytes.size);
        else if (list.kind == LEAT_ATTR_TENSOR)
            list.kind = LEAT_ATTR_NONE; /* the references are the attribute's now */
    }
    free_items(&list);
    return status;
}

/* ---- depth ---- */

/* What a wire of the stack holds: AttrValue, its ListValue, NameAttrList, an entry of that one's attributes. */
typedef enum nested { VALUE, LIST, FUNC, ENTRY } nested;

/* The message that a field of another is, or -1: VALUE {1: LIST, 10: FUNC}, LIST {9: FUNC}, FUNC {2: ENTRY}, ENTRY {2: VALUE}. */
static int nested_in(nested outer, uint32_t number)
{
    switch (outer) {
    case VALUE: return number == 1 ? LIST : number == 10 ? FUNC : -1;
    case LIST: return number == 9 ? FUNC : -1;
    case FUNC: return number == 2 ? ENTRY : -1;
    default: return number == 2 ? VALUE : -1;
    }
}

leat_status leat_check_attr_depth(leat_wire value)
{
    enum { MOST = 100 }; /* protobuf's own limit */
    struct {
        leat_wire w;
        nested kind;
    } stack[MOST];
    size_t n = 0;
    leat_field f;
    stack[n].kind = VALUE;
    stack[n++].w = value;
    while (n > 0) {
        leat_wire *w = &stack[n - 1].w;
        if (!leat_wire_next(w, &f)) {
            LEAT_TRY(leat_wire_status(w));
            n--;
            continue;
        }
        int kind = nested_in(stack[n - 1].kind, f.number);
        if (kind < 0 || f.type != LEAT_WIRE_BYTES)
            continue;
        if (n == MOST)
            return leat_fail(LEAT_ERR_DATA_LOSS, "offset %llu: messages nested more than %d deep",
                             (unsigned long long)f.offset, MOST);
        stack[n].w = leat_wire_sub(w, &f);
        stack[n++].kind = (nested)kind;
    }
    return LEAT_OK;
}

/* ---- one value ---- */

static leat_status read_field(leat_wire *w, const leat_field *f, uint64_t file_size, leat_op_builder *b,
                              leat_attr_value *v)
{
    static const uint8_t wire[] = {0xff, 2, 2, 0, 5, 0, 0, 2, 2, 2, 2};
    if (f->number >= LEAT_LEN(wire) || f->number == 0)
        return LEAT_OK;
    if (f->type != wire[f->number])
        return leat_fail(LEAT_ERR_DATA_LOSS, "offset %llu: an attribute's value of the wrong wire type",
                         (unsigned long long)f->offset);
    leat_wire sub = f->type == LEAT_WIRE_BYTES ? leat_wire_sub(w, f) : *w;
    switch (f->number) {
    case 1: return read_list(&sub, file_size, b, v);
    case 2:
    case 10:
        *v = (leat_attr_value){.kind = f->number == 2 ? LEAT_ATTR_STRING : LEAT_ATTR_FUNC,
                               .n = (uint32_t)f->size,
                               .s = keep_bytes(b, f->bytes, f->size)};
        return v->s != NULL ? LEAT_OK : leat_fail_memory(f->size);
    case 3: *v = (leat_attr_value){.kind = LEAT_ATTR_INT, .i = (int64_t)f->varint}; return LEAT_OK;
    case 4: *v = (leat_attr_value){.kind = LEAT_ATTR_FLOAT, .f = leat_field_float(f)}; return LEAT_OK;
    case 5: *v = (leat_attr_value){.kind = LEAT_ATTR_BOOL, .b = f->varint != 0}; return LEAT_OK;
    case 6: *v = (leat_attr_value){.kind = LEAT_ATTR_TYPE, .type = dtype_of(f->varint)}; return LEAT_OK;
    case 7: {
        leat_shape shape;
        LEAT_TRY(leat_read_shape_proto(&sub, &shape));
        *v = (leat_attr_value){.kind = LEAT_ATTR_SHAPE, .shape = leat_graph_intern_shape(b->graph, &shape)};
        return leat_graph_status(b->graph);
    }
    case 8: {
        leat_tensor *t;
        LEAT_TRY(leat_tensor_from_proto(&sub, file_size, &t));
        *v = (leat_attr_value){.kind = LEAT_ATTR_TENSOR, .tensor = t};
        return LEAT_OK;
    }
    default: return LEAT_OK; /* placeholder: in function bodies only */
    }
}

leat_status leat_read_attr_value(leat_wire *w, uint64_t file_size, leat_op_builder *b, const char *name)
{
    leat_attr_value v = {0};
    leat_field f;
    leat_status status = leat_check_attr_depth(*w);
    while (status == LEAT_OK && leat_wire_next(w, &f)) {
        leat_attr_free(&v); /* of a union the last field counts */
        v = (leat_attr_value){0};
        status = read_field(w, &f, file_size, b, &v);
    }
    if (status == LEAT_OK)
        status = leat_wire_status(w);
    if (status == LEAT_OK && v.kind != LEAT_ATTR_NONE) {
        leat_op_add_attr(b, name, v); /* refs of a single tensor are counted there, of a list handed over */
        if (v.kind == LEAT_ATTR_LIST + LEAT_ATTR_TENSOR && b->graph->status == LEAT_OK)
            return LEAT_OK;
    }
    leat_attr_free(&v);
    return status == LEAT_OK ? leat_graph_status(b->graph) : status;
}

/* ---- writing ---- */

static void put_item(leat_buf *b, const leat_attr_value *v, unsigned kind, uint32_t i)
{
    switch (kind) {
    case LEAT_ATTR_SHAPE: leat_put_shape_proto(b, 7, (const leat_shape *)v->list + i); break;
    case LEAT_ATTR_TENSOR: leat_put_tensor_proto(b, 8, ((leat_tensor *const *)v->list)[i]); break;
    case LEAT_ATTR_STRING:
    case LEAT_ATTR_FUNC: {
        const leat_bytes *s = (const leat_bytes *)v->list + i;
        leat_put_bytes(b, kind == LEAT_ATTR_STRING ? 2 : 9, s->data, s->size);
        break;
    }
    case LEAT_ATTR_FLOAT: leat_buf_append(b, (const float *)v->list + i, 4); break;
    case LEAT_ATTR_INT: leat_put_varint(b, (uint64_t)((const int64_t *)v->list)[i]); break;
    case LEAT_ATTR_BOOL: leat_put_varint(b, ((const bool *)v->list)[i]); break;
    case LEAT_ATTR_TYPE: leat_put_varint(b, (uint64_t)((const leat_dtype *)v->list)[i]); break;
    default: break;
    }
}

static void put_list(leat_buf *b, const leat_attr_value *v)
{
    unsigned kind = v->kind & ~(unsigned)LEAT_ATTR_LIST;
    size_t mark = leat_put_begin(b, 1);
    uint32_t packed = kind == LEAT_ATTR_INT     ? 3
                      : kind == LEAT_ATTR_FLOAT ? 4
                      : kind == LEAT_ATTR_BOOL  ? 5
                      : kind == LEAT_ATTR_TYPE  ? 6
                                                : 0;
    size_t inner = packed && v->n > 0 ? leat_put_begin(b, packed) : 0;
    for (uint32_t i = 0; i < v->n; i++)
        put_item(b, v, kind, i);
    if (packed && v->n > 0)
        leat_put_end(b, inner);
    leat_put_end(b, mark);
}

void leat_put_attr_value(leat_buf *b, uint32_t field, const leat_attr_value *v)
{
    size_t mark = leat_put_begin(b, field);
    if (v->kind & LEAT_ATTR_LIST)
        put_list(b, v);
    else if (v->kind == LEAT_ATTR_STRING)
        leat_put_bytes(b, 2, v->s, v->n);
    else if (v->kind == LEAT_ATTR_INT)
        leat_put_uint(b, 3, (uint64_t)v->i);
    else if (v->kind == LEAT_ATTR_FLOAT)
        leat_put_float(b, 4, v->f);
    else if (v->kind == LEAT_ATTR_BOOL)
        leat_put_uint(b, 5, v->b);
    else if (v->kind == LEAT_ATTR_TYPE)
        leat_put_uint(b, 6, (uint64_t)v->type);
    else if (v->kind == LEAT_ATTR_SHAPE)
        leat_put_shape_proto(b, 7, v->shape);
    else if (v->kind == LEAT_ATTR_TENSOR)
        leat_put_tensor_proto(b, 8, v->tensor);
    else if (v->kind == LEAT_ATTR_FUNC)
        leat_put_bytes(b, 10, v->s, v->n);
    leat_put_end(b, mark);
}
