/* text-write.c - wire bytes as protobuf's text format. A message's bytes are walked once for each of its fields that is
 * there, in the order of the numbers; a stack of messages, no recursion. */
#include "config.h"
#include "base/shortest-private.h"
#include "text-private.h"

#include <math.h>
#include <stdlib.h>

typedef struct frame {
    const leat_proto_message *message;
    leat_wire whole, at; /* the message; where the walk for `field` is */
    uint64_t present;    /* by index: fields still to be printed */
    uint32_t oneof[8];   /* by number of a oneof: the field that counts, the last one given */
    size_t field;        /* index of what is printed now; message->n: none */
    leat_field *entries; /* of a map, sorted */
    size_t n_entries, next_entry;
    leat_buf merged; /* of a singular message given several times: protobuf merges by joining the bytes */
} frame;

typedef struct writer {
    leat_buf *out;
    size_t unknown, depth;
    frame frames[LEAT_TEXT_DEPTH + 1];
} writer;

static void end_entries(frame *f)
{
    leat_free(f->entries);
    f->entries = NULL;
    f->n_entries = f->next_entry = 0;
    leat_buf_free(&f->merged);
}

/* ---- what a field is ---- */

static leat_wire_type wire_type_of(const leat_proto_field *f)
{
    switch ((leat_proto_type)f->type) {
    case LEAT_PROTO_FLOAT: return LEAT_WIRE_FIXED32;
    case LEAT_PROTO_DOUBLE:
    case LEAT_PROTO_FIXED64: return LEAT_WIRE_FIXED64;
    case LEAT_PROTO_STRING:
    case LEAT_PROTO_BYTES:
    case LEAT_PROTO_MESSAGE: return LEAT_WIRE_BYTES;
    default: return LEAT_WIRE_VARINT;
    }
}

static bool is_packed(const leat_proto_field *d, const leat_field *f)
{
    return (d->flags & LEAT_PROTO_REPEATED) && f->type == LEAT_WIRE_BYTES &&
           wire_type_of(d) != LEAT_WIRE_BYTES;
}

/* Index of the descriptor, message->n where there is none, or none that fits. */
static size_t find_field(const leat_proto_message *m, const leat_field *f)
{
    size_t i = 0;
    while (i < m->n && m->fields[i].number != f->number)
        i++;
    if (i == m->n || f->type == wire_type_of(&m->fields[i]) || is_packed(&m->fields[i], f))
        return i;
    return m->n;
}

/* ---- scalars ---- */

static void indent(writer *w)
{
    for (size_t i = 0; i < w->depth; i++)
        leat_buf_puts(w->out, "  ");
}

static void put_string(leat_buf *out, const uint8_t *bytes, size_t n)
{
    leat_buf_putc(out, '"');
    for (size_t i = 0; i < n;) {
        size_t run = i;
        while (run < n && bytes[run] >= 32 && bytes[run] < 127 && bytes[run] != '"' && bytes[run] != '\'' &&
               bytes[run] != '\\')
            run++;
        leat_buf_append(out, bytes + i, run - i);
        i = run;
        if (i == n)
            break;
        uint8_t c = bytes[i++];
        const char octal[] = {'\\', (char)('0' + (c >> 6)), (char)('0' + (c >> 3 & 7)),
                              (char)('0' + (c & 7))};
        const char simple[] = {'\\', c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : (char)c};
        bool as_octal = (c < 32 || c > 126) && simple[1] == (char)c;
        leat_buf_append(out, as_octal ? octal : simple, as_octal ? sizeof octal : sizeof simple);
    }
    leat_buf_putc(out, '"');
}

/* As Python's repr of a float: 1.0, 0.0001, 1e-05, 1e+16. */
static void put_decimal(leat_buf *out, leat_decimal d)
{
    char digits[24];
    int n = 0;
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    for (uint64_t left = d.digits; left > 0; left /= 10)
        n++;
    uint64_t left = d.digits;
    for (int i = n; i-- > 0; left /= 10)
        digits[i] = (char)('0' + left % 10);
    int point = n + d.exponent; /* digits before the decimal point */
    if (point < -3 || point > 16) {
        leat_buf_putc(out, digits[0]);
        if (n > 1)
            leat_buf_printf(out, ".%.*s", n - 1, digits + 1);
        leat_buf_printf(out, "e%c%02d", point < 1 ? '-' : '+', abs(point - 1));
    } else if (point <= 0) {
        leat_buf_puts(out, "0.");
        for (int i = point; i < 0; i++)
            leat_buf_putc(out, '0');
        leat_buf_append(out, digits, (size_t)n);
    } else {
        leat_buf_append(out, digits, (size_t)LEAT_MIN(n, point));
        for (int i = n; i < point; i++)
            leat_buf_putc(out, '0');
        leat_buf_putc(out, '.');
        if (n > point)
            leat_buf_append(out, digits + point, (size_t)(n - point));
        else
            leat_buf_putc(out, '0');
    }
}

