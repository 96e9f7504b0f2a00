/* einsum.c - Einsum of one or two tensors: "ij,jk->ik", "...ab->...ba", "ii->i", "i->ii".
 *
 * Every operand is laid out densely as batch x free x summed (the second as batch x summed x free), labels that only it has and
 * the result lacks are summed first, the products go to the batched matrix product, and its result is laid out as the
 * equation says. */
#include "ops/einsum-private.h"
#include "ops/gemm-private.h"
#include "ops/strided-private.h"

/* ---- the equation ---- */

/* Reads labels up to `end`; "..." is the label '.'. */
static const char *read_labels(const char *text, const char *end, char *labels, int *n)
{
    *n = 0;
    for (; text < end; text++) {
        if (*text == ' ')
            continue;
        bool dots = end - text >= 3 && strncmp(text, "...", 3) == 0;
        bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');
        if (!dots && !letter)
            return "an equation holds letters, '...', ',' and '->'";
        if (*n == LEAT_EINSUM_LABELS)
            return "an equation has at most 8 labels for a tensor";
        if (dots && memchr(labels, '.', (size_t)*n) != NULL)
            return "'...' stands twice in one tensor's labels";
        labels[(*n)++] = dots ? '.' : *text;
        text += dots ? 2 : 0;
    }
    return NULL;
}

const char *leat_einsum_parse(leat_einsum *e, const char *equation, int n_inputs)
{
    const char *arrow = strstr(equation, "->"), *reason = NULL;
    memset(e, 0, sizeof *e);
    e->n_inputs = n_inputs;
    if (arrow == NULL)
        return "an equation needs '->'";
    if (n_inputs < 1 || n_inputs > 2)
        return "one or two tensors are supported";
    const char *comma = memchr(equation, ',', (size_t)(arrow - equation));
    if ((comma != NULL) != (n_inputs == 2) ||
        (comma != NULL && memchr(comma + 1, ',', (size_t)(arrow - comma - 1)) != NULL))
        return "the equation and the number of inputs differ";
    reason = read_labels(equation, comma != NULL ? comma : arrow, e->labels[0], &e->n[0]);
    if (reason == NULL && comma != NULL)
        reason = read_labels(comma + 1, arrow, e->labels[1], &e->n[1]);
    if (reason == NULL)
        reason = read_labels(arrow + 2, arrow + strlen(arrow), e->labels[2], &e->n[2]);
    for (int i = 0; reason == NULL && i < e->n[2]; i++)
        if (e->labels[2][i] != '.' && !leat_einsum_has(e, 0, e->labels[2][i]) &&
            !leat_einsum_has(e, 1, e->labels[2][i]))
            reason = "the result has a label that no input has";
    return reason;
}

bool leat_einsum_has(const leat_einsum *e, int tensor, char label)
{
    return memchr(e->labels[tensor], label, (size_t)e->n[tensor]) != NULL;
}

/* ---- labels of the tensors at hand ---- */

/* The dimensions of '...' are labels of their own: the last is DOTS, the one before it DOTS + 1, ... */
enum { DOTS = 128, MAX_LABELS = 3 * LEAT_EINSUM_LABELS };

typedef struct operand {
    int n;                    /* dimensions */
    int label[LEAT_MAX_RANK]; /* of each */
    int64_t dims[LEAT_MAX_RANK], stride[LEAT_MAX_RANK];
} operand;

/* Gives every dimension its label. false: the shape does not fit. rank < 0 is not for this. */
static bool label_dims(const leat_einsum *e, int tensor, const leat_shape *shape, operand *o)
{
    int rank = leat_shape_rank(shape), named = e->n[tensor] - (leat_einsum_has(e, tensor, '.') ? 1 : 0),
        d = 0;
    if (rank < named || (!leat_einsum_has(e, tensor, '.') && rank != named))
        return false;
    o->n = rank;
    for (int i = 0; i < e->n[tensor]; i++) {
        int repeat = e->labels[tensor][i] == '.' ? rank - named : 1;
        for (int j = 0; j < repeat; j++, d++)
            o->label[d] =
                e->labels[tensor][i] == '.' ? DOTS + repeat - 1 - j : (unsigned char)e->labels[tensor][i];
    }
    memcpy(o->dims, shape->dims, sizeof o->dims);
    leat_shape_strides(shape, o->stride);
    return true;
}

