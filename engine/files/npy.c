#include "config.h"
#include "npy-private.h"

#include <stdio.h>
#include <string.h>
#include "commit-private.h"

enum { HEADER_MAX = 65536, ALIGN = 64 };

/* ---- the header: a Python dictionary of three known keys ---- */

typedef struct header_text {
    const char *start, *at, *end;
} header_text;

static void skip_blanks(header_text *h)
{
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n' || *h->at == '\t' || *h->at == '\r'))
        h->at++;
}

static bool take(header_text *h, char c)
{
    skip_blanks(h);
    if (h->at == h->end || *h->at != c)
        return false;
    h->at++;
    return true;
}

static bool take_word(header_text *h, const char *word)
{
    size_t n = strlen(word);
    skip_blanks(h);
    if ((size_t)(h->end - h->at) < n || memcmp(h->at, word, n) != 0)
        return false;
    h->at += n;
    return true;
}

/* A quoted string without escapes, into `to` of `size` bytes. */
static bool take_string(header_text *h, char *to, size_t size)
{
    skip_blanks(h);
    char quote = h->at < h->end ? *h->at : 0;
    if (quote != '\'' && quote != '"')
        return false;
    const char *from = ++h->at;
    while (h->at < h->end && *h->at != quote && *h->at != '\\')
        h->at++;
    size_t n = (size_t)(h->at - from);
    if (h->at == h->end || *h->at != quote || n >= size)
        return false;
    h->at++;
    memcpy(to, from, n);
    to[n] = 0;
    return true;
}

/* A decimal integer, perhaps with the L that Python 2 wrote. */
static bool take_number(header_text *h, int64_t *value)
{
    char digits[24];
    size_t n = 0;
    skip_blanks(h);
    while (h->at < h->end && n + 1 < sizeof digits &&
           ((*h->at >= '0' && *h->at <= '9') || (n == 0 && *h->at == '-')))
        digits[n++] = *h->at++;
    digits[n] = 0;
    if (!leat_parse_i64(digits, value))
        return false;
    if (h->at < h->end && *h->at == 'L')
        h->at++;
    return true;
}

static const char *take_shape(header_text *h, leat_npy *n)
{
    if (!take(h, '('))
        return "the shape is no tuple";
    n->rank = 0;
    while (!take(h, ')')) {
        if (n->rank == LEAT_NPY_RANK)
            return "the shape has more than 64 dimensions";
        if (!take_number(h, &n->dims[n->rank]))
            return "a dimension is no 64-bit integer";
        if (n->dims[n->rank++] < 0)
            return "a dimension is negative";
        if (!take(h, ',')) {
            if (!take(h, ')') || n->rank == 1) /* (3) is a number, (3,) a tuple */
                return "the shape is no tuple";
            break;
        }
    }
    return NULL;
}

static const char *take_order(header_text *h, leat_npy *n)
{
    n->fortran = take_word(h, "True");
    return n->fortran || take_word(h, "False") ? NULL : "fortran_order is neither True nor False";
}

static const char *take_descr(header_text *h, char descr[16])
{
    return take_string(h, descr, 16) ? NULL : "descr is no plain type: structured arrays are not supported";
}

/* Reads the dictionary; returns what is wrong with it, or NULL. */
static const char *parse_header(header_text *h, leat_npy *n, char descr[16])
{
    bool has_descr = false, has_order = false, has_shape = false;
    if (!take(h, '{'))
        return "the header is no dictionary";
    while (!take(h, '}')) {
        char key[24];
        const char *reason;
        bool *seen;
        if (!take_string(h, key, sizeof key) || !take(h, ':'))
            return "the header is no dictionary of names";
        if (strcmp(key, "descr") == 0) {
            seen = &has_descr;
            reason = take_descr(h, descr);
        } else if (strcmp(key, "fortran_order") == 0) {
            seen = &has_order;
            reason = take_order(h, n);
        } else if (strcmp(key, "shape") == 0) {
            seen = &has_shape;
            reason = take_shape(h, n);
        } else {
            return "the header has an unknown key";
        }
        if (reason != NULL)
            return reason;
        if (*seen)
            return "the header has a key twice";
        *seen = true;
        if (!take(h, ',')) {
            if (!take(h, '}'))
                return "the header is no dictionary";
            break;
        }
    }
    skip_blanks(h);
    if (h->at != h->end)
        return "bytes follow the header's dictionary";
    return has_descr && has_order && has_shape ? NULL : "the header lacks descr, fortran_order or shape";
}

