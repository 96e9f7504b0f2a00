/* kernel.c - what kernels call: outputs, scratch, tiles, node state and variables; in a run's frame, or detached (constant
 * folding), where outputs are heap tensors. */
#include <string.h>
#include "plan-parts-private.h"

leat_status leat_kernel_fail(const leat_kernel *k, leat_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    leat_fail_v(status, format, args);
    va_end(args);
    return leat_fail_context(status, "node '%s' (%s)", k->op->name, k->op->type_name);
}

static leat_status in_context(const leat_kernel *k, leat_status status)
{
    return status == LEAT_OK ? LEAT_OK
                             : leat_fail_context(status, "node '%s' (%s)", k->op->name, k->op->type_name);
}

/* ---- outputs ---- */

static void drop_base(leat_tensor *t)
{
    if (t->base != NULL)
        leat_tensor_unref(t->base);
    t->base = NULL;
}

static void set_header(leat_tensor *t, leat_dtype dtype, const leat_shape *shape, int64_t elements,
                       void *data)
{
    drop_base(t);
    t->dtype = dtype;
    t->shape = *shape;
    t->elements = elements;
    t->data = data;
    t->var = NULL;
}

/* The header of output i takes over a reference: frame_put drops those that are noted. */
static void hold(leat_kernel *k, int i, leat_tensor *base)
{
    k->out[i].base = base;
    if (base == NULL || k->frame == NULL)
        return;
    leat_frame *f = k->frame;
    f->held[&k->out[i] - f->values] = 1;
    if (!atomic_load_explicit(&f->has_bases, memory_order_relaxed))       /* a line all share: written once */
        atomic_store_explicit(&f->has_bases, true, memory_order_relaxed); /* read after the run's barrier */
}

/* The header shows a heap tensor and takes over the reference. */
static void set_base(leat_kernel *k, int i, leat_tensor *tensor)
{
    set_header(&k->out[i], tensor->dtype, &tensor->shape, tensor->elements, tensor->data);
    hold(k, i, tensor);
}

static leat_status charge(leat_kernel *k, size_t bytes)
{
    leat_frame *f = k->frame;
    if (f == NULL || f->run == NULL)
        return LEAT_OK;
    size_t total = atomic_fetch_add_explicit(&f->bytes, bytes, memory_order_relaxed) + bytes;
    if (f->run->memory_limit != 0 && total > f->run->memory_limit)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY,
                                "the run's buffers exceed the memory limit of %zu bytes",
                                f->run->memory_limit);
    return LEAT_OK;
}

static leat_status heap_output(leat_kernel *k, int i, const leat_shape *shape, size_t bytes)
{
    leat_dtype dtype = k->op->outputs[i].dtype;
    LEAT_TRY(charge(k, bytes));
    if (k->frame != NULL) {
        /* A fetched value may go straight into the tensor that the caller gave back. */
        uint32_t capture =
            k->frame->plan
                ->value_capture[k->frame->plan->nodes[k->node].out + (uint32_t)i - k->frame->plan->base];
        bool now = capture != LEAT_NO_VALUE && !leat_plan_late(k->frame->plan, capture);
        leat_tensor *reuse = now ? k->frame->reuse[capture] : NULL;
        if (reuse != NULL && reuse->dtype == dtype && dtype != LEAT_STRING &&
            leat_tensor_bytes(reuse) == bytes && bytes > 0) {
            k->frame->reuse[capture] = NULL;
            reuse->shape = *shape;
            set_base(k, i, reuse);
            return LEAT_OK;
        }
    }
    leat_tensor *t = leat_tensor_new(dtype, *shape);
    if (t == NULL)
        return in_context(k, LEAT_ERR_NO_MEMORY);
    set_base(k, i, t);
    return LEAT_OK;
}

static size_t slot_bytes(size_t bytes)
{
    return LEAT_MAX((bytes + LEAT_ALIGNMENT - 1) / LEAT_ALIGNMENT * LEAT_ALIGNMENT, (size_t)LEAT_ALIGNMENT);
}

void leat_slot_free(leat_slot *slot)
{
    if (slot->span != NULL)
        leat_span_drop(slot->span);
    else
        leat_free_aligned(slot->data);
    *slot = (leat_slot){0};
}

static bool has_room(const leat_slot *slot, size_t bytes)
{
    return slot->capacity >= bytes && slot->data != NULL;
}

