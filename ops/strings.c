/* strings.c - ops on strings, element by element or row by row: joining, cutting, lengths, letters, numbers as text and back. */
#include <stdio.h>
#include <stdlib.h>
#include <wctype.h>
#include "ops/elementwise-private.h"
#include "ops/strings-private.h"

leat_status leat_strings_map(leat_kernel *k, leat_string_fn *fn)
{
    LEAT_TRY(leat_out_new(k, 0, &k->in[0]->shape));
    leat_buf b = {0};
    leat_status status = LEAT_OK;
    for (int64_t i = 0; i < k->in[0]->elements && status == LEAT_OK; i++) {
        leat_buf_clear(&b);
        status = fn(k, leat_string_at(k->in[0], i), &b);
        if (status == LEAT_OK)
            status = leat_string_put(k, 0, i, &b);
    }
    leat_buf_free(&b);
    return status;
}

leat_status leat_string_put(leat_kernel *k, int output, int64_t i, const leat_buf *b)
{
    LEAT_TRY(leat_buf_status(b));
    return leat_string_set((leat_string *)k->out[output].data + i, b->data, b->size);
}

/* ---- StringJoin ---- */

static leat_status join_shape(leat_infer *c)
{
    leat_shape all = {.rank_plus_1 = 1};
    bool known = true;
    for (uint32_t i = 0; i < c->op->n_inputs; i++) {
        if (leat_shape_rank(c->in[i]) == 0)
            continue;
        known &= c->in[i]->rank_plus_1 > 0;
        leat_shape before = all;
        if (leat_shape_rank(&all) == 0)
            all = *c->in[i];
        else if (!leat_shape_merge(&before, c->in[i], &all))
            return leat_infer_fail(c, "Input shapes do not match: input %u", i);
    }
    if (known)
        c->out[0] = all;
    return LEAT_OK;
}

static leat_status join_kernel(leat_kernel *k)
{
    leat_shape shape = {.rank_plus_1 = 1};
    const leat_attr_value *separator = leat_attr(k->op, "separator");
    char a[128], b[128];
    for (uint32_t i = 0; i < k->n_in; i++) {
        const leat_shape *in = &k->in[i]->shape;
        if (leat_shape_rank(in) > 0 && leat_shape_rank(&shape) > 0 && !leat_shape_equal(*in, shape))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Input shapes do not match: %s vs. %s",
                                    leat_shape_print(shape, a, sizeof a), leat_shape_print(*in, b, sizeof b));
        if (leat_shape_rank(in) > 0)
            shape = *in;
    }
    LEAT_TRY(leat_out_new(k, 0, &shape));
    leat_buf text = {0};
    leat_status status = LEAT_OK;
    for (int64_t e = 0; e < k->out[0].elements && status == LEAT_OK; e++) {
        leat_buf_clear(&text);
        for (uint32_t i = 0; i < k->n_in; i++) {
            leat_bytes s = leat_string_at(k->in[i], leat_shape_rank(&k->in[i]->shape) > 0 ? e : 0);
            if (i > 0)
                leat_buf_append(&text, separator->s, separator->n);
            leat_buf_append(&text, s.data, s.size);
        }
        status = leat_string_put(k, 0, e, &text);
    }
    leat_buf_free(&text);
    return status;
}

