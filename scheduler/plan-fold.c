/* plan-fold.c - values that are the same in every run, computed once; ops that compute the same, kept once. */
#include <string.h>
#include "plan-parts-private.h"

#define MAX_FOLDED_BYTES (10u << 20)
#define MAX_FOLD_ARGS 64

/* Folds only small results of constant inputs; a fold that fails leaves the node, whose run will report it. */
leat_status leat_plan_fold(leat_plan_draft *d, const leat_op *op, const uint32_t *in, bool *folded)
{
    leat_plan *p = d->plan;
    leat_tensor *args[MAX_FOLD_ARGS], *out[MAX_FOLD_ARGS];
    *folded = false;
    if (op->n_inputs > MAX_FOLD_ARGS || op->n_outputs > MAX_FOLD_ARGS)
        return LEAT_OK;
    /* Without inputs there is nothing that makes it constant: random and other such ops are stateful anyhow. */
    if (op->n_inputs == 0)
        return LEAT_OK;
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        if ((in[i] & LEAT_TAG_MASK) != LEAT_CONST_TAG)
            return LEAT_OK;
        args[i] = p->constants[in[i] & ~LEAT_TAG_MASK];
    }
    for (uint32_t i = 0; i < op->n_outputs; i++) {
        int64_t n = leat_shape_elements(*op->outputs[i].shape);
        if (n > 0 && (uint64_t)n * leat_dtype_bytes(op->outputs[i].dtype) > MAX_FOLDED_BYTES)
            return LEAT_OK;
        out[i] = NULL;
    }
    leat_kernel_scope scope;
    leat_kernel_scope_enter(&scope); /* the floating-point mode of runs */
    leat_status status = leat_eval_op(op, args, out);
    leat_kernel_scope_leave(&scope);
    if (status != LEAT_OK) {
        leat_clear_message();
        return LEAT_OK;
    }
    bool small = true;
    for (uint32_t i = 0; i < op->n_outputs; i++)
        small &= leat_tensor_bytes(out[i]) <= MAX_FOLDED_BYTES;
    if (small) {
        status = leat_grow(&p->constants, &d->constants_capacity, p->n_constants + op->n_outputs,
                           sizeof *p->constants);
        if (status == LEAT_OK) {
            d->first_value[op->id] = LEAT_CONST_TAG | p->n_constants;
            for (uint32_t i = 0; i < op->n_outputs; i++)
                p->constants[p->n_constants++] = leat_tensor_ref(out[i]);
            *folded = true;
        }
    }
    for (uint32_t i = 0; i < op->n_outputs; i++)
        leat_tensor_unref(out[i]);
    return status;
}

/* ---- common subexpressions: a hash table of ops by type, attributes, inputs and control inputs ---- */

typedef struct leat_share {
    struct share_slot {
        const leat_op *op; /* NULL: free */
        uint64_t hash;
        uint32_t in; /* of its inputs' value ids in `ids` */
    } * slots;
    size_t count, capacity;
    uint32_t *ids;
    size_t n_ids, ids_capacity;
} leat_share;

static bool constants_equal(const leat_plan *p, uint32_t a, uint32_t b)
{
    if (a == b)
        return true;
    if ((a & LEAT_TAG_MASK) != LEAT_CONST_TAG || (b & LEAT_TAG_MASK) != LEAT_CONST_TAG)
        return false;
    const leat_tensor *x = p->constants[a & ~LEAT_TAG_MASK], *y = p->constants[b & ~LEAT_TAG_MASK];
    if (x == y)
        return true;
    return x->dtype == y->dtype && x->dtype != LEAT_STRING && leat_shape_equal(x->shape, y->shape) &&
           (x->elements == 0 || memcmp(x->data, y->data, leat_tensor_bytes(x)) == 0);
}

/* Constants hash by dtype, size and their first bytes: equal ones hash equally, and a huge one costs little. */
static uint64_t hash_value(const leat_plan *p, uint32_t id, uint64_t h)
{
    if ((id & LEAT_TAG_MASK) != LEAT_CONST_TAG)
        return leat_hash(&id, sizeof id, h);
    const leat_tensor *t = p->constants[id & ~LEAT_TAG_MASK];
    h = leat_hash(&t->elements, sizeof t->elements, h ^ (uint64_t)t->dtype);
    size_t n = LEAT_MIN(leat_tensor_bytes(t), (size_t)64);
    return t->dtype != LEAT_STRING && n > 0 ? leat_hash(t->data, n, h) : h;
}

