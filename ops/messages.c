/* messages.c - ops that say something: Assert in an error, Print and PrintV2 to the log, StringFormat in a string. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "ops/ops-private.h"

/* ---- values as TensorFlow summarises them: "[1 2 3...]", "[[1 2][3...]...]" ---- */

enum { LONGEST = 4096 }; /* bytes of one message, more or less */

/* As few digits as read back the same, of two: 6 or 9 (15 or 17 of a double). */
static void put_real(leat_buf *b, double value, bool is_double)
{
    char text[64];
    int digits = is_double ? 15 : 6, all = is_double ? 17 : 9;
    locale_t old = leat_c_numbers_begin();
    snprintf(text, sizeof text, "%.*g", digits, value);
    double back = strtod(text, NULL);
    if (!isnan(value) && (is_double ? back != value : (float)back != (float)value))
        snprintf(text, sizeof text, "%.*g", all, value);
    leat_c_numbers_end(old);
    leat_buf_puts(b, isnan(value) ? "nan" : text);
}

static void put_element(leat_buf *b, const leat_tensor *t, int64_t i)
{
    const leat_string *s = (const leat_string *)t->data + i;
    switch (t->dtype) {
    case LEAT_STRING: leat_buf_put_escaped(b, s->data, LEAT_MIN(s->size, (size_t)LONGEST)); break;
    case LEAT_FLOAT: put_real(b, (double)((const float *)t->data)[i], false); break;
    case LEAT_DOUBLE: put_real(b, ((const double *)t->data)[i], true); break;
    case LEAT_HALF:
    case LEAT_BFLOAT16: put_real(b, leat_element_get(t, i), false); break;
    case LEAT_BOOL: leat_buf_putc(b, ((const bool *)t->data)[i] ? '1' : '0'); break;
    case LEAT_UINT64: leat_buf_printf(b, "%llu", (unsigned long long)((const uint64_t *)t->data)[i]); break;
    default:
        if (leat_dtype_is_integer(t->dtype))
            leat_buf_printf(b, "%lld",
                            t->dtype == LEAT_INT64 ? (long long)((const int64_t *)t->data)[i]
                                                   : (long long)leat_element_get(t, i));
        else
            leat_buf_putc(b, '?');
    }
}

typedef struct summary {
    leat_buf *b;
    const leat_tensor *t;
    int64_t next, limit;
} summary;

/* Recursion is as deep as the rank, which LEAT_MAX_RANK bounds. */
static void put_axis(summary *s, int axis)
{
    int rank = leat_shape_rank(&s->t->shape);
    for (int64_t i = 0; i < s->t->shape.dims[axis] && s->next < s->limit; i++) {
        if (axis == rank - 1) {
            if (i > 0)
                leat_buf_putc(s->b, ' ');
            put_element(s->b, s->t, s->next++);
            if (s->next == s->limit && i + 1 < s->t->shape.dims[axis] && axis > 0)
                leat_buf_puts(s->b, "...");
            continue;
        }
        leat_buf_putc(s->b, '[');
        put_axis(s, axis + 1);
        leat_buf_putc(s->b, ']');
    }
}

/* "[...]" of one tensor, at most `most` elements of it (all if negative). */
static void put_summary(leat_buf *b, const leat_tensor *t, int64_t most)
{
    summary s = {.b = b, .t = t, .limit = most < 0 ? t->elements : LEAT_MIN(most, t->elements)};
    if (b->size > LONGEST)
        return;
    leat_buf_putc(b, '[');
    if (leat_shape_rank(&t->shape) > 0)
        put_axis(&s, 0);
    else if (s.limit > 0)
        put_element(b, t, 0);
    leat_buf_puts(b, s.limit < t->elements ? "...]" : "]");
}

static leat_status put_inputs(leat_kernel *k, leat_buf *b, uint32_t first, const char *between)
{
    for (uint32_t i = first; i < k->n_in; i++) {
        if (i > first)
            leat_buf_puts(b, between);
        put_summary(b, k->in[i], leat_attr_int(k->op, "summarize"));
    }
    return leat_buf_status(b);
}

/* ---- Assert ---- */

static leat_status assert_shape(leat_infer *c)
{
    return leat_infer_want_rank(c, 0, 0);
}

