/* strings-numbers.c - strings and what they stand for: numbers, raw bytes, base64, names of shards. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "ops/strings-private.h"

/* ---- AsString ---- */

enum { WIDEST = 4096 }; /* of width and precision: a graph cannot ask for gigabytes of blanks */

/* "%-8.3f" and the like, without a length modifier. */
typedef struct number_format {
    char text[32];
    bool reals; /* of floating point and complex numbers */
    int64_t width, precision;
    bool left; /* blanks go behind */
} number_format;

static leat_status read_format(const leat_kernel *k, number_format *f)
{
    leat_dtype dtype = k->in[0]->dtype;
    bool scientific = leat_attr_bool(k->op, "scientific"), shortest = leat_attr_bool(k->op, "shortest");
    int64_t width = leat_attr_int(k->op, "width"), precision = leat_attr_int(k->op, "precision");
    const char *fill = leat_attr_string(k->op, "fill");
    bool measured = dtype == LEAT_STRING; /* precision is a length, and the rest says nothing */
    *f = (number_format){.width = width, .precision = precision, .left = fill[0] == '-'};
    f->reals = leat_dtype_is_floating(dtype) || dtype == LEAT_COMPLEX64 || dtype == LEAT_COMPLEX128;
    if (scientific && shortest)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "Cannot select both scientific and shortest notation");
    if (!f->reals && !measured && (scientific || shortest))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "scientific and shortest format not supported for datatype %s",
                                leat_dtype_name(dtype));
    if (!f->reals && !measured && precision >= 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "precision not supported for datatype %s",
                                leat_dtype_name(dtype));
    if (fill[0] != '\0' && (fill[1] != '\0' || strchr(" +-0#", fill[0]) == NULL))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Fill argument not supported: \"%s\"", fill);
    if (width > WIDEST || precision > WIDEST)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "width or precision above %d", WIDEST);
    size_t n = (size_t)snprintf(f->text, sizeof f->text, "%%%s", fill);
    if (width > -1)
        n += (size_t)snprintf(f->text + n, sizeof f->text - n, "%lld", (long long)width);
    if (precision > -1)
        n += (size_t)snprintf(f->text + n, sizeof f->text - n, ".%lld", (long long)precision);
    const char *conversion = !f->reals ? "ll" : shortest ? "g" : scientific ? "e" : "f";
    snprintf(f->text + n, sizeof f->text - n, "%s", conversion);
    return LEAT_OK;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_real(leat_buf *b, const number_format *f, double value)
{
    leat_buf_printf(b, f->text, value);
}
static void put_integer(leat_buf *b, const number_format *f, const leat_tensor *t, int64_t i)
{
    char format[40];
    bool unsigned_64 = t->dtype == LEAT_UINT64, is_unsigned = unsigned_64 || t->dtype == LEAT_UINT32 ||
                                                              t->dtype == LEAT_UINT16 ||
                                                              t->dtype == LEAT_UINT8;
    snprintf(format, sizeof format, "%s%c", f->text, is_unsigned ? 'u' : 'd');
    long long value = unsigned_64 || t->dtype == LEAT_INT64 ? (long long)((const int64_t *)t->data)[i]
                                                            : (long long)leat_element_get(t, i);
    leat_buf_printf(b, format, value);
}
#pragma GCC diagnostic pop

static void put_padded(leat_buf *b, const number_format *f, leat_bytes s)
{
    size_t width = f->width > 0 ? (size_t)f->width : 0;
    if (width > 0 && f->precision >= 0) /* without a width, TensorFlow has no use for the precision */
        s.size = LEAT_MIN(s.size, (size_t)f->precision);
    size_t blanks = width > s.size ? width - s.size : 0;
    for (size_t i = 0; i < blanks && !f->left; i++)
        leat_buf_putc(b, ' ');
    leat_buf_append(b, s.data, s.size);
    for (size_t i = 0; i < blanks && f->left; i++)
        leat_buf_putc(b, ' ');
}

