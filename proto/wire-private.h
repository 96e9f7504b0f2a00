/* wire-private.h - reading and writing the protobuf wire format without building a message tree.
 *
 * GraphDefs and event files are scanned from the wire: no allocation, no recursion, every length checked against
 * what is left before it is used. Source: protobuf's "Encoding" guide (varints, tags, length-delimited fields).
 *
 *     leat_wire w = leat_wire_from(bytes, size, base_offset);
 *     leat_field f;
 *     while (leat_wire_next(&w, &f)) {
 *         if (f.number == 1 && f.type == LEAT_WIRE_BYTES) use(f.bytes, f.size);
 *         else if (f.number == 2 && f.type == LEAT_WIRE_VARINT) n = f.varint;
 *     }
 *     return leat_wire_status(&w);      // LEAT_OK, or LEAT_ERR_DATA_LOSS "offset N: reason"
 */
#ifndef LEAT_WIRE_PRIVATE_H
#define LEAT_WIRE_PRIVATE_H

#include <string.h>
#include "base/base-private.h"

typedef enum leat_wire_type {
    LEAT_WIRE_VARINT = 0,
    LEAT_WIRE_FIXED64 = 1,
    LEAT_WIRE_BYTES = 2,
    LEAT_WIRE_FIXED32 = 5
} leat_wire_type;

typedef struct leat_wire {
    const uint8_t *at, *end;
    uint64_t end_offset; /* of `end` in the file, for messages */
    const char *error;   /* NULL while all is well; static text */
} leat_wire;

typedef struct leat_field {
    uint32_t number;
    leat_wire_type type;
    uint64_t offset;      /* of the field's tag in the file */
    uint64_t varint;      /* VARINT; FIXED64 and FIXED32 bits too */
    const uint8_t *bytes; /* BYTES: borrowed from the input */
    size_t size;
} leat_field;

leat_wire leat_wire_from(const void *bytes, size_t size, uint64_t base_offset) LEAT_PRIV(wire_from);
/* The payload of a BYTES field as a message of its own, offsets kept. */
leat_wire leat_wire_sub(const leat_wire *outer, const leat_field *field) LEAT_PRIV(wire_sub);
/* The next field; false at the end or at an error. Groups (types 3, 4) and field number 0 are errors. */
bool leat_wire_next(leat_wire *w, leat_field *field) LEAT_PRIV(wire_next);
leat_status leat_wire_status(const leat_wire *w) LEAT_PRIV(wire_status) LEAT_MUST_CHECK;
/* "ORIGIN:N: reason" where the error is "offset N: reason", "ORIGIN: reason" where it is another. */
leat_status leat_wire_context(leat_status status, const char *origin) LEAT_PRIV(wire_context);
/* One raw varint at w->at, as packed repeated fields hold; false at the end or at an error. */
bool leat_wire_varint(leat_wire *w, uint64_t *value) LEAT_PRIV(wire_varint);
/* Sets *size to what a TensorShapeProto.Dim says: its field 1, or 0. */
leat_status leat_wire_dim(const leat_wire *outer, const leat_field *field, int64_t *size)
    LEAT_PRIV(wire_dim) LEAT_MUST_CHECK;
/* Offset in the file of the reading position. */
uint64_t leat_wire_offset(const leat_wire *w) LEAT_PRIV(wire_offset);

static inline float leat_field_float(const leat_field *f)
{
    uint32_t bits = (uint32_t)f->varint;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double leat_field_double(const leat_field *f)
{
    double value;
    memcpy(&value, &f->varint, sizeof value);
    return value;
}

/* ---- writing, into a leat_buf (sticky failure there) ---- */

void leat_put_varint(leat_buf *b, uint64_t value) LEAT_PRIV(put_varint);
void leat_put_uint(leat_buf *b, uint32_t number, uint64_t value)
    LEAT_PRIV(put_uint); /* int32/int64/bool/enum too */
void leat_put_float(leat_buf *b, uint32_t number, float value) LEAT_PRIV(put_float);
void leat_put_double(leat_buf *b, uint32_t number, double value) LEAT_PRIV(put_double);
void leat_put_bytes(leat_buf *b, uint32_t number, const void *bytes, size_t size) LEAT_PRIV(put_bytes);
void leat_put_string(leat_buf *b, uint32_t number, const char *text) LEAT_PRIV(put_string);
/* A nested message: begin returns a mark, end writes its length in place (moving the content by the bytes the
 * length needs beyond one). Marks nest. */
size_t leat_put_begin(leat_buf *b, uint32_t number) LEAT_PRIV(put_begin);
void leat_put_end(leat_buf *b, size_t mark) LEAT_PRIV(put_end);

#endif
