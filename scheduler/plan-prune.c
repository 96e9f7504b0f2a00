/* plan-prune.c - which ops a run needs, in serial order; constants folded, equal ops shared. */
#include <string.h>
#include "plan-parts-private.h"

enum { NEEDED = 1, FED = 2 };

bool leat_plan_fed(const leat_plan_draft *d, leat_out out, uint32_t *feed)
{
    if (!(d->marks[out.op->id] & FED))
        return false;
    for (size_t i = 0; i < d->signature->n_feeds; i++)
        if (d->signature->feeds[i].op == out.op && d->signature->feeds[i].index == out.index) {
            *feed = (uint32_t)i;
            return true;
        }
    return false;
}

uint32_t leat_plan_input_node(const leat_plan_draft *d, const leat_op *op, uint32_t i)
{
    uint32_t feed;
    return leat_plan_fed(d, op->inputs[i], &feed) ? LEAT_NO_NODE : d->node_of[op->inputs[i].op->id];
}

typedef struct stack {
    const leat_op **items;
    size_t n, capacity;
} stack;

static leat_status push(leat_plan_draft *d, stack *s, const leat_op *op)
{
    if (d->marks[op->id] & NEEDED)
        return LEAT_OK;
    d->marks[op->id] |= NEEDED;
    LEAT_TRY(leat_grow(&s->items, &s->capacity, s->n + 1, sizeof *s->items));
    s->items[s->n++] = op;
    return LEAT_OK;
}

static leat_status push_out(leat_plan_draft *d, stack *s, leat_out out)
{
    uint32_t feed;
    return leat_plan_fed(d, out, &feed) ? LEAT_OK : push(d, s, out.op);
}

/* Ops that wait for a fed placeholder have nothing to wait for; other ops run for the sake of those that wait for them, fed or
 * not. So does TensorFlow. */
static bool needs_control(const leat_plan_draft *d, const leat_op *op)
{
    bool placeholder =
        strcmp(op->type_name, "Placeholder") == 0 || strcmp(op->type_name, "PlaceholderV2") == 0;
    return !(placeholder && (d->marks[op->id] & FED));
}

static leat_status mark(leat_plan_draft *d, stack *s)
{
    const leat_signature *sig = d->signature;
    for (size_t i = 0; i < sig->n_feeds; i++)
        d->marks[sig->feeds[i].op->id] |= FED;
    for (size_t i = 0; i < sig->n_fetches; i++)
        LEAT_TRY(push_out(d, s, sig->fetches[i]));
    for (size_t i = 0; i < sig->n_targets; i++)
        LEAT_TRY(push(d, s, sig->targets[i]));
    while (s->n > 0) {
        const leat_op *op = s->items[--s->n];
        for (uint32_t i = 0; i < op->n_inputs; i++)
            LEAT_TRY(push_out(d, s, op->inputs[i]));
        for (uint32_t i = 0; i < op->n_controls; i++)
            if (needs_control(d, op->controls[i]))
                LEAT_TRY(push(d, s, op->controls[i]));
    }
    return LEAT_OK;
}

leat_status leat_plan_mark(leat_plan_draft *d)
{
    stack s = {0};
    leat_status status = mark(d, &s);
    leat_free(s.items);
    return status;
}

/* ---- collecting nodes in serial order ---- */

static leat_status add_constant(leat_plan_draft *d, leat_tensor *value, uint32_t *id)
{
    leat_plan *p = d->plan;
    LEAT_TRY(leat_grow(&p->constants, &d->constants_capacity, p->n_constants + 1u, sizeof *p->constants));
    *id = LEAT_CONST_TAG | p->n_constants;
    p->constants[p->n_constants++] = leat_tensor_ref(value);
    return LEAT_OK;
}

/* The value ids of an op's inputs. */
static leat_status input_values(leat_plan_draft *d, const leat_op *op, uint32_t *in)
{
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        uint32_t feed;
        leat_out from = op->inputs[i];
        if (leat_plan_fed(d, from, &feed))
            in[i] = LEAT_FEED_TAG | feed;
        else if (d->first_value[from.op->id] != LEAT_NO_VALUE)
            in[i] = d->first_value[from.op->id] + (uint32_t)from.index;
        else
            return leat_op_fail(op, LEAT_ERR_UNIMPLEMENTED,
                                "input %u, '%s', comes after it: loops need frames", i, from.op->name);
    }
    return LEAT_OK;
}

static bool depends_on_nodes(const leat_plan_draft *d, const leat_op *op)
{
    for (uint32_t i = 0; i < op->n_controls; i++)
        if (d->node_of[op->controls[i]->id] != LEAT_NO_NODE)
            return true;
    return false;
}

static const leat_kernel_def *choose_kernel(const leat_op *op)
{
    const leat_kernel_def *k = op->type->def->kernels;
    for (int i = 0; i < LEAT_MAX_KERNELS && k[i].fn != NULL; i++)
        if (k[i].can == NULL || k[i].can(op))
            return &k[i];
    return NULL;
}

static bool any_ref(const leat_op *op)
{
    for (uint32_t i = 0; i < op->n_inputs; i++)
        if (op->inputs[i].op->outputs[op->inputs[i].index].is_ref)
            return true;
    return false;
}