static void put_real(leat_buf *out, const leat_proto_field *d, uint64_t bits)
{
    leat_field raw = {.varint = bits};
    bool narrow = d->type == LEAT_PROTO_FLOAT;
    double value = narrow ? (double)leat_field_float(&raw) : leat_field_double(&raw);
    if (isnan(value)) {
        leat_buf_puts(out, "nan");
        return;
    }
    if (signbit(value))
        leat_buf_putc(out, '-');
    if (isinf(value))
        leat_buf_puts(out, "inf");
    else if (value == 0)
        leat_buf_puts(out, "0.0");
    else
        put_decimal(out, narrow ? leat_shortest_f32((float)value) : leat_shortest_f64(value));
}

static void put_enum(leat_buf *out, const leat_proto_enum *values, int32_t number)
{
    for (size_t i = 0; i < values->n; i++)
        if (values->values[i].number == number) {
            leat_buf_puts(out, values->values[i].name);
            return;
        }
    leat_buf_printf(out, "%d", number);
}

static void put_value(leat_buf *out, const leat_proto_field *d, uint64_t bits)
{
    switch ((leat_proto_type)d->type) {
    case LEAT_PROTO_INT32: leat_buf_printf(out, "%d", (int32_t)bits); break;
    case LEAT_PROTO_INT64: leat_buf_printf(out, "%lld", (long long)bits); break;
    case LEAT_PROTO_SINT64: leat_buf_printf(out, "%lld", (long long)(bits >> 1 ^ (0 - (bits & 1)))); break;
    case LEAT_PROTO_UINT32: leat_buf_printf(out, "%u", (uint32_t)bits); break;
    case LEAT_PROTO_UINT64:
    case LEAT_PROTO_FIXED64: leat_buf_printf(out, "%llu", (unsigned long long)bits); break;
    case LEAT_PROTO_BOOL: leat_buf_puts(out, bits != 0 ? "true" : "false"); break;
    case LEAT_PROTO_ENUM: put_enum(out, d->values, (int32_t)bits); break;
    default: put_real(out, d, bits); break;
    }
}

static void put_line(writer *w, const leat_proto_field *d, uint64_t bits)
{
    indent(w);
    leat_buf_puts(w->out, d->name);
    leat_buf_puts(w->out, ": ");
    put_value(w->out, d, bits);
    leat_buf_putc(w->out, '\n');
}

static leat_status put_packed(writer *w, const leat_wire *outer, const leat_proto_field *d,
                              const leat_field *f)
{
    leat_wire_type type = wire_type_of(d);
    leat_wire values = leat_wire_sub(outer, f);
    uint64_t bits;
    if (type == LEAT_WIRE_VARINT) {
        while (leat_wire_varint(&values, &bits))
            put_line(w, d, bits);
        return leat_wire_status(&values);
    }
    size_t size = type == LEAT_WIRE_FIXED32 ? 4 : 8;
    if (f->size % size != 0)
        return leat_fail(LEAT_ERR_DATA_LOSS, "offset %llu: packed values of %zu bytes are not whole",
                         (unsigned long long)f->offset, f->size);
    for (size_t at = 0; at < f->size; at += size) {
        bits = 0;
        memcpy(&bits, f->bytes + at, size);
        put_line(w, d, bits);
    }
    return LEAT_OK;
}

static leat_status put_scalar(writer *w, const leat_wire *outer, const leat_proto_field *d,
                              const leat_field *f)
{
    if (is_packed(d, f))
        return put_packed(w, outer, d, f);
    if (f->type != LEAT_WIRE_BYTES) {
        put_line(w, d, f->varint);
        return LEAT_OK;
    }
    if (d->type == LEAT_PROTO_STRING && !leat_utf8_valid((const char *)f->bytes, f->size))
        return leat_fail(LEAT_ERR_DATA_LOSS, "offset %llu: field '%s': the string is no UTF-8",
                         (unsigned long long)f->offset, d->name);
    indent(w);
    leat_buf_puts(w->out, d->name);
    leat_buf_puts(w->out, ": ");
    put_string(w->out, f->bytes, f->size);
    leat_buf_putc(w->out, '\n');
    return LEAT_OK;
}

