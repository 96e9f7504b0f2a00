/* optimizer.c - tf.train's optimizers as nodes: slots, one Apply op a variable, a group. */
#include <stdio.h>
#include <string.h>
#include "engine/build/build-private.h"
#include "leat/train.h"

#undef leat_gradient_descent
#undef leat_momentum
#undef leat_adagrad
#undef leat_rmsprop
#undef leat_adam
#undef leat_minimize

/* What tells one optimizer from another. */
typedef struct rule {
    const char *name, *op; /* the Apply op's type; "Resource" before it for resource variables */
    const char *slots[3];  /* how each slot is initialised: "zeros", "ones", "accumulator"; NULL: no more */
    const char *centered_op;
    const char *numbers[4]; /* constants made once, in order; the learning rate comes first */
    bool powers;            /* Adam's powers of beta */
} rule;

static const rule rules[] = {
    [LEAT_GRADIENT_DESCENT] = {.name = "GradientDescent",
                               .op = "ApplyGradientDescent",
                               .numbers = {"learning_rate"}},
    [LEAT_MOMENTUM] = {.name = "Momentum",
                       .op = "ApplyMomentum",
                       .slots = {"zeros"},
                       .numbers = {"learning_rate", "momentum"}},
    [LEAT_ADAGRAD] = {.name = "Adagrad",
                      .op = "ApplyAdagrad",
                      .slots = {"accumulator"},
                      .numbers = {"learning_rate"}},
    [LEAT_RMSPROP] = {.name = "RMSProp",
                      .op = "ApplyRMSProp",
                      .centered_op = "ApplyCenteredRMSProp",
                      .slots = {"ones", "zeros", "zeros"},
                      .numbers = {"learning_rate", "decay", "momentum", "epsilon"}},
    [LEAT_ADAM] = {.name = "Adam",
                   .op = "ApplyAdam",
                   .slots = {"zeros", "zeros"},
                   .numbers = {"learning_rate", "beta1", "beta2", "epsilon"},
                   .powers = true},
};

static leat_optimizer of_kind(leat_optimizer o, leat_optimizer_kind kind)
{
    o.kind = kind;
    if (o.name == NULL)
        o.name = rules[kind].name;
    return o;
}

leat_optimizer leat_gradient_descent(leat_optimizer args)
{
    return of_kind(args, LEAT_GRADIENT_DESCENT);
}

leat_optimizer leat_momentum(leat_optimizer args)
{
    return of_kind(args, LEAT_MOMENTUM);
}

leat_optimizer leat_adagrad(leat_optimizer args)
{
    return of_kind(args, LEAT_ADAGRAD);
}

leat_optimizer leat_rmsprop(leat_optimizer args)
{
    return of_kind(args, LEAT_RMSPROP);
}

leat_optimizer leat_adam(leat_optimizer args)
{
    return of_kind(args, LEAT_ADAM);
}

/* ---- slots ---- */

#define MAX_SLOTS 3

typedef struct update {
    leat_out variable, gradient;
    leat_out slots[MAX_SLOTS];
    size_t n_slots;
    bool resource;
} update;

static size_t slot_count(const leat_optimizer *o)
{
    size_t n = 0;
    while (n < MAX_SLOTS && rules[o->kind].slots[n] != NULL)
        n++;
    return o->kind == LEAT_RMSPROP && !o->centered ? 2 : n;
}

static leat_variable_info *info_of(leat_out variable)
{
    return leat_graph_variable(variable.op->graph, variable.op);
}

/* <variable>/<optimizer>, <variable>/<optimizer>_1, ...: a variable that is not trained. */
static leat_out make_slot(leat_graph *g, leat_out variable, const char *name, const char *kind,
                          double accumulator)
{
    const leat_variable_info *info = info_of(variable);
    leat_init init = strcmp(kind, "zeros") == 0  ? leat_init_zeros()
                     : strcmp(kind, "ones") == 0 ? leat_init_ones()
                                                 : leat_init_constant(accumulator);
    char *full = leat_asprintf("%s/%s", variable.op->name, name);
    leat_out out = LEAT_NO_OUT;
    if (full == NULL || info == NULL) {
        leat_graph_keep(
            g, full == NULL ? leat_fail_memory(64)
                            : leat_fail(LEAT_ERR_INVALID_ARGUMENT, "'%s' is no variable", variable.op->name));
    } else {
        leat_out initial = LEAT_NO_OUT;
        LEAT_NAME_SCOPE (g, NULL)
            LEAT_NAME_SCOPE (g, full) {
                LEAT_NAME_SCOPE (g, "Initializer")
                    initial = leat_init_value(g, init, info->shape, info->dtype);
                out = leat_variable_in_scope(g, initial, false, leat_out_dtype(variable) == LEAT_RESOURCE);
            }
    }
    leat_free(full);
    return out;
}