/* Understands NumPy's type code: byte order, kind, bytes. */
static leat_status use_descr(leat_npy *n, const char *descr)
{
    char native[16];
    int64_t width;
    if (strchr("<>|=", descr[0]) == NULL || descr[0] == 0 || descr[1] == 0)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s:10: type code '%s' is none of NumPy's", n->file.path, descr);
    if (descr[1] == 'O')
        return leat_fail(LEAT_ERR_UNIMPLEMENTED, "%s:10: an array of Python objects is not supported",
                         n->file.path);
    if ((descr[1] == 'S' || descr[1] == 'U') && leat_parse_i64(descr + 2, &width) && width >= 0 &&
        width <= INT32_MAX) {
        n->dtype = LEAT_DATA_TYPE_STRING;
        n->unicode = descr[1] == 'U';
        n->item_size = (size_t)width * (n->unicode ? 4 : 1);
        n->swap_size = n->unicode && descr[0] == '>' ? 4 : 0;
        return LEAT_OK;
    }
    snprintf(native, sizeof native, "%c%s", descr[0] == '>' || descr[0] == '=' ? '<' : descr[0], descr + 1);
    const leat_data_type *type = leat_data_type_find_npy(native);
    for (const char *other = "<|"; type == NULL && *other != 0; other++) { /* <i1 and |i1 are one */
        native[0] = *other;
        if ((type = leat_data_type_find_npy(native)) != NULL && type->size > 1 && descr[0] == '|' &&
            descr[1] != 'V')
            type = NULL;
    }
    if (type == NULL)
        return leat_fail(LEAT_ERR_UNIMPLEMENTED, "%s:10: type '%s' is not supported", n->file.path, descr);
    n->dtype = type->number;
    n->item_size = type->size;
    if (descr[0] == '>' && type->size > 1)
        n->swap_size = descr[1] == 'c' ? type->size / 2 : type->size;
    return LEAT_OK;
}

static leat_status read_header(leat_npy *n, leat_buf *text)
{
    uint8_t fixed[12] = {0};
    size_t got;
    LEAT_TRY(leat_file_read_some(&n->file, 0, fixed, sizeof fixed, &got));
    if (got < 10 || memcmp(fixed, "\x93NUMPY", 6) != 0)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s:0: not a .npy file", n->file.path);
    if (fixed[6] < 1 || fixed[6] > 3)
        return leat_fail(LEAT_ERR_UNIMPLEMENTED, "%s:6: .npy format version %d is not supported",
                         n->file.path, fixed[6]);
    uint64_t size = (uint64_t)fixed[8] | (uint64_t)fixed[9] << 8, offset = 10;
    if (fixed[6] > 1) {
        size |= (uint64_t)fixed[10] << 16 | (uint64_t)fixed[11] << 24;
        offset = 12;
    }
    if (size > HEADER_MAX || n->file.size < offset || size > n->file.size - offset)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s:8: the header claims %llu bytes", n->file.path,
                         (unsigned long long)size);
    char *to = leat_buf_reserve(text, size);
    if (to == NULL)
        return leat_buf_status(text);
    LEAT_TRY(leat_file_read_at(&n->file, offset, to, size));
    text->size = size;
    n->data_offset = offset + size;

    header_text h = {.start = to, .at = to, .end = to + size};
    char descr[16];
    const char *reason = parse_header(&h, n, descr);
    if (reason != NULL)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s:%llu: %s", n->file.path,
                         (unsigned long long)(offset + (uint64_t)(h.at - h.start)), reason);
    return use_descr(n, descr);
}