/* ---- messages ---- */

/* Notes which fields are there. */
static leat_status push(writer *w, const leat_proto_message *m, leat_wire whole)
{
    frame *f = &w->frames[w->depth];
    leat_field item;
    *f = (frame){.message = m, .whole = whole, .field = m->n};
    for (leat_wire at = whole;;) {
        if (!leat_wire_next(&at, &item)) {
            LEAT_TRY(leat_wire_status(&at));
            break;
        }
        size_t i = find_field(m, &item);
        if (i == m->n) {
            w->unknown++;
            continue;
        }
        f->present |= UINT64_C(1) << i;
        if (m->fields[i].oneof != 0)
            f->oneof[m->fields[i].oneof] = item.number;
    }
    if (m->is_map_entry)
        f->present = 3;
    return LEAT_OK;
}

/* What follows the name. */
static leat_status open_body(writer *w, const leat_proto_message *m, leat_wire whole)
{
    leat_buf_puts(w->out, " {\n");
    if (w->depth == LEAT_TEXT_DEPTH)
        return leat_fail(LEAT_ERR_DATA_LOSS, "offset %llu: messages nested more than %d deep",
                         (unsigned long long)leat_wire_offset(&whole), LEAT_TEXT_DEPTH);
    w->depth++;
    return push(w, m, whole);
}

/* The Any on top of the stack, as the message that it holds where that one is known: nothing else is printed of it. */
static leat_status expand_any(writer *w)
{
    frame *f = &w->frames[w->depth];
    leat_wire at = f->whole;
    leat_field item, url = {0}, value = {0};
    while (leat_wire_next(&at, &item))
        if (item.type == LEAT_WIRE_BYTES && (item.number == 1 || item.number == 2))
            *(item.number == 1 ? &url : &value) = item;
    leat_bytes name = {(const char *)url.bytes, url.size};
    const leat_proto_message *type = url.size > 0 ? leat_proto_any_type(f->message->any, name) : NULL;
    if (type == NULL)
        return LEAT_OK;
    f->present = 0;
    indent(w);
    leat_buf_printf(w->out, "[%.*s]", (int)name.size, name.data);
    return open_body(w, type, value.size > 0 ? leat_wire_sub(&at, &value) : leat_wire_from(NULL, 0, 0));
}

static leat_status open_message(writer *w, const leat_proto_field *d, leat_wire whole)
{
    indent(w);
    leat_buf_puts(w->out, d->name);
    LEAT_TRY(open_body(w, d->message, whole));
    return d->message->any != NULL ? expand_any(w) : LEAT_OK;
}

/* The next occurrence of the frame's field that counts. */
static bool next_of(frame *f, leat_field *item)
{
    while (leat_wire_next(&f->at, item))
        if (find_field(f->message, item) == f->field)
            return true;
    return false;
}

typedef struct keyed {
    leat_field item, key;
    size_t index;
} keyed;