static size_t item_size(unsigned kind)
{
    switch (kind & ~(unsigned)LEAT_ATTR_LIST) {
    case LEAT_ATTR_INT: return sizeof(int64_t);
    case LEAT_ATTR_FLOAT: return sizeof(float);
    case LEAT_ATTR_BOOL: return sizeof(bool);
    case LEAT_ATTR_TYPE: return sizeof(leat_dtype);
    case LEAT_ATTR_SHAPE: return sizeof(leat_shape);
    default: return 0;
    }
}

static bool attr_equal(const leat_attr_value *a, const leat_attr_value *b)
{
    if (a->kind != b->kind || a->n != b->n)
        return false;
    switch (a->kind) {
    case LEAT_ATTR_INT: return a->i == b->i;
    case LEAT_ATTR_FLOAT: /* by bits: NaN is NaN, 0 is not -0
                           * NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
        return memcmp(&a->f, &b->f, sizeof a->f) == 0;
    case LEAT_ATTR_BOOL: return a->b == b->b;
    case LEAT_ATTR_TYPE: return a->type == b->type;
    case LEAT_ATTR_SHAPE: return a->shape == b->shape || leat_shape_equal(*a->shape, *b->shape);
    case LEAT_ATTR_STRING: return a->n == 0 || memcmp(a->s, b->s, a->n) == 0;
    default: break;
    }
    size_t size = (a->kind & LEAT_ATTR_LIST) ? item_size(a->kind) : 0;
    return size > 0 &&
           (a->n == 0 || memcmp(a->list, b->list, a->n * size) == 0); /* others are never called equal */
}

static bool ops_equal(const leat_plan_draft *d, const leat_op *a, const uint32_t *in_a, const leat_op *b,
                      const uint32_t *in_b)
{
    if (a->type != b->type || a->n_inputs != b->n_inputs || a->n_controls != b->n_controls ||
        strcmp(a->device, b->device) != 0)
        return false;
    for (uint32_t i = 0; i < a->n_inputs; i++)
        if (!constants_equal(d->plan, in_a[i], in_b[i]))
            return false;
    for (uint32_t i = 0; i < a->n_controls; i++)
        if (a->controls[i] != b->controls[i])
            return false;
    for (unsigned i = 0; i < a->type->n_attrs; i++)
        if (!attr_equal(&a->attrs[i].value, &b->attrs[i].value))
            return false;
    return true;
}

static leat_status rehash(leat_share *s)
{
    size_t capacity = s->capacity ? 2 * s->capacity : 64;
    struct share_slot *slots = leat_alloc_zero(capacity, sizeof *slots);
    if (slots == NULL)
        return leat_fail_memory(capacity * sizeof *slots);
    for (size_t i = 0; i < s->capacity; i++)
        if (s->slots[i].op != NULL) {
            size_t at = s->slots[i].hash & (capacity - 1);
            while (slots[at].op != NULL)
                at = (at + 1) & (capacity - 1);
            slots[at] = s->slots[i];
        }
    leat_free(s->slots);
    s->slots = slots;
    s->capacity = capacity;
    return LEAT_OK;
}

leat_status leat_plan_share(leat_plan_draft *d, const leat_op *op, const uint32_t *in, const leat_op **equal)
{
    leat_share *s = d->share;
    *equal = NULL;
    if (s == NULL) {
        s = d->share = leat_alloc_zero(1, sizeof *s);
        if (s == NULL)
            return leat_fail_memory(sizeof *s);
    }
    if (s->count >= s->capacity / 4 * 3)
        LEAT_TRY(rehash(s));
    uint64_t h = leat_hash(&op->type, sizeof op->type, 0);
    for (uint32_t i = 0; i < op->n_inputs; i++)
        h = hash_value(d->plan, in[i], h);
    size_t at = h & (s->capacity - 1);
    for (; s->slots[at].op != NULL; at = (at + 1) & (s->capacity - 1))
        if (s->slots[at].hash == h && ops_equal(d, s->slots[at].op, s->ids + s->slots[at].in, op, in)) {
            *equal = s->slots[at].op;
            return LEAT_OK;
        }
    LEAT_TRY(leat_grow(&s->ids, &s->ids_capacity, s->n_ids + op->n_inputs + 1, sizeof *s->ids));
    s->slots[at] = (struct share_slot){op, h, (uint32_t)s->n_ids};
    if (op->n_inputs > 0)
        memcpy(s->ids + s->n_ids, in, op->n_inputs * sizeof *in);
    s->n_ids += op->n_inputs;
    s->count++;
    return LEAT_OK;
}

void leat_plan_share_free(leat_plan_draft *d)
{
    if (d->share == NULL)
        return;
    leat_free(d->share->slots);
    leat_free(d->share->ids);
    leat_free(d->share);
    d->share = NULL;
}