/* A fed value is no reference, and cannot be written to. */
static leat_status check_refs(const leat_op *op, const uint32_t *in)
{
    for (uint32_t i = 0; i < op->n_inputs; i++)
        if ((in[i] & LEAT_TAG_MASK) == LEAT_FEED_TAG && leat_plan_arg_is_ref(op, i))
            return leat_op_fail(op, LEAT_ERR_INVALID_ARGUMENT,
                                "input %u, '%s:%d', must be a reference, but a value is fed for it", i,
                                op->inputs[i].op->name, op->inputs[i].index);
    return LEAT_OK;
}

static leat_status add_node(leat_plan_draft *d, const leat_op *op, const uint32_t *in)
{
    leat_plan *p = d->plan;
    const leat_op_def *def = op->type->def;
    const leat_kernel_def *kernel = choose_kernel(op);
    if (kernel == NULL && def->kernels[0].fn != NULL)
        return leat_op_fail(op, LEAT_ERR_UNIMPLEMENTED, "no kernel serves these dtypes and attributes");
    if (kernel == NULL && op->n_outputs > 0)
        return leat_op_fail(op, LEAT_ERR_UNIMPLEMENTED, "Leat can import this op but not run it");
    LEAT_TRY(check_refs(op, in));
    LEAT_TRY(leat_grow(&p->nodes, &d->nodes_capacity, p->n_nodes + 1u, sizeof *p->nodes));
    LEAT_TRY(leat_grow(&p->inputs, &d->inputs_capacity, p->n_inputs + op->n_inputs + 1u, sizeof *p->inputs));
    leat_plan_node *n = &p->nodes[p->n_nodes];
    *n = (leat_plan_node){.op = op,
                          .fn = kernel != NULL ? kernel->fn : NULL,
                          .label = kernel != NULL && kernel->label != NULL ? kernel->label : "reference",
                          .in = p->n_inputs,
                          .out = d->n_node_values,
                          .flags = any_ref(op) ? LEAT_NODE_REFS : 0,
                          .inplace = -1};
    if (op->n_inputs > 0)
        memcpy(p->inputs + p->n_inputs, in, op->n_inputs * sizeof *in);
    p->n_inputs += op->n_inputs;
    d->first_value[op->id] = d->n_node_values;
    d->n_node_values += op->n_outputs;
    d->node_of[op->id] = p->n_nodes++;
    p->writes |= (def->flags & (LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR | LEAT_OP_WRITES_VARS)) != 0 &&
                 (def->flags & LEAT_OP_DENOTES) == 0;
    p->blocks |= (def->flags & LEAT_OP_BLOCKING) != 0;
    if (d->n_node_values >= LEAT_CONST_TAG / 2)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "a plan holds at most %u values", LEAT_CONST_TAG / 2);
    return LEAT_OK;
}

/* Neither its value nor what it does depends on anything but its inputs' values. */
static bool is_pure(const leat_plan_draft *d, const leat_op *op)
{
    const unsigned effects =
        LEAT_OP_STATEFUL | LEAT_OP_READS_VAR | LEAT_OP_WRITES_VAR | LEAT_OP_WRITES_VARS | LEAT_OP_BLOCKING;
    if ((op->type->def->flags & effects) || op->n_outputs == 0 || (d->marks[op->id] & FED) || any_ref(op) ||
        depends_on_nodes(d, op) || strcmp(op->type_name, "PlaceholderWithDefault") == 0)
        return false;
    for (uint32_t i = 0; i < op->n_outputs; i++)
        if (op->outputs[i].is_ref || op->outputs[i].dtype == LEAT_RESOURCE ||
            op->outputs[i].dtype == LEAT_VARIANT)
            return false;
    return true;
}

static leat_status collect_op(leat_plan_draft *d, const leat_op *op, uint32_t *in)
{
    if (op->type->def == NULL)
        return leat_op_fail_at_origin(
            op, leat_op_fail(op, LEAT_ERR_NOT_FOUND, "op '%.300s' is not known%s", op->type_name,
                             leat_op_sig_find(op->type_name, strlen(op->type_name)) != NULL
                                 ? " for a dtype among its attributes"
                                 : ""));
    if (strcmp(op->type_name, "Const") == 0 && !depends_on_nodes(d, op))
        return add_constant(d, leat_attr_tensor(op, "value"), &d->first_value[op->id]);
    LEAT_TRY(input_values(d, op, in));
    if (is_pure(d, op)) {
        bool folded = false;
        const leat_op *equal = NULL;
        if (!d->plan->options.no_folding)
            LEAT_TRY(leat_plan_fold(d, op, in, &folded));
        if (folded)
            return LEAT_OK;
        if (!d->plan->options.no_sharing)
            LEAT_TRY(leat_plan_share(d, op, in, &equal));
        if (equal != NULL) {
            d->first_value[op->id] = d->first_value[equal->id];
            d->node_of[op->id] = d->node_of[equal->id];
            return LEAT_OK;
        }
    }
    return add_node(d, op, in);
}

leat_status leat_plan_collect(leat_plan_draft *d)
{
    const leat_graph *g = d->plan->graph;
    size_t n = leat_graph_op_count(g), capacity = 0;
    uint32_t *in = NULL;
    leat_status status = LEAT_OK;
    for (size_t i = 0; i < n && status == LEAT_OK; i++) {
        if (!(d->marks[i] & NEEDED))
            continue;
        const leat_op *op = leat_graph_op_at(g, i);
        status = leat_grow(&in, &capacity, op->n_inputs + 1u, sizeof *in);
        if (status == LEAT_OK)
            status = collect_op(d, op, in);
    }
    leat_free(in);
    return status;
}
