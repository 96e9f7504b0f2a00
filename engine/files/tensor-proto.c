/* tensor-proto.c - TensorProto and TensorShapeProto, both ways (tensorflow/core/framework/tensor.proto). */
#include <string.h>
#include "graphdef-private.h"

leat_status leat_read_shape_proto(leat_wire *w, leat_shape *shape)
{
    leat_field f;
    int rank = 0;
    bool unknown = false;
    *shape = (leat_shape){0};
    while (leat_wire_next(w, &f)) {
        if (f.number == 3 && f.type == LEAT_WIRE_VARINT)
            unknown = f.varint != 0;
        if (f.number != 2 || f.type != LEAT_WIRE_BYTES)
            continue;
        if (rank == LEAT_MAX_RANK)
            return leat_fail(LEAT_ERR_UNIMPLEMENTED, "a shape of more than %d dimensions", LEAT_MAX_RANK);
        int64_t size;
        LEAT_TRY(leat_wire_dim(w, &f, &size));
        if (size < -1)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a shape with dimension %lld", (long long)size);
        shape->dims[rank++] = size;
    }
    LEAT_TRY(leat_wire_status(w));
    shape->rank_plus_1 = unknown ? 0 : rank + 1;
    int64_t elements = 1;
    for (int i = 0; i < leat_shape_rank(shape); i++)
        if (shape->dims[i] >= 0 && __builtin_mul_overflow(elements, shape->dims[i], &elements))
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a shape too large for its elements to be counted");
    return LEAT_OK;
}

void leat_put_shape_proto(leat_buf *b, uint32_t field, const leat_shape *shape)
{
    size_t mark = leat_put_begin(b, field);
    if (shape->rank_plus_1 == 0)
        leat_put_uint(b, 3, 1);
    for (int i = 0; i < leat_shape_rank(shape); i++) {
        size_t dim = leat_put_begin(b, 2);
        if (shape->dims[i] != 0)
            leat_put_uint(b, 1, (uint64_t)shape->dims[i]);
        leat_put_end(b, dim);
    }
    leat_put_end(b, mark);
}

/* ---- values ---- */

typedef struct tensor_fields {
    int64_t dtype;
    leat_shape shape;
    leat_wire whole;    /* the message again, for the value fields */
    leat_field content; /* tensor_content; size 0 if none */
    bool has_content;
} tensor_fields;

/* The field that holds values of a dtype, the bytes of one on the wire if fixed, and how many numbers an element takes. */
static uint32_t value_field(leat_dtype dtype, unsigned *numbers)
{
    *numbers = 1;
    switch (dtype) {
    case LEAT_HALF:
    case LEAT_BFLOAT16: return 13;
    case LEAT_FLOAT: return 5;
    case LEAT_DOUBLE: return 6;
    case LEAT_INT32:
    case LEAT_INT16:
    case LEAT_UINT16:
    case LEAT_INT8:
    case LEAT_UINT8: return 7;
    case LEAT_STRING: return 8;
    case LEAT_COMPLEX64: *numbers = 2; return 9;
    case LEAT_INT64: return 10;
    case LEAT_BOOL: return 11;
    case LEAT_COMPLEX128: *numbers = 2; return 12;
    case LEAT_UINT32: return 16;
    case LEAT_UINT64: return 17;
    default: return 0;
    }
}

/* Stores number i of the tensor; 64 bits as they came from the wire. */
static void store(leat_tensor *t, int64_t i, uint64_t bits)
{
    switch (t->dtype) {
    case LEAT_FLOAT:
    case LEAT_COMPLEX64: {
        uint32_t low = (uint32_t)bits;
        memcpy((float *)t->data + i, &low, 4);
        break;
    }
    case LEAT_DOUBLE:
    case LEAT_COMPLEX128: memcpy((double *)t->data + i, &bits, 8); break;
    case LEAT_BOOL: ((uint8_t *)t->data)[i] = bits != 0; break;
    default: {
        size_t size = leat_dtype_bytes(t->dtype);
        memcpy((char *)t->data + (size_t)i * size, &bits, size);
    }
    }
}

typedef struct filler {
    leat_tensor *t;
    int64_t at, limit; /* numbers */
} filler;

static leat_status put_number(filler *f, uint64_t bits)
{
    if (f->at == f->limit)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "more values than the shape's %lld elements",
                         (long long)f->t->elements);
    store(f->t, f->at++, bits);
    return LEAT_OK;
}

static leat_status put_packed(filler *f, const leat_wire *outer, const leat_field *field)
{
    leat_dtype d = f->t->dtype;
    size_t fixed = d == LEAT_FLOAT || d == LEAT_COMPLEX64     ? 4
                   : d == LEAT_DOUBLE || d == LEAT_COMPLEX128 ? 8
                                                              : 0;
    if (fixed == 0) {
        leat_wire w = leat_wire_sub(outer, field);
        uint64_t value;
        while (leat_wire_varint(&w, &value))
            LEAT_TRY(put_number(f, value));
        return leat_wire_status(&w);
    }
    if (field->size % fixed != 0)
        return leat_fail(LEAT_ERR_DATA_LOSS, "packed values of %zu bytes are not whole", field->size);
    for (size_t at = 0; at < field->size; at += fixed) {
        uint64_t bits = 0;
        memcpy(&bits, field->bytes + at, fixed);
        LEAT_TRY(put_number(f, bits));
    }
    return LEAT_OK;
}