/* Grows the slot to hold `bytes`, of the span where it has them; the old content is nobody's any more (plan-slots.c). */
static leat_status slot_room(leat_kernel *k, leat_slot *slot, size_t bytes, leat_span *span)
{
    if (has_room(slot, bytes))
        return LEAT_OK;
    size_t room = slot_bytes(bytes);
    LEAT_TRY(charge(k, room - slot->capacity));
    atomic_fetch_sub_explicit(&k->frame->slot_bytes, slot->capacity, memory_order_relaxed);
    leat_slot_free(slot);
    slot->data = span != NULL ? leat_span_alloc(span, room) : NULL;
    slot->span = slot->data != NULL ? span : NULL;
    if (slot->data == NULL)
        slot->data = leat_alloc_aligned(room);
    if (slot->data == NULL)
        return in_context(k, leat_fail_memory(room));
    slot->capacity = room;
    atomic_fetch_add_explicit(&k->frame->slot_bytes, room, memory_order_relaxed);
    return LEAT_OK;
}

/* The slot of output i; NULL where it lies on the heap. */
static leat_slot *slot_of(const leat_kernel *k, int i)
{
    if (k->frame == NULL)
        return NULL;
    const leat_plan_node *node = &k->frame->plan->nodes[k->node];
    uint32_t slot = k->frame->plan->value_slot[node->out + (uint32_t)i - k->frame->plan->base];
    /* An output that shares its slot with the input it may replace must not grow it while the input is read. */
    return slot == LEAT_NO_SLOT || (i == 0 && node->inplace >= 0) ? NULL : &k->frame->slots[slot];
}

leat_status leat_out_new(leat_kernel *k, int i, const leat_shape *shape)
{
    return leat_out_new_in(k, i, shape, NULL);
}

size_t leat_out_growth(const leat_kernel *k, int i, size_t bytes)
{
    const leat_slot *slot = slot_of(k, i);
    return slot == NULL || has_room(slot, bytes) ? 0 : slot_bytes(bytes);
}

leat_status leat_out_new_in(leat_kernel *k, int i, const leat_shape *shape, leat_span *span)
{
    int64_t elements;
    size_t bytes;
    leat_status status = leat_shape_measure(shape, k->op->outputs[i].dtype, &elements, &bytes);
    if (status != LEAT_OK)
        return in_context(k, status);
    leat_slot *slot = slot_of(k, i);
    if (slot == NULL)
        return heap_output(k, i, shape, bytes);
    LEAT_TRY(slot_room(k, slot, bytes, span));
    set_header(&k->out[i], k->op->outputs[i].dtype, shape, elements, slot->data);
    return LEAT_OK;
}

leat_status leat_out_reuse(leat_kernel *k, int i, int j, const leat_shape *shape)
{
    if (k->frame == NULL || i != 0 || k->frame->plan->nodes[k->node].inplace != j)
        return leat_out_new(k, i, shape);
    const leat_tensor *in = k->in[j];
    int64_t elements = leat_shape_elements(*shape);
    if (elements != in->elements || leat_dtype_bytes(in->dtype) != leat_dtype_bytes(k->op->outputs[i].dtype))
        return leat_out_new(k, i, shape);
    leat_tensor *base = in->base;
    void *data = in->data;
    if (base != NULL)
        leat_tensor_ref(base);
    set_header(&k->out[i], k->op->outputs[i].dtype, shape, elements, data);
    hold(k, i, base);
    return LEAT_OK;
}

static leat_status copy_output(leat_kernel *k, int i, const leat_tensor *in, const leat_shape *shape)
{
    LEAT_TRY(leat_out_new(k, i, shape));
    if (in->dtype != LEAT_STRING) {
        if (in->elements > 0)
            memcpy(k->out[i].data, in->data, leat_tensor_bytes(in));
        return LEAT_OK;
    }
    for (int64_t e = 0; e < in->elements; e++) {
        const leat_string *s = (const leat_string *)in->data + e;
        leat_status status = leat_tensor_set_string(&k->out[i], e, s->data, s->size);
        if (status != LEAT_OK)
            return in_context(k, status);
    }
    return LEAT_OK;
}

leat_status leat_out_copy(leat_kernel *k, int i, int j)
{
    return copy_output(k, i, k->in[j], &k->in[j]->shape);
}

/* Output i shows the tensor, or is a copy where the plan says that it must be. */
static leat_status show(leat_kernel *k, int i, const leat_tensor *in, const leat_shape *shape)
{
    if (k->frame == NULL || (k->frame->plan->nodes[k->node].flags & LEAT_NODE_COPY))
        return copy_output(k, i, in, shape);
    leat_tensor *base = in->base;
    void *data = in->data;
    if (base != NULL)
        leat_tensor_ref(base);
    set_header(&k->out[i], in->dtype, shape, in->elements, data);
    hold(k, i, base);
    return LEAT_OK;
}

leat_status leat_out_alias(leat_kernel *k, const leat_shape *shape)
{
    if (leat_op_is_variable(k->op) ||
        (k->op->inputs[0].op->outputs[k->op->inputs[0].index].dtype == LEAT_RESOURCE &&
         k->op->outputs[0].dtype == LEAT_RESOURCE)) {
        leat_out_var(k, 0, leat_in_var(k, 0));
        return LEAT_OK;
    }
    return show(k, 0, k->in[0], shape);
}