leat_status leat_npy_open(leat_npy *n, const char *path)
{
    *n = (leat_npy){.file = LEAT_FILE_CLOSED};
    LEAT_TRY(leat_file_open(&n->file, path));
    leat_buf text = {0};
    leat_status status = read_header(n, &text);
    leat_buf_free(&text);
    LEAT_TRY(status);
    if (!leat_dims_elements(n->dims, n->rank, n->item_size, &n->elements))
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s:10: the shape has more elements than 64 bits can count",
                         path);
    if (n->item_size == 0 && n->elements > 0) /* any number of them would fit any file */
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s:10: %lld strings of no bytes", path, (long long)n->elements);
    uint64_t need = (uint64_t)n->elements * n->item_size, left = n->file.size - n->data_offset;
    if (need != left)
        return leat_fail(
            LEAT_ERR_DATA_LOSS, "%s:%llu: the shape needs %llu bytes of values, the file has %llu", path,
            (unsigned long long)n->data_offset, (unsigned long long)need, (unsigned long long)left);
    return LEAT_OK;
}

void leat_npy_close(leat_npy *n)
{
    if (n->file.fd >= 0)
        (void)leat_file_close(&n->file);
}

/* ---- values ---- */

static void reverse_bytes(uint8_t *at, size_t bytes, size_t width)
{
    for (; bytes >= width; at += width, bytes -= width)
        for (size_t i = 0, j = width - 1; i < j; i++, j--) {
            uint8_t swap = at[i];
            at[i] = at[j];
            at[j] = swap;
        }
}

/* Copies an array whose first dimension runs fastest to one whose last does. */
static void transpose(const leat_npy *n, const uint8_t *from, uint8_t *to)
{
    int64_t index[LEAT_NPY_RANK] = {0};
    size_t stride[LEAT_NPY_RANK], at = 0;
    for (int d = 0; d < n->rank; d++)
        stride[d] = d == 0 ? n->item_size : stride[d - 1] * (size_t)n->dims[d - 1];
    for (int64_t i = 0; i < n->elements; i++) {
        memcpy(to, from + at, n->item_size);
        to += n->item_size;
        for (int d = n->rank - 1; d >= 0; d--) {
            at += stride[d];
            if (++index[d] < n->dims[d])
                break;
            at -= stride[d] * (size_t)n->dims[d];
            index[d] = 0;
        }
    }
}

static void make_native(const leat_npy *n, uint8_t *values, size_t bytes)
{
    if (n->swap_size > 0)
        reverse_bytes(values, bytes, n->swap_size);
    if (n->dtype == LEAT_DATA_TYPE_BOOL) /* kernels rely on 0 and 1 */
        for (size_t i = 0; i < bytes; i++)
            values[i] = values[i] != 0;
}

/* The values in C order as the file has them. */
static leat_status read_values(leat_npy *n, uint8_t *to)
{
    size_t bytes = (size_t)n->elements * n->item_size;
    if (!n->fortran || n->rank < 2 || bytes == 0)
        return leat_file_read_at(&n->file, n->data_offset, to, bytes);
    uint8_t *stored = leat_alloc(bytes);
    if (stored == NULL)
        return leat_fail_memory(bytes);
    leat_status status = leat_file_read_at(&n->file, n->data_offset, stored, bytes);
    if (status == LEAT_OK)
        transpose(n, stored, to);
    leat_free(stored);
    return status;
}

leat_status leat_npy_read(leat_npy *n, void *to)
{
    if (n->dtype == LEAT_DATA_TYPE_STRING)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: an array of strings where numbers are wanted",
                         n->file.path);
    LEAT_TRY(read_values(n, to));
    make_native(n, to, (size_t)n->elements * n->item_size);
    return LEAT_OK;
}