static void make_slots(leat_graph *g, const leat_optimizer *o, update *u)
{
    u->n_slots = slot_count(o);
    for (size_t i = 0; i < u->n_slots; i++)
        u->slots[i] =
            make_slot(g, u->variable, rules[o->kind].name, rules[o->kind].slots[i], o->initial_accumulator);
}

/* ---- the ops ---- */

typedef struct numbers {
    leat_out values[4];
    leat_out powers[2]; /* variables beta1_power, beta2_power */
} numbers;

static double number_of(const leat_optimizer *o, const char *name)
{
    return strcmp(name, "learning_rate") == 0 ? o->learning_rate
           : strcmp(name, "momentum") == 0    ? o->momentum
           : strcmp(name, "decay") == 0       ? o->decay
           : strcmp(name, "epsilon") == 0     ? o->epsilon
           : strcmp(name, "beta1") == 0       ? o->beta1
                                              : o->beta2;
}

static void make_powers(leat_graph *g, const leat_optimizer *o, leat_dtype dtype, bool resource, numbers *n)
{
    static const char *const names[] = {"beta1_power", "beta2_power"};
    for (int i = 0; i < 2; i++)
        LEAT_NAME_SCOPE (g, NULL)
            LEAT_NAME_SCOPE (g, names[i]) {
                leat_out initial = leat_const_number(g, i == 0 ? o->beta1 : o->beta2, dtype, "initial_value");
                n->powers[i] = leat_variable_in_scope(g, initial, false, resource);
            }
}

static leat_out as_dtype(leat_graph *g, leat_out x, leat_dtype dtype)
{
    if (leat_out_dtype(x) == dtype || x.op == NULL)
        return x;
    leat_op_builder *b = leat_op_begin(g, "Cast", NULL);
    leat_op_add_input(b, x);
    leat_op_set_type(b, "DstT", dtype);
    return (leat_out){leat_op_end(b), 0};
}

/* The inputs' order of each Apply op, as its definition has it: v variable, 0-2 slots, p powers, a-d numbers, g gradient. */
static const char *const input_order[] = {
    [LEAT_GRADIENT_DESCENT] = "vag", [LEAT_MOMENTUM] = "v0agb",  [LEAT_ADAGRAD] = "v0ag",
    [LEAT_RMSPROP] = "v01abcdg",     [LEAT_ADAM] = "v01pqabcdg",
};
#define CENTERED_ORDER "v102abcdg" /* var, mg, ms, mom */

static leat_op *apply(leat_graph *g, const leat_optimizer *o, const numbers *n, const update *u)
{
    const rule *r = &rules[o->kind];
    const char *type = o->centered && r->centered_op != NULL ? r->centered_op : r->op;
    const char *order = o->centered && r->centered_op != NULL ? CENTERED_ORDER : input_order[o->kind];
    leat_dtype dtype = leat_out_dtype(u->gradient);
    leat_out values[4];
    char name[64];
    for (int i = 0; i < 4; i++)
        values[i] = as_dtype(g, n->values[i], dtype);
    snprintf(name, sizeof name, "%s%s", u->resource ? "Resource" : "", type);
    leat_op_builder *b = leat_op_begin(g, name, NULL);
    for (const char *c = order; *c != '\0'; c++)
        leat_op_add_input(b, *c == 'v'   ? u->variable
                             : *c == 'g' ? u->gradient
                             : *c == 'p' ? (u->resource ? leat_variable_read(n->powers[0]) : n->powers[0])
                             : *c == 'q' ? (u->resource ? leat_variable_read(n->powers[1]) : n->powers[1])
                             : *c >= '0' && *c <= '2' ? u->slots[*c - '0']
                                                      : values[*c - 'a']);
    if (o->kind == LEAT_MOMENTUM || o->kind == LEAT_ADAM)
        leat_op_set_bool(b, "use_nesterov", o->use_nesterov);
    return leat_op_end(b);
}