static void put_element(leat_buf *b, const number_format *f, const leat_tensor *t, int64_t i)
{
    bool wide = t->dtype == LEAT_COMPLEX128;
    if (t->dtype == LEAT_STRING) {
        put_padded(b, f, leat_string_at(t, i));
    } else if (t->dtype == LEAT_BOOL) {
        leat_buf_puts(b, ((const bool *)t->data)[i] ? "true" : "false");
    } else if (t->dtype == LEAT_COMPLEX64 || wide) {
        leat_buf_putc(b, '(');
        put_real(b, f, wide ? ((const double *)t->data)[2 * i] : (double)((const float *)t->data)[2 * i]);
        leat_buf_putc(b, ',');
        put_real(b, f,
                 wide ? ((const double *)t->data)[2 * i + 1] : (double)((const float *)t->data)[2 * i + 1]);
        leat_buf_putc(b, ')');
    } else if (f->reals) {
        put_real(b, f, leat_element_get(t, i));
    } else {
        put_integer(b, f, t, i);
    }
}

static leat_status as_string_kernel(leat_kernel *k)
{
    number_format f = {0};
    leat_buf b = {0};
    LEAT_TRY(read_format(k, &f));
    LEAT_TRY(leat_out_new(k, 0, &k->in[0]->shape));
    leat_status status = LEAT_OK;
    locale_t old = leat_c_numbers_begin();
    for (int64_t i = 0; i < k->in[0]->elements && status == LEAT_OK; i++) {
        leat_buf_clear(&b);
        put_element(&b, &f, k->in[0], i);
        status = leat_string_put(k, 0, i, &b);
    }
    leat_c_numbers_end(old);
    leat_buf_free(&b);
    return status;
}