/* The size of a label, from both operands; those of '...' are broadcast. -1: nobody has it (or its size is unknown); -2: they
 * disagree. */
static int64_t size_of(const operand *in, int n_inputs, int label)
{
    int64_t size = -1;
    for (int t = 0; t < n_inputs; t++)
        for (int d = 0; d < in[t].n; d++) {
            if (in[t].label[d] != label || in[t].dims[d] < 0)
                continue;
            int64_t dim = in[t].dims[d];
            if (size < 0 || size == dim)
                size = dim;
            else if (label >= DOTS && (size == 1 || dim == 1))
                size = LEAT_MAX(size, dim) == 1 ? 1 : size == 1 ? dim : size;
            else
                return -2;
        }
    return size;
}

/* The result's dimensions, in its order. NULL, or what is wrong. '...' of the result has as many as the inputs' longest. */
static const char *result_dims(const leat_einsum *e, const operand *in, operand *out)
{
    int dots = 0;
    for (int t = 0; t < e->n_inputs; t++)
        for (int d = 0; d < in[t].n; d++) {
            if (in[t].label[d] >= DOTS)
                dots = LEAT_MAX(dots, in[t].label[d] - DOTS + 1);
            if (size_of(in, e->n_inputs, in[t].label[d]) == -2)
                return "a label stands for different sizes";
        }
    if (dots > 0 && !leat_einsum_has(e, 2, '.'))
        return "'...' stands for dimensions that the result has no '...' for";
    out->n = 0;
    for (int i = 0; i < e->n[2]; i++) {
        int repeat = e->labels[2][i] == '.' ? dots : 1;
        for (int j = 0; j < repeat; j++) {
            if (out->n == LEAT_MAX_RANK)
                return "the result has too many dimensions";
            int label = e->labels[2][i] == '.' ? DOTS + dots - 1 - j : (unsigned char)e->labels[2][i];
            out->label[out->n] = label;
            out->dims[out->n++] = size_of(in, e->n_inputs, label);
        }
    }
    return NULL;
}

/* ---- laying out ---- */

static bool has_label(const operand *o, int label)
{
    for (int d = 0; d < o->n; d++)
        if (o->label[d] == label)
            return true;
    return false;
}

/* Appends label `label` of `o` as a dimension of the dense side: a repeated label is a diagonal, whose strides add. */
static void append(leat_strided *s, const operand *o, int label)
{
    s->dims[s->rank] = 1;
    s->stride[s->rank] = 0;
    for (int d = 0; d < o->n; d++)
        if (o->label[d] == label) {
            s->dims[s->rank] = o->dims[d];
            s->stride[s->rank] += o->stride[d];
        }
    s->rank++;
}

/* Sums each row of `run` elements into one. */
static void sum_rows(leat_dtype dtype, const void *from, void *to, int64_t rows, int64_t run)
{
    leat_tensor in = {.dtype = dtype, .data = (void *)(uintptr_t)from}, out = {.dtype = dtype, .data = to};
    switch (dtype) {
#define SUM_CASE(dtype_, type_)                                                                              \
    case dtype_:                                                                                             \
        for (int64_t r = 0; r < rows; r++) {                                                                 \
            uint64_t sum = 0;                                                                                \
            for (int64_t i = 0; i < run; i++)                                                                \
                sum += (uint64_t)((const type_ *)from)[r * run + i];                                         \
            ((type_ *)to)[r] = (type_)sum;                                                                   \
        }                                                                                                    \
        break;
        LEAT_FOR_INTS(SUM_CASE)
#undef SUM_CASE
    default:
        for (int64_t r = 0; r < rows; r++) {
            double sum = 0;
            for (int64_t i = 0; i < run; i++)
                sum += leat_element_get(&in, r * run + i);
            leat_element_put(&out, r, sum);
        }
    }
}

/* What an operand (or the result) is laid out by: groups of labels. */
typedef struct layout {
    int n, label[MAX_LABELS];
    int64_t size;
} layout;

static void add_label(layout *l, const operand *in, int n_inputs, int label)
{
    for (int i = 0; i < l->n; i++)
        if (l->label[i] == label)
            return;
    l->label[l->n++] = label;
    l->size *= size_of(in, n_inputs, label);
}

