/* The messages and keys of an index, to and from bytes.
 *
 * The key of a slice is, in TensorFlow's "ordered code": the number 0, the name as a string, the rank as a number,
 * and start and length of each extent as signed numbers. It begins with the byte 0, as no name does. Source:
 * tensorflow/core/util/saved_tensor_slice_util and tensorflow/core/lib/strings/ordered_code. */
#include "config.h"
#include "bundle-private.h"

#include <string.h>
#include "proto/wire-private.h"

/* ---- ordered code ---- */

/* An unsigned number: how many bytes, then these, the highest first. */
static void put_number(leat_buf *b, uint64_t value)
{
    uint8_t bytes[9];
    int n = 0;
    for (uint64_t rest = value; rest > 0; rest >>= 8)
        n++;
    bytes[0] = (uint8_t)n;
    for (int i = 0; i < n; i++)
        bytes[n - i] = (uint8_t)(value >> (8 * i));
    leat_buf_append(b, bytes, (size_t)n + 1);
}

/* Bytes, with 00 as 00 FF and FF as FF 00, and 00 01 at the end. */
static void put_text(leat_buf *b, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        leat_buf_putc(b, text[i]);
        if (text[i] == 0)
            leat_buf_putc(b, (char)0xff);
        else if ((uint8_t)text[i] == 0xff)
            leat_buf_putc(b, 0);
    }
    leat_buf_append(b, "\0\1", 2);
}

/* A signed number in as many bytes as it needs: its two's complement in 7n bits, the highest first, under a header
 * of n bits that says n, all inverted for a negative number. */
static void put_signed(leat_buf *b, int64_t value)
{
    uint64_t magnitude = value < 0 ? ~(uint64_t)value : (uint64_t)value;
    uint8_t sign = value < 0 ? 0xff : 0, bytes[10] = {sign, sign};
    int bits = magnitude == 0 ? 0 : 64 - __builtin_clzll(magnitude);
    int n = bits / 7 + 1;
    for (int i = 0; i < 8; i++)
        bytes[9 - i] = (uint8_t)((uint64_t)value >> (8 * i));
    uint16_t header = (uint16_t)(0xffff << (16 - n)); /* n ones at the top of two bytes */
    bytes[10 - n] ^= (uint8_t)(header >> 8);
    if (n > 1)
        bytes[11 - n] ^= (uint8_t)header;
    leat_buf_append(b, bytes + 10 - n, (size_t)n);
}

void leat_bundle_slice_key(leat_buf *b, const char *name, size_t name_size, int rank,
                           const leat_bundle_extent *extents)
{
    put_number(b, 0);
    put_text(b, name, name_size);
    put_number(b, (uint64_t)rank);
    for (int i = 0; i < rank; i++) {
        put_signed(b, extents[i].start);
        put_signed(b, extents[i].length);
    }
}

/* ---- BundleEntryProto ---- */

static const char *parse_dim(int64_t *size, leat_wire w)
{
    leat_field f;
    *size = 0;
    while (leat_wire_next(&w, &f))
        if (f.number == 1) {
            if (f.type != LEAT_WIRE_VARINT)
                return "the size of a dimension is no number";
            *size = (int64_t)f.varint;
        }
    if (w.error != NULL)
        return w.error;
    return *size < 0 ? "a dimension is negative" : NULL;
}

static const char *parse_shape(leat_bundle_meta *m, leat_wire w)
{
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 3 && f.varint != 0)
            return "the rank is unknown";
        if (f.number != 2)
            continue;
        if (f.type != LEAT_WIRE_BYTES)
            return "a dimension is no message";
        if (m->rank == LEAT_BUNDLE_RANK)
            return "more than 254 dimensions";
        const char *reason = parse_dim(&m->dims[m->rank++], leat_wire_sub(&w, &f));
        if (reason != NULL)
            return reason;
    }
    return w.error;
}

const char *leat_bundle_meta_parse(leat_bundle_meta *m, const void *bytes, size_t size, uint64_t offset)
{
    /* Field by number: the wire type it must have. */
    static const int8_t types[] = {-1,
                                   LEAT_WIRE_VARINT,
                                   LEAT_WIRE_BYTES,
                                   LEAT_WIRE_VARINT,
                                   LEAT_WIRE_VARINT,
                                   LEAT_WIRE_VARINT,
                                   LEAT_WIRE_FIXED32,
                                   LEAT_WIRE_BYTES};
    leat_wire w = leat_wire_from(bytes, size, offset);
    leat_field f;
    const char *reason = NULL;
    m->dtype = m->shard = m->offset = m->size = 0;
    m->rank = 0;
    m->crc = 0;
    m->slices = 0;
    while (reason == NULL && leat_wire_next(&w, &f)) {
        if (f.number < LEAT_LEN(types) && f.type != (leat_wire_type)types[f.number])
            return "a field of the entry has a wrong type";
        switch (f.number) {
        case 1: m->dtype = (int64_t)f.varint; break;
        case 2: reason = parse_shape(m, leat_wire_sub(&w, &f)); break;
        case 3: m->shard = (int64_t)f.varint; break;
        case 4: m->offset = (int64_t)f.varint; break;
        case 5: m->size = (int64_t)f.varint; break;
        case 6: m->crc = (uint32_t)f.varint; break;
        case 7: m->slices++; break;
        default: break;
        }
    }
    return reason != NULL ? reason : w.error;
}

/* ---- TensorSliceProto ---- */

static const char *parse_extent(leat_bundle_extent *e, int64_t dim, leat_wire w)
{
    leat_field f;
    *e = (leat_bundle_extent){0, -1};
    while (leat_wire_next(&w, &f)) {
        if (f.number > 2)
            continue;
        if (f.type != LEAT_WIRE_VARINT)
            return "an extent of a slice is no number";
        if (f.number == 1)
            e->start = (int64_t)f.varint;
        else
            e->length = (int64_t)f.varint;
    }
    if (w.error != NULL)
        return w.error;
    if (e->start < 0 || e->length < -1 || (e->length == -1 && e->start != 0) || e->start > dim ||
        e->length > dim - e->start)
        return "a slice reaches out of its tensor";
    return NULL;
}

bool leat_bundle_meta_slice(const leat_bundle_meta *m, const leat_buf *bytes, size_t *cursor,
                            leat_bundle_extent extents[LEAT_BUNDLE_RANK], const char **reason)
{
    leat_wire w = leat_wire_from(bytes->data, bytes->size, 0);
    leat_field f;
    *reason = NULL;
    w.at += *cursor;
    do {
        if (!leat_wire_next(&w, &f))
            return false; /* parsed before: no error here */
    } while (f.number != 7);
    *cursor = leat_wire_offset(&w);

    leat_wire slice = leat_wire_sub(&w, &f);
    int n = 0;
    while (*reason == NULL && leat_wire_next(&slice, &f)) {
        if (f.number != 1)
            continue;
        if (f.type != LEAT_WIRE_BYTES || n == m->rank)
            *reason = "a slice has another rank than its tensor";
        else
            *reason = parse_extent(&extents[n], m->dims[n], leat_wire_sub(&slice, &f));
        n++;
    }
    if (*reason == NULL)
        *reason = slice.error;
    if (*reason == NULL && n != m->rank)
        *reason = "a slice has another rank than its tensor";
    return *reason == NULL;
}

void leat_bundle_put_shape(leat_buf *b, int rank, const int64_t *dims)
{
    leat_buf_putc(b, '[');
    for (int i = 0; i < rank; i++)
        leat_buf_printf(b, "%s%lld", i > 0 ? "," : "", (long long)dims[i]);
    leat_buf_putc(b, ']');
}