static int by_key(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    int order = 0;
    if (x->key.type == LEAT_WIRE_BYTES && y->key.type == LEAT_WIRE_BYTES) {
        size_t n = LEAT_MIN(x->key.size, y->key.size);
        order = n > 0 ? memcmp(x->key.bytes, y->key.bytes, n) : 0;
        if (order == 0)
            order = (x->key.size > y->key.size) - (x->key.size < y->key.size);
    } else {
        order = (x->key.varint > y->key.varint) - (x->key.varint < y->key.varint);
    }
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

/* A map's entries by key; of several with one key the last. */
static leat_status sort_entries(frame *f)
{
    const leat_proto_message *entry = f->message->fields[f->field].message;
    keyed *list = NULL;
    size_t n = 0, capacity = 0;
    leat_field item, part;
    leat_status status = LEAT_OK;
    leat_wire_type key_type = wire_type_of(&entry->fields[0]);
    while (status == LEAT_OK && next_of(f, &item)) {
        leat_field key = {.type = key_type};
        leat_wire parts = leat_wire_sub(&f->at, &item);
        while (leat_wire_next(&parts, &part))
            if (part.number == 1 && part.type == key_type)
                key = part;
        status = leat_wire_status(&parts);
        if (status == LEAT_OK)
            status = leat_grow(&list, &capacity, n + 1, sizeof *list);
        if (status == LEAT_OK)
            list[n] = (keyed){item, key, n};
        n++;
    }
    if (status == LEAT_OK) {
        if (n > 0)
            qsort(list, n, sizeof *list, by_key);
        f->entries = leat_alloc_zero(n, sizeof *f->entries);
        status = f->entries != NULL ? LEAT_OK : leat_fail_memory(n * sizeof *f->entries);
    }
    for (size_t i = 0; status == LEAT_OK && i < n; i++) {
        keyed *next = i + 1 < n ? &list[i + 1] : NULL;
        bool same =
            next != NULL && next->key.size == list[i].key.size && next->key.varint == list[i].key.varint &&
            (list[i].key.size == 0 || memcmp(next->key.bytes, list[i].key.bytes, next->key.size) == 0);
        if (!same)
            f->entries[f->n_entries++] = list[i].item;
    }
    leat_free(list);
    return status;
}

/* A singular field: the last one counts, messages are merged. */
static leat_status put_singular(writer *w, frame *f, const leat_proto_field *d)
{
    leat_field item, last = {0};
    size_t n = 0;
    for (; next_of(f, &item); n++)
        last = item;
    if (d->type == LEAT_PROTO_MESSAGE && n > 1) {
        f->at = f->whole;
        while (next_of(f, &item))
            leat_buf_append(&f->merged, item.bytes, item.size);
        LEAT_TRY(leat_buf_status(&f->merged));
        return open_message(w, d, leat_wire_from(f->merged.data, f->merged.size, last.offset));
    }
    if (d->type == LEAT_PROTO_MESSAGE)
        return open_message(w, d, n > 0 ? leat_wire_sub(&f->at, &last) : leat_wire_from(NULL, 0, 0));
    if (n == 0)
        last = (leat_field){.type = wire_type_of(d), .bytes = (const uint8_t *)""};
    bool zero = last.type == LEAT_WIRE_BYTES ? last.size == 0 : last.varint == 0;
    if (zero && d->oneof == 0)
        return LEAT_OK;
    return put_scalar(w, &f->whole, d, &last);
}

/* Begins the next field that is there, in the order of the numbers; false where none is left. */
static bool next_field(frame *f)
{
    while (f->present != 0) {
        f->field = (size_t)__builtin_ctzll(f->present);
        f->present &= f->present - 1;
        const leat_proto_field *d = &f->message->fields[f->field];
        f->at = f->whole;
        if (d->oneof == 0 || f->oneof[d->oneof] == d->number)
            return true;
    }
    f->field = f->message->n;
    return false;
}

/* Goes on with the field that is being printed; *done when it is. */
static leat_status put_repeated(writer *w, frame *f, const leat_proto_field *d, bool *done)
{
    leat_field item;
    if (d->flags & LEAT_PROTO_MAP) {
        if (f->entries == NULL)
            LEAT_TRY(sort_entries(f));
        *done = f->next_entry == f->n_entries;
        return *done ? LEAT_OK : open_message(w, d, leat_wire_sub(&f->whole, &f->entries[f->next_entry++]));
    }
    *done = !next_of(f, &item);
    if (*done)
        return LEAT_OK;
    return d->type == LEAT_PROTO_MESSAGE ? open_message(w, d, leat_wire_sub(&f->at, &item))
                                         : put_scalar(w, &f->at, d, &item);
}

static leat_status write_all(writer *w)
{
    for (;;) {
        frame *f = &w->frames[w->depth];
        bool done = true;
        if (w->out->failed)
            return leat_buf_status(w->out);
        if (f->field < f->message->n && (f->message->fields[f->field].flags & LEAT_PROTO_REPEATED)) {
            LEAT_TRY(put_repeated(w, f, &f->message->fields[f->field], &done));
            if (!done)
                continue;
        }
        end_entries(f);
        if (next_field(f)) {
            if (!(f->message->fields[f->field].flags & LEAT_PROTO_REPEATED))
                LEAT_TRY(put_singular(w, f, &f->message->fields[f->field]));
            continue;
        }
        if (w->depth == 0)
            return leat_buf_status(w->out);
        w->depth--;
        indent(w);
        leat_buf_puts(w->out, "}\n");
    }
}

leat_status leat_text_write(const leat_proto_message *message, const void *bytes, size_t size, leat_buf *out,
                            size_t *unknown)
{
    writer *w = leat_alloc_zero(1, sizeof *w);
    if (w == NULL)
        return leat_fail_memory(sizeof *w);
    w->out = out;
    leat_status status = push(w, message, leat_wire_from(bytes, size, 0));
    if (status == LEAT_OK)
        status = write_all(w);
    for (size_t i = 0; i <= w->depth; i++)
        end_entries(&w->frames[i]);
    *unknown = w->unknown;
    leat_free(w);
    return status;
}