leat_status leat_out_show(leat_kernel *k, int i, const leat_tensor *value)
{
    return show(k, i, value, &value->shape);
}

leat_status leat_out_switch(leat_kernel *k, int i)
{
    if (k->frame == NULL) /* constant folding: both branches must stay what they are */
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "a branch is taken in a run only");
    for (int o = 0; o < (int)k->n_out; o++)
        if (o != i)
            leat_value_die(&k->out[o]);
    if (k->op->outputs[i].is_ref || k->op->outputs[i].dtype == LEAT_RESOURCE) {
        leat_out_ref(k, i, 0);
        return LEAT_OK;
    }
    return show(k, i, k->in[0], &k->in[0]->shape);
}

void leat_value_die(leat_tensor *value)
{
    drop_base(value);
    *value = (leat_tensor){.dtype = LEAT_DTYPE_NONE};
}

bool leat_in_dead(const leat_kernel *k, int i)
{
    const leat_frame *f = k->frame;
    if (f == NULL)
        return false;
    uint32_t id = f->plan->inputs[f->plan->nodes[k->node].in + (uint32_t)i];
    return id >= f->plan->base && leat_value_dead(&f->values[id]);
}

leat_status leat_out_set(leat_kernel *k, int i, leat_tensor *tensor)
{
    if (tensor == NULL)
        return in_context(k, LEAT_ERR_NO_MEMORY);
    if (tensor->dtype != k->op->outputs[i].dtype) {
        leat_tensor_unref(tensor);
        return leat_kernel_fail(k, LEAT_ERR_INTERNAL, "output %d is %s, not %s", i,
                                leat_dtype_name(tensor->dtype), leat_dtype_name(k->op->outputs[i].dtype));
    }
    set_base(k, i, tensor);
    return charge(k, leat_tensor_bytes(tensor));
}

/* ---- work ---- */

void *leat_scratch(leat_kernel *k, size_t bytes)
{
    (void)k; /* the thread's worker, which inside a tile need not be the node's */
    leat_worker *w = leat_worker_current();
    return w != NULL ? leat_worker_scratch(w, LEAT_MAX(bytes, 1)) : NULL;
}

void leat_tiles(leat_kernel *k, size_t n, leat_tile_fn *fn, void *arg)
{
    (void)k;
    leat_tiles_run(n, fn, arg);
}

void *leat_node_state(leat_kernel *k, size_t bytes)
{
    if (k->frame == NULL) {
        leat_fail(LEAT_ERR_INTERNAL, "node '%s' (%s) has state, and no session", k->op->name,
                  k->op->type_name);
        return NULL;
    }
    return leat_state_node(k->frame->plan->state, k->op, bytes);
}

void **leat_node_cache(leat_kernel *k, void (*free_cache)(void *))
{
    leat_frame *f = k->frame;
    if (f == NULL)
        return NULL;
    f->cache_free[k->node] = free_cache;
    return &f->caches[k->node];
}

/* ---- variables ---- */

leat_var *leat_in_var(const leat_kernel *k, int i)
{
    const leat_frame *f = k->frame;
    return f->values[f->plan->inputs[f->plan->nodes[k->node].in + (uint32_t)i]].var;
}

leat_status leat_var_value(const leat_kernel *k, int i, leat_tensor **value)
{
    leat_var *var = leat_in_var(k, i);
    if (var->value == NULL)
        return leat_kernel_fail(k, LEAT_ERR_FAILED_PRECONDITION, "Attempting to use uninitialized value %s",
                                var->name);
    *value = var->value;
    return LEAT_OK;
}

/* A value of as many elements goes into the old one's memory, or at least into the old tensor: of a ref variable, those who follow
 * it hold that (plan-state.c). Nobody else holds a variable's tensor. */
leat_status leat_var_assign(leat_kernel *k, leat_var *var, const leat_tensor *value)
{
    leat_tensor *old = var->value;
    bool same_size = old != NULL && old->dtype == value->dtype && old->elements == value->elements;
    if (same_size && old->dtype != LEAT_STRING) {
        if (value->data != old->data && value->elements > 0)
            memcpy(old->data, value->data, leat_tensor_bytes(value));
        old->shape = value->shape;
        return LEAT_OK;
    }
    leat_tensor *copy = leat_tensor_copy(value);
    if (copy == NULL)
        return in_context(k, LEAT_ERR_NO_MEMORY);
    if (same_size) { /* strings: each tensor frees as many as the other */
        void *data = old->data;
        old->data = copy->data;
        old->shape = value->shape;
        copy->data = data;
        leat_tensor_unref(copy);
        return LEAT_OK;
    }
    var->value = copy;
    leat_tensor_unref(old);
    return LEAT_OK;
}

