/* profile-plan.c - what a profile knows of the plan that it was given to last: its nodes by name, their shapes and costs. Copied, so
 * that the profile may outlive the session. */
#include <string.h>
#include "profile-private.h"
#include "base/cpus-private.h"

#define MOST_TEXT 400 /* bytes that a node's shapes take as a text */

void leat_profile_plan_forget(leat_profile_plan *p)
{
    for (size_t i = 0; p->values != NULL && i < p->n_nodes; i++)
        leat_free(p->values[i]);
    leat_free(p->values);
    leat_free(p->keys);
    leat_free(p->nodes);
    leat_free(p->succ_begin);
    leat_free(p->succ);
    leat_arena_free(&p->text);
    *p = (leat_profile_plan){0};
}

bool leat_profile_plan_is(const leat_profile_plan *p, const leat_plan *plan)
{
    return p->plan == plan && p->made == plan->made;
}

static const char *keep_text(leat_profile_plan *p, const char *text, leat_status *status)
{
    const char *kept = leat_arena_strndup(&p->text, text, strlen(text));
    if (kept == NULL)
        *status = leat_fail_memory(strlen(text));
    return kept;
}

/* As a NodeDef names them. */
static void put_inputs(leat_buf *b, const leat_op *op)
{
    leat_buf_clear(b);
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        leat_buf_printf(b, "%s%s", i > 0 ? ", " : "", op->inputs[i].op->name);
        if (op->inputs[i].index > 0)
            leat_buf_printf(b, ":%d", op->inputs[i].index);
    }
    for (uint32_t i = 0; i < op->n_controls; i++)
        leat_buf_printf(b, "%s^%s", b->size > 0 ? ", " : "", op->controls[i]->name);
}

/* Of an element where it computes in floating point. */
static uint32_t float_bytes(const leat_op *op)
{
    for (uint32_t i = 0; i < op->n_inputs + op->n_outputs; i++) {
        const leat_op_out *o = i < op->n_inputs ? &op->inputs[i].op->outputs[op->inputs[i].index]
                                                : &op->outputs[i - op->n_inputs];
        if (leat_dtype_is_floating(o->dtype)) /* half and bfloat16 compute in float */
            return o->dtype == LEAT_DOUBLE ? 8 : 4;
    }
    return 0;
}

static leat_status copy_edges(leat_profile_plan *p, const leat_plan *plan)
{
    size_t begins = ((size_t)plan->n_nodes + 1) * sizeof *p->succ_begin;
    size_t edges = ((size_t)plan->succ_begin[plan->n_nodes] + 1) * sizeof *p->succ;
    p->succ_begin = leat_alloc(begins);
    p->succ = leat_alloc(edges);
    if (p->succ_begin == NULL || p->succ == NULL)
        return leat_fail_memory(begins + edges);
    memcpy(p->succ_begin, plan->succ_begin, begins);
    memcpy(p->succ, plan->succ, edges - sizeof *p->succ);
    return LEAT_OK;
}

static leat_status learn(leat_profile_plan *p, const leat_plan *plan)
{
    leat_status status = LEAT_OK;
    leat_buf inputs = {0};
    size_t n = (size_t)plan->n_nodes + 1;
    p->nodes = leat_alloc_zero(n, sizeof *p->nodes);
    p->values = leat_alloc_zero(n, sizeof *p->values);
    p->keys = leat_alloc_zero(n, sizeof *p->keys);
    if (p->nodes == NULL || p->values == NULL || p->keys == NULL)
        return leat_fail_memory(n * sizeof *p->nodes);
    p->n_nodes = plan->n_nodes;
    for (uint32_t i = 0; status == LEAT_OK && i < plan->n_nodes; i++) {
        const leat_op *op = plan->nodes[i].op;
        put_inputs(&inputs, op);
        status = leat_buf_status(&inputs);
        if (status != LEAT_OK)
            break;
        p->nodes[i] =
            (leat_profile_node){.name = keep_text(p, op->name, &status),
                                .op = keep_text(p, op->type_name, &status),
                                .kernel = plan->nodes[i].label != NULL ? plan->nodes[i].label : "",
                                .shapes = "",
                                .inputs = keep_text(p, inputs.data != NULL ? inputs.data : "", &status),
                                .float_bytes = float_bytes(op)};
    }
    leat_buf_free(&inputs);
    if (status == LEAT_OK)
        status = copy_edges(p, plan);
    p->n_cpus = leat_cpu_count();
    p->plan = plan;
    p->made = plan->made;
    return status;
}

