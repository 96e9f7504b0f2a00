#include "config.h"
#include "wire-private.h"

leat_wire leat_wire_from(const void *bytes, size_t size, uint64_t base_offset)
{
    /* An empty message may come without bytes; arithmetic on NULL is undefined. */
    const uint8_t *at = bytes != NULL ? bytes : (const uint8_t *)"";
    return (leat_wire){.at = at, .end = at + size, .end_offset = base_offset + size};
}

uint64_t leat_wire_offset(const leat_wire *w)
{
    return w->end_offset - (uint64_t)(w->end - w->at);
}

leat_wire leat_wire_sub(const leat_wire *outer, const leat_field *field)
{
    if (field->type != LEAT_WIRE_BYTES)
        return (leat_wire){.at = outer->at,
                           .end = outer->at,
                           .end_offset = field->offset,
                           .error = "a message is not length-delimited"};
    uint64_t behind = (uint64_t)(outer->end - (field->bytes + field->size));
    return (leat_wire){
        .at = field->bytes, .end = field->bytes + field->size, .end_offset = outer->end_offset - behind};
}

/* Leaves w->at on the offending byte. */
static bool fail(leat_wire *w, const uint8_t *at, const char *error)
{
    w->at = at;
    w->error = error;
    return false;
}

bool leat_wire_varint(leat_wire *w, uint64_t *value)
{
    const uint8_t *at = w->at;
    if (w->error != NULL || at == w->end)
        return false;
    if (*at < 0x80) {
        *value = *at;
        w->at = at + 1;
        return true;
    }
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (at == w->end)
            return fail(w, w->at, "truncated varint");
        uint8_t byte = *at++;
        if (shift == 63 && byte > 1)
            return fail(w, w->at,
                        byte < 0x80 ? "varint of more than 64 bits" : "varint of more than 10 bytes");
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = v;
            w->at = at;
            return true;
        }
    }
    return fail(w, w->at, "varint of more than 10 bytes");
}

bool leat_wire_next(leat_wire *w, leat_field *field)
{
    const uint8_t *start = w->at;
    uint64_t tag, size;
    *field = (leat_field){.offset = leat_wire_offset(w)};
    if (!leat_wire_varint(w, &tag))
        return false;
    if (tag > UINT32_MAX || tag >> 3 == 0)
        return fail(w, start, "invalid field number");
    field->number = (uint32_t)(tag >> 3);
    field->type = (leat_wire_type)(tag & 7);
    size_t left = (size_t)(w->end - w->at);
    switch (tag & 7) {
    case LEAT_WIRE_VARINT:
        if (w->at == w->end)
            return fail(w, start, "truncated varint");
        return leat_wire_varint(w, &field->varint);
    case LEAT_WIRE_FIXED64:
        if (left < 8)
            return fail(w, start, "truncated 64-bit field");
        memcpy(&field->varint, w->at, 8);
        w->at += 8;
        return true;
    case LEAT_WIRE_FIXED32:
        if (left < 4)
            return fail(w, start, "truncated 32-bit field");
        uint32_t bits;
        memcpy(&bits, w->at, 4);
        field->varint = bits;
        w->at += 4;
        return true;
    case LEAT_WIRE_BYTES:
        if (w->at == w->end)
            return fail(w, start, "truncated varint");
        if (!leat_wire_varint(w, &size))
            return false;
        if (size > (uint64_t)(w->end - w->at))
            return fail(w, start, "length beyond the end of its message");
        field->bytes = w->at;
        field->size = (size_t)size;
        w->at += size;
        return true;
    case 3:
    case 4: return fail(w, start, "group (no longer part of the format)");
    default: return fail(w, start, "unknown wire type");
    }
}

leat_status leat_wire_status(const leat_wire *w)
{
    if (w->error == NULL)
        return LEAT_OK;
    return leat_fail(LEAT_ERR_DATA_LOSS, "offset %llu: %s", (unsigned long long)leat_wire_offset(w),
                     w->error);
}

leat_status leat_wire_dim(const leat_wire *outer, const leat_field *field, int64_t *size)
{
    leat_field f;
    leat_wire dim = leat_wire_sub(outer, field);
    *size = 0;
    while (leat_wire_next(&dim, &f))
        if (f.number == 1 && f.type == LEAT_WIRE_VARINT)
            *size = (int64_t)f.varint;
    return leat_wire_status(&dim);
}

leat_status leat_wire_context(leat_status status, const char *origin)
{
    static const char start[] = "offset ";
    const char *digits = leat_message() + strlen(start);
    if (status == LEAT_OK)
        return LEAT_OK;
    size_t n = strncmp(leat_message(), start, strlen(start)) == 0 ? strspn(digits, "0123456789") : 0;
    if (n == 0 || digits[n] != ':')
        return leat_fail_context(status, "%s", origin);
    return leat_fail(status, "%s:%s", origin, digits);
}

/* ---- writing ---- */

static size_t varint_size(uint64_t value)
{
    return value == 0 ? 1 : (size_t)(63 - __builtin_clzll(value)) / 7 + 1;
}

static char *write_varint(char *to, uint64_t value)
{
    while (value >= 0x80) {
        *to++ = (char)(value | 0x80);
        value >>= 7;
    }
    *to++ = (char)value;
    return to;
}

static void put_tagged(leat_buf *b, uint32_t number, leat_wire_type type, const void *bytes, size_t size)
{
    char *start = leat_buf_reserve(b, 5 + size);
    if (start == NULL)
        return;
    char *to = write_varint(start, (uint64_t)number << 3 | type);
    memcpy(to, bytes, size);
    b->size += (size_t)(to + size - start);
    b->data[b->size] = '\0';
}

void leat_put_varint(leat_buf *b, uint64_t value)
{
    char *start = leat_buf_reserve(b, 10);
    if (start == NULL)
        return;
    b->size += (size_t)(write_varint(start, value) - start);
    b->data[b->size] = '\0';
}

void leat_put_uint(leat_buf *b, uint32_t number, uint64_t value)
{
    char bytes[10];
    put_tagged(b, number, LEAT_WIRE_VARINT, bytes, (size_t)(write_varint(bytes, value) - bytes));
}

void leat_put_float(leat_buf *b, uint32_t number, float value)
{
    put_tagged(b, number, LEAT_WIRE_FIXED32, &value, sizeof value);
}

void leat_put_double(leat_buf *b, uint32_t number, double value)
{
    put_tagged(b, number, LEAT_WIRE_FIXED64, &value, sizeof value);
}

void leat_put_bytes(leat_buf *b, uint32_t number, const void *bytes, size_t size)
{
    char length[10];
    put_tagged(b, number, LEAT_WIRE_BYTES, length, (size_t)(write_varint(length, size) - length));
    leat_buf_append(b, bytes, size);
}

void leat_put_string(leat_buf *b, uint32_t number, const char *text)
{
    leat_put_bytes(b, number, text, strlen(text));
}

size_t leat_put_begin(leat_buf *b, uint32_t number)
{
    put_tagged(b, number, LEAT_WIRE_BYTES, "", 1);
    return b->size;
}

void leat_put_end(leat_buf *b, size_t mark)
{
    if (b->failed)
        return;
    size_t size = b->size - mark, more = varint_size(size) - 1;
    if (more > 0) {
        if (leat_buf_reserve(b, more) == NULL)
            return;
        memmove(b->data + mark + more, b->data + mark, size);
        b->size += more;
        b->data[b->size] = '\0';
    }
    write_varint(b->data + mark - 1, size);
}