const leat_op_def leat_op_AsString = LEAT_OP(
    "AsString(input: T) -> output: string; T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, "
    "half, uint32, uint64, complex64, complex128, bool, variant, string}; precision: int = -1; scientific: bool = false; "
    "shortest: bool = false; width: int = -1; fill: string = ''",
    .doc = "Each element as text, as C's printf writes it.", .shape = leat_shape_same,
    .kernels = {{as_string_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

LEAT_ROW(AsString, "(float[3] 1 -2.5 0.125) -> string[3] '1.000000' '-2.500000' '0.125000'");
LEAT_ROW(AsString, "(float[2] 1 1e-10) {shortest: true} -> string[2] '1' '1e-10'");
LEAT_ROW(AsString, "(double[1] 3.14159) {precision: 2; width: 8; fill: '0'} -> string[1] '00003.14'");
LEAT_ROW(AsString, "(half[1] 1.5) {scientific: true; precision: 1} -> string[1] '1.5e+00'");
LEAT_ROW(AsString, "(int32[3] 1 -20 300) {width: 4; fill: '-'} -> string[3] '1   ' '-20 ' '300 '");
LEAT_ROW(AsString, "(int64[1] -9007199254740993) -> string[1] '-9007199254740993'");
LEAT_ROW(AsString, "(uint8[1] 200) {fill: '0'; width: 5} -> string[1] '00200'");
LEAT_ROW(AsString, "(bool[2] true false) -> string[2] 'true' 'false'");
LEAT_ROW(AsString, "(complex64[1] 1-2j) {precision: 1} -> string[1] '(1.0,-2.0)'");
LEAT_ROW(AsString, "(int32[1] 1) {precision: 3} fails 'precision not supported'");
LEAT_ROW(AsString, "(float[1] 1) {scientific: true; shortest: true} fails 'Cannot select both'");
LEAT_ROW(AsString, "(float[1] 1) {fill: '*'} fails 'Fill argument not supported'");
LEAT_ROW(AsString, "(string[3] '' 'abc' 'x\x00yz') {width: 4} -> string[3] '    ' ' abc' 'x\x00yz'");
LEAT_ROW(AsString, "(string[2] 'a' 'abc') {width: 3; precision: 2; fill: '-'} -> string[2] 'a  ' 'ab '");
LEAT_ROW(AsString, "(string[1] 'abc') {precision: 2; shortest: true} -> string[1] 'abc'");
LEAT_ROW(AsString, "(string[1] 'abc') {scientific: true; shortest: true} fails 'Cannot select both'");
LEAT_ROW(AsString, "(string[1] 'abc') {fill: 'xx'} fails 'Fill argument not supported'");
LEAT_ROW(AsString, "(bool[1] true) {precision: 3} fails 'precision not supported for datatype bool'");
LEAT_ROW(AsString, "(bool[1] true) {shortest: true} fails 'not supported for datatype bool'");
LEAT_ROW(AsString, "(bool[1] true) {fill: '--'} fails 'Fill argument not supported'");

/* ---- StringToNumber ---- */

bool leat_string_number(const char *text, size_t size, leat_tensor *out, int64_t i)
{
    char *end, *start = (char *)text + strspn(text, " \t\n\v\f\r");
    long long whole = 0;
    if (*start == '\0' || strlen(text) != size)
        return false;
    switch (out->dtype) {
    case LEAT_FLOAT: ((float *)out->data)[i] = strtof(start, &end); break;
    case LEAT_DOUBLE: ((double *)out->data)[i] = strtod(start, &end); break;
    case LEAT_UINT64: {
        errno = 0;
        unsigned long long value = strtoull(start, &end, 10);
        if (*start == '-' || errno != 0)
            return false;
        ((uint64_t *)out->data)[i] = value;
        break;
    }
    default:
        errno = 0;
        whole = strtoll(start, &end, 10);
        if (errno != 0)
            return false;
    }
    if (out->dtype == LEAT_INT64)
        ((int64_t *)out->data)[i] = whole;
    if (out->dtype == LEAT_INT32 && (whole < INT32_MIN || whole > INT32_MAX))
        return false;
    if (out->dtype == LEAT_UINT32 && (whole < 0 || whole > UINT32_MAX))
        return false;
    if (out->dtype == LEAT_INT32)
        ((int32_t *)out->data)[i] = (int32_t)whole;
    if (out->dtype == LEAT_UINT32)
        ((uint32_t *)out->data)[i] = (uint32_t)whole;
    return end != start && end[strspn(end, " \t\n\v\f\r")] == '\0';
}

static leat_status to_number_kernel(leat_kernel *k)
{
    LEAT_TRY(leat_out_new(k, 0, &k->in[0]->shape));
    locale_t old = leat_c_numbers_begin();
    leat_status status = LEAT_OK;
    for (int64_t i = 0; i < k->in[0]->elements && status == LEAT_OK; i++) {
        leat_bytes s = leat_string_at(k->in[0], i);
        if (!leat_string_number(s.data, s.size, &k->out[0], i))
            status = leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                      "StringToNumberOp could not correctly convert string: %.100s", s.data);
    }
    leat_c_numbers_end(old);
    return status;
}

const leat_op_def leat_op_StringToNumber = LEAT_OP(
    "StringToNumber(string_tensor: string) -> output: out_type; out_type: {float, double, int32, int64, uint32, "
    "uint64} = float",
    .doc = "The numbers that the strings spell.", .shape = leat_shape_same, .kernels = {{to_number_kernel}},
    .gradient = leat_grad_none, .cost = leat_cost_moves);

LEAT_ROW(StringToNumber, "(string[4] '1' ' -2.5e1 ' 'inf' '0.1') -> float[4] 1 -25 inf 0.1");
LEAT_ROW(StringToNumber,
         "(string[2] '-7' '9223372036854775807') {out_type: int64} -> int64[2] -7 9223372036854775807");
LEAT_ROW(StringToNumber,
         "(string[] '2147483648') {out_type: int32} fails 'could not correctly convert string: 2147483648'");
LEAT_ROW(StringToNumber, "(string[] '1x') {out_type: double} fails 'could not correctly convert string: 1x'");
LEAT_ROW(StringToNumber, "(string[] '') fails 'could not correctly convert'");

/* ---- DecodeRaw ---- */

static leat_status raw_shape(leat_infer *c)
{
    leat_shape s = *c->in[0];
    if (s.rank_plus_1 == 0)
        return LEAT_OK;
    if (leat_shape_rank(&s) == LEAT_MAX_RANK)
        return leat_infer_fail(c, "the input has %d dimensions already", LEAT_MAX_RANK);
    s.dims[s.rank_plus_1++ - 1] = -1;
    c->out[0] = s;
    return LEAT_OK;
}

static void swap_bytes(char *data, int64_t n, size_t size)
{
    for (int64_t i = 0; i < n; i++, data += size)
        for (size_t a = 0, b = size - 1; a < b; a++, b--) {
            char c = data[a];
            data[a] = data[b];
            data[b] = c;
        }
}

/* The bytes of one number or, of a complex one, of each of its parts. */
static size_t part_bytes(leat_dtype dtype)
{
    size_t size = leat_dtype_bytes(dtype);
    return dtype == LEAT_COMPLEX64 || dtype == LEAT_COMPLEX128 ? size / 2 : size;
}

static leat_status decode_raw_kernel(leat_kernel *k)
{
    const leat_tensor *in = k->in[0];
    size_t length = in->elements > 0 ? leat_string_at(in, 0).size : 0;
    size_t size = leat_dtype_bytes(k->op->outputs[0].dtype);
    leat_shape shape = in->shape;
    for (int64_t i = 1; i < in->elements; i++)
        if (leat_string_at(in, i).size != length)
            return leat_kernel_fail(
                k, LEAT_ERR_INVALID_ARGUMENT,
                "DecodeRaw requires input strings to all be the same size, but element %lld has "
                "size %zu != %zu",
                (long long)i, leat_string_at(in, i).size, length);
    if (length % size != 0)
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT,
            "Input to DecodeRaw has length %zu that is not a multiple of %zu, the size of %s", length, size,
            leat_dtype_name(k->op->outputs[0].dtype));
    if (leat_shape_rank(&shape) == LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the input has %d dimensions already",
                                LEAT_MAX_RANK);
    shape.dims[shape.rank_plus_1++ - 1] = (int64_t)(length / size);
    LEAT_TRY(leat_out_new(k, 0, &shape));
    char *to = k->out[0].data;
    for (int64_t i = 0; i < in->elements && length > 0; i++)
        memcpy(to + (size_t)i * length, leat_string_at(in, i).data, length);
    size_t part = part_bytes(k->out[0].dtype);
    if (!leat_attr_bool(k->op, "little_endian"))
        swap_bytes(to, k->out[0].elements * (int64_t)(size / part), part);
    for (int64_t i = 0; k->out[0].dtype == LEAT_BOOL && i < k->out[0].elements; i++)
        to[i] = to[i] != 0; /* a bool of any other bits would be none */
    return LEAT_OK;
}

const leat_op_def leat_op_DecodeRaw = LEAT_OP(
    "DecodeRaw(bytes: string) -> output: out_type; out_type: {half, float, double, int32, uint16, uint8, int16, int8, "
    "int64, complex64, complex128, bool, bfloat16}; little_endian: bool = true",
    .doc = "The bytes of each string as numbers, in a dimension more.", .shape = raw_shape,
    .kernels = {{decode_raw_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

LEAT_ROW(DecodeRaw, "(string[2] 'ab' '\x01\xFF') {out_type: uint8} dynamic -> uint8[2,2] 97 98 1 255");
LEAT_ROW(DecodeRaw, "(string[] '\x01\x02\x03\x04') {out_type: int16} dynamic -> int16[2] 513 1027");
LEAT_ROW(
    DecodeRaw,
    "(string[] '\x01\x02\x03\x04') {out_type: int32; little_endian: false} dynamic -> int32[1] 16909060");
LEAT_ROW(DecodeRaw, "(string[2] 'ab' 'c') {out_type: uint8} fails 'element 1 has size 1 != 2'");
LEAT_ROW(DecodeRaw, "(string[] 'abc') {out_type: int16} fails 'length 3 that is not a multiple of 2'");

/* ---- base64, as web addresses have it: - and _ ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static leat_status encode(leat_kernel *k, leat_bytes s, leat_buf *b)
{
    const unsigned char *in = (const unsigned char *)s.data;
    for (size_t i = 0; i < s.size; i += 3) {
        size_t n = LEAT_MIN(s.size - i, (size_t)3);
        unsigned bits =
            (unsigned)in[i] << 16 | (n > 1 ? (unsigned)in[i + 1] << 8 : 0) | (n > 2 ? in[i + 2] : 0);
        for (size_t c = 0; c < 4; c++)
            if (c <= n)
                leat_buf_putc(b, letters[bits >> (18 - 6 * c) & 63]);
            else if (leat_attr_bool(k->op, "pad"))
                leat_buf_putc(b, '=');
    }
    return LEAT_OK;
}

static leat_status decode(leat_kernel *k, leat_bytes s, leat_buf *b)
{
    size_t n = s.size;
    while (n > 0 && s.size - n < 2 && s.data[n - 1] == '=')
        n--;
    if (n % 4 == 1 || (n != s.size && s.size % 4 != 0))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "Base64 string length (%zu) is not one that ends with a byte", s.size);
    unsigned bits = 0;
    for (size_t i = 0; i < n; i++) {
        const char *letter = s.data[i] != '\0' ? strchr(letters, s.data[i]) : NULL;
        if (letter == NULL)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Invalid character found in base64.");
        bits = bits << 6 | (unsigned)(letter - letters);
        if (i % 4 != 0)
            leat_buf_putc(b, (char)(bits >> (6 - i % 4 * 2)));
    }
    return LEAT_OK;
}

static leat_status encode_kernel(leat_kernel *k)
{
    return leat_strings_map(k, encode);
}
static leat_status decode_kernel(leat_kernel *k)
{
    return leat_strings_map(k, decode);
}

const leat_op_def leat_op_EncodeBase64 =
    LEAT_OP("EncodeBase64(input: string) -> output: string; pad: bool = false",
            .doc = "The bytes in base64, with - and _ as web addresses have it.", .shape = leat_shape_same,
            .kernels = {{encode_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_DecodeBase64 =
    LEAT_OP("DecodeBase64(input: string) -> output: string",
            .doc = "The bytes that the base64 (with - and _, padded or not) stands for.",
            .shape = leat_shape_same, .kernels = {{decode_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(EncodeBase64,
         "(string[5] '' 'a' 'ab' 'abc' '\xFB\xFF\xFE') -> string[5] '' 'YQ' 'YWI' 'YWJj' '-__-'");
LEAT_ROW(EncodeBase64, "(string[2] 'a' 'abcd') {pad: true} -> string[2] 'YQ==' 'YWJjZA=='");
LEAT_ROW(DecodeBase64,
         "(string[6] '' 'YQ' 'YQ==' 'YWI' 'YWJj' '-__-') -> string[6] '' 'a' 'a' 'ab' 'abc' '\xFB\xFF\xFE'");
LEAT_ROW(DecodeBase64, "(string[] 'a+b/') fails 'Invalid character found in base64'");
LEAT_ROW(DecodeBase64, "(string[] 'YWJjZ') fails 'length'");

/* ---- ShardedFilespec ---- */

static leat_status filespec_kernel(leat_kernel *k)
{
    leat_buf b = {0};
    if (k->in[0]->elements != 1 || k->in[1]->elements != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "basename and num_shards must be scalars");
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SCALAR));
    leat_bytes name = leat_string_at(k->in[0], 0);
    leat_buf_append(&b, name.data, name.size);
    leat_buf_printf(&b, "-%.5s-of-%05d", "?????", *(const int32_t *)k->in[1]->data);
    leat_status status = leat_string_put(k, 0, 0, &b);
    leat_buf_free(&b);
    return status;
}

static leat_status filespec_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 0));
    LEAT_TRY(leat_infer_want_rank(c, 1, 0));
    return leat_shape_scalar(c);
}

const leat_op_def leat_op_ShardedFilespec =
    LEAT_OP("ShardedFilespec(basename: string, num_shards: int32) -> filename: string",
            .doc = "The pattern of the names of all shards.", .shape = filespec_shape,
            .kernels = {{filespec_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(ShardedFilespec, "(string[] 'model', int32[] 12) -> string[] 'model-\x3F\x3F\x3F\x3F\x3F-of-00012'");
