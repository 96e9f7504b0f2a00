/* print.c - tensors as numpy prints them. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "engine/op-private.h"

#define EDGE_ITEMS 3       /* shown at each end of a shortened axis */
#define SUMMARY_ABOVE 1000 /* elements above which axes are shortened */

static float half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = (h >> 10) & 31, mantissa = h & 1023;
    float magnitude;
    if (exponent == 31)
        magnitude = mantissa ? NAN : INFINITY;
    else
        magnitude =
            exponent ? ldexpf((float)(mantissa | 1024), (int)exponent - 25) : ldexpf((float)mantissa, -24);
    return sign ? -magnitude : magnitude;
}

static float bfloat16_to_float(uint16_t b)
{
    uint32_t bits = (uint32_t)b << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* numpy: a float that is whole gets a trailing point ("2."). */
static void put_float(leat_buf *b, double v, bool is_double)
{
    char text[40];
    if (isnan(v)) {
        leat_buf_puts(b, "nan");
        return;
    }
    if (isinf(v)) {
        leat_buf_puts(b, v < 0 ? "-inf" : "inf");
        return;
    }
    if (is_double)
        leat_format_f64(text, v);
    else
        leat_format_f32(text, (float)v);
    if (strpbrk(text, ".e") == NULL)
        strcat(text, ".");
    leat_buf_puts(b, text);
}

static void put_complex(leat_buf *b, double real, double imaginary, bool is_double)
{
    put_float(b, real, is_double);
    if (isnan(imaginary) || !signbit(imaginary))
        leat_buf_putc(b, '+');
    put_float(b, imaginary, is_double);
    leat_buf_putc(b, 'j');
}

static void put_element(leat_buf *b, const leat_tensor *t, int64_t i)
{
    const void *d = t->data;
    switch (t->dtype) {
    case LEAT_FLOAT: put_float(b, ((const float *)d)[i], false); break;
    case LEAT_DOUBLE: put_float(b, ((const double *)d)[i], true); break;
    case LEAT_HALF: put_float(b, half_to_float(((const uint16_t *)d)[i]), false); break;
    case LEAT_BFLOAT16: put_float(b, bfloat16_to_float(((const uint16_t *)d)[i]), false); break;
    case LEAT_INT8: leat_buf_printf(b, "%d", ((const int8_t *)d)[i]); break;
    case LEAT_UINT8: leat_buf_printf(b, "%u", ((const uint8_t *)d)[i]); break;
    case LEAT_INT16: leat_buf_printf(b, "%d", ((const int16_t *)d)[i]); break;
    case LEAT_UINT16: leat_buf_printf(b, "%u", ((const uint16_t *)d)[i]); break;
    case LEAT_INT32: leat_buf_printf(b, "%d", ((const int32_t *)d)[i]); break;
    case LEAT_UINT32: leat_buf_printf(b, "%u", ((const uint32_t *)d)[i]); break;
    case LEAT_INT64: leat_buf_printf(b, "%lld", (long long)((const int64_t *)d)[i]); break;
    case LEAT_UINT64: leat_buf_printf(b, "%llu", (unsigned long long)((const uint64_t *)d)[i]); break;
    case LEAT_BOOL: leat_buf_puts(b, ((const uint8_t *)d)[i] ? "True" : "False"); break;
    case LEAT_COMPLEX64:
        put_complex(b, ((const float *)d)[2 * i], ((const float *)d)[2 * i + 1], false);
        break;
    case LEAT_COMPLEX128:
        put_complex(b, ((const double *)d)[2 * i], ((const double *)d)[2 * i + 1], true);
        break;
    case LEAT_STRING: {
        size_t n;
        const char *s = leat_tensor_string(t, i, &n);
        leat_buf_puts(b, "b'");
        leat_buf_put_escaped(b, s, n);
        leat_buf_putc(b, '\'');
        break;
    }
    case LEAT_RESOURCE:
    case LEAT_VARIANT:
    case LEAT_DTYPE_NONE: leat_buf_printf(b, "<%s>", leat_dtype_name(t->dtype)); break;
    }
}

/* Depth is at most LEAT_MAX_RANK. */
static void put_axis(leat_buf *b, const leat_tensor *t, int axis, int64_t offset, int64_t stride)
{
    int rank = leat_shape_rank(&t->shape);
    if (axis == rank) {
        put_element(b, t, offset);
        return;
    }
    int64_t n = t->shape.dims[axis], inner = n > 0 ? stride / n : 0;
    bool shorten = t->elements > SUMMARY_ABOVE && n > 2 * EDGE_ITEMS;
    leat_buf_putc(b, '[');
    for (int64_t i = 0; i < n; i++) {
        if (i > 0)
            leat_buf_putc(b, ' ');
        if (shorten && i == EDGE_ITEMS) {
            leat_buf_puts(b, "... ");
            i = n - EDGE_ITEMS;
        }
        put_axis(b, t, axis + 1, offset + i * inner, inner);
    }
    leat_buf_putc(b, ']');
}

char *leat_tensor_print(const leat_tensor *t, char *text, size_t size)
{
    leat_buf b = {0};
    if (size == 0)
        return text;
    put_axis(&b, t, 0, 0, t->elements);
    snprintf(text, size, "%s", b.data != NULL && !b.failed ? b.data : "");
    leat_buf_free(&b);
    return text;
}