enum { WORTH_TAKING = 4096 }; /* bytes: fewer are copied faster than they are found in another cache line */

leat_status leat_var_take(leat_kernel *k, leat_var *var, int i)
{
    const leat_tensor *value = k->in[i];
    leat_frame *f = k->frame;
    if (f == NULL || !(f->plan->nodes[k->node].flags & LEAT_NODE_TAKES) || value->base != NULL)
        return leat_var_assign(k, var, value);
    const leat_plan *p = f->plan;
    leat_slot *slot = &f->slots[p->value_slot[p->inputs[p->nodes[k->node].in + (uint32_t)i] - p->base]];
    leat_tensor *old = var->value;
    size_t bytes = leat_tensor_bytes(value);
    if (slot->data != value->data || slot->capacity != slot_bytes(bytes) || bytes < WORTH_TAKING)
        return leat_var_assign(k, var, value);
    if (old != NULL && old->dtype == value->dtype && leat_tensor_bytes(old) == bytes) {
        /* The slot gets the old memory: nothing is allocated in a loop. */
        if (!leat_tensor_swap(old, &slot->data, &slot->span))
            return leat_var_assign(k, var, value);
        old->shape = value->shape;
        return LEAT_OK;
    }
    leat_tensor *taken = leat_tensor_adopt(value->dtype, value->shape, slot->data, slot->span);
    if (taken == NULL)
        return in_context(k, LEAT_ERR_NO_MEMORY);
    atomic_fetch_sub_explicit(&f->slot_bytes, slot->capacity,
                              memory_order_relaxed); /* no longer the frame's */
    *slot = (leat_slot){0};
    var->value = taken;
    leat_tensor_unref(old);
    return LEAT_OK;
}

void leat_out_var(leat_kernel *k, int i, leat_var *var)
{
    leat_shape scalar = {.rank_plus_1 = 1};
    set_header(&k->out[i], var->dtype, &scalar, 0, NULL);
    k->out[i].var = var;
}

void leat_out_ref(leat_kernel *k, int i, int j)
{
    leat_out_var(k, i, leat_in_var(k, j));
}

leat_var *leat_session_var(leat_kernel *k)
{
    return leat_state_var(k->frame->plan->state, k->op);
}

void *leat_session_object(leat_kernel *k, leat_var *var, leat_make_object *make, const void *like,
                          leat_free_object *free_object)
{
    return leat_state_object(k->frame->plan->state, var, make, like, free_object);
}

/* ---- one op alone ---- */

leat_status leat_eval_op(const leat_op *op, leat_tensor *const *in, leat_tensor **out)
{
    enum { MOST = 64 };
    leat_tensor headers[MOST];
    const leat_kernel_def *kernel = op->type->def->kernels;
    if (op->n_outputs > MOST)
        return leat_op_fail(op, LEAT_ERR_UNIMPLEMENTED, "too many outputs to be folded");
    while (kernel->fn != NULL && kernel->can != NULL && !kernel->can(op))
        kernel++;
    if (kernel->fn == NULL)
        return leat_op_fail(op, LEAT_ERR_UNIMPLEMENTED, "no kernel serves these dtypes and attributes");
    memset(headers, 0, op->n_outputs * sizeof headers[0]);
    leat_kernel k = {.op = op,
                     .in = (const leat_tensor *const *)in,
                     .out = headers,
                     .n_in = op->n_inputs,
                     .n_out = op->n_outputs};
    leat_exec_graph none = {0};
    leat_exec *exec = NULL;
    leat_exec_serial serial;
    leat_status status = leat_exec_new(&exec, &none, 1);
    if (status != LEAT_OK)
        return status;
    k.worker = leat_exec_serial_enter(exec, &serial);
    status = kernel->fn(&k);
    leat_exec_serial_node(k.worker);
    leat_exec_serial_leave(&serial);
    leat_exec_free(exec);
    for (uint32_t i = 0; i < op->n_outputs; i++) {
        out[i] = NULL;
        if (status == LEAT_OK &&
            headers[i].base != NULL) /* every output of a detached kernel lies on the heap */
            out[i] = leat_tensor_ref(headers[i].base);
        drop_base(&headers[i]);
    }
    for (uint32_t i = 0; status == LEAT_OK && i < op->n_outputs; i++)
        if (out[i] == NULL)
            status = leat_op_fail(op, LEAT_ERR_INTERNAL, "output %u was not computed", i);
    for (uint32_t i = 0; status != LEAT_OK && i < op->n_outputs; i++) {
        leat_tensor_unref(out[i]);
        out[i] = NULL;
    }
    return status;
}

void leat_kernel_ran(leat_kernel *k, const char *label)
{
    if (k->frame != NULL)
        k->frame->ran[k->node] = label;
}