const leat_op_def leat_op_StringJoin = LEAT_OP(
    "StringJoin(inputs: N * string) -> output: string; N: int >= 0; separator: string = ''",
    .doc =
        "The inputs' strings, one behind the other, with the separator between; scalars go with every element.",
    .shape = join_shape, .kernels = {{join_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(StringJoin,
         "([string[] 'a', string[2] 'b' 'cd', string[] '']) {separator: '/'} -> string[2] 'a/b/' 'a/cd/'");
LEAT_ROW(StringJoin, "([string[] 'model', string[] '.ckpt']) -> string[] 'model.ckpt'");
LEAT_ROW(StringJoin, "([string[1] 'a', string[2] 'b' 'c']) fails 'Input shapes do not match'");

/* ---- ReduceJoin ---- */

static leat_status reduce_join_shape(leat_infer *c)
{
    leat_tensor *axes = leat_infer_value(c, 1);
    leat_shape out = {.rank_plus_1 = 1};
    unsigned gone = 0;
    bool keep = leat_attr_bool(c->op, "keep_dims"), good = axes != NULL && c->in[0]->rank_plus_1 > 0;
    for (int64_t i = 0; good && i < axes->elements; i++) {
        int axis;
        good = leat_axis_normal(leat_index_at(axes, i), leat_shape_rank(c->in[0]), &axis);
        if (good)
            gone |= 1u << axis;
    }
    leat_tensor_unref(axes);
    for (int d = 0; d < leat_shape_rank(c->in[0]); d++)
        if (keep || !(gone >> d & 1))
            out.dims[out.rank_plus_1++ - 1] = gone >> d & 1 ? 1 : c->in[0]->dims[d];
    if (good)
        c->out[0] = out;
    return LEAT_OK;
}

/* The axes in the order of offset_over: the first one given runs fastest. */
static leat_status read_axes(leat_kernel *k, int *axes, int *n, unsigned *mask)
{
    int rank = leat_shape_rank(&k->in[0]->shape);
    *mask = 0;
    *n = 0;
    if (k->in[1]->elements > rank)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%lld reduction dimensions for rank %d",
                                (long long)k->in[1]->elements, rank);
    for (int64_t i = 0; i < k->in[1]->elements; i++) {
        int axis;
        if (!leat_axis_normal(leat_index_at(k->in[1], i), rank, &axis))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "Invalid reduction dimension %lld for input with %d dimension(s)",
                                    (long long)leat_index_at(k->in[1], i), rank);
        if (*mask >> axis & 1)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Duplicate reduction dimension %d", axis);
        *mask |= 1u << axis;
        axes[k->in[1]->elements - ++*n] = axis;
    }
    return LEAT_OK;
}

/* Offset of flat index `at` over those axes only. */
static int64_t offset_over(const leat_shape *shape, const int64_t *stride, const int *axes, int n, int64_t at)
{
    int64_t offset = 0;
    for (int i = n - 1; i >= 0; i--) {
        offset += at % shape->dims[axes[i]] * stride[axes[i]];
        at /= shape->dims[axes[i]];
    }
    return offset;
}

static leat_status reduce_join_kernel(leat_kernel *k)
{
    const leat_shape *in = &k->in[0]->shape;
    const leat_attr_value *separator = leat_attr(k->op, "separator");
    int64_t stride[LEAT_MAX_RANK], joined = 1;
    int axes[LEAT_MAX_RANK], kept[LEAT_MAX_RANK], n, n_kept = 0, rank = leat_shape_rank(in);
    unsigned mask;
    leat_shape out = {.rank_plus_1 = 1};
    LEAT_TRY(read_axes(k, axes, &n, &mask));
    for (int d = rank - 1; d >= 0; d--)
        stride[d] = d == rank - 1 ? 1 : stride[d + 1] * in->dims[d + 1];
    for (int d = 0; d < rank; d++) {
        bool gone = mask >> d & 1;
        if (gone)
            joined *= in->dims[d];
        else
            kept[n_kept++] = d;
        if (!gone || leat_attr_bool(k->op, "keep_dims"))
            out.dims[out.rank_plus_1++ - 1] = gone ? 1 : in->dims[d];
    }
    LEAT_TRY(leat_out_new(k, 0, &out));
    leat_buf b = {0};
    leat_status status = LEAT_OK;
    for (int64_t e = 0; e < k->out[0].elements && status == LEAT_OK; e++) {
        int64_t first = offset_over(in, stride, kept, n_kept, e);
        leat_buf_clear(&b);
        for (int64_t i = 0; i < joined; i++) {
            leat_bytes s = leat_string_at(k->in[0], first + offset_over(in, stride, axes, n, i));
            if (i > 0)
                leat_buf_append(&b, separator->s, separator->n);
            leat_buf_append(&b, s.data, s.size);
        }
        status = leat_string_put(k, 0, e, &b);
    }
    leat_buf_free(&b);
    return status;
}

const leat_op_def leat_op_ReduceJoin = LEAT_OP(
    "ReduceJoin(inputs: string, reduction_indices: int32) -> output: string; keep_dims: bool = false; "
    "separator: string = ''",
    .doc = "Joins the strings along the dimensions named, the first of which runs fastest.",
    .shape = reduce_join_shape, .kernels = {{reduce_join_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(ReduceJoin, "(string[2,2] 'a' 'b' 'c' 'd', int32[1] 0) -> string[2] 'ac' 'bd'");
LEAT_ROW(
    ReduceJoin,
    "(string[2,2] 'a' 'b' 'c' 'd', int32[1] -1) {keep_dims: true; separator: '+'} -> string[2,1] 'a+b' 'c+d'");
LEAT_ROW(ReduceJoin, "(string[2,2] 'a' 'b' 'c' 'd', int32[2] 1 0) -> string[] 'abcd'");
LEAT_ROW(ReduceJoin, "(string[2,2] 'a' 'b' 'c' 'd', int32[0]) -> string[2,2] 'a' 'b' 'c' 'd'");
LEAT_ROW(ReduceJoin, "(string[2,2] 'a' 'b' 'c' 'd', int32[2] 0 -2) fails 'Duplicate reduction dimension 0'");

/* ---- lengths, letters ---- */

/* Begins a character: not one of the bytes that continue one. */
static bool begins_char(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

static bool counts_chars(const leat_op *op)
{
    return strcmp(leat_attr_string(op, "unit"), "UTF8_CHAR") == 0;
}

static leat_status length_kernel(leat_kernel *k)
{
    LEAT_TRY(leat_out_new(k, 0, &k->in[0]->shape));
    for (int64_t i = 0; i < k->in[0]->elements; i++) {
        leat_bytes s = leat_string_at(k->in[0], i);
        int32_t n = counts_chars(k->op) ? 0 : (int32_t)s.size;
        for (size_t c = 0; c < s.size && counts_chars(k->op); c++)
            n += begins_char(s.data[c]);
        ((int32_t *)k->out[0].data)[i] = n;
    }
    return LEAT_OK;
}

const leat_op_def leat_op_StringLength =
    LEAT_OP("StringLength(input: string) -> output: int32; unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'",
            .doc = "The lengths of the strings, in bytes or characters.", .shape = leat_shape_same,
            .kernels = {{length_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(StringLength, "(string[3] '' 'abc' 'h\xC3\xA4') -> int32[3] 0 3 3");
LEAT_ROW(StringLength, "(string[3] '' 'abc' 'h\xC3\xA4') {unit: 'UTF8_CHAR'} -> int32[3] 0 3 2");

/* The character at *at, which moves on; of what is no UTF-8 U+FFFD for each longest beginning of a character, or byte. */
static uint32_t next_char(const char *s, size_t n, size_t *at)
{
    unsigned char c = (unsigned char)s[(*at)++];
    int more = c < 0x80 ? 0 : c < 0xC2 ? -1 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : c < 0xF5 ? 3 : -1;
    /* no byte more than needed, no surrogates, nothing above U+10FFFF: of the second byte all three are seen */
    unsigned char low = c == 0xE0   ? 0xA0
                        : c == 0xF0 ? 0x90
                                    : 0x80,
                  high = c == 0xED   ? 0x9F
                         : c == 0xF4 ? 0x8F
                                     : 0xBF;
    uint32_t value = more <= 0 ? c : c & (0x3FU >> more);
    for (int i = 0; i < more; i++) {
        unsigned char next = *at < n ? (unsigned char)s[*at] : 0;
        if (next < (i == 0 ? low : 0x80) || next > (i == 0 ? high : 0xBF))
            return 0xFFFD;
        value = value << 6 | (next & 0x3FU);
        ++*at;
    }
    return more < 0 ? 0xFFFD : value;
}

static void put_char(leat_buf *b, uint32_t c)
{
    if (c < 0x80) {
        leat_buf_putc(b, (char)c);
    } else if (c < 0x800) {
        leat_buf_putc(b, (char)(0xC0 | c >> 6));
        leat_buf_putc(b, (char)(0x80 | (c & 0x3F)));
    } else {
        if (c < 0x10000) {
            leat_buf_putc(b, (char)(0xE0 | c >> 12));
        } else {
            leat_buf_putc(b, (char)(0xF0 | c >> 18));
            leat_buf_putc(b, (char)(0x80 | (c >> 12 & 0x3F)));
        }
        leat_buf_putc(b, (char)(0x80 | (c >> 6 & 0x3F)));
        leat_buf_putc(b, (char)(0x80 | (c & 0x3F)));
    }
}

/* A character for a character; what is no UTF-8 becomes U+FFFD, as in TensorFlow. (Where Unicode makes several of one, it stays one; but for the sharp s.) */
static leat_status change_case(leat_kernel *k, leat_bytes s, leat_buf *b, bool upper)
{
    const char *encoding = leat_attr_string(k->op, "encoding");
    locale_t unicode = (locale_t)0;
    if (strcmp(encoding, "utf-8") == 0)
        unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    else if (encoding[0] != '\0')
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "only utf-8 or '' (no encoding) is supported, received %s", encoding);
    for (size_t at = 0; at < s.size;) {
        unsigned char byte = (unsigned char)s.data[at];
        if (byte >= 0x80 && unicode != (locale_t)0) {
            uint32_t c = next_char(s.data, s.size, &at);
            if (upper && c == 0xDF)
                leat_buf_puts(b, "SS");
            else
                put_char(b, upper ? towupper_l(c, unicode) : towlower_l(c, unicode));
            continue;
        }
        bool change = upper ? byte >= 'a' && byte <= 'z' : byte >= 'A' && byte <= 'Z';
        leat_buf_putc(b, (char)(change ? byte ^ 0x20 : byte));
        at++;
    }
    if (unicode != (locale_t)0)
        freelocale(unicode);
    return LEAT_OK;
}

static leat_status lower(leat_kernel *k, leat_bytes s, leat_buf *b)
{
    return change_case(k, s, b, false);
}
static leat_status upper(leat_kernel *k, leat_bytes s, leat_buf *b)
{
    return change_case(k, s, b, true);
}
static leat_status strip(leat_kernel *k, leat_bytes s, leat_buf *b)
{
    size_t first = 0, end = s.size;
    (void)k;
    while (first < end && leat_is_blank(s.data[first]))
        first++;
    while (end > first && leat_is_blank(s.data[end - 1]))
        end--;
    leat_buf_append(b, s.data + first, end - first);
    return LEAT_OK;
}
static leat_status lower_kernel(leat_kernel *k)
{
    return leat_strings_map(k, lower);
}
static leat_status upper_kernel(leat_kernel *k)
{
    return leat_strings_map(k, upper);
}
static leat_status strip_kernel(leat_kernel *k)
{
    return leat_strings_map(k, strip);
}

const leat_op_def leat_op_StringLower =
    LEAT_OP("StringLower(input: string) -> output: string; encoding: string = ''",
            .doc = "Small letters for capital ones; of ASCII, or of Unicode with the encoding utf-8.",
            .shape = leat_shape_same, .kernels = {{lower_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_StringUpper =
    LEAT_OP("StringUpper(input: string) -> output: string; encoding: string = ''",
            .doc = "Capital letters for small ones; of ASCII, or of Unicode with the encoding utf-8.",
            .shape = leat_shape_same, .kernels = {{upper_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_StringStrip = LEAT_OP(
    "StringStrip(input: string) -> output: string", .doc = "The strings without blanks at their ends.",
    .shape = leat_shape_same, .kernels = {{strip_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(StringLower, "(string[2] 'aBz[Z' 'H\xC3\x84') -> string[2] 'abz[z' 'h\xC3\x84'");
LEAT_ROW(StringLower, "(string[2] 'aBz[Z' 'H\xC3\x84') {encoding: 'utf-8'} -> string[2] 'abz[z' 'h\xC3\xA4'");
LEAT_ROW(StringLower, "(string[] 'a') {encoding: 'latin1'} fails 'only utf-8'");
LEAT_ROW(StringLower, "(string[1] 'A\xFF\xC3\x84') -> string[1] 'a\xFF\xC3\x84'");
LEAT_ROW(StringUpper, "(string[2] 'aBz{' 'h\xC3\xA4') {encoding: 'utf-8'} -> string[2] 'ABZ{' 'H\xC3\x84'");
LEAT_ROW(
    StringUpper,
    "(string[5] 'a\xFFb' '\xE2\x82z' '\xED\xA0\x80' '\xF0\x9F\x98' '\xF4\x90\x80\x80') {encoding: 'utf-8'} -> string[5] 'A\xEF\xBF\xBDB' '\xEF\xBF\xBDZ' '\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD' '\xEF\xBF\xBD' '\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD'");
LEAT_ROW(StringUpper, "(string[1] 'gro\xC3\x9F') {encoding: 'utf-8'} -> string[1] 'GROSS'");
LEAT_ROW(StringStrip, "(string[3] ' a b ' '' '\x09\x0A') -> string[3] 'a b' '' ''");

/* ---- Substr ---- */

/* Byte position of character `at`, counted from the end if negative; false: there is none. */
static bool char_position(leat_bytes s, int64_t at, size_t *position)
{
    if (at >= 0) {
        size_t p = 0;
        for (; at > 0; at--) {
            if (p == s.size)
                return false;
            p++;
            while (p < s.size && !begins_char(s.data[p]))
                p++;
        }
        *position = p;
        return true;
    }
    size_t p = s.size;
    for (; at < 0; at++) {
        if (p == 0)
            return false;
        p--;
        while (p > 0 && !begins_char(s.data[p]))
            p--;
    }
    *position = p;
    return true;
}

static bool part_of(leat_bytes s, int64_t at, int64_t length, bool chars, leat_bytes *part)
{
    size_t begin, end = s.size;
    if (!chars) {
        int64_t size = (int64_t)s.size, from = at < 0 ? at + size : at;
        if (from < 0 || from > size)
            return false;
        *part =
            (leat_bytes){s.data + from, (size_t)(length < 0 || length > size - from ? size - from : length)};
        return true;
    }
    if ((length < 0 && at < 0) || !char_position(s, at, &begin))
        return false;
    leat_bytes rest = {s.data + begin, s.size - begin};
    size_t n;
    if (char_position(rest, LEAT_MAX(length, 0),
                      &n)) /* fewer than no characters are none, other than of bytes */
        end = begin + n;
    *part = (leat_bytes){s.data + begin, end - begin};
    return true;
}

static leat_status substr_shape(leat_infer *c)
{
    leat_shape where;
    if (!leat_shape_merge(c->in[1], c->in[2], &where))
        return leat_infer_fail(c, "pos and len should have the same shape");
    if (!leat_shape_broadcast(c->in[0], &where, &c->out[0]))
        return leat_infer_fail(c, "the shapes of the strings and of pos do not broadcast");
    return LEAT_OK;
}

static leat_status substr_kernel(leat_kernel *k)
{
    const leat_tensor *in = k->in[0], *pos = k->in[1], *length = k->in[2];
    const leat_shape *shapes[2] = {&in->shape, &pos->shape};
    leat_shape out;
    leat_broadcast b;
    if (!leat_shape_equal(pos->shape, length->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "pos and len should have the same shape");
    if (!leat_shape_broadcast(&in->shape, &pos->shape, &out))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "the shapes of the strings and of pos do not broadcast");
    LEAT_TRY(leat_out_new(k, 0, &out));
    leat_broadcast_plan(&b, &out, shapes, 2);
    for (int64_t i = 0; i < k->out[0].elements; i++) {
        int64_t offset[2], left;
        leat_bytes part;
        leat_broadcast_at(&b, i, 2, offset, &left);
        leat_bytes s = leat_string_at(in, offset[0]);
        int64_t at = leat_index_at(pos, offset[1]);
        if (!part_of(s, at, leat_index_at(length, offset[1]), counts_chars(k->op), &part))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "pos %lld out of range for string of %zu bytes at index %lld",
                                    (long long)at, s.size, (long long)i);
        LEAT_TRY(leat_string_set((leat_string *)k->out[0].data + i, part.data, part.size));
    }
    return LEAT_OK;
}

const leat_op_def leat_op_Substr = LEAT_OP(
    "Substr(input: string, pos: T, len: T) -> output: string; T: {int32, int64}; unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'",
    .doc = "len bytes (or characters) of each string from pos on, which counts from the end if negative.",
    .shape = substr_shape, .kernels = {{substr_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(Substr, "(string[2] 'hello' 'ab', int32[] 1, int32[] 3) -> string[2] 'ell' 'b'");
LEAT_ROW(Substr, "(string[2] 'hello' 'ab', int64[2] -3 2, int64[2] 2 9) -> string[2] 'll' ''");
LEAT_ROW(Substr, "(string[] 'hello', int32[2] 0 1, int32[2] 2 2) -> string[2] 'he' 'el'");
LEAT_ROW(Substr,
         "(string[] 'h\xC3\xA4user', int32[] 1, int32[] 2) {unit: 'UTF8_CHAR'} -> string[] '\xC3\xA4u'");
LEAT_ROW(Substr,
         "(string[] 'h\xC3\xA4user', int32[] -5, int32[] 9) {unit: 'UTF8_CHAR'} -> string[] '\xC3\xA4user'");
LEAT_ROW(Substr,
         "(string[] 'h\xC3\xA4user', int32[2] 0 1, int32[2] -1 -2) {unit: 'UTF8_CHAR'} -> string[2] '' ''");
LEAT_ROW(Substr, "(string[] 'hello', int32[] 1, int32[] -1) -> string[] 'ello'");
LEAT_ROW(
    Substr,
    "(string[] 'hello', int32[] -1, int32[] -1) {unit: 'UTF8_CHAR'} fails 'pos -1 out of range for string'");
LEAT_ROW(Substr, "(string[] 'hello', int32[] 6, int32[] 1) fails 'pos 6 out of range for string'");
LEAT_ROW(Substr, "(string[] 'hello', int32[] -6, int32[] 1) fails 'pos -6 out of range for string'");
