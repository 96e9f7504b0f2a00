#include "config.h"
#include "tensor-private.h"

#include <math.h>

enum tensor_field {
    FIELD_DTYPE = 1,
    FIELD_SHAPE = 2,
    FIELD_CONTENT = 4,
    FIELD_FLOAT = 5,
    FIELD_DOUBLE = 6,
    FIELD_INT = 7,
    FIELD_STRING = 8,
    FIELD_INT64 = 10,
    FIELD_BOOL = 11,
    FIELD_HALF = 13,
    FIELD_UINT32 = 16,
    FIELD_UINT64 = 17,
    FIELD_FLOAT8 = 18
};

/* The bits of one element as a number. */
enum decoding { AS_FLOAT, AS_DOUBLE, AS_SIGNED, AS_UNSIGNED, AS_HALF, AS_BFLOAT16, AS_E5M2, AS_E4M3 };

static const struct dtype {
    int dtype;
    uint32_t field; /* of the repeated values */
    unsigned bytes; /* an element in tensor_content */
    enum decoding decoding;
} dtypes[] = {
    {LEAT_DT_FLOAT, FIELD_FLOAT, 4, AS_FLOAT},
    {LEAT_DT_DOUBLE, FIELD_DOUBLE, 8, AS_DOUBLE},
    {LEAT_DT_INT32, FIELD_INT, 4, AS_SIGNED},
    {LEAT_DT_UINT8, FIELD_INT, 1, AS_UNSIGNED},
    {LEAT_DT_INT16, FIELD_INT, 2, AS_SIGNED},
    {LEAT_DT_INT8, FIELD_INT, 1, AS_SIGNED},
    {LEAT_DT_INT64, FIELD_INT64, 8, AS_SIGNED},
    {LEAT_DT_BOOL, FIELD_BOOL, 1, AS_UNSIGNED},
    {LEAT_DT_BFLOAT16, FIELD_HALF, 2, AS_BFLOAT16},
    {LEAT_DT_UINT16, FIELD_INT, 2, AS_UNSIGNED},
    {LEAT_DT_HALF, FIELD_HALF, 2, AS_HALF},
    {LEAT_DT_UINT32, FIELD_UINT32, 4, AS_UNSIGNED},
    {LEAT_DT_UINT64, FIELD_UINT64, 8, AS_UNSIGNED},
    {LEAT_DT_FLOAT8_E5M2, FIELD_FLOAT8, 1, AS_E5M2},
    {LEAT_DT_FLOAT8_E4M3FN, FIELD_FLOAT8, 1, AS_E4M3},
    {LEAT_DT_INT4, FIELD_INT, 1, AS_SIGNED},
    {LEAT_DT_UINT4, FIELD_INT, 1, AS_UNSIGNED},
};

static const struct dtype *find_dtype(int dtype)
{
    for (size_t i = 0; i < LEAT_LEN(dtypes); i++)
        if (dtypes[i].dtype == dtype)
            return &dtypes[i];
    return NULL;
}

/* A float of `mantissa` and `exponent` bits below a sign; `ieee`: the largest exponent means infinity and NaN, else
 * only all ones mean NaN. */
static double small_float(uint32_t bits, unsigned exponent_bits, unsigned mantissa_bits, bool ieee)
{
    uint32_t top = (1u << exponent_bits) - 1;
    uint32_t exponent = bits >> mantissa_bits & top, mantissa = bits & ((1u << mantissa_bits) - 1);
    int bias = (int)(top >> 1);
    double sign = bits >> (exponent_bits + mantissa_bits) & 1 ? -1 : 1;
    if (exponent == top && ieee)
        return mantissa != 0 ? NAN : sign * INFINITY;
    if (exponent == top && mantissa == (1u << mantissa_bits) - 1)
        return NAN;
    if (exponent == 0)
        return sign * ldexp(mantissa, 1 - bias - (int)mantissa_bits);
    return sign * ldexp(mantissa + (1u << mantissa_bits), (int)exponent - bias - (int)mantissa_bits);
}

static double decode(uint64_t bits, enum decoding as)
{
    float f;
    double d;
    uint32_t low = (uint32_t)bits;
    switch (as) {
    case AS_FLOAT: memcpy(&f, &low, sizeof f); return (double)f;
    case AS_DOUBLE: memcpy(&d, &bits, sizeof d); return d;
    case AS_SIGNED: return (double)(int64_t)bits;
    case AS_UNSIGNED: return (double)bits;
    case AS_HALF: return small_float(low & 0xffff, 5, 10, true);
    case AS_BFLOAT16:
        low <<= 16;
        memcpy(&f, &low, sizeof f);
        return (double)f;
    case AS_E5M2: return small_float(low & 0xff, 5, 2, true);
    case AS_E4M3: return small_float(low & 0xff, 4, 3, false);
    }
    return 0;
}

static bool read_shape(const leat_wire *tensor, const leat_field *shape, leat_tensor_head *head)
{
    leat_wire w = leat_wire_sub(tensor, shape);
    leat_field f, g;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 3 && f.varint != 0)
            return false;
        if (f.number != 2)
            continue;
        uint64_t size = 0;
        leat_wire dim = leat_wire_sub(&w, &f);
        while (leat_wire_next(&dim, &g))
            if (g.number == 1)
                size = g.varint;
        if (dim.error != NULL || head->rank == LEAT_TENSOR_LARGEST_RANK || size > INT64_MAX)
            return false;
        head->dims[head->rank++] = size;
    }
    return w.error == NULL;
}