static leat_status assert_kernel(leat_kernel *k)
{
    if (leat_shape_rank(&k->in[0]->shape) != 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "In[0] should be a scalar");
    if (*(const bool *)k->in[0]->data)
        return LEAT_OK;
    leat_buf b = {0};
    leat_status status = put_inputs(k, &b, 1, " ");
    if (status == LEAT_OK)
        status = leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "assertion failed: %s",
                                  b.data != NULL ? b.data : "");
    leat_buf_free(&b);
    return status;
}

const leat_op_def leat_op_Assert =
    LEAT_OP("Assert(condition: bool, data: T); T: list(type) >= 1; summarize: int = 3",
            .doc = "Fails where the condition is false, and shows the data.", .shape = assert_shape,
            .kernels = {{assert_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves,
            .flags = LEAT_OP_STATEFUL);

LEAT_ROW(Assert, "(bool[] true, [string[] 'x']) ->");
LEAT_ROW(Assert, "(bool[] false, [string[] 'x must be', int32[4] 1 2 3 4]) "
                 "fails 'assertion failed: [x must be] [1 2 3...]'");
LEAT_ROW(Assert, "(bool[] false, [float[2,2] 1 2.5 3 4]) fails 'failed: [[1 2.5][3...]...]'");
LEAT_ROW(Assert, "(bool[] false, [double[2,2] 1 0.1 0.3333333333333333 4, bool[] true]) {summarize: -1} "
                 "fails 'failed: [[1 0.1][0.33333333333333331 4]] [1]'");
LEAT_ROW(Assert, "(bool[1] true, [int32[] 1]) fails ''");

/* ---- Print ---- */

/* Has it still something to say? first_n < 0: always. */
static bool speaks(int64_t *said, int64_t first_n)
{
    return first_n < 0 || (*said)++ < first_n;
}

static leat_status print_kernel(leat_kernel *k)
{
    int64_t *said = leat_node_state(k, sizeof *said);
    if (said == NULL)
        return LEAT_ERR_NO_MEMORY;
    if (speaks(said, leat_attr_int(k->op, "first_n"))) {
        leat_buf b = {0};
        leat_buf_puts(&b, leat_attr_string(k->op, "message"));
        leat_status status = put_inputs(k, &b, 1, "");
        if (status == LEAT_OK)
            leat_note(LEAT_LOG_INFO, "%s", b.data != NULL ? b.data : "");
        leat_buf_free(&b);
        LEAT_TRY(status);
    }
    return leat_out_alias(k, &k->in[0]->shape);
}

static void print_grad(leat_grad *g)
{
    g->dx[0] = g->dy[0];
}

const leat_op_def leat_op_Print =
    LEAT_OP("Print(input: T, data: U) -> output: T; T: type; U: list(type) >= 0; message: string = ''; "
            "first_n: int = -1; summarize: int = 3",
            .doc = "The input; the data go to the log, the first first_n times.", .shape = leat_shape_same,
            .kernels = {{print_kernel}}, .gradient = print_grad, .cost = leat_cost_moves,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_ALIAS);

static leat_status print_v2_kernel(leat_kernel *k)
{
    const leat_tensor *text = k->in[0];
    if (text->elements != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "what is printed must be a scalar");
    leat_note(LEAT_LOG_INFO, "%s", leat_tensor_string(text, 0, NULL));
    return LEAT_OK;
}

const leat_op_def leat_op_PrintV2 =
    LEAT_OP("PrintV2(input: string); output_stream: string = 'stderr'; end: string = '\\n'",
            .doc = "The text goes to the log, whatever the stream.", .shape = leat_shape_none,
            .kernels = {{print_v2_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves,
            .flags = LEAT_OP_STATEFUL);

LEAT_ROW(Print, "(float[2] 1 2, [string[] 'x', int32[1] 3]) {message: 'now '} -> float[2] 1 2");
LEAT_ROW(PrintV2, "(string[] 'hello') ->");

/* ---- StringFormat: values as numpy prints them, "[[1 2 3]\n [4 5 6]]", the middle of long axes left out ---- */

typedef struct pretty {
    leat_buf *b;
    const leat_tensor *t;
    int64_t ends; /* elements that are shown at each end of an axis */
} pretty;

static void put_gap(leat_buf *b, int axis, int rank)
{
    for (int i = axis; i < rank - 1; i++)
        leat_buf_putc(b, '\n');
    for (int i = 0; i <= axis && axis < rank - 1; i++)
        leat_buf_putc(b, ' ');
    if (axis == rank - 1)
        leat_buf_putc(b, ' ');
}

/* Recursion is as deep as the rank. */
static void put_pretty(pretty *p, int axis, int64_t at)
{
    int rank = leat_shape_rank(&p->t->shape);
    if (axis == rank) {
        const char *quote = p->t->dtype == LEAT_STRING ? "\"" : "";
        leat_buf_puts(p->b, quote);
        put_element(p->b, p->t, at);
        leat_buf_puts(p->b, quote);
        return;
    }
    int64_t n = p->t->shape.dims[axis], step = leat_dims_product(&p->t->shape, axis + 1, rank);
    leat_buf_putc(p->b, '[');
    for (int64_t i = 0; i < n && !p->b->failed; i++) {
        if (i > 0 || p->ends == 0)
            put_gap(p->b, axis, rank);
        if (i == p->ends && n - i > p->ends) {
            leat_buf_puts(p->b, "...");
            i = n - p->ends - 1;
            continue;
        }
        put_pretty(p, axis + 1, at + i * step);
    }
    leat_buf_putc(p->b, ']');
}

static int64_t shown_ends(const leat_tensor *t, int64_t summarize)
{
    return summarize < 0 ? t->elements : LEAT_MIN(summarize, t->elements);
}

static leat_status format_kernel(leat_kernel *k)
{
    const leat_attr_value *template = leat_attr(k->op, "template"), *mark = leat_attr(k->op, "placeholder");
    int64_t ends = leat_attr_int(k->op, "summarize");
    leat_buf b = {0};
    leat_status status = LEAT_OK;
    uint32_t used = 0;
    LEAT_TRY(leat_out_new(k, 0, &(leat_shape){.rank_plus_1 = 1}));
    for (uint32_t i = 0; i < template->n;) {
        if (mark->n == 0 || template->n - i < mark->n || memcmp(template->s + i, mark->s, mark->n) != 0) {
            leat_buf_putc(&b, template->s[i++]);
            continue;
        }
        if (used < k->n_in)
            put_pretty(&(pretty){&b, k->in[used], shown_ends(k->in[used], ends)}, 0, 0);
        used++;
        i += mark->n;
    }
    if (used != k->n_in)
        status = leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                  "num placeholders in template and num inputs must match: %u and %u", used,
                                  k->n_in);
    if (status == LEAT_OK)
        status = leat_buf_status(&b);
    if (status == LEAT_OK)
        status = leat_string_set(k->out[0].data, b.data, b.size);
    leat_buf_free(&b);
    return status;
}

const leat_op_def leat_op_StringFormat = LEAT_OP(
    "StringFormat(inputs: T) -> output: string; T: list(type) >= 0; template: string = '%s'; placeholder: "
    "string = '%s'; summarize: int = 3",
    .doc = "The template with the inputs' values in place of its placeholders.", .shape = leat_shape_scalar,
    .kernels = {{format_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

LEAT_ROW(StringFormat, "([float[2,3] 1 2.5 3 4 5 0.1, string[] 'x', bool[2] true false]) "
                       "{template: 'a {} b {}{}'; placeholder: '{}'} -> "
                       "string[] 'a [[1 2.5 3]\n [4 5 0.1]] b \"x\"[1 0]'");
LEAT_ROW(StringFormat, "([int32[9] 1 2 3 4 5 6 7 8 9]) {summarize: 2} -> string[] '[1 2 ... 8 9]'");
LEAT_ROW(StringFormat, "([int8[2] 1 -2, uint16[1] 7]) {template: '%s%s'} -> string[] '[1 -2][7]'");
LEAT_ROW(StringFormat, "([int32[2,1,2] 1 2 3 4]) {summarize: -1} -> string[] '[[[1 2]]\n\n [[3 4]]]'");
LEAT_ROW(StringFormat, "([int32[] 1, int32[] 2]) fails 'num placeholders'");