leat_status leat_profile_plan_learn(leat_profile_plan *p, const leat_plan *plan)
{
    leat_profile_plan_forget(p);
    leat_status status = learn(p, plan);
    if (status != LEAT_OK)
        leat_profile_plan_forget(p);
    return status;
}

/* ---- after a run ---- */

/* A variable's output is told by the value that the variable has. */
static inline const leat_tensor *seen(const leat_tensor *out)
{
    return out->var != NULL && out->var->value != NULL ? out->var->value : out;
}

static void put_shape(leat_buf *text, const leat_tensor *t)
{
    leat_buf_printf(text, "%s%s[", text->size > 0 ? "," : "", leat_dtype_name(t->dtype));
    for (int d = 0; d < leat_shape_rank(&t->shape); d++)
        leat_buf_printf(text, d > 0 ? ",%lld" : "%lld", (long long)t->shape.dims[d]);
    leat_buf_puts(text, "]");
}

/* The outputs, and behind them the same as a text, which goes on to about MOST_TEXT bytes. */
static leat_status note_outputs(leat_profile_plan *p, const leat_plan_node *n, const leat_tensor *out,
                                uint32_t node, leat_buf *text)
{
    leat_profile_node *to = &p->nodes[node];
    uint32_t n_outputs = 0;
    leat_buf_clear(text);
    for (uint32_t i = 0; i < n->op->n_outputs; i++) {
        if (leat_value_dead(&out[i]))
            continue;
        n_outputs++;
        if (text->size < MOST_TEXT)
            put_shape(text, seen(&out[i]));
    }
    LEAT_TRY(leat_buf_status(text));
    size_t bytes = n_outputs * sizeof(leat_profile_output) + text->size + 1;
    leat_profile_output *outputs = leat_alloc_zero(1, bytes), *next = outputs;
    if (outputs == NULL)
        return leat_fail_memory(bytes);
    for (uint32_t i = 0; i < n->op->n_outputs; i++) {
        const leat_tensor *t = seen(&out[i]);
        if (leat_value_dead(&out[i]))
            continue;
        uint64_t size = t->elements > 0 ? (uint64_t)t->elements * leat_dtype_bytes(t->dtype) : 0;
        *next = (leat_profile_output){i, t->dtype, t->shape, size};
        if (n->op->outputs[i].dtype ==
            LEAT_RESOURCE) /* of the variable only the handle goes from node to node */
            *next =
                (leat_profile_output){i, LEAT_RESOURCE, {.rank_plus_1 = 1}, leat_dtype_bytes(LEAT_RESOURCE)};
        next++;
    }
    char *kept = (char *)next;
    if (text->size > 0)
        memcpy(kept, text->data, text->size);
    leat_free(p->values[node]);
    p->values[node] = outputs;
    to->outputs = outputs;
    to->n_outputs = n_outputs;
    to->shapes = kept;
    return LEAT_OK;
}

/* Does the output lie in memory of its own? Else the node shows a value that it got, or computed over it. */
static bool is_own(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out)
{
    if (leat_value_dead(out) || out->var != NULL)
        return false;
    for (uint32_t i = 0; i < op->n_inputs; i++)
        if (out->data == in[i]->data)
            return false;
    return true;
}

