/* csv.c - DecodeCSV: lines of comma separated values (RFC 4180), a tensor a column. */
#include "ops/strings-private.h"

typedef struct csv {
    leat_bytes line;
    size_t at;
    char delimiter;
    bool quotes;
    leat_buf field; /* the last one read */
} csv;

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

/* A field without quotes around it, up to the delimiter or the end. */
static const char *read_plain(csv *c)
{
    for (; c->at < c->line.size && c->line.data[c->at] != c->delimiter; c->at++) {
        char byte = c->line.data[c->at];
        if ((c->quotes && byte == '"') || is_line_end(byte))
            return "Unquoted fields cannot have quotes/CRLFs inside";
        leat_buf_putc(&c->field, byte);
    }
    c->at++;
    return NULL;
}

/* A field behind its opening quote: two quotes inside are one. */
static const char *read_quoted(csv *c)
{
    const char *text = c->line.data;
    size_t size = c->line.size;
    while (c->at + 1 < size && (text[c->at] != '"' || text[c->at + 1] != c->delimiter)) {
        if (text[c->at] == '"' && text[++c->at] != '"')
            return "Quote inside a string has to be escaped by another quote";
        leat_buf_putc(&c->field, text[c->at++]);
    }
    if (c->at >= size || text[c->at] != '"' || (c->at + 1 < size && text[c->at + 1] != c->delimiter))
        return "Quoted field has to end with quote followed by delim or end";
    c->at += 2;
    return NULL;
}

/* Reads the next field; false: there is none, or *error says what is wrong. A delimiter at the end has an empty field
 * behind it: `at` is then the size of the line. */
static bool next_field(csv *c, const char **error)
{
    leat_buf_clear(&c->field);
    while (c->at < c->line.size && is_line_end(c->line.data[c->at]))
        c->at++;
    if (c->at == c->line.size && c->at > 0 && c->line.data[c->at - 1] == c->delimiter) {
        c->at++;
        return true;
    }
    if (c->at >= c->line.size)
        return false;
    bool quoted = c->quotes && c->line.data[c->at] == '"';
    c->at += quoted;
    *error = quoted ? read_quoted(c) : read_plain(c);
    return *error == NULL;
}

/* Column `column` of record `i` becomes an element of that output. */
static leat_status put_field(leat_kernel *k, const csv *c, uint32_t column, int64_t i)
{
    leat_tensor *out = &k->out[column];
    const leat_tensor *fallback = k->in[1 + column];
    const char *text = c->field.size > 0 ? c->field.data : "";
    const leat_attr_value *missing = leat_attr(k->op, "na_value");
    if (c->field.size == 0 || (c->field.size == missing->n && memcmp(text, missing->s, missing->n) == 0)) {
        if (fallback->elements != 1)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "Field %u is required but missing in record %lld!", column, (long long)i);
        size_t size = leat_dtype_bytes(out->dtype);
        return leat_copy_elements(out->dtype, (char *)out->data + (size_t)i * size, fallback->data, 1);
    }
    if (out->dtype == LEAT_STRING)
        return leat_string_put(k, (int)column, i, &c->field);
    if (!leat_string_number(text, c->field.size, out, i))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Field %u in record %lld is not a valid %s: %s",
                                column, (long long)i, leat_dtype_name(out->dtype), text);
    return LEAT_OK;
}

static leat_status decode_record(leat_kernel *k, csv *c, int64_t i)
{
    const char *error = NULL;
    const int64_t *selected;
    size_t n_selected = leat_attr_ints(k->op, "select_cols", &selected);
    uint32_t columns = 0;
    for (int64_t n = 0; (n_selected == 0 || columns < n_selected) && next_field(c, &error); n++) {
        if (n_selected > 0 && selected[columns] != n)
            continue;
        LEAT_TRY(leat_buf_status(&c->field));
        if (columns < k->n_out)
            LEAT_TRY(put_field(k, c, columns, i));
        columns++;
    }
    if (error != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "record %lld: %s", (long long)i, error);
    if (columns != k->n_out)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Expect %u fields but have %u in record %lld",
                                k->n_out, columns, (long long)i);
    return LEAT_OK;
}