/* The last value given fills the rest, as in TensorFlow; none at all means zeros. */
static leat_status fill_rest(filler *f, unsigned numbers)
{
    leat_tensor *t = f->t;
    size_t size = leat_dtype_bytes(t->dtype);
    if (f->at % numbers != 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "half a complex value");
    int64_t given = f->at / numbers;
    if (given == 0) {
        memset(t->data, 0, (size_t)t->elements * size);
        return LEAT_OK;
    }
    const char *last = (const char *)t->data + (size_t)(given - 1) * size;
    for (int64_t i = given; i < t->elements; i++)
        memcpy((char *)t->data + (size_t)i * size, last, size);
    return LEAT_OK;
}

static leat_status read_numbers(const tensor_fields *fields, leat_tensor *t)
{
    unsigned numbers;
    uint32_t number = value_field(t->dtype, &numbers);
    filler f = {t, 0, t->elements * (int64_t)numbers};
    leat_wire w = fields->whole;
    leat_field field;
    while (leat_wire_next(&w, &field)) {
        if (field.number != number)
            continue;
        if (field.type == LEAT_WIRE_BYTES)
            LEAT_TRY(put_packed(&f, &w, &field));
        else
            LEAT_TRY(put_number(&f, field.varint));
    }
    LEAT_TRY(leat_wire_status(&w));
    return t->elements > 0 ? fill_rest(&f, numbers) : LEAT_OK;
}

static leat_status read_strings(const tensor_fields *fields, leat_tensor *t)
{
    leat_wire w = fields->whole;
    leat_field field, last = {0};
    int64_t i = 0;
    while (leat_wire_next(&w, &field)) {
        if (field.number != 8 || field.type != LEAT_WIRE_BYTES)
            continue;
        if (i == t->elements)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "more strings than the shape's %lld elements",
                             (long long)t->elements);
        LEAT_TRY(leat_tensor_set_string(t, i++, (const char *)field.bytes, field.size));
        last = field;
    }
    for (; last.bytes != NULL && i < t->elements; i++)
        LEAT_TRY(leat_tensor_set_string(t, i, (const char *)last.bytes, last.size));
    return leat_wire_status(&w);
}

static leat_status fill(const tensor_fields *f, leat_tensor *t)
{
    if (t->dtype == LEAT_STRING)
        return read_strings(f, t);
    if (!f->has_content)
        return read_numbers(f, t);
    if (f->content.size != leat_tensor_bytes(t))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "tensor_content has %zu bytes, the shape needs %zu",
                         f->content.size, leat_tensor_bytes(t));
    if (f->content.size > 0)
        memcpy(t->data, f->content.bytes, f->content.size);
    return LEAT_OK;
}

static leat_status scan(leat_wire *w, tensor_fields *out)
{
    leat_field f;
    *out = (tensor_fields){.whole = *w, .shape = {.rank_plus_1 = 1}};
    while (leat_wire_next(w, &f)) {
        if (f.number == 1 && f.type == LEAT_WIRE_VARINT) {
            out->dtype = (int64_t)f.varint;
        } else if (f.number == 2 && f.type == LEAT_WIRE_BYTES) {
            leat_wire shape = leat_wire_sub(w, &f);
            LEAT_TRY(leat_read_shape_proto(&shape, &out->shape));
        } else if (f.number == 4 && f.type == LEAT_WIRE_BYTES && f.size > 0) {
            out->content = f;
            out->has_content = true;
        }
    }
    return leat_wire_status(w);
}

leat_status leat_tensor_from_proto(leat_wire *w, uint64_t file_size, leat_tensor **out)
{
    tensor_fields f;
    int64_t elements;
    size_t bytes;
    unsigned numbers;
    *out = NULL;
    LEAT_TRY(scan(w, &f));
    leat_dtype dtype = f.dtype > 0 && f.dtype < 100 ? (leat_dtype)f.dtype : LEAT_DTYPE_NONE;
    if (value_field(dtype, &numbers) == 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a tensor of dtype %lld (%s) can't be a constant",
                         (long long)f.dtype, leat_dtype_name(dtype));
    LEAT_TRY(leat_shape_measure(&f.shape, dtype, &elements, &bytes));
    if (!f.has_content && bytes > LEAT_MAX(LEAT_CONST_SLACK, file_size))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a tensor of %zu bytes claimed by a file of %llu", bytes,
                         (unsigned long long)file_size);
    leat_tensor *t = leat_tensor_new(dtype, f.shape);
    if (t == NULL)
        return LEAT_ERR_NO_MEMORY;
    leat_status status = fill(&f, t);
    if (status != LEAT_OK) {
        leat_tensor_unref(t);
        return status;
    }
    *out = t;
    return LEAT_OK;
}

void leat_put_tensor_proto(leat_buf *b, uint32_t field, const leat_tensor *t)
{
    size_t mark = leat_put_begin(b, field);
    leat_put_uint(b, 1, (uint64_t)t->dtype);
    leat_put_shape_proto(b, 2, &t->shape);
    if (t->dtype == LEAT_STRING)
        for (int64_t i = 0; i < t->elements; i++) {
            const leat_string *s = (const leat_string *)t->data + i;
            leat_put_bytes(b, 8, s->data != NULL ? s->data : "", s->size);
        }
    else if (t->elements > 0)
        leat_put_bytes(b, 4, t->data, leat_tensor_bytes(t));
    leat_put_end(b, mark);
}