/* Adam's powers go on after all updates have used them. */
static size_t advance_powers(leat_graph *g, const numbers *n, leat_op *const *updates, size_t n_updates,
                             leat_op **done)
{
    LEAT_CONTROL_DEPENDENCIES (g, updates, n_updates)
        for (int i = 0; i < 2; i++) {
            bool resource = leat_out_dtype(n->powers[i]) == LEAT_RESOURCE;
            leat_out next = leat_op_of_2(g, "Mul", "mul", n->powers[i], n->values[1 + i]);
            leat_op_builder *b = leat_op_begin(g, resource ? "AssignVariableOp" : "Assign",
                                               resource ? "AssignVariableOp" : "Assign");
            leat_op_add_input(b, n->powers[i]);
            leat_op_add_input(b, next);
            done[i] = leat_op_end(b);
        }
    return 2;
}

static leat_op *count_step(leat_graph *g, leat_op *const *updates, size_t n, leat_out global_step)
{
    bool resource = leat_out_dtype(global_step) == LEAT_RESOURCE;
    leat_op *done = leat_group(g, updates, n, "update"), *op = NULL;
    LEAT_CONTROL_DEPENDENCIES (g, &done, 1) {
        const leat_variable_info *info = info_of(global_step);
        leat_dtype dtype = info != NULL ? info->dtype : leat_out_dtype(global_step);
        leat_op_builder *b;
        leat_out one = leat_const_number(g, 1, dtype, "value");
        b = leat_op_begin(g, resource ? "AssignAddVariableOp" : "AssignAdd", leat_scope_as_name(g));
        leat_op_add_input(b, global_step);
        leat_op_add_input(b, one);
        op = leat_op_end(b);
    }
    return op;
}

static leat_op *build_updates(leat_graph *g, const leat_optimizer *o, const char *name, update *updates,
                              size_t n, leat_out global_step, leat_op **ops)
{
    const rule *r = &rules[o->kind];
    numbers num = {0};
    leat_op *op = NULL;
    leat_dtype dtype = leat_out_dtype(updates[0].gradient);
    if (r->powers)
        make_powers(g, o, dtype, updates[0].resource, &num);
    for (size_t i = 0; i < n; i++)
        make_slots(g, o, &updates[i]);
    LEAT_NAME_SCOPE (g, name) {
        for (int i = 0; i < 4 && r->numbers[i] != NULL; i++)
            num.values[i] = i == 0 && o->rate.op != NULL
                                ? o->rate
                                : leat_const_number(g, number_of(o, r->numbers[i]), dtype, r->numbers[i]);
        for (size_t i = 0; i < n; i++) {
            char *scope = leat_asprintf("update_%s", updates[i].variable.op->name);
            if (scope == NULL) {
                leat_graph_keep(g, leat_fail_memory(64));
                break;
            }
            LEAT_NAME_SCOPE (g, scope)
                ops[i] = apply(g, o, &num, &updates[i]);
            leat_free(scope);
        }
        size_t all = n + (r->powers ? advance_powers(g, &num, ops, n, ops + n) : 0);
        op = global_step.op != NULL ? count_step(g, ops, all, global_step)
                                    : leat_group(g, ops, all, leat_scope_as_name(g));
    }
    return op;
}

/* Without the final /read of the name: a variable's info is of its ref or handle. */
static bool usable(leat_graph *g, const leat_grad_var *pair)
{
    if (info_of(pair->variable) != NULL)
        return true;
    leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT, "'%s' is no variable", pair->variable.op->name);
    return false;
}