static leat_status check_columns(leat_kernel *k)
{
    const leat_attr_value *delimiter = leat_attr(k->op, "field_delim");
    const int64_t *selected;
    size_t n = leat_attr_ints(k->op, "select_cols", &selected);
    if (delimiter->n != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "field_delim should be only 1 char");
    if (n > 0 && n != k->n_out)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "select_cols should match output size");
    for (size_t i = 0; i < n; i++)
        if (selected[i] < (i > 0 ? selected[i - 1] + 1 : 0))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "select_cols should be strictly increasing indices");
    for (uint32_t i = 0; i < k->n_out; i++)
        if (leat_shape_rank(&k->in[1 + i]->shape) > 1 || k->in[1 + i]->elements > 1)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "There should only be 1 default per field but field %u has %lld", i,
                                    (long long)k->in[1 + i]->elements);
    return LEAT_OK;
}

static leat_status decode_kernel(leat_kernel *k)
{
    LEAT_TRY(check_columns(k));
    for (uint32_t i = 0; i < k->n_out; i++)
        LEAT_TRY(leat_out_new(k, (int)i, &k->in[0]->shape));
    csv c = {.delimiter = leat_attr(k->op, "field_delim")->s[0],
             .quotes = leat_attr_bool(k->op, "use_quote_delim")};
    leat_status status = LEAT_OK;
    locale_t old = leat_c_numbers_begin();
    for (int64_t i = 0; i < k->in[0]->elements && status == LEAT_OK; i++) {
        c.line = leat_string_at(k->in[0], i);
        c.at = 0;
        status = decode_record(k, &c, i);
    }
    leat_c_numbers_end(old);
    leat_buf_free(&c.field);
    return status;
}

static leat_status decode_shape(leat_infer *c)
{
    for (uint32_t i = 1; i < c->op->n_inputs; i++) {
        if (leat_shape_rank(c->in[i]) > 1 || (leat_shape_rank(c->in[i]) == 1 && c->in[i]->dims[0] > 1))
            return leat_infer_fail(c,
                                   "Shape of a default must be a length-0 or length-1 vector, or a scalar.");
        c->out[i - 1] = *c->in[0];
    }
    return LEAT_OK;
}

const leat_op_def leat_op_DecodeCSV = LEAT_OP(
    "DecodeCSV(records: string, record_defaults: OUT_TYPE) -> output: OUT_TYPE; OUT_TYPE: list({float, double, int32, "
    "int64, string}) >= 1; field_delim: string = ','; use_quote_delim: bool = true; na_value: string = ''; select_cols: "
    "list(int) = []",
    .doc = "Each record's fields, a tensor a column; empty ones have the column's default.",
    .shape = decode_shape, .kernels = {{decode_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

LEAT_ROW(DecodeCSV, "(string[2] '1,2.5,abc' '-4,,\"x,\"\"y\"', [int32[] 0, float[1] 1.5, string[] 'd']) -> "
                    "int32[2] 1 -4, float[2] 2.5 1.5, string[2] 'abc' 'x,\"y'");
LEAT_ROW(
    DecodeCSV,
    "(string[] '7;nan;', [int64[] 3, string[] '']) {field_delim: ';'; na_value: '7'; select_cols: [0, 2]} -> "
    "int64[] 3, string[] ''");
LEAT_ROW(DecodeCSV,
         "(string[1] 'a\"b\t1e3', [string[] '', double[0]]) {field_delim: '\t'; use_quote_delim: false} -> "
         "string[1] 'a\"b', double[1] 1000");
LEAT_ROW(DecodeCSV, "(string[1] '1,2', [int32[] 0]) fails 'Expect 1 fields but have 2 in record 0'");
LEAT_ROW(DecodeCSV, "(string[1] '1', [int32[] 0, int32[] 0]) fails 'Expect 2 fields but have 1'");
LEAT_ROW(DecodeCSV,
         "(string[1] ',1', [int32[0], int32[] 0]) fails 'Field 0 is required but missing in record 0'");
LEAT_ROW(DecodeCSV, "(string[1] '1.5', [int32[] 0]) fails 'not a valid int32: 1.5'");
LEAT_ROW(DecodeCSV, "(string[1] 'a\"b', [string[] '']) fails 'Unquoted fields cannot have quotes'");
LEAT_ROW(DecodeCSV, "(string[1] '\"a\"b\"', [string[] '']) fails 'Quote inside a string'");
LEAT_ROW(DecodeCSV, "(string[1] '\"ab', [string[] '']) fails 'has to end with quote'");
LEAT_ROW(DecodeCSV, "(string[1] '1', [int32[2] 0 1]) fails 'default'");
LEAT_ROW(DecodeCSV, "(string[1] '1', [int32[] 0]) {field_delim: ',,'} fails 'only 1 char'");
LEAT_ROW(DecodeCSV, "(string[1] '1', [int32[] 0]) {select_cols: [0, 1]} fails 'match output size'");