typedef struct groups {
    layout batch, summed, free[2], own[2]; /* own: summed before the product */
} groups;

static void classify(const leat_einsum *e, const operand *in, const operand *out, groups *g)
{
    *g = (groups){.batch.size = 1,
                  .summed.size = 1,
                  .free[0].size = 1,
                  .free[1].size = 1,
                  .own[0].size = 1,
                  .own[1].size = 1};
    for (int d = 0; d < out->n; d++) {
        bool both = e->n_inputs == 2 && has_label(&in[0], out->label[d]) && has_label(&in[1], out->label[d]);
        layout *l = both ? &g->batch : has_label(&in[0], out->label[d]) ? &g->free[0] : &g->free[1];
        add_label(l, in, e->n_inputs, out->label[d]);
    }
    for (int t = 0; t < e->n_inputs; t++)
        for (int d = 0; d < in[t].n; d++) {
            int label = in[t].label[d];
            if (has_label(out, label))
                continue;
            bool both = e->n_inputs == 2 && has_label(&in[1 - t], label);
            add_label(both ? &g->summed : &g->own[t], in, e->n_inputs, label);
        }
}

/* A dense copy of an operand: its labels of the three groups in turn, its own ones summed up. Memory is the caller's to free. */
static leat_status dense(leat_kernel *k, int t, const operand *o, const layout *a, const layout *b,
                         const layout *c, const layout *own, const operand *in, int n_inputs, void **result)
{
    const layout *const order[4] = {a, b, c, own};
    leat_strided s = {.rank = 0};
    int64_t kept = 1;
    size_t bytes = leat_dtype_bytes(k->in[t]->dtype);
    for (int g = 0; g < 4; g++)
        for (int i = 0; i < order[g]->n; i++)
            if (has_label(o, order[g]->label[i])) {
                append(&s, o, order[g]->label[i]);
                /* a summed label of '...' that is broadcast must be there in full: the product runs over it */
                if (order[g] != a && s.dims[s.rank - 1] == 1) {
                    s.dims[s.rank - 1] = size_of(in, n_inputs, order[g]->label[i]);
                    if (s.dims[s.rank - 1] != 1)
                        s.stride[s.rank - 1] = 0;
                }
                kept *= g < 3 ? s.dims[s.rank - 1] : 1;
            }
    int64_t all = kept * own->size;
    char *room = leat_alloc_aligned((size_t)(all + kept) * bytes + 1);
    if (room == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld elements", (long long)all);
    leat_status status = leat_copy_strided(k, k->in[t]->dtype, room, k->in[t]->data, &s, false);
    *result = room;
    if (status == LEAT_OK && own->n > 0) { /* the sums go behind the copy, then to the front */
        sum_rows(k->in[t]->dtype, room, room + (size_t)all * bytes, kept, own->size);
        memmove(room, room + (size_t)all * bytes, (size_t)kept * bytes);
    }
    return status;
}

/* Where batch element i begins in an operand that may lack, or broadcast, some of the batch's labels; in matrices. */
static int64_t batch_index(const layout *batch, const operand *o, const operand *in, int n_inputs, int64_t i)
{
    int64_t at = 0, stride = 1;
    for (int d = batch->n - 1; d >= 0; d--) {
        int64_t size = size_of(in, n_inputs, batch->label[d]), own = 1;
        for (int j = 0; j < o->n; j++)
            if (o->label[j] == batch->label[d])
                own = o->dims[j];
        at += own == 1 ? 0 : i % size * stride;
        stride *= own;
        i /= size;
    }
    return at;
}

static leat_status multiply(leat_kernel *k, const groups *g, const operand *in, const void *x, const void *y,
                            void *to)
{
    leat_gemm m = {.dtype = k->in[0]->dtype,
                   .m = g->free[0].size,
                   .n = g->free[1].size,
                   .k = g->summed.size,
                   .a = x,
                   .b = y,
                   .c = to};
    leat_gemm_offset *offsets = leat_realloc_array(NULL, (size_t)g->batch.size + 1, sizeof *offsets);
    if (offsets == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld offsets",
                                (long long)g->batch.size);
    for (int64_t i = 0; i < g->batch.size; i++)
        offsets[i] = (leat_gemm_offset){batch_index(&g->batch, &in[0], in, 2, i) * m.m * m.k,
                                        batch_index(&g->batch, &in[1], in, 2, i) * m.k * m.n, i * m.m * m.n};
    leat_status status = leat_gemm_batch(k, &m, offsets, g->batch.size);
    leat_free(offsets);
    return status;
}

/* ---- the kernel ---- */

typedef struct rooms {
    void *x, *y, *product;
} rooms;

static leat_status compute(leat_kernel *k, const leat_einsum *e, const operand *in, operand *out, rooms *r)
{
    groups g;
    const layout none = {.size = 1};
    size_t bytes = leat_dtype_bytes(k->out[0].dtype);
    classify(e, in, out, &g);
    LEAT_TRY(dense(k, 0, &in[0], &g.batch, &g.free[0], &g.summed, &g.own[0], in, e->n_inputs, &r->x));
    if (e->n_inputs == 2) {
        LEAT_TRY(dense(k, 1, &in[1], &g.batch, &g.summed, &g.free[1], &g.own[1], in, 2, &r->y));
        r->product = leat_alloc_aligned((size_t)(g.batch.size * g.free[0].size * g.free[1].size) * bytes + 1);
        if (r->product == NULL)
            return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for the product");
        LEAT_TRY(multiply(k, &g, in, r->x, r->y, r->product));
    }
    leat_strided s = {.rank = 0};
    const layout *const order[4] = {&g.batch, &g.free[0], &g.free[1], &none};
    leat_shape_strides(&k->out[0].shape, out->stride);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < order[i]->n; j++)
            append(&s, out, order[i]->label[j]);
    if (s.rank < out->n) /* labels that stand twice: all off the diagonal is 0 */
        memset(k->out[0].data, 0, (size_t)k->out[0].elements * bytes);
    return leat_copy_strided(k, k->out[0].dtype, e->n_inputs == 2 ? r->product : r->x, k->out[0].data, &s,
                             true);
}