leat_op *leat_apply_gradients(leat_optimizer o, const leat_grad_var *pairs, size_t n, leat_out global_step,
                              const char *name)
{
    leat_graph *g = NULL;
    for (size_t i = 0; i < n && g == NULL; i++)
        g = pairs[i].gradient.op != NULL ? pairs[i].gradient.op->graph : NULL;
    if (g == NULL || g->status != LEAT_OK)
        return NULL;
    update *updates = leat_alloc_zero(n + 1, sizeof *updates);
    leat_op **ops = leat_alloc_zero(n + 3, sizeof *ops), *op = NULL;
    size_t kept = 0;
    if (updates == NULL || ops == NULL)
        leat_graph_keep(g, leat_fail_memory(n * sizeof *updates));
    for (size_t i = 0; g->status == LEAT_OK && i < n; i++)
        if (pairs[i].gradient.op != NULL && usable(g, &pairs[i]))
            updates[kept++] = (update){.variable = pairs[i].variable,
                                       .gradient = pairs[i].gradient,
                                       .resource = leat_out_dtype(pairs[i].variable) == LEAT_RESOURCE};
    if (g->status == LEAT_OK && kept > 0)
        op = build_updates(g, &o,
                           name != NULL     ? name
                           : o.name != NULL ? o.name
                                            : rules[o.kind].name,
                           updates, kept, global_step, ops);
    leat_free(updates);
    leat_free(ops);
    return g->status == LEAT_OK ? op : NULL;
}

void leat_compute_gradients(leat_out loss, const leat_out *variables, size_t n, leat_grad_var *pairs)
{
    leat_out *grads = leat_alloc((n + 1) * sizeof *grads);
    if (grads == NULL) {
        if (loss.op != NULL)
            leat_graph_keep(loss.op->graph, leat_fail_memory(n * sizeof *grads));
        n = 0;
    } else {
        leat_gated_gradients(loss, variables, n, grads);
    }
    for (size_t i = 0; i < n; i++)
        pairs[i] = (leat_grad_var){grads[i], variables[i]};
    leat_free(grads);
}

leat_op *leat_minimize(leat_minimize_args args)
{
    leat_graph *g = args.loss.op != NULL ? args.loss.op->graph : NULL;
    if (g == NULL || g->status != LEAT_OK)
        return NULL;
    size_t n = args.var_list.items != NULL ? args.var_list.n
                                           : leat_collection_count(g, LEAT_TRAINABLE_VARIABLES),
           flowing = 0;
    leat_out *variables = leat_alloc_zero(n + 1, sizeof *variables);
    leat_grad_var *pairs = leat_alloc_zero(n + 1, sizeof *pairs);
    leat_op *op = NULL;
    if (variables == NULL || pairs == NULL) {
        leat_graph_keep(g, leat_fail_memory(n * sizeof *pairs));
    } else {
        for (size_t i = 0; i < n; i++)
            variables[i] = args.var_list.items != NULL ? args.var_list.items[i]
                                                       : leat_collection_get(g, LEAT_TRAINABLE_VARIABLES, i);
        leat_compute_gradients(args.loss, variables, n, pairs);
        for (size_t i = 0; i < n; i++)
            flowing += pairs[i].gradient.op != NULL;
        if (flowing == 0)
            leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT,
                            "No gradients provided for any variable: '%s:%d' depends on none of %zu",
                            args.loss.op->name, args.loss.index, n);
        else
            op = leat_apply_gradients(args.optimizer, pairs, n, args.global_step, args.name);
    }
    leat_free(variables);
    leat_free(pairs);
    return op;
}

leat_out leat_slot(leat_out variable, const char *slot)
{
    if (variable.op == NULL)
        return LEAT_NO_OUT;
    char *full = leat_asprintf("%s/%s", variable.op->name, slot);
    leat_op *op = full != NULL ? leat_graph_find(variable.op->graph, full) : NULL;
    leat_free(full);
    return op != NULL ? (leat_out){op, 0} : LEAT_NO_OUT;
}

leat_out leat_global_step(leat_graph *g)
{
    leat_op *there = g != NULL ? leat_graph_find(g, "global_step") : NULL;
    leat_out out = LEAT_NO_OUT;
    if (there != NULL)
        return (leat_out){there, 0};
    LEAT_NAME_SCOPE (g, NULL)
        LEAT_NAME_SCOPE (g, "global_step") {
            leat_out zero = LEAT_NO_OUT;
            LEAT_NAME_SCOPE (g, "Initializer")
                zero = leat_const_number(g, 0, LEAT_INT64, "zeros");
            out = leat_variable_in_scope(g, zero, false, false);
        }
    leat_collection_add(g, "global_step", out);
    return out;
}