bool leat_tensor_read_head(const leat_wire *tensor, leat_tensor_head *head)
{
    leat_wire w = *tensor;
    leat_field f;
    *head = (leat_tensor_head){.elements = 1};
    while (leat_wire_next(&w, &f)) {
        if (f.number == FIELD_DTYPE && f.type == LEAT_WIRE_VARINT) {
            head->dtype = (int)f.varint;
        } else if (f.number == FIELD_SHAPE && f.type == LEAT_WIRE_BYTES) {
            if (!read_shape(&w, &f, head))
                return false;
        } else if (f.number == FIELD_CONTENT && f.type == LEAT_WIRE_BYTES && f.size > 0) {
            head->content = f.bytes;
            head->content_size = f.size;
        }
    }
    for (unsigned i = 0; i < head->rank; i++)
        if (__builtin_mul_overflow(head->elements, head->dims[i], &head->elements))
            return false;
    return w.error == NULL;
}

/* Reads up to `most` elements of a repeated field, packed or not. Returns how many there were, or -1. */
static int64_t read_values(const leat_wire *tensor, const struct dtype *t, double *values, uint64_t most)
{
    leat_wire w = *tensor;
    leat_field f;
    uint64_t n = 0, bits;
    unsigned width = t->decoding == AS_FLOAT ? 4 : t->decoding == AS_DOUBLE ? 8 : 0;
    while (n < most && leat_wire_next(&w, &f)) {
        if (f.number != t->field)
            continue;
        if (f.type != LEAT_WIRE_BYTES) {
            values[n++] = decode(f.varint, t->decoding);
            continue;
        }
        leat_wire packed = leat_wire_sub(&w, &f);
        if (t->field == FIELD_FLOAT8) {
            for (size_t i = 0; i < f.size && n < most; i++)
                values[n++] = decode(f.bytes[i], t->decoding);
        } else if (width > 0) {
            if (f.size % width != 0)
                return -1;
            for (size_t i = 0; i < f.size && n < most; i += width) {
                bits = 0;
                memcpy(&bits, f.bytes + i, width);
                values[n++] = decode(bits, t->decoding);
            }
        } else {
            while (n < most && leat_wire_varint(&packed, &bits))
                values[n++] = decode(bits, t->decoding);
        }
        if (packed.error != NULL)
            return -1;
    }
    return w.error == NULL ? (int64_t)n : -1;
}

static void read_content(const leat_tensor_head *head, const struct dtype *t, double *values)
{
    for (uint64_t i = 0; i < head->elements; i++) {
        uint64_t bits = 0;
        memcpy(&bits, head->content + i * t->bytes, t->bytes);
        if (t->decoding == AS_SIGNED && t->bytes < 8) {
            unsigned shift = 64 - 8 * t->bytes;
            bits = (uint64_t)((int64_t)(bits << shift) >> shift);
        }
        values[i] = decode(bits, t->decoding);
    }
}

/* `values` has room for head->elements. */
static bool read_all(const leat_wire *tensor, const leat_tensor_head *head, const struct dtype *t,
                     double *values)
{
    uint64_t bytes;
    if (head->content != NULL) {
        if (__builtin_mul_overflow(head->elements, (uint64_t)t->bytes, &bytes) || bytes != head->content_size)
            return false;
        read_content(head, t, values);
        return true;
    }
    int64_t n = read_values(tensor, t, values, head->elements);
    if (n < 0)
        return false;
    double last = n > 0 ? values[n - 1] : 0;
    for (uint64_t i = (uint64_t)n; i < head->elements; i++)
        values[i] = last;
    return true;
}

bool leat_tensor_one_number(const leat_wire *tensor, double *value)
{
    leat_tensor_head head;
    if (!leat_tensor_read_head(tensor, &head) || head.elements != 1)
        return false;
    const struct dtype *t = find_dtype(head.dtype);
    return t != NULL && read_all(tensor, &head, t, value);
}

leat_status leat_tensor_numbers(const leat_wire *tensor, leat_tensor_head *head, double **values)
{
    *values = NULL;
    if (!leat_tensor_read_head(tensor, head))
        return leat_fail(LEAT_ERR_DATA_LOSS, "malformed tensor");
    const struct dtype *t = find_dtype(head->dtype);
    if (t == NULL)
        return leat_fail(LEAT_ERR_DATA_LOSS, "tensor of dtype %d holds no numbers", head->dtype);
    uint64_t limit = LEAT_MAX((uint64_t)(tensor->end - tensor->at), LEAT_TENSOR_REPEATED);
    if (head->elements > limit)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "tensor of %llu elements, more than the limit of %llu",
                         (unsigned long long)head->elements, (unsigned long long)limit);
    double *all = leat_realloc_array(NULL, (size_t)LEAT_MAX(head->elements, (uint64_t)1), sizeof *all);
    if (all == NULL)
        return leat_fail_memory((size_t)head->elements * sizeof *all);
    if (!read_all(tensor, head, t, all)) {
        leat_free(all);
        return leat_fail(LEAT_ERR_DATA_LOSS, "the tensor's content does not fit its shape");
    }
    *values = all;
    return LEAT_OK;
}

bool leat_tensor_next_string(leat_wire *cursor, const uint8_t **bytes, size_t *size)
{
    leat_field f;
    while (leat_wire_next(cursor, &f))
        if (f.number == FIELD_STRING && f.type == LEAT_WIRE_BYTES) {
            *bytes = f.bytes;
            *size = f.size;
            return true;
        }
    return false;
}