static leat_status einsum_kernel(leat_kernel *k)
{
    leat_einsum e;
    operand in[2], out;
    rooms r = {NULL, NULL, NULL};
    char text[128];
    const char *reason = leat_einsum_parse(&e, leat_attr_string(k->op, "equation"), (int)k->n_in);
    leat_dtype dtype = k->in[0]->dtype;
    if (reason == NULL && !leat_dtype_is_integer(dtype) && !leat_dtype_is_floating(dtype))
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no products of %s", leat_dtype_name(dtype));
    for (uint32_t t = 0; reason == NULL && t < k->n_in; t++)
        if (!label_dims(&e, (int)t, &k->in[t]->shape, &in[t]))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input %u of shape %s does not fit '%s'", t,
                                    leat_shape_print(k->in[t]->shape, text, sizeof text),
                                    leat_attr_string(k->op, "equation"));
    if (reason == NULL)
        reason = result_dims(&e, in, &out);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s: '%s'", reason,
                                leat_attr_string(k->op, "equation"));
    leat_shape shape = leat_shape_of(out.n, out.dims);
    LEAT_TRY(leat_out_new(k, 0, &shape));
    if (k->out[0].elements == 0)
        return LEAT_OK;
    leat_status status = compute(k, &e, in, &out, &r);
    leat_free_aligned(r.x);
    leat_free_aligned(r.y);
    leat_free_aligned(r.product);
    return status;
}

static leat_status einsum_shape(leat_infer *c)
{
    leat_einsum e;
    operand in[2], out;
    char text[128];
    const char *equation = leat_attr_string(c->op, "equation");
    const char *reason = leat_einsum_parse(&e, equation, (int)c->op->n_inputs);
    for (uint32_t t = 0; reason == NULL && t < c->op->n_inputs; t++) {
        if (c->in[t]->rank_plus_1 == 0)
            return LEAT_OK;
        if (!label_dims(&e, (int)t, c->in[t], &in[t]))
            return leat_infer_fail(c, "input %u of shape %s does not fit '%s'", t,
                                   leat_shape_print(*c->in[t], text, sizeof text), equation);
    }
    if (reason == NULL)
        reason = result_dims(&e, in, &out);
    if (reason != NULL)
        return leat_infer_fail(c, "%s: '%s'", reason, equation);
    for (int d = 0; d < out.n; d++) /* a 1 of '...' beside an unknown size may grow */
        for (uint32_t t = 0; out.label[d] >= DOTS && t < c->op->n_inputs; t++)
            for (int j = 0; j < in[t].n; j++)
                if (in[t].label[j] == out.label[d] && in[t].dims[j] < 0 && out.dims[d] == 1)
                    out.dims[d] = -1;
    c->out[0] = leat_shape_of(out.n, out.dims);
    return LEAT_OK;
}

