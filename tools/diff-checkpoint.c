/* diff-checkpoint.c - `leat inspect --diff` of two checkpoints: both are walked in the order of their names. */
#include <math.h>
#include <string.h>
#include "engine/files/bundle-private.h"
#include "engine/files/checkpoint-private.h"
#include "tools/inspect-private.h"

typedef struct diff {
    leat_bundle *from, *to;
    bool json;
    leat_buf added, removed, changed; /* JSON: items; text: lines */
    size_t n_added, n_removed, n_changed, same;
} diff;

/* ---- values ---- */

static double half_at(uint16_t h)
{
    int exponent = h >> 10 & 31, fraction = h & 1023;
    double value = exponent == 31  ? (fraction != 0 ? NAN : INFINITY)
                   : exponent == 0 ? ldexp(fraction, -24)
                                   : ldexp(1024 + fraction, exponent - 25);
    return h & 0x8000 ? -value : value;
}

static double float_at(const char *bytes)
{
    float value;
    memcpy(&value, bytes, sizeof value);
    return (double)value;
}

static double double_at(const char *bytes)
{
    double value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

/* An element as a number; part 1 is the imaginary one. Types without an arithmetic here compare as their bits. */
static double number_at(int dtype, const char *bytes, size_t size, int part)
{
    int64_t i = 0;
    uint64_t u = 0;
    memcpy(&u, bytes, LEAT_MIN(size, sizeof u));
    switch (dtype) {
    case LEAT_DATA_TYPE_FLOAT: return float_at(bytes);
    case LEAT_DATA_TYPE_DOUBLE: return double_at(bytes);
    case LEAT_DATA_TYPE_COMPLEX64: return float_at(bytes + 4 * part);
    case LEAT_DATA_TYPE_COMPLEX128: return double_at(bytes + 8 * part);
    case LEAT_DATA_TYPE_HALF: return half_at((uint16_t)u);
    case LEAT_DATA_TYPE_BFLOAT16: {
        uint32_t bits = (uint32_t)u << 16;
        return float_at((const char *)&bits);
    }
    case LEAT_DATA_TYPE_INT8:
    case LEAT_DATA_TYPE_QINT8: i = (int32_t)((uint32_t)u << 24) >> 24; break;
    case LEAT_DATA_TYPE_INT16:
    case LEAT_DATA_TYPE_QINT16: i = (int16_t)u; break;
    case LEAT_DATA_TYPE_INT32:
    case LEAT_DATA_TYPE_QINT32: i = (int32_t)u; break;
    case LEAT_DATA_TYPE_INT64: i = (int64_t)u; break;
    default: return (double)u;
    }
    return (double)i;
}

typedef struct difference {
    int64_t elements; /* that differ */
    double most;      /* of their absolute differences; NaN where a number stands beside a NaN */
    int64_t at;       /* the element where it is */
} difference;

static void note(difference *d, int64_t i, double a, double b)
{
    double distance = a == b || (isnan(a) && isnan(b)) ? 0 : fabs(a - b);
    if (d->at < 0 || distance > d->most || (isnan(distance) && !isnan(d->most))) {
        d->most = distance;
        d->at = i;
    }
}

static void compare_numbers(const leat_bundle_entry *e, const char *a, const char *b, difference *d)
{
    int dtype = (int)e->meta.dtype;
    bool is_complex = dtype == LEAT_DATA_TYPE_COMPLEX64 || dtype == LEAT_DATA_TYPE_COMPLEX128;
    size_t size = e->type->size;
    for (int64_t i = 0; i < e->elements; i++) {
        const char *x = a + (size_t)i * size, *y = b + (size_t)i * size;
        if (memcmp(x, y, size) == 0)
            continue;
        d->elements++;
        for (int part = 0; part <= is_complex; part++)
            note(d, i, number_at(dtype, x, size, part), number_at(dtype, y, size, part));
    }
}

static leat_status diff_numbers(diff *d, const leat_bundle_entry *from, const leat_bundle_entry *to,
                                difference *found)
{
    size_t bytes = (size_t)from->elements * from->type->size;
    char *a = leat_alloc(bytes), *b = leat_alloc(bytes);
    leat_status status =
        a != NULL && b != NULL ? leat_bundle_read(d->from, from, NULL, a, bytes) : leat_fail_memory(bytes);
    if (status == LEAT_OK)
        status = leat_bundle_read(d->to, to, NULL, b, bytes);
    if (status == LEAT_OK)
        compare_numbers(from, a, b, found);
    leat_free(a);
    leat_free(b);
    return status;
}

static leat_status diff_strings(diff *d, const leat_bundle_entry *from, const leat_bundle_entry *to,
                                difference *found)
{
    leat_arena arena = {0};
    leat_bytes *a = leat_alloc_zero((size_t)from->elements + 1, sizeof *a),
               *b = leat_alloc_zero((size_t)from->elements + 1, sizeof *b);
    leat_status status = a != NULL && b != NULL
                             ? leat_bundle_read_strings(d->from, from, NULL, a, from->elements, &arena)
                             : leat_fail_memory((size_t)from->elements * sizeof *a);
    if (status == LEAT_OK)
        status = leat_bundle_read_strings(d->to, to, NULL, b, from->elements, &arena);
    for (int64_t i = 0; status == LEAT_OK && i < from->elements; i++)
        if (a[i].size != b[i].size || (a[i].size > 0 && memcmp(a[i].data, b[i].data, a[i].size) != 0)) {
            found->elements++;
            found->at = found->at < 0 ? i : found->at;
        }
    leat_free(a);
    leat_free(b);
    leat_arena_free(&arena);
    return status;
}

/* ---- tensors ---- */

static void put_type(leat_buf *b, const leat_bundle_entry *e)
{
    leat_buf_printf(b, "%s ", e->type != NULL ? e->type->name : "?");
    leat_bundle_put_shape(b, e->meta.rank, e->meta.dims);
}

static void put_name(diff *d, leat_buf *b, size_t *n, char sign, const leat_bundle_entry *e)
{
    if (d->json) {
        leat_buf_puts(b, *n > 0 ? ", " : "");
        leat_buf_put_json(b, e->name, e->name_size);
    } else {
        leat_buf_printf(b, "%c ", sign);
        leat_buf_put_escaped(b, e->name, e->name_size);
        leat_buf_puts(b, "  ");
        put_type(b, e);
        leat_buf_putc(b, '\n');
    }
    ++*n;
}

static void put_other_type(diff *d, const leat_bundle_entry *from, const leat_bundle_entry *to)
{
    leat_buf *b = &d->changed;
    const leat_bundle_entry *both[] = {from, to};
    if (!d->json) {
        put_name(d, b, &d->n_changed, '~', from);
        leat_buf_puts(b, "    becomes ");
        put_type(b, to);
        leat_buf_putc(b, '\n');
        return;
    }
    leat_buf_puts(b, d->n_changed++ > 0 ? ", {\"name\": " : "{\"name\": ");
    leat_buf_put_json(b, from->name, from->name_size);
    for (int i = 0; i < 2; i++) {
        leat_buf_printf(b, ", \"%s\": {\"dtype\": \"%s\", \"shape\": ", i == 0 ? "from" : "to",
                        both[i]->type != NULL ? both[i]->type->name : "");
        leat_bundle_put_shape(b, both[i]->meta.rank, both[i]->meta.dims);
        leat_buf_putc(b, '}');
    }
    leat_buf_putc(b, '}');
}

static void put_other_values(diff *d, const leat_bundle_entry *e, const difference *found)
{
    leat_buf *b = &d->changed;
    bool strings = e->meta.dtype == LEAT_DATA_TYPE_STRING;
    if (!d->json) {
        put_name(d, b, &d->n_changed, '~', e);
        leat_buf_printf(b, "    %lld of %lld elements differ, ", (long long)found->elements,
                        (long long)e->elements);
        if (strings)
            leat_buf_printf(b, "the first is element %lld\n", (long long)found->at);
        else
            leat_buf_printf(b, "by %.9g at most (element %lld)\n", found->most, (long long)found->at);
        return;
    }
    leat_buf_puts(b, d->n_changed++ > 0 ? ", {\"name\": " : "{\"name\": ");
    leat_buf_put_json(b, e->name, e->name_size);
    leat_buf_printf(b, ", \"elements\": %lld, \"at\": %lld", (long long)found->elements,
                    (long long)found->at);
    if (!strings) {
        leat_buf_puts(b, ", \"max_abs_difference\": ");
        leat_buf_put_json_f64(b, found->most);
    }
    leat_buf_putc(b, '}');
}

static leat_status compare(diff *d, const leat_bundle_entry *from, const leat_bundle_entry *to)
{
    difference found = {.at = -1};
    const leat_bundle_entry *both[] = {from, to};
    for (int i = 0; i < 2; i++)
        if (both[i]->status != LEAT_OK)
            return leat_fail(both[i]->status, "%s", both[i]->error.data != NULL ? both[i]->error.data : "");
    if (from->meta.dtype != to->meta.dtype || from->meta.rank != to->meta.rank ||
        memcmp(from->meta.dims, to->meta.dims, (size_t)from->meta.rank * sizeof from->meta.dims[0]) != 0) {
        put_other_type(d, from, to);
        return LEAT_OK;
    }
    if (from->meta.dtype == LEAT_DATA_TYPE_STRING)
        LEAT_TRY(diff_strings(d, from, to, &found));
    else
        LEAT_TRY(diff_numbers(d, from, to, &found));
    if (found.elements > 0)
        put_other_values(d, from, &found);
    else
        d->same++;
    return LEAT_OK;
}

static int order(const leat_bundle_entry *a, const leat_bundle_entry *b)
{
    if (!a->valid || !b->valid)
        return a->valid ? -1 : 1;
    int by_bytes = memcmp(a->name, b->name, LEAT_MIN(a->name_size, b->name_size));
    return by_bytes != 0 ? by_bytes : (a->name_size > b->name_size) - (a->name_size < b->name_size);
}

static leat_status walk(diff *d, leat_bundle_entry *a, leat_bundle_entry *b)
{
    LEAT_TRY(leat_bundle_first(d->from, a));
    LEAT_TRY(leat_bundle_first(d->to, b));
    while (a->valid || b->valid) {
        int which = order(a, b);
        if (which == 0)
            LEAT_TRY(compare(d, a, b));
        else if (which < 0)
            put_name(d, &d->removed, &d->n_removed, '-', a);
        else
            put_name(d, &d->added, &d->n_added, '+', b);
        if (which <= 0)
            LEAT_TRY(leat_bundle_next(d->from, a));
        if (which >= 0)
            LEAT_TRY(leat_bundle_next(d->to, b));
    }
    return LEAT_OK;
}

static void put_all(diff *d, leat_buf *out)
{
    leat_buf *parts[] = {&d->added, &d->removed, &d->changed};
    static const char *const keys[] = {"{\"added\": [", "], \"removed\": [", "], \"changed\": ["};
    for (int i = 0; i < 3; i++) {
        out->failed |= parts[i]->failed;
        leat_buf_puts(out, d->json ? keys[i] : "");
        leat_buf_append(out, parts[i]->data, parts[i]->size);
    }
    if (d->json)
        leat_buf_puts(out, "]}\n");
    else
        leat_buf_printf(out, "%zu tensors added, %zu removed, %zu changed, %zu the same\n", d->n_added,
                        d->n_removed, d->n_changed, d->same);
}

static leat_status open_bundle(leat_bundle **b, const char *path)
{
    char *prefix;
    LEAT_TRY(leat_checkpoint_resolve(path, &prefix));
    leat_status status = leat_bundle_open(b, prefix);
    leat_free(prefix);
    return status;
}

leat_status leat_diff_checkpoints(const char *from, const char *to, bool json, leat_buf *out, bool *differ)
{
    diff d = {.json = json};
    leat_bundle_entry a = {0}, b = {0};
    leat_status status = open_bundle(&d.from, from);
    if (status == LEAT_OK)
        status = open_bundle(&d.to, to);
    if (status == LEAT_OK)
        status = walk(&d, &a, &b);
    if (status == LEAT_OK) {
        put_all(&d, out);
        *differ = d.n_added + d.n_removed + d.n_changed > 0;
    }
    leat_bundle_entry_free(&a);
    leat_bundle_entry_free(&b);
    leat_bundle_close(d.from);
    leat_bundle_close(d.to);
    leat_buf_free(&d.added);
    leat_buf_free(&d.removed);
    leat_buf_free(&d.changed);
    return status;
}