leat_status leat_npy_read_part(leat_npy *n, int64_t first, int64_t count, void *to)
{
    if (n->dtype == LEAT_DATA_TYPE_STRING || (n->fortran && n->rank > 1))
        return leat_fail(LEAT_ERR_UNIMPLEMENTED, "%s: an array %s can't be read in parts", n->file.path,
                         n->fortran ? "in Fortran order" : "of strings");
    if (first < 0 || count < 0 || first > n->elements || count > n->elements - first)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "%s: elements %lld to %lld of %lld", n->file.path,
                         (long long)first, (long long)first + count, (long long)n->elements);
    size_t bytes = (size_t)count * n->item_size;
    LEAT_TRY(leat_file_read_at(&n->file, n->data_offset + (uint64_t)first * n->item_size, to, bytes));
    make_native(n, to, bytes);
    return LEAT_OK;
}

/* Appends a code point as UTF-8; false if it is none. */
static bool put_utf8(leat_buf *b, uint32_t c)
{
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return false;
    if (c < 0x80) {
        leat_buf_putc(b, (char)c);
        return true;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    leat_buf_putc(b, (char)(lead[more] | c >> (6 * more)));
    while (more-- > 0)
        leat_buf_putc(b, (char)(0x80 | (c >> (6 * more) & 0x3f)));
    return true;
}

/* One element without its padding, appended to `text`. */
static bool put_element(const leat_npy *n, const uint8_t *at, leat_buf *text)
{
    size_t width = n->unicode ? 4 : 1, used = n->item_size / width;
    static const uint8_t zeros[4] = {0};
    while (used > 0 && memcmp(at + (used - 1) * width, zeros, width) == 0)
        used--;
    if (!n->unicode)
        leat_buf_append(text, at, used);
    for (size_t i = 0; n->unicode && i < used; i++) {
        uint32_t c;
        memcpy(&c, at + 4 * i, sizeof c);
        if (!put_utf8(text, c))
            return false;
    }
    return true;
}

static leat_status take_elements(const leat_npy *n, const uint8_t *values, leat_bytes *to, leat_arena *arena)
{
    leat_buf text = {0};
    leat_status status = LEAT_OK;
    for (int64_t i = 0; i < n->elements && status == LEAT_OK; i++) {
        leat_buf_clear(&text);
        if (!put_element(n, values + (size_t)i * n->item_size, &text))
            status = leat_fail(LEAT_ERR_DATA_LOSS, "%s: element %lld holds what is no Unicode character",
                               n->file.path, (long long)i);
        else
            status = leat_buf_status(&text);
        if (status != LEAT_OK)
            break;
        to[i] = (leat_bytes){leat_arena_strndup(arena, text.size > 0 ? text.data : "", text.size), text.size};
        if (to[i].data == NULL)
            status = leat_fail_memory(text.size);
    }
    leat_buf_free(&text);
    return status;
}

leat_status leat_npy_read_strings(leat_npy *n, leat_bytes *to, leat_arena *arena)
{
    if (n->dtype != LEAT_DATA_TYPE_STRING)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: an array of numbers where strings are wanted",
                         n->file.path);
    size_t bytes = (size_t)n->elements * n->item_size;
    uint8_t *values = leat_alloc(bytes);
    if (values == NULL)
        return leat_fail_memory(bytes);
    leat_status status = read_values(n, values);
    if (status == LEAT_OK) {
        make_native(n, values, bytes);
        status = take_elements(n, values, to, arena);
    }
    leat_free(values);
    return status;
}

/* ---- writing ---- */