/* Of the shapes that a node's text and cost depend on: its outputs', and how many elements its inputs had. Never 0. */
static inline uint64_t key_of(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out)
{
    uint64_t key = 1;
    for (uint32_t i = 0; i < op->n_inputs; i++)
        key = (key ^ (uint64_t)in[i]->elements) * UINT64_C(0x9e3779b97f4a7c15);
    for (uint32_t i = 0; i < op->n_outputs; i++) {
        const leat_tensor *t = seen(&out[i]);
        key = (key ^ (uint64_t)(t->shape.rank_plus_1 + 16 * (int)t->dtype)) * UINT64_C(0xbf58476d1ce4e5b9);
        for (int d = 0; d < leat_shape_rank(&t->shape); d++)
            key = (key ^ (uint64_t)t->shape.dims[d]) * UINT64_C(0x94d049bb133111eb);
    }
    return key | 1;
}

/* What the node computed and moved, by the shapes that it had in this run. */
static leat_status note_node(leat_profile_plan *p, leat_frame *f, uint32_t node, leat_buf *text)
{
    const leat_plan *plan = f->plan;
    const leat_plan_node *n = &plan->nodes[node];
    leat_profile_node *to = &p->nodes[node];
    const leat_tensor *out = f->values + n->out;
    unsigned flags = n->op->type->def->flags;
    leat_cost cost = {0, 0};
    if (n->fn == NULL || (f->dead != NULL && (n->flags & LEAT_NODE_MAY_DIE) && f->dead[node]))
        return LEAT_OK;
    uint64_t key = key_of(n->op, f->in + n->in, out);
    if (p->keys[node] == key) /* nearly always: what a run records must not take longer than the run */
        return LEAT_OK;
    LEAT_TRY(note_outputs(p, n, out, node, text));
    p->keys[node] = key;
    if (f->ran[node] != NULL)
        to->kernel = f->ran[node];
    bool shows = flags & (LEAT_OP_ALIAS | LEAT_OP_SWITCHES | LEAT_OP_MERGES);
    if (!shows && !(flags & LEAT_OP_DENOTES))
        leat_node_cost(n->op, f->in + n->in, out, &cost);
    to->flops = to->float_bytes > 0 ? cost.flops : 0;
    to->bytes = cost.bytes;
    to->out_bytes = 0;
    for (uint32_t i = 0; i < n->op->n_outputs && !shows; i++)
        if (is_own(n->op, f->in + n->in, &out[i]))
            to->out_bytes += (uint64_t)out[i].elements * leat_dtype_bytes(out[i].dtype);
    return LEAT_OK;
}

/* Shapes follow from the shapes fed, but for a few ops whose outputs depend on values: after three runs of the same ones a look at
 * every sixteenth run is enough, so that recording costs next to nothing beside the run. */
static bool time_to_look(leat_profile_plan *p, const leat_frame *f)
{
    uint64_t key = 1;
    for (uint32_t i = 0; i < f->plan->n_feeds; i++) {
        const leat_tensor *t = &f->values[f->plan->n_constants + i];
        key = (key ^ (uint64_t)t->shape.rank_plus_1) * UINT64_C(0x9e3779b97f4a7c15);
        for (int d = 0; d < leat_shape_rank(&t->shape); d++)
            key = (key ^ (uint64_t)t->shape.dims[d]) * UINT64_C(0x94d049bb133111eb);
    }
    p->n_unchanged = key == p->feeds_key ? p->n_unchanged + 1 : 0;
    p->feeds_key = key;
    return p->n_unchanged < 3 || p->n_unchanged % 16 == 0;
}

leat_status leat_profile_plan_look(leat_profile_plan *p, leat_frame *f)
{
    leat_status status = LEAT_OK;
    leat_buf text = {0};
    if (!time_to_look(p, f))
        return LEAT_OK;
    for (uint32_t i = 0; status == LEAT_OK && i < f->plan->n_nodes; i++)
        status = note_node(p, f, i, &text);
    leat_buf_free(&text);
    return status;
}