/* A product and a sum for every combination of the labels; of one tensor a sum of its elements. */
static void einsum_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                        leat_cost *cost)
{
    leat_einsum e;
    operand operands[2];
    double all = 2, elements = (double)out[0].elements;
    for (uint32_t i = 0; i < op->n_inputs; i++)
        elements += (double)in[i]->elements;
    cost->bytes = elements * (double)leat_dtype_bytes(out[0].dtype);
    if (op->n_inputs != 2 || leat_einsum_parse(&e, leat_attr_string(op, "equation"), 2) != NULL ||
        !label_dims(&e, 0, &in[0]->shape, &operands[0]) || !label_dims(&e, 1, &in[1]->shape, &operands[1]))
        return;
    for (int t = 0; t < 2; t++)
        for (int d = 0; d < operands[t].n; d++) {
            const operand *o = &operands[t];
            bool seen = false;
            for (int k = 0; k < d; k++)
                seen |= o->label[k] == o->label[d];
            for (int k = 0; t == 1 && k < operands[0].n; k++)
                seen |= operands[0].label[k] == o->label[d];
            if (!seen)
                all *= (double)LEAT_MAX(size_of(operands, 2, o->label[d]), 0);
        }
    cost->flops = all;
}

const leat_op_def leat_op_Einsum = LEAT_OP(
    "Einsum(inputs: N * T) -> output: T; equation: string; N: int >= 1; T: type",
    .doc =
        "Einstein's summation of one or two tensors: labels of dimensions, those missing in the result are summed.",
    .shape = einsum_shape, .kernels = {{.fn = einsum_kernel}}, .gradient = leat_einsum_grad,
    .cost = einsum_cost);

LEAT_ROW(Einsum, "([double[2,2] 1 2 3 4, double[2,1] 5 6]) {equation: 'ij,jk->ik'} -> double[2,1] 17 39");
LEAT_ROW(Einsum, "([double[2,3] 1 2 3 4 5 6]) {equation: 'ij->ji'} -> double[3,2] 1 4 2 5 3 6");
LEAT_ROW(Einsum, "([double[2,2] 1 2 3 4]) {equation: 'ii->'} -> double[] 5");
LEAT_ROW(Einsum, "([double[2] 1 2]) {equation: 'i->...i'} -> double[2] 1 2");
LEAT_ROW(Einsum, "([double[2] 1 2]) {equation: 'i->ii'} -> double[2,2] 1 0 0 2");
LEAT_ROW(Einsum, "([int32[2,3] 1 2 3 4 5 6]) {equation: 'ab->b'} -> int32[3] 5 7 9");
LEAT_ROW(Einsum, "([double[2,1,2] 1 2 3 4, double[3,2] 1 0 0 1 1 1]) {equation: '...i,ji->...j'} -> "
                 "double[2,1,3] 1 2 3 3 4 7");
LEAT_ROW(Einsum, "([double[2,2] 1 2 3 4, double[1,2] 5 6]) {equation: '...i,...i->...'} -> double[2] 17 39");
LEAT_ROW(Einsum,
         "([double[2,2,2] 1 2 3 4 5 6 7 8, double[2] 1 10]) {equation: 'abc,c->a'} -> double[2] 64 152");
LEAT_ROW(Einsum, "([float[2,3] 1..2, float[2,3] 1..2]) {equation: 'ij,jk->ik'} fails 'different sizes'");
LEAT_ROW(Einsum, "([float[2,3] 1..2]) {equation: 'ij->k'} fails 'no input has'");
LEAT_ROW(Einsum, "([float[2,3] 1..2]) {equation: 'i->i'} fails 'does not fit'");
