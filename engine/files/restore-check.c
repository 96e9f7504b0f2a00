/* restore-check.c - may a checkpoint be restored? Asked before anything is changed.
 *
 * A RestoreV2 learns what a checkpoint holds as it reads it, and the Assign behind it refuses a wrong shape when others have
 * assigned already. So the graph is asked first what a saver's restore op assigns to what, and the checkpoint's index
 * whether it has all that. */
#include <stdlib.h>
#include <string.h>
#include "engine/files/graphdef-private.h"
#include "engine/files/saver-private.h"
#include "engine/graph/graph-private.h"
#include "engine/plan-private.h"

typedef struct assigned {
    const leat_op *restore; /* RestoreV2 */
    int32_t output;
    const leat_op *assign;
} assigned;

typedef struct search {
    leat_out filename;
    uint8_t *seen;         /* by op id */
    const leat_op **stack; /* every op stands there once at most */
    size_t n_stack;
    assigned *found;
    size_t n_found, capacity;
} search;

static bool is(const leat_op *op, const char *type)
{
    return strcmp(op->type_name, type) == 0;
}

static leat_out behind_identities(leat_out out)
{
    while (is(out.op, "Identity"))
        out = out.op->inputs[0];
    return out;
}

static void visit(search *s, const leat_op *op)
{
    if (s->seen[op->id])
        return;
    s->seen[op->id] = 1;
    s->stack[s->n_stack++] = op;
}

static leat_status note_assign(search *s, const leat_op *op)
{
    leat_out from = behind_identities(op->inputs[1]);
    if (!is(from.op, "RestoreV2"))
        return LEAT_OK;
    leat_out prefix = behind_identities(from.op->inputs[0]);
    if (prefix.op != behind_identities(s->filename).op) /* from elsewhere: nothing is known of it */
        return LEAT_OK;
    LEAT_TRY(leat_grow(&s->found, &s->capacity, s->n_found + 1, sizeof *s->found));
    s->found[s->n_found++] = (assigned){from.op, from.index, op};
    return LEAT_OK;
}

static int by_id(const void *a, const void *b)
{
    const assigned *x = a, *y = b;
    return (x->assign->id > y->assign->id) - (x->assign->id < y->assign->id);
}

/* All assignments that the op needs, by data or by control. */
static leat_status find_assigns(search *s, const leat_op *op)
{
    visit(s, op);
    while (s->n_stack > 0) {
        op = s->stack[--s->n_stack];
        if (is(op, "Assign") || is(op, "AssignVariableOp"))
            LEAT_TRY(note_assign(s, op));
        for (uint32_t i = 0; i < op->n_inputs; i++)
            visit(s, op->inputs[i].op);
        for (uint32_t i = 0; i < op->n_controls; i++)
            visit(s, op->controls[i]);
    }
    if (s->n_found > 1)
        qsort(s->found, s->n_found, sizeof *s->found, by_id); /* a saver's order: that of the names */
    return LEAT_OK;
}

/* The shape that the variable must have; rank -1 where any will do. */
static leat_shape wanted_shape(const assigned *a)
{
    const leat_op *to = a->assign->inputs[0].op;
    if (!leat_op_is_variable(to) || (is(a->assign, "Assign") && !leat_attr_bool(a->assign, "validate_shape")))
        return leat_shape_nothing;
    leat_shape shape = leat_attr_shape(to, "shape");
    return is(to, "Variable") && leat_shape_rank(&shape) == 0 ? leat_shape_nothing : shape;
}

/* The string of a RestoreV2's constant input (1: names, 2: slices); false where it is none. */
static bool constant_text(const assigned *a, uint32_t input, leat_arena *arena, const char **text)
{
    leat_tensor *t = leat_out_value(a->restore->inputs[input]);
    size_t size = 0;
    const char *s = t != NULL && t->dtype == LEAT_STRING && a->output < t->elements
                        ? leat_tensor_string(t, a->output, &size)
                        : NULL;
    *text = s != NULL ? leat_arena_strndup(arena, s, size) : NULL;
    leat_tensor_unref(t);
    return *text != NULL;
}

static leat_status make_want(const assigned *a, leat_arena *arena, leat_bundle_want *want, bool *known)
{
    const char *slices;
    *known = constant_text(a, 1, arena, &want->name) && constant_text(a, 2, arena, &slices);
    /* Where a slice is restored, the RestoreV2 compares the whole shape that its text says. */
    leat_shape shape = *known && *slices == '\0' ? wanted_shape(a) : leat_shape_nothing;
    want->dtype = (int)a->restore->outputs[a->output].dtype;
    want->rank = leat_shape_rank(&shape);
    if (want->rank <= 0)
        return LEAT_OK;
    int64_t *dims = leat_arena_alloc(arena, (size_t)want->rank * sizeof *dims);
    if (dims == NULL)
        return leat_fail_memory((size_t)want->rank * sizeof *dims);
    want->dims = memcpy(dims, shape.dims, (size_t)want->rank * sizeof *dims);
    return LEAT_OK;
}

static leat_status match(const search *s, const char *prefix)
{
    leat_arena arena = {0};
    leat_bundle *b = NULL;
    size_t n = 0;
    leat_bundle_want *wants = leat_alloc_zero(s->n_found + 1, sizeof *wants);
    leat_status status = wants != NULL ? LEAT_OK : leat_fail_memory(s->n_found * sizeof *wants);
    for (size_t i = 0; i < s->n_found && status == LEAT_OK; i++) {
        bool known;
        status = make_want(&s->found[i], &arena, &wants[n], &known);
        n += known;
    }
    if (status == LEAT_OK)
        status = leat_bundle_open(&b, prefix);
    if (status == LEAT_OK)
        status = leat_bundle_match(b, wants, n, NULL, NULL);
    leat_bundle_close(b);
    leat_free(wants);
    leat_arena_free(&arena);
    return status;
}

leat_status leat_restore_check(const leat_graph *g, leat_op *restore, leat_out filename, const char *prefix)
{
    search s = {.filename = filename};
    s.seen = leat_alloc_zero(g->n_ops + 1, 1);
    s.stack = leat_alloc((g->n_ops + 1) * sizeof *s.stack);
    leat_status status =
        s.seen != NULL && s.stack != NULL ? LEAT_OK : leat_fail_memory(g->n_ops * sizeof *s.stack);
    if (status == LEAT_OK)
        status = find_assigns(&s, restore);
    if (status == LEAT_OK)
        status = match(&s, prefix);
    leat_free(s.seen);
    leat_free(s.stack);
    leat_free(s.found);
    return status;
}
