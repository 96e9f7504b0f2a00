/* ops-rows.c - reads the text of a row. */
#include "ops-rows.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <math.h>
#include <string.h>

typedef struct reader {
    const char *at;
    row_case *r;
    uint64_t random;
} reader;

static bool wrong(reader *in, const char *what)
{
    if (in->r->error[0] == '\0')
        snprintf(in->r->error, sizeof in->r->error, "%s at \"%.30s\"", what, in->at);
    return false;
}

static void blanks(reader *in)
{
    while (isspace((unsigned char)*in->at))
        in->at++;
}
static bool eat(reader *in, const char *token)
{
    size_t n = strlen(token);
    blanks(in);
    if (strncmp(in->at, token, n) != 0)
        return false;
    if (isalpha((unsigned char)token[0]) && (isalnum((unsigned char)in->at[n]) || in->at[n] == '_'))
        return false;
    in->at += n;
    return true;
}

/* 'text', in which \xNN is a byte. *size may be NULL. */
static bool read_text(reader *in, char *to, size_t room, size_t *size)
{
    size_t n = 0;
    if (!eat(in, "'"))
        return wrong(in, "a quoted text expected");
    for (; *in->at != '\''; in->at++) {
        unsigned byte = (unsigned char)*in->at;
        if (byte == '\0' || n + 1 >= room)
            return wrong(in, "the text does not end");
        if (strncmp(in->at, "\\x", 2) == 0 && sscanf(in->at + 2, "%2x", &byte) == 1)
            in->at += 3;
        to[n++] = (char)byte;
    }
    in->at++;
    to[n] = '\0';
    if (size != NULL)
        *size = n;
    return true;
}

static bool read_dims(reader *in, leat_shape *shape, bool unknown_allowed)
{
    if (!eat(in, "["))
        return wrong(in, "'[' expected");
    *shape = (leat_shape){.rank_plus_1 = 1};
    while (!eat(in, "]")) {
        char *end;
        if (shape->rank_plus_1 > LEAT_MAX_RANK)
            return wrong(in, "too many dimensions");
        if (unknown_allowed && eat(in, "?")) {
            shape->dims[shape->rank_plus_1++ - 1] = -1;
        } else {
            blanks(in);
            shape->dims[shape->rank_plus_1++ - 1] = strtoll(in->at, &end, 10);
            if (end == in->at)
                return wrong(in, "a dimension expected");
            in->at = end;
        }
        eat(in, ",");
    }
    return true;
}

static double next_random(reader *in) /* in [0, 1) */
{
    in->random = in->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(in->random >> 11) * 0x1p-53;
}

/* half precision by arithmetic on its definition, not by the library's tricks with bits */
static double half_value(uint16_t h)
{
    int exponent = h >> 10 & 31, mantissa = h & 1023;
    double magnitude = exponent == 31  ? (mantissa != 0 ? NAN : INFINITY)
                       : exponent == 0 ? ldexp(mantissa, -24)
                                       : ldexp(1024 + mantissa, exponent - 25);
    return h & 0x8000 ? -magnitude : magnitude;
}

static uint16_t half_bits(float f)
{
    uint16_t sign = signbit(f) ? 0x8000 : 0;
    double magnitude = fabs((double)f);
    int exponent;
    if (isnan(f))
        return sign | 0x7e00;
    if (magnitude >= 65520)
        return sign | 0x7c00;
    frexp(
        magnitude,
        &exponent); /* magnitude < 2^exponent; halves step by 2^(exponent - 11), but never less than 2^-24 */
    int step = magnitude == 0 || exponent - 11 < -24 ? -24 : exponent - 11;
    int units = (int)nearbyint(ldexp(magnitude, -step)); /* to nearest even */
    return sign | (uint16_t)(step == -24 ? units : units - 1024 + (step + 25) * 1024);
}