static void put_header(leat_buf *b, const char *descr, int rank, const int64_t *dims)
{
    leat_buf_append(b, "\x93NUMPY\x01\0\0\0", 10);
    leat_buf_printf(b, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (int i = 0; i < rank; i++)
        leat_buf_printf(b, "%s%lld", i > 0 ? ", " : "", (long long)dims[i]);
    leat_buf_puts(b, rank == 1 ? ",), }" : "), }");
    while ((b->size + 1) % ALIGN != 0 && !b->failed)
        leat_buf_putc(b, ' ');
    leat_buf_putc(b, '\n');
    if (b->failed)
        return;
    b->data[8] = (char)((b->size - 10) & 0xff);
    b->data[9] = (char)((b->size - 10) >> 8);
}

/* Writes a header made before and the values, numbers or strings. */
static leat_status write_values(leat_file *f, const leat_buf *header, const void *data, size_t bytes,
                                const leat_bytes *strings, int64_t count, size_t width)
{
    LEAT_TRY(leat_file_write(f, header->data, header->size));
    if (data != NULL || bytes == 0)
        LEAT_TRY(leat_file_write(f, data, bytes));
    if (strings == NULL)
        return LEAT_OK;
    leat_buf row = {0};
    leat_status status = LEAT_OK;
    for (int64_t i = 0; i < count && status == LEAT_OK; i++) {
        leat_buf_append(&row, strings[i].data, strings[i].size);
        char *pad = leat_buf_reserve(&row, width - strings[i].size);
        if (pad != NULL) {
            memset(pad, 0, width - strings[i].size);
            row.size += width - strings[i].size;
        }
        status = leat_buf_status(&row);
        if (status == LEAT_OK && (row.size > (1 << 16) || i + 1 == count)) {
            status = leat_file_write(f, row.data, row.size);
            leat_buf_clear(&row);
        }
    }
    leat_buf_free(&row);
    return status;
}

static leat_status write_file(const char *path, const leat_buf *header, const void *data, size_t bytes,
                              const leat_bytes *strings, int64_t count, size_t width)
{
    LEAT_TRY(leat_buf_status(header));
    leat_commit c;
    leat_status status = leat_commit_begin(&c, path, LEAT_TEMP_INFIX, true);
    if (status == LEAT_OK)
        status = write_values(&c.file, header, data, bytes, strings, count, width);
    return leat_commit_end(&c, status, false);
}

leat_status leat_npy_write(const char *path, int dtype, int rank, const int64_t *dims, const void *data)
{
    const leat_data_type *type = leat_data_type_find(dtype);
    int64_t elements;
    if (type == NULL || type->npy == NULL)
        return leat_fail(LEAT_ERR_UNIMPLEMENTED, "%s: .npy has no type for %s", path,
                         type != NULL ? type->name : "this dtype");
    if (rank < 0 || rank > LEAT_NPY_RANK || !leat_dims_elements(dims, rank, type->size, &elements))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: not a shape that .npy can hold", path);
    leat_buf header = {0};
    put_header(&header, type->npy, rank, dims);
    leat_status status = write_file(path, &header, data, (size_t)elements * type->size, NULL, 0, 0);
    leat_buf_free(&header);
    return status;
}

leat_status leat_npy_write_strings(const char *path, int rank, const int64_t *dims, const leat_bytes *strings)
{
    int64_t elements, bytes;
    size_t width = 1;
    if (rank < 0 || rank > LEAT_NPY_RANK || !leat_dims_elements(dims, rank, 1, &elements))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: not a shape that .npy can hold", path);
    for (int64_t i = 0; i < elements; i++)
        width = LEAT_MAX(width, strings[i].size);
    if (width > INT32_MAX || __builtin_mul_overflow(elements, (int64_t)width, &bytes))
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "%s: strings of %zu bytes are too long for .npy", path,
                         width);
    char descr[32];
    snprintf(descr, sizeof descr, "|S%zu", width);
    leat_buf header = {0};
    put_header(&header, descr, rank, dims);
    leat_status status = write_file(path, &header, NULL, 0, strings, elements, width);
    leat_buf_free(&header);
    return status;
}