static void put(leat_tensor *t, int64_t i, double v)
{
    float f = (float)v;
    uint32_t bits;
    switch (t->dtype) {
    case LEAT_FLOAT: ((float *)t->data)[i] = f; return;
    case LEAT_DOUBLE: ((double *)t->data)[i] = v; return;
    case LEAT_COMPLEX64: ((float *)t->data)[2 * i] = f, ((float *)t->data)[2 * i + 1] = 0; return;
    case LEAT_COMPLEX128: ((double *)t->data)[2 * i] = v, ((double *)t->data)[2 * i + 1] = 0; return;
    case LEAT_BFLOAT16:
        memcpy(&bits, &f, sizeof bits);
        ((uint16_t *)t->data)[i] = (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
        return;
    case LEAT_HALF: ((uint16_t *)t->data)[i] = half_bits(f); return;
    case LEAT_BOOL:
    case LEAT_UINT8: ((uint8_t *)t->data)[i] = (uint8_t)v; return;
    case LEAT_INT8: ((int8_t *)t->data)[i] = (int8_t)v; return;
    case LEAT_INT16: ((int16_t *)t->data)[i] = (int16_t)v; return;
    case LEAT_UINT16: ((uint16_t *)t->data)[i] = (uint16_t)v; return;
    case LEAT_INT32: ((int32_t *)t->data)[i] = (int32_t)v; return;
    case LEAT_UINT32: ((uint32_t *)t->data)[i] = (uint32_t)v; return;
    case LEAT_INT64: ((int64_t *)t->data)[i] = (int64_t)v; return;
    case LEAT_UINT64: ((uint64_t *)t->data)[i] = (uint64_t)v; return;
    default: return;
    }
}

double row_element(const leat_tensor *t, int64_t i)
{
    uint32_t bits;
    float f;
    switch (t->dtype) {
    case LEAT_FLOAT: return ((const float *)t->data)[i];
    case LEAT_DOUBLE: return ((const double *)t->data)[i];
    case LEAT_BFLOAT16:
        bits = (uint32_t)((const uint16_t *)t->data)[i] << 16;
        memcpy(&f, &bits, sizeof f);
        return f;
    case LEAT_HALF: return half_value(((const uint16_t *)t->data)[i]);
    case LEAT_BOOL:
    case LEAT_UINT8: return ((const uint8_t *)t->data)[i];
    case LEAT_INT8: return ((const int8_t *)t->data)[i];
    case LEAT_INT16: return ((const int16_t *)t->data)[i];
    case LEAT_UINT16: return ((const uint16_t *)t->data)[i];
    case LEAT_INT32: return ((const int32_t *)t->data)[i];
    case LEAT_UINT32: return ((const uint32_t *)t->data)[i];
    case LEAT_INT64: return (double)((const int64_t *)t->data)[i];
    case LEAT_UINT64: return (double)((const uint64_t *)t->data)[i];
    default: return 0;
    }
}

static bool read_complex(reader *in, leat_tensor *t, int64_t i)
{
    double part[2] = {0, 0};
    for (int n = 0; n < 2; n++) {
        char *end;
        double v = strtod(in->at, &end);
        if (end == in->at)
            return n > 0 || wrong(in, "a complex number expected");
        in->at = end;
        part[*in->at == 'j'] = v;
        if (*in->at == 'j')
            in->at++;
        if (*in->at != '+' && *in->at != '-')
            break;
    }
    for (int n = 0; n < 2; n++)
        if (t->dtype == LEAT_COMPLEX64)
            ((float *)t->data)[2 * i + n] = (float)part[n];
        else
            ((double *)t->data)[2 * i + n] = part[n];
    return true;
}

static bool read_value(reader *in, leat_tensor *t, int64_t i)
{
    char *end;
    blanks(in);
    if (t->dtype == LEAT_STRING) {
        char text[200];
        size_t size;
        return read_text(in, text, sizeof text, &size) &&
               (leat_tensor_set_string(t, i, text, size) == LEAT_OK || wrong(in, "out of memory"));
    }
    if (t->dtype == LEAT_COMPLEX64 || t->dtype == LEAT_COMPLEX128)
        return read_complex(in, t, i);
    if (t->dtype == LEAT_BOOL && (eat(in, "true") || eat(in, "false"))) {
        ((uint8_t *)t->data)[i] = in->at[-2] == 'u';
        return true;
    }
    if (t->dtype == LEAT_INT64 || t->dtype == LEAT_UINT64) { /* a double does not hold them all */
        unsigned long long u =
            *in->at == '-' ? (unsigned long long)strtoll(in->at, &end, 10) : strtoull(in->at, &end, 10);
        if (t->dtype == LEAT_INT64)
            ((int64_t *)t->data)[i] = (int64_t)u;
        else
            ((uint64_t *)t->data)[i] = u;
    } else {
        put(t, i, strtod(in->at, &end));
    }
    if (end == in->at)
        return wrong(in, "a value expected");
    in->at = end;
    return true;
}

/* LO..HI; integers are whole, both ends among them. */
static bool fill_random(reader *in, leat_tensor *t)
{
    char *end;
    double lo = strtod(in->at, &end), hi;
    in->at = strstr(in->at, "..") + 2;
    hi = strtod(in->at, &end);
    if (end == in->at)
        return wrong(in, "an upper limit expected");
    in->at = end;
    bool whole =
        !leat_dtype_is_floating(t->dtype) && t->dtype != LEAT_COMPLEX64 && t->dtype != LEAT_COMPLEX128;
    for (int64_t i = 0; i < t->elements; i++) {
        double u = next_random(in);
        put(t, i, whole ? floor(lo + u * (hi - lo + 1)) : lo + u * (hi - lo));
    }
    return true;
}

static bool is_range(const char *at)
{
    at += *at == '-';
    if (!isdigit((unsigned char)*at))
        return false;
    while (isdigit((unsigned char)*at) || (*at == '.' && at[1] != '.'))
        at++;
    return strncmp(at, "..", 2) == 0;
}

static leat_dtype read_dtype(reader *in)
{
    blanks(in);
    size_t n = 0;
    while (isalnum((unsigned char)in->at[n]))
        n++;
    leat_dtype dtype = leat_dtype_from_name(in->at, n);
    if (dtype != LEAT_DTYPE_NONE)
        in->at += n;
    return dtype;
}

static leat_tensor *read_tensor(reader *in)
{
    leat_shape shape;
    leat_dtype dtype = read_dtype(in);
    if (dtype == LEAT_DTYPE_NONE) {
        wrong(in, "a dtype expected");
        return NULL;
    }
    if (!read_dims(in, &shape, false))
        return NULL;
    leat_tensor *t = leat_tensor_new(dtype, shape);
    if (t == NULL) {
        wrong(in, leat_message());
        return NULL;
    }
    blanks(in);
    bool good = true;
    if (is_range(in->at))
        good = fill_random(in, t);
    else
        for (int64_t i = 0; i < t->elements && good; i++)
            good = read_value(in, t, i);
    if (good)
        return t;
    leat_tensor_unref(t);
    return NULL;
}

static bool read_input(reader *in, int group, bool in_list)
{
    row_case *r = in->r;
    if (r->n_in == ROW_MAX_INPUTS)
        return wrong(in, "too many inputs");
    row_source source = eat(in, "ref") ? ROW_REF : eat(in, "var") ? ROW_RESOURCE : ROW_VALUE;
    in->random = (uint64_t)(r->n_in + 1) * UINT64_C(0x9e3779b97f4a7c15);
    leat_tensor *t = read_tensor(in);
    if (t == NULL)
        return false;
    r->in[r->n_in++] = (row_input){t, source, group, in_list};
    return true;
}

static bool read_inputs(reader *in)
{
    row_case *r = in->r;
    if (!eat(in, "("))
        return wrong(in, "'(' expected");
    while (!eat(in, ")")) {
        if (eat(in, "[")) {
            while (!eat(in, "]")) {
                if (!read_input(in, r->n_groups, true))
                    return false;
                eat(in, ",");
            }
        } else if (!read_input(in, r->n_groups, false)) {
            return false;
        }
        r->n_groups++;
        eat(in, ",");
    }
    return true;
}

static bool read_number(reader *in, double *v)
{
    char *end;
    *v = strtod(in->at, &end);
    if (end == in->at)
        return wrong(in, "a number expected");
    in->at = end;
    return true;
}

static bool read_result(reader *in)
{
    row_case *r = in->r;
    double n;
    if (r->n_out == ROW_MAX_RESULTS)
        return wrong(in, "too many results");
    row_result *out = &r->out[r->n_out++];
    if (eat(in, "any")) {
        out->kind = ROW_ANY;
        return true;
    }
    if (eat(in, "input")) {
        out->kind = ROW_SAME_AS_INPUT;
        if (!read_number(in, &n) || n < 0 || n >= r->n_in)
            return wrong(in, "an input's number expected");
        out->input = (int)n;
        return true;
    }
    if (eat(in, "after")) {
        out->kind = ROW_VARIABLE;
        if (!read_number(in, &n) || n < 0 || n >= r->n_in || !eat(in, ":"))
            return wrong(in, "a variable's input number and ':' expected");
        out->input = (int)n;
    }
    out->value = read_tensor(in);
    return out->value != NULL;
}

static bool read_options(reader *in)
{
    row_case *r = in->r;
    for (;;) {
        if (eat(in, "tol")) {
            if (!read_number(in, &r->tol))
                return false;
        } else if (eat(in, "gradtol")) {
            if (!read_number(in, &r->gradtol))
                return false;
        } else if (eat(in, "nograd")) {
            r->nograd = true;
        } else if (eat(in, "gradin")) {
            double n;
            for (blanks(in); isdigit((unsigned char)*in->at); blanks(in))
                if (read_number(in, &n) && n < ROW_MAX_INPUTS)
                    r->gradin |= UINT32_C(1) << (unsigned)n;
        } else if (eat(in, "gradstatic")) {
            r->gradstatic = true;
        } else if (eat(in, "dynamic")) {
            r->dynamic = true;
        } else if (eat(in, "fails")) {
            r->must_fail = true;
            if (!read_text(in, r->fails, sizeof r->fails, NULL))
                return false;
        } else {
            return true;
        }
    }
}

/* The brace that ends the attributes: not one within a quoted text. NULL: there is none. */
static const char *closing_brace(const char *p)
{
    for (bool quoted = false; *p != '\0'; p++) {
        quoted ^= *p == '\'';
        if (*p == '}' && !quoted)
            return p;
    }
    return NULL;
}

bool row_parse(row_case *r, const struct leat_row *row)
{
    *r = (row_case){.row = row, .tol = -1, .gradtol = -1};
    reader in = {row->text, r, 0};
    r->sig = leat_op_sig_find(row->op, strlen(row->op));
    if (r->sig == NULL)
        return wrong(&in, "no such op");
    if (!read_inputs(&in))
        return false;
    if (eat(&in, "{")) {
        const char *end = closing_brace(in.at);
        if (end == NULL)
            return wrong(&in, "'}' expected");
        r->attributes = in.at;
        r->attributes_size = (size_t)(end - in.at);
        in.at = end + 1;
    }
    if (!read_options(&in))
        return false;
    if (eat(&in, "->")) {
        r->has_results = true;
        blanks(&in);
        while (*in.at != '\0') {
            if (!read_result(&in))
                return false;
            eat(&in, ",");
            blanks(&in);
        }
    }
    blanks(&in);
    if (*in.at != '\0')
        return wrong(&in, "the row should end");
    if (!r->must_fail && !r->has_results && row->expression == NULL && row->reference == NULL)
        return wrong(&in, "neither results nor an expression");
    return true;
}

void row_free(row_case *r)
{
    for (int i = 0; i < r->n_in; i++)
        leat_tensor_unref(r->in[i].value);
    for (int i = 0; i < r->n_out; i++)
        leat_tensor_unref(r->out[i].value);
}

bool row_selected(const char *op)
{
    const char *list = getenv("LEAT_OPS");
    size_t n = strlen(op);
    if (list == NULL || *list == '\0')
        return true;
    for (const char *at = list; (at = strstr(at, op)) != NULL; at += n)
        if ((at == list || at[-1] == ',') && (at[n] == ',' || at[n] == '\0'))
            return true;
    return false;
}

/* ---- attributes: set on the builder as they are read ---- */

static bool read_list(reader *in, leat_op_builder *b, const leat_attr_sig *a)
{
    int64_t ints[32];
    float floats[32];
    leat_dtype types[32];
    char texts[8][64];
    const char *strings[8];
    leat_shape shapes[8];
    size_t n = 0;
    int kind = a->kind & (LEAT_ATTR_LIST - 1);
    if (!eat(in, "["))
        return wrong(in, "'[' expected");
    while (!eat(in, "]")) {
        double v = 0;
        bool good = n < 32;
        if (kind == LEAT_ATTR_TYPE)
            good = good && (types[n] = read_dtype(in)) != LEAT_DTYPE_NONE;
        else if (kind == LEAT_ATTR_STRING)
            good = n < 8 && read_text(in, texts[n], sizeof texts[n], NULL);
        else if (kind == LEAT_ATTR_SHAPE)
            good = n < 8 && eat(in, "shape") && read_dims(in, &shapes[n], true);
        else
            good = good && read_number(in, &v);
        if (!good)
            return wrong(in, "a list item expected");
        ints[n] = (int64_t)v;
        floats[n] = (float)v;
        if (kind == LEAT_ATTR_STRING)
            strings[n] = texts[n];
        n++;
        eat(in, ",");
    }
    switch (kind) {
    case LEAT_ATTR_INT: leat_op_set_int_list(b, a->name, ints, n); return true;
    case LEAT_ATTR_FLOAT: leat_op_set_float_list(b, a->name, floats, n); return true;
    case LEAT_ATTR_TYPE: leat_op_set_type_list(b, a->name, types, n); return true;
    case LEAT_ATTR_STRING: leat_op_set_string_list(b, a->name, strings, n); return true;
    case LEAT_ATTR_SHAPE: leat_op_set_shape_list(b, a->name, shapes, n); return true;
    default: return wrong(in, "lists of this kind are not read");
    }
}

static bool set_attribute(reader *in, leat_op_builder *b, const leat_attr_sig *a, bool double_for_float)
{
    double v;
    char text[200];
    size_t size;
    leat_shape shape = {0};
    leat_dtype dtype;
    leat_tensor *t;
    switch ((int)a->kind) {
    case LEAT_ATTR_INT: {
        char *end;
        long long i = strtoll(in->at, &end, 10);
        if (end == in->at)
            return wrong(in, "an integer expected");
        in->at = end;
        leat_op_set_int(b, a->name, i);
        return true;
    }
    case LEAT_ATTR_FLOAT:
        if (!read_number(in, &v))
            return false;
        leat_op_set_float(b, a->name, (float)v);
        return true;
    case LEAT_ATTR_BOOL:
        if (!eat(in, "true") && !eat(in, "false"))
            return wrong(in, "true or false expected");
        leat_op_set_bool(b, a->name, in->at[-2] == 'u');
        return true;
    case LEAT_ATTR_TYPE:
        dtype = read_dtype(in);
        if (dtype == LEAT_DTYPE_NONE)
            return wrong(in, "a dtype expected");
        leat_op_set_type(b, a->name, double_for_float && dtype == LEAT_FLOAT ? LEAT_DOUBLE : dtype);
        return true;
    case LEAT_ATTR_STRING:
        if (!read_text(in, text, sizeof text, &size))
            return false;
        leat_op_set_string(b, a->name, text, size);
        return true;
    case LEAT_ATTR_SHAPE:
        if (!eat(in, "shape") || (!eat(in, "?") && !read_dims(in, &shape, true)))
            return wrong(in, "shape[2,?] or shape? expected");
        leat_op_set_shape(b, a->name, shape);
        return true;
    case LEAT_ATTR_TENSOR:
        t = read_tensor(in);
        if (t == NULL)
            return false;
        leat_op_set_tensor(b, a->name, t);
        if (a == &in->r->sig->attrs[0] && strcmp(in->r->row->op, "Const") == 0)
            leat_op_set_type(b, "dtype", t->dtype);
        leat_tensor_unref(t);
        return true;
    default:
        if (a->kind > LEAT_ATTR_LIST)
            return read_list(in, b, a);
        return wrong(in, "attributes of this kind are not read");
    }
}

bool row_set_attributes(row_case *r, leat_op_builder *b, bool double_for_float)
{
    char text[1024];
    if (r->attributes == NULL)
        return true;
    snprintf(text, sizeof text, "%.*s", (int)r->attributes_size, r->attributes);
    reader in = {text, r, 0};
    for (blanks(&in); *in.at != '\0'; blanks(&in)) {
        const leat_attr_sig *a = NULL;
        size_t n = strcspn(in.at, ":");
        for (int i = 0; i < r->sig->n_attrs; i++)
            if (strlen(r->sig->attrs[i].name) == n && strncmp(r->sig->attrs[i].name, in.at, n) == 0)
                a = &r->sig->attrs[i];
        if (a == NULL)
            return wrong(&in, "no such attribute");
        in.at += n + 1;
        blanks(&in);
        if (!set_attribute(&in, b, a, double_for_float))
            return false;
        if (!eat(&in, ";"))
            eat(&in, ",");
    }
    return true;
}
